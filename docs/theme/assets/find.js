// The search of the site: a dialog, filled as its reader types. What it asks is loaded when it is first opened.
"use strict";

(() => {
  const finder = document.querySelector(".ln-find")
  const dialog = document.getElementById("ln-search")
  const field = dialog.querySelector("input")
  const state = dialog.querySelector(".ln-search__state")
  const hits = dialog.querySelector(".ln-search__hits")
  const KINDS = ["article", "tool", "term", "formula", "model"]
  const PAGES_SHOWN = { article: 8, tool: 4, term: 4, formula: 4, model: 8 }
  const SECTIONS_SHOWN = 2, TEXT_BEFORE = 30, TEXT_SHOWN = 150
  // A piece of the index is laid while nobody waits for more than this.
  const ROWS = 10, BUSY_MS = 12
  let engine = null, starting = null

  function open() {
    if (dialog.open) return
    dialog.showModal()
    field.select()
    starting = starting || start().catch((failure) => {
      console.error(failure)
      starting = null
      state.textContent = dialog.dataset.failed
    })
  }

  async function start() {
    state.textContent = dialog.dataset.loading
    await Promise.all(["names.js", "vendor/minisearch/minisearch.js", "search.js"].map((name) => loadScript(assets + name)).concat(loadScript(`${base}search/texts.js`)))
    await loadScript(`${assets}finder.js`)
    const made = llmnotes.search.engine(llmnotes.texts)
    let since = performance.now()
    for (let row = 0; row < made.size; row += ROWS) {
      made.add(row, row + ROWS)
      if (performance.now() - since < BUSY_MS) continue
      await new Promise((resolve) => setTimeout(resolve))
      since = performance.now()
    }
    engine = made
    state.textContent = ""
    ask()
  }

  function ask() {
    if (!engine) return
    const query = field.value.trim(), answers = query ? engine.ask(query) : []
    hits.replaceChildren(...grouped(answers))
    const found = answers[0]?.loosely ? dialog.dataset.loosely : dialog.dataset.found
    state.textContent = !query ? "" : answers.length ? found.replace("{}", answers.length) : dialog.dataset.none
  }

  // A list for each kind of page, the kind of the best answer first.
  function grouped(answers) {
    const kinds = [...new Set(answers.map(({ kind }) => kind))].sort((a, b) => KINDS.indexOf(a) - KINDS.indexOf(b))
    if (answers.length) kinds.unshift(...kinds.splice(kinds.indexOf(answers[0].kind), 1))
    return kinds.flatMap((kind) => {
      const name = element("p", { className: "ln-search__kind", id: `ln-search-${kind}`, textContent: dialog.dataset[kind] })
      const list = element("ol", {}, ...answers.filter((one) => one.kind === kind).slice(0, PAGES_SHOWN[kind]).map(pageHit))
      list.setAttribute("aria-labelledby", name.id)
      return [name, list]
    })
  }

  function pageHit({ place, title, hits: found }) {
    const sections = found.filter((one) => !one.whole && one.location !== place).slice(0, SECTIONS_SHOWN)
    const whole = found.find((one) => one.whole || one.location === place)
    const terms = found.flatMap((one) => one.terms)
    const links = [link(place, title, terms, whole && !sections.length ? whole.text : "")]
    return element("li", {}, ...links, ...sections.map((one) => link(one.location, one.title, one.terms, one.text)))
  }

  function element(name, given, ...children) {
    const one = Object.assign(document.createElement(name), given)
    one.append(...children)
    return one
  }

  function link(location, title, terms, text) {
    const a = element("a", { href: base + location }, element("strong", {}, ...marked(title, terms)))
    if (text) a.append(element("span", {}, ...marked(text, terms, TEXT_SHOWN)))
    return a
  }

  // A text with what was found in it, cut to the first of that.
  function marked(text, terms, longest = 0) {
    const places = llmnotes.search.places(text, terms)
    const from = longest ? Math.max(0, (places[0]?.[0] ?? 0) - TEXT_BEFORE) : 0
    const to = longest ? from + longest : text.length
    const parts = [from ? "…" : ""]
    let at = from
    for (const [start, end] of places) {
      if (start < at || end > to) continue
      parts.push(text.slice(at, start), element("mark", { textContent: text.slice(start, end) }))
      at = end
    }
    return [...parts, text.slice(at, to), to < text.length ? "…" : ""]
  }

  finder.addEventListener("click", open)
  field.addEventListener("input", ask)
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault()
    hits.querySelector("a")?.click()
  })
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("a, .ln-search__close")) dialog.close()
  })
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    const stops = [field, ...hits.querySelectorAll("a")]
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus()
    event.preventDefault()
  })
  addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]")
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey
    if ((slash && !typing && !document.querySelector("dialog[open]")) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) {
      event.preventDefault()
      open()
    }
  })
})()
