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
