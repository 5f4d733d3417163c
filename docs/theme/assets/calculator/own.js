// A reader's own config.json, sized by the package itself in Brython, which is loaded only when there is a file. Nothing
// leaves the page, and what the file says is only ever shown as text.
"use strict"

// What the package says of a configuration. This Python is all that is run; what the reader gave is a value in it.
llmnotes.ask = (config, lang) => {
  llmnotes.asked = [config, lang]
  __BRYTHON__.runPythonSource("from browser import window\nfrom llmnotes.described import answer\nwindow.llmnotes.answered = answer(*window.llmnotes.asked)\n", "llmnotes_ask")
  return JSON.parse(llmnotes.answered)
}

llmnotes.own = (box, lang, taken) => {
  const W = llmnotes.words[lang]
  const text = box.querySelector("textarea"), file = box.querySelector("input"), go = box.querySelector("button")
  const said = box.querySelector(".ln-config__said"), bar = box.querySelector("progress"), tables = box.querySelector(".ln-config__tables")
  const SCRIPTS = ["brython.js", "library.js", "package.js"]
  const MOST_BYTES = 16 * 2 ** 20
  let loading = null

  const script = (name) => new Promise((resolve, reject) => {
    const one = document.createElement("script")
    one.src = box.dataset.base + name
    // They arrive together and run in this order.
    one.async = false
    one.onload = resolve
    one.onerror = reject
    document.head.append(one)
  })
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))

  async function load() {
    bar.hidden = false
    progress(0)
    let done = 0
    await Promise.all(SCRIPTS.map((name) => script(name).then(() => progress(++done))))
    await painted()
    __BRYTHON__.runPythonSource("import llmnotes.described", "llmnotes_load")
    bar.hidden = true
  }

  function progress(done) {
    bar.max = SCRIPTS.length + 1
    bar.value = done
    said.textContent = llmnotes.fill(W.loading, { done: done + 1, all: SCRIPTS.length + 1 })
  }

  async function read(config) {
    box.dataset.state = "busy"
    let found
    try {
      loading = loading || load()
      await loading
      said.textContent = W.reading
      await painted()
      found = llmnotes.ask(config, lang)
    } catch (failure) {
      console.error(failure)
      loading = null
      bar.hidden = true
      return tell(W.failed, "refused")
    }
    if (found.error) return tell(found.error, "refused", "en")
    found.name = W.own
    const counted = { params: llmnotes.numbers.format_exact(found.n_params), layers: llmnotes.numbers.format_exact(found.n_layers) }
    tell([llmnotes.fill(W.ready, counted), ...found.notes].join("\n"), "ready")
    tables.replaceChildren(table(W.own_layers, found.layer_columns, found.layers), table(W.own_params, W.own_columns, found.params))
    if (found.profile) taken(found)
  }

  function element(name, given, ...children) {
    const one = Object.assign(document.createElement(name), given)
    one.append(...children)
    return one
  }

  // What `llmnotes show` and `llmnotes params` print. A cell is a text, or the kind of a block and its sizes.
  function table(label, columns, rows) {
    const number = (index) => (rows.every((row) => typeof row[index] === "string" && /^[\d<]/.test(row[index])) ? "ln-number" : "")
    const cell = (row, index) => {
      const [text, sizes] = [row[index]].flat()
      const one = element(index ? "td" : "th", { className: number(index) }, text)
      if (!index) one.scope = "row"
      if (sizes) one.append(" ", element("code", { translate: false }, sizes))
      return one
    }
    const head = columns.map((name, index) => element("th", { scope: "col", className: number(index) }, name))
    const body = rows.map((row) => element("tr", {}, ...row.map((_, index) => cell(row, index))))
    const whole = element("table", {}, element("caption", {}, label), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body))
    return element("div", { className: "ln-scroll", tabIndex: 0, role: "region", ariaLabel: label }, whole)
  }

  // The package refuses in English, as on the command line.
  function tell(words, state, of = "") {
    said.textContent = words
    said.lang = of
    tables.replaceChildren()
    box.dataset.state = state
  }

  async function take(one) {
    if (one.size > MOST_BYTES) return tell(W.too_large, "refused")
    text.value = await one.text()
    await read(text.value)
  }

  go.addEventListener("click", () => { if (text.value.trim()) read(text.value) })
  text.addEventListener("paste", () => setTimeout(() => read(text.value)))
  file.addEventListener("change", () => { if (file.files[0]) take(file.files[0]) })
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("ln-over") })
  box.addEventListener("dragleave", () => box.classList.remove("ln-over"))
  box.addEventListener("drop", (event) => {
    event.preventDefault()
    box.classList.remove("ln-over")
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0])
  })
}
