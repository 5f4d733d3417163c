// What a page does beyond being read: scheme, search, copying code, its place in the contents, printing. No library.
"use strict"

const root = document.documentElement
const assets = new URL(".", document.currentScript.src).href
const base = new URL("..", assets).href

// The scheme: the system's, then the other one, then its own again as a choice, then the system's.
const schemeButton = document.querySelector(".ln-scheme")
schemeButton.addEventListener("click", () => {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"
  const opposite = system === "dark" ? "light" : "dark"
  root.dataset.scheme = { "": opposite, [opposite]: system, [system]: "" }[root.dataset.scheme || ""]
  try {
    if (root.dataset.scheme) localStorage.setItem("llmnotes.scheme", root.dataset.scheme)
    else localStorage.removeItem("llmnotes.scheme")
  } catch (denied) { /* then for this page only */ }
  nameScheme()
})
function nameScheme() {
  const said = schemeButton.dataset[root.dataset.scheme || "system"]
  schemeButton.title = said
  schemeButton.setAttribute("aria-label", `${schemeButton.dataset.label}: ${said}`)
}
nameScheme()

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

// The other edition opens at the same place, with the same state, and is remembered for the root of the site.
const other = document.querySelector(".ln-other")
other.addEventListener("click", () => {
  try { localStorage.setItem("llmnotes.lang", other.hreflang.slice(0, 2)) } catch (denied) { /* then the browser's language */ }
  if (location.hash.length > 1) other.hash = location.hash
})

// A Chinese title breaks between words, where the browser knows them.
if (root.lang.startsWith("zh") && window.Intl && Intl.Segmenter) {
  const parted = new Intl.Segmenter("zh", { granularity: "word" })
  for (const title of document.querySelectorAll("h1, .ln-figure__title")) {
    const texts = document.createTreeWalker(title, NodeFilter.SHOW_TEXT)
    const all = []
    while (texts.nextNode()) if (!texts.currentNode.parentElement.closest(".headerlink, .katex")) all.push(texts.currentNode)
    for (const text of all) {
      const opened = (index) => /[“‘（《「(]/.test(text.data[index - 1])
      const parts = [...parted.segment(text.data)].flatMap(({ segment, isWordLike, index }) => (isWordLike && index && !opened(index) ? [document.createElement("wbr"), segment] : [segment]))
      text.replaceWith(...parts)
    }
    title.classList.add("ln-worded")
  }
}

// The menu closes when a reader turns elsewhere.
const menu = document.querySelector(".ln-menu")
addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false })
addEventListener("keydown", (event) => { if (event.key === "Escape") menu.open = false })

// What can be run: of a session, neither its prompts nor what it answered.
function codeOf(block) {
  const code = block.cloneNode(true)
  if (!code.querySelector(".gp")) return code.textContent
  for (const part of code.querySelectorAll(".gp, .go")) part.remove()
  return code.textContent.replace(/\n{2,}/g, "\n")
}

const COPIED_MS = 2500
function addCopy(block) {
  if (!navigator.clipboard) return
  const button = document.createElement("button")
  button.type = "button"
  button.className = "ln-copy"
  button.textContent = document.body.dataset.copy
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(codeOf(block.querySelector("code")))
    button.textContent = document.body.dataset.copied
    setTimeout(() => { button.textContent = document.body.dataset.copy }, COPIED_MS)
  })
  block.append(button)
}
for (const block of document.querySelectorAll("div.highlight")) addCopy(block)

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

for (const button of document.querySelectorAll(".ln-csv[data-name]")) {
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

// What stands behind a word or a number: shown on hover, focus and tap, put away with Escape. A term says what it means, a
// number its value in full, how it came about and where from.
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

async function explain(place, find) {
  clearTimeout(closing)
  if (explained === place) return
  closeTerm()
  explained = place
  const lines = await find(place)
  if (explained !== place || !lines) return
  tell(lines)
  place.setAttribute("aria-describedby", term.id)
  placeTerm()
}

// Lines of text in the box, the first of them its heading.
function tell([name, ...others]) {
  term.replaceChildren(Object.assign(document.createElement("strong"), { textContent: name }), ...others.map((line) => Object.assign(document.createElement("span"), { textContent: line })))
  term.hidden = false
}

// Below what is explained, or above it where there is no room.
function placeTerm(at = explained.getClientRects()[0]) {
  const left = Math.min(at.left, innerWidth - term.offsetWidth - 12)
  const below = at.bottom + term.offsetHeight + 8 < innerHeight
  term.style.left = `${Math.max(12, left)}px`
  term.style.top = `${below ? at.bottom + 4 : at.top - term.offsetHeight - 4}px`
}

async function meaning(link) {
  await loadScript(assets + "terms.js")
  const known = llmnotes.terms[decodeURIComponent(link.hash.slice(1))]
  return known && [known.name, known.meaning]
}

const SAID = {
  "zh-Hans": {
    units: { bytes: "字节", flops: "FLOPs", seconds: "秒", usd: "美元", tokens: "token", ratio: "倍", share: "", count: "", number: "" }, per: "每", of: "：",
    computed: "构建时算出", measured: "实测", reported: "引自来源", formula: "公式", source: "来源", by: "来自", changed: "最近改动", holds: { model: "模型", n_tokens: "token 数", batch_size: "批", precision: "精度", engine: "引擎", chip: "卡" },
  },
  en: {
    units: { bytes: "bytes", flops: "FLOPs", seconds: "seconds", usd: "USD", tokens: "tokens", ratio: "times", share: "", count: "", number: "" }, per: "per", of: ": ",
    computed: "computed at build", measured: "measured", reported: "reported by a source", formula: "formula", source: "source", by: "from", changed: "last changed", holds: { model: "model", n_tokens: "tokens", batch_size: "batch", precision: "precision", engine: "engine", chip: "chip" },
  },
}[root.lang]
const FULL_DIGITS = 12

async function behind(number) {
  const [name, claim] = number.dataset.said.split(" ")
  await loadScript(`${assets}figures/${name}.js`)
  const known = llmnotes.figures[name].said?.[claim]
  if (!known) return null
  const [top, bottom] = known.u.split("/")
  const unit = [SAID.units[top], bottom && `${SAID.per} ${SAID.units[bottom]}`].filter(Boolean).join(" ")
  const value = `${known.v.toLocaleString("en", { maximumSignificantDigits: FULL_DIGITS })} ${unit}`.trim()
  const holds = Object.entries(known.holds_for || {}).map(([key, held]) => `${SAID.holds[key] || key}${SAID.of}${typeof held === "number" ? held.toLocaleString("en") : held}`)
  return [
    value,
    ...(known.name ? [known.name.replaceAll("_", " ")] : []), ...holds,
    ...(known.formula ? [`${SAID.formula}${SAID.of}${known.formula}`] : []), ...(known.source ? [`${SAID.source}${SAID.of}${known.source}`] : []),
    `${SAID[known.kind]} · ${SAID.by} ${name}.py${known.date ? ` · ${SAID.changed} ${known.date}` : ""}`,
  ]
}

const leaveTerm = () => { closing = setTimeout(closeTerm, 200) }
function shows(place, find) {
  let waiting = 0
  place.addEventListener("mouseenter", () => { waiting = setTimeout(explain, 120, place, find) })
  place.addEventListener("mouseleave", () => { clearTimeout(waiting); leaveTerm() })
  place.addEventListener("focus", () => { if (place.matches(":focus-visible")) explain(place, find) })
  place.addEventListener("blur", leaveTerm)
}
for (const link of document.querySelectorAll("main a[href*='glossary.html#']")) shows(link, meaning)
for (const number of document.querySelectorAll(".ln-claim[data-said]")) {
  shows(number, behind)
  number.addEventListener("click", () => explain(number, behind))
}
// By keys: every number of the lead, and one of each table, from which arrows lead to the others.
const reachable = (number, index) => Object.assign(number, { tabIndex: index, role: "button" })
for (const number of document.querySelectorAll(".ln-body > p:first-child .ln-claim[data-said]")) reachable(number, 0)
for (const table of document.querySelectorAll(".ln-body table")) {
  const numbers = [...table.querySelectorAll(".ln-claim[data-said]")]
  numbers.forEach((number, index) => reachable(number, index ? -1 : 0))
  if (numbers.length) table.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], at = numbers.indexOf(event.target)
    const next = step && at >= 0 && numbers[at + step]
    if (!next) return
    event.preventDefault()
    numbers[at].tabIndex = -1
    next.tabIndex = 0
    next.focus()
  })
}
addEventListener("click", (event) => { if (explained && !term.contains(event.target) && !explained.contains(event.target)) closeTerm() })
term.addEventListener("mouseenter", () => clearTimeout(closing))
term.addEventListener("mouseleave", leaveTerm)
addEventListener("keydown", (event) => { if (event.key === "Escape") closeTerm() })
// A link that takes the focus scrolls into view: what explains it goes with it.
addEventListener("scroll", () => {
  if (explained !== document.activeElement) closeTerm()
  else if (!term.hidden) placeTerm()
}, { passive: true })
