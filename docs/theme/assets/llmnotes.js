// What a page does beyond being read: scheme, search, copying code, its place in the contents, printing. No library.
"use strict"

const root = document.documentElement
const assets = new URL(".", document.currentScript.src).href
const base = new URL("..", assets).href

document.querySelector(".ln-scheme").addEventListener("click", () => {
  const dark = root.dataset.scheme ? root.dataset.scheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches
  root.dataset.scheme = dark ? "light" : "dark"
  try { localStorage.setItem("llmnotes.scheme", root.dataset.scheme) } catch (denied) { /* then for this page only */ }
})

// Search. The index and the worker are large: neither is asked for before search is opened.
const finder = document.querySelector(".ln-find")
const dialog = document.getElementById("ln-search")
const field = dialog.querySelector("input")
const state = dialog.querySelector(".ln-search__state")
const hits = dialog.querySelector(".ln-search__hits")
const SETUP = 0, READY = 1, QUERY = 2, RESULT = 3
const PAGES_SHOWN = 12, SECTIONS_SHOWN = 3, TEXT_BEFORE = 30, TEXT_SHOWN = 150
const MARKED = /\u0001([^\u0002]*)\u0002/g
let worker = null
let ready = false

function openSearch() {
  if (dialog.open) return
  dialog.showModal()
  field.select()
  if (!worker) startSearch()
}

async function startSearch() {
  state.textContent = dialog.dataset.loading
  const fromDisk = location.protocol === "file:"
  // From the disk a page may neither fetch nor start a worker: the index comes as a script, the worker in a frame.
  if (fromDisk) await loadScript(assets + "frame-worker.js")
  worker = new Worker(new URL(finder.dataset.worker, location.href))
  worker.onmessage = ({ data }) => {
    if (data.type === READY) {
      ready = true
      state.textContent = ""
      ask()
    } else if (data.type === RESULT) show(data.data.items)
  }
  if (fromDisk) await loadScript(base + "search/search_index.js")
  const index = fromDisk ? window.__index : await (await fetch(base + "search/search_index.json")).json()
  worker.postMessage({ type: SETUP, data: { config: index.config, docs: index.docs, options: { suggest: false } } })
}

const loading = new Map()
function loadScript(address) {
  if (!loading.has(address)) {
    loading.set(address, new Promise((resolve, reject) => {
      const script = document.createElement("script")
      script.src = address
      script.onload = resolve
      script.onerror = reject
      document.head.append(script)
    }))
  }
  return loading.get(address)
}

function ask() {
  if (!ready) return
  // The worker takes every word for the beginning of one and then does not stem it; with a weight it is also taken whole.
  const words = field.value.replace(/(^|\s)([a-z]{3,})(?=\s|$)/gi, "$1$2^1 $2")
  if (words.trim()) worker.postMessage({ type: QUERY, data: words })
  else show(null)
}

function show(pages) {
  hits.replaceChildren(...(pages || []).slice(0, PAGES_SHOWN).map(pageHit))
  if (pages) state.textContent = pages.length ? dialog.dataset.found.replace("{}", pages.length) : dialog.dataset.none
  else state.textContent = ""
}

function pageHit(found) {
  const whole = found.find((one) => !one.location.includes("#")) || found[0]
  const sections = found.filter((one) => one !== whole && one.score > 0).slice(0, SECTIONS_SHOWN)
  const item = document.createElement("li")
  item.append(...[whole, ...sections].map((one) => link(one, one !== whole || !sections.length)))
  return item
}

function link(one, withText) {
  const a = document.createElement("a")
  a.href = base + one.location
  const title = document.createElement("strong")
  title.append(...marked(one.title, 0))
  a.append(title)
  if (withText && one.text) {
    const text = document.createElement("span")
    text.append(...marked(one.text, TEXT_SHOWN))
    a.append(text)
  }
  return a
}

// The index holds HTML: only its text and the marks of what was found are shown, cut to the first of them.
function marked(html, longest) {
  const box = document.createElement("template")
  box.innerHTML = html
  for (const mark of box.content.querySelectorAll("mark")) mark.textContent = `\u0001${mark.textContent}\u0002`
  let text = box.content.textContent.replace(/[\u200b¶↩]/g, "").replace(/\s+/g, " ").trim()
  if (longest) {
    const from = Math.max(0, text.indexOf("\u0001") - TEXT_BEFORE)
    const to = from + longest
    text = (from ? "…" : "") + text.slice(from, to) + (text.length > to ? "…" : "")
  }
  return text.split(MARKED).map((part, index) => {
    const plain = part.replace(/[\u0001\u0002]/g, "")
    if (index % 2 === 0) return plain
    const mark = document.createElement("mark")
    mark.textContent = plain
    return mark
  })
}

finder.addEventListener("click", openSearch)
field.addEventListener("input", ask)
dialog.querySelector("form").addEventListener("submit", (event) => {
  const first = hits.querySelector("a")
  if (event.submitter || !first) return
  event.preventDefault()
  first.click()
})
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("a")) dialog.close()
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
  const asked = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey
  if ((asked && !typing) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) {
    event.preventDefault()
    openSearch()
  }
})

// The menu closes when a reader turns elsewhere.
const menu = document.querySelector(".ln-menu")
addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false })
addEventListener("keydown", (event) => { if (event.key === "Escape") menu.open = false })

function addCopy(block) {
  if (!navigator.clipboard) return
  const button = document.createElement("button")
  button.type = "button"
  button.className = "ln-copy"
  button.textContent = document.body.dataset.copy
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent)
    button.textContent = document.body.dataset.copied
  })
  block.append(button)
}
for (const block of document.querySelectorAll(".highlight")) addCopy(block)

// The contents mark the section that is being read.
const entries = new Map([...document.querySelectorAll(".ln-contents a")].map((a) => [a.hash.slice(1), a]))
const headings = [...entries.keys()].map((id) => document.getElementById(decodeURIComponent(id))).filter(Boolean)
if (headings.length) {
  const mark = () => {
    const line = innerHeight / 3
    const current = headings.filter((heading) => heading.getBoundingClientRect().top < line).pop()
    for (const [id, a] of entries) {
      if (current && current.id === decodeURIComponent(id)) a.setAttribute("aria-current", "true")
      else a.removeAttribute("aria-current")
    }
  }
  let waiting = false
  addEventListener("scroll", () => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => { waiting = false; mark() })
  }, { passive: true })
}

// A printed page shows what is folded.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("main details:not([open])")) {
    fold.open = true
    fold.dataset.opened = ""
  }
})
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-opened]")) {
    fold.open = false
    delete fold.dataset.opened
  }
})

// What a figure has beyond its page comes with a script of its own: code when its fold is opened, numbers for the file.
const figureOf = async (element) => {
  const name = element.closest("figure").dataset.figure
  await loadScript(`${assets}figures/${name}.js`)
  return llmnotes.figures[name]
}

for (const button of document.querySelectorAll(".ln-csv")) {
  button.hidden = false
  button.addEventListener("click", async () => {
    const { csv } = await figureOf(button)
    const link = document.createElement("a")
    // The mark at the start tells spreadsheets that the text is UTF-8.
    link.href = URL.createObjectURL(new Blob(["\ufeff", csv], { type: "text/csv" }))
    link.download = button.dataset.name
    link.click()
  })
}

for (const fold of document.querySelectorAll(".ln-code")) {
  fold.addEventListener("toggle", async () => {
    if (!fold.open || fold.querySelector("pre")) return
    const { code } = await figureOf(fold)
    const box = document.createElement("div")
    box.className = "highlight"
    const pre = document.createElement("pre")
    pre.append(document.createElement("code"))
    // From the site's own build: Python with its words marked.
    pre.firstChild.innerHTML = code
    box.append(pre)
    fold.querySelector("p").replaceWith(box)
    addCopy(box)
  })
}

// What a term means, where a page links to the glossary: shown on hover and focus, put away with Escape, loaded once.
const term = document.createElement("div")
term.className = "ln-term"
term.id = "ln-term"
term.setAttribute("role", "tooltip")
term.hidden = true
document.querySelector("main").append(term)
let explained = null
let closing = 0

function closeTerm() {
  clearTimeout(closing)
  if (!explained) return
  explained.removeAttribute("aria-describedby")
  explained = null
  term.hidden = true
}

async function explain(link) {
  clearTimeout(closing)
  if (explained === link) return
  closeTerm()
  explained = link
  await loadScript(assets + "terms.js")
  const known = llmnotes.terms[decodeURIComponent(link.hash.slice(1))]
  if (explained !== link || !known) return
  const name = document.createElement("strong")
  name.textContent = known.name
  term.replaceChildren(name, known.meaning)
  term.hidden = false
  link.setAttribute("aria-describedby", term.id)
  placeTerm()
}

function placeTerm() {
  const at = explained.getClientRects()[0]
  const left = Math.min(at.left, innerWidth - term.offsetWidth - 12)
  const below = at.bottom + term.offsetHeight + 8 < innerHeight
  term.style.left = `${Math.max(12, left)}px`
  term.style.top = `${below ? at.bottom + 4 : at.top - term.offsetHeight - 4}px`
}

const leaveTerm = () => { closing = setTimeout(closeTerm, 200) }
for (const link of document.querySelectorAll("main a[href*='glossary.html#']")) {
  let waiting = 0
  link.addEventListener("mouseenter", () => { waiting = setTimeout(explain, 120, link) })
  link.addEventListener("mouseleave", () => { clearTimeout(waiting); leaveTerm() })
  link.addEventListener("focus", () => { if (link.matches(":focus-visible")) explain(link) })
  link.addEventListener("blur", leaveTerm)
}
term.addEventListener("mouseenter", () => clearTimeout(closing))
term.addEventListener("mouseleave", leaveTerm)
addEventListener("keydown", (event) => { if (event.key === "Escape") closeTerm() })
// A link that takes the focus scrolls into view: what explains it goes with it.
addEventListener("scroll", () => {
  if (explained !== document.activeElement) closeTerm()
  else if (!term.hidden) placeTerm()
}, { passive: true })
