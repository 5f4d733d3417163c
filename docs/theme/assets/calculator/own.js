// A reader's own config.json, sized by the package itself in Brython, which is loaded only when there is a file. Nothing
// leaves the page, and what the file says is only ever shown as text.
"use strict"

// What the package says of a configuration. This Python is all that is run; what the reader gave is a value in it.
llmnotes.ask = (config, lang) => {
  llmnotes.asked = [config, lang]
  __BRYTHON__.runPythonSource("from browser import window\nfrom llmnotes.described import answer\nwindow.llmnotes.answered = answer(*window.llmnotes.asked)\n", "llmnotes_ask")
  return JSON.parse(llmnotes.answered)
}

// `taken` is told the model that a file describes, which then is `llmnotes.models.own`, and whether an address had named
// it; or nothing, once the model before it is gone.
llmnotes.own = (box, lang, taken) => {
  const W = llmnotes.words[lang]
  const text = box.querySelector("textarea"), file = box.querySelector("input"), go = box.querySelector("button")
  const said = box.querySelector(".ln-config__said"), bar = box.querySelector("progress"), tables = box.querySelector(".ln-config__tables")
  const SCRIPTS = ["brython.js", "library.js", "package.js"]
  // The largest that anybody has published has some ten thousand characters and some hundred keys.
  const MOST_BYTES = 2 ** 20, MOST_KEYS = 5000, MOST_LISTED = 12, KEPT = "llmnotes.config"
  let loading = null, awaited = ""

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

  // What is no JSON, or far more than a configuration, is refused before anything is loaded.
  function refusal(config) {
    if (config.length > MOST_BYTES) return W.too_large
    let given
    try { given = JSON.parse(config) } catch (error) { return llmnotes.fill(W.no_json, { where: where(config, String(error.message)) }) }
    let n_keys = 0
    const pending = [given]
    while (pending.length && n_keys <= MOST_KEYS) {
      const one = pending.pop()
      if (!one || typeof one !== "object") continue
      const inner = Object.values(one)
      n_keys += inner.length
      pending.push(...inner.slice(0, MOST_KEYS))
    }
    return n_keys > MOST_KEYS ? llmnotes.fill(W.too_many, { n: llmnotes.numbers.format_exact(MOST_KEYS) }) : ""
  }

  // Line and column of a JSON error, which browsers say in their own ways.
  function where(config, message) {
    const [, line, column] = /line (\d+) column (\d+)/.exec(message) || []
    if (line) return llmnotes.fill(W.at, { line, column })
    const [, position] = /position (\d+)/.exec(message) || []
    if (position === undefined) return W.at_end
    const before = config.slice(0, Number(position)).split("\n")
    return llmnotes.fill(W.at, { line: before.length, column: before.at(-1).length + 1 })
  }

  async function read(given) {
    const config = given.replace(/^\ufeff/, "")
    box.open = true
    box.dataset.state = "busy"
    const refused = refusal(config)
    if (refused) return refuse(refused)
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
    if (found.error) return refuse(found.error, "en")
    found.name = W.own
    const counted = { params: llmnotes.numbers.format_exact(found.n_params), layers: llmnotes.numbers.format_exact(found.n_layers) }
    tell([llmnotes.fill(W.ready, counted), ...(found.profile ? [] : [W.no_answers]), ...found.notes.slice(0, MOST_LISTED), ...(found.notes.length > MOST_LISTED ? [llmnotes.fill(W.more_notes, { n: found.notes.length - MOST_LISTED })] : [])].join("\n"), "ready")
    tables.replaceChildren(table(W.own_layers, found.layer_columns, found.layers), table(W.own_params, W.own_columns, found.params))
    if (found.profile) keep(found, config)
    else drop()
  }

  // As long as the tab lives; it goes with no link.
  function keep(found, config) {
    try { sessionStorage.setItem(KEPT, config) } catch (denied) { /* then for this page only */ }
    llmnotes.models.own = found
    const named = Boolean(awaited)
    if (named) history.replaceState(null, "", awaited)
    awaited = ""
    taken(found, named)
  }

  // What was refused is no model: the one before it must not stay in its name.
  function drop() {
    awaited = ""
    try { sessionStorage.removeItem(KEPT) } catch (denied) { /* then nothing is kept */ }
    if (!llmnotes.models.own) return
    delete llmnotes.models.own
    taken(null)
  }

  // The address names a configuration: it is read once more, and then the address is as it was.
  function reread() {
    awaited = location.hash
    let kept = null
    try { kept = sessionStorage.getItem(KEPT) } catch (denied) { /* then it is gone */ }
    box.open = true
    if (!kept) return tell(W.own_missing, "refused")
    text.value = kept
    read(kept)
  }

  function refuse(words, of) {
    tell(words, "refused", of)
    drop()
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
    if (one.size > MOST_BYTES) return refuse(W.too_large)
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
  return { reread }
}
