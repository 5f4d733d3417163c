// A reader's own config.json, sized by the package itself in Brython, which is loaded only when there is a file. Nothing
// leaves the page, and what the file says is only ever shown as text.
"use strict"

// What the package says of a configuration. This Python is all that is run; what the reader gave is a value in it.
llmnotes.ask = (config) => {
  llmnotes.asked = config
  __BRYTHON__.runPythonSource("from browser import window\nfrom llmnotes.described import answer\nwindow.llmnotes.answered = answer(window.llmnotes.asked)\n", "llmnotes_ask")
  return JSON.parse(llmnotes.answered)
}

llmnotes.own = (box, lang, taken) => {
  const W = llmnotes.words[lang]
  const text = box.querySelector("textarea"), file = box.querySelector("input"), go = box.querySelector("button")
  const said = box.querySelector(".ln-config__said"), bar = box.querySelector("progress")
  const SCRIPTS = ["brython.js", "library.js", "package.js"]
  const MOST_BYTES = 16 * 2 ** 20
  let loading = null

  const script = (name) => new Promise((resolve, reject) => {
    const one = document.createElement("script")
    one.src = box.dataset.base + name
    one.onload = resolve
    one.onerror = reject
    document.head.append(one)
  })
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))

  async function load() {
    bar.hidden = false
    for (const [done, name] of SCRIPTS.entries()) {
      progress(done)
      await script(name)
    }
    progress(SCRIPTS.length)
    await painted()
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
      found = llmnotes.ask(config)
    } catch (failure) {
      console.error(failure)
      loading = null
      bar.hidden = true
      return tell(W.failed, "refused")
    }
    if (found.error) return tell(found.error, "refused")
    found.name = W.own
    const counted = { params: llmnotes.numbers.format_exact(found.n_params), layers: llmnotes.numbers.format_exact(found.n_layers) }
    const remarks = [...found.warnings.map((one) => W.warning + one), ...(found.assumed.length ? [W.assumed + found.assumed.join("; ")] : [])]
    tell([llmnotes.fill(W.ready, counted), ...remarks].join("\n"), "ready")
    taken(found)
  }

  function tell(words, state) {
    said.textContent = words
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
