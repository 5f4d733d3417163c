// Where the memory goes, a bar for each model on one scale.
"use strict"

llmnotes.bars = (box, lang) => {
  const W = llmnotes.words[lang], bytes = (n) => llmnotes.numbers.format_bytes(n, lang)
  const PARTS = ["weights", "cache", "activations", "overhead"]
  let drawn = []

  function element(name, className, ...children) {
    const one = document.createElement(name)
    one.className = className
    one.append(...children)
    return one
  }

  // The bars of so many models, empty.
  function lay(models) {
    drawn = models.map((model) => {
      const name = element("strong", "", model.name), sum = document.createTextNode("")
      const parts = [...PARTS, "free"].map((part) => element("i", `ln-share ln-share--${part}`))
      const end = element("b", "ln-memory__end"), lacking = element("i", "ln-share ln-share--missing")
      const track = element("div", "ln-memory__track", ...parts, lacking, end)
      track.role = "img"
      track.setAttribute("aria-label", model.name)
      return { model, sum, parts, lacking, end, track, whole: element("div", "ln-memory", element("p", "", name, element("span", "", sum)), track) }
    })
    const key = element("p", "ln-legend", ...[...PARTS, "free", "missing"].map((part) => element("span", "", element("i", `ln-share ln-share--${part}`), W[part])))
    box.replaceChildren(...drawn.map(({ whole }) => whole), key)
  }

  const sizesOf = (all) => [all.weights, all.ideal.cache, all.activations, all.overhead, Math.max(0, all.ideal.free)]

  function fill(costs) {
    const used = costs.map((all) => all.weights + all.ideal.cache + all.activations + all.overhead)
    const widest = Math.max(costs[0].memory, ...used)
    const share = (size) => `${100 * size / widest}%`
    costs.forEach((all, index) => {
      const { sum, parts, lacking, end } = drawn[index]
      const sizes = sizesOf(all)
      parts.forEach((part, at) => { part.style.width = share(sizes[at]) })
      end.style.left = lacking.style.left = share(all.memory)
      lacking.hidden = all.ideal.free >= 0
      lacking.style.width = share(Math.max(0, -all.ideal.free))
      sum.data = left(all)
    })
  }

  const left = ({ ideal }) => `${ideal.free < 0 ? W.missing : W.free} ${bytes(Math.abs(ideal.free))}`

  // What the bars say to who does not see them, which need not follow every key.
  function tell(costs) {
    costs.forEach((all, index) => {
      const { model, track } = drawn[index]
      const said = PARTS.map((part, at) => llmnotes.fill(W.bar_part, { name: W[part], size: bytes(sizesOf(all)[at]) }))
      const parts = [...said, left(all)].join(lang === "zh" ? "，" : ", ")
      track.setAttribute("aria-label", llmnotes.fill(W.bar, { model: model.name, parts, memory: bytes(all.memory) }))
    })
  }

  return { lay, fill, tell }
}
