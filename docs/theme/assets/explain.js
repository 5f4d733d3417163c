// A log, explained by the package itself in Brython, which is loaded only when there is a log. Nothing leaves the page,
// and what the log says is only ever shown as text.
"use strict"

globalThis.llmnotes = globalThis.llmnotes || {}

// A long log is mostly requests. Lines without a word that the package reads are left empty, so that the others keep
// their numbers; the first with a character that does not belong stays, so that the package can say so.
llmnotes.thinned = (log, marks) => {
  const CONTROL = /\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, ODD = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]/
  let odd = false, long = false
  return log.split("\n").map((line, index, all) => {
    // The ends tell whether there is a log at all, and whether it is cut.
    if (index === 0 || index >= all.length - 2) return line
    const strange = ODD.test(line)
    const plain = strange ? line.replace(CONTROL, "") : line
    if (marks.some((mark) => plain.includes(mark))) return line
    if (strange && !odd) return (odd = true, line)
    if (line.length > 16384 && !long) return (long = true, line)
    return line.endsWith("\r") ? "\r" : ""
  }).join("\n")
}

// What the package says of a log. This Python is all that is run; what the reader gave is a value in it.
llmnotes.askLog = (log, config, lang) => {
  if (!llmnotes.marks) {
    __BRYTHON__.runPythonSource("from browser import window\nfrom llmnotes.engines.logs.page import marks\nwindow.llmnotes.marked = marks()\n", "llmnotes_marks")
    llmnotes.marks = JSON.parse(llmnotes.marked)
  }
  llmnotes.asked = [llmnotes.thinned(log, llmnotes.marks), config, lang]
  llmnotes.configuration = (id) => JSON.stringify(llmnotes.configs[id])
  llmnotes.known = Object.keys(llmnotes.configs).join(" ")
  __BRYTHON__.runPythonSource("from browser import window\nfrom llmnotes.engines.logs.page import answer\nlog, config, lang = window.llmnotes.asked\nwindow.llmnotes.answered = answer(log, config, lang, window.llmnotes.known.split(), window.llmnotes.configuration)\n", "llmnotes_log")
  return JSON.parse(llmnotes.answered)
}

;(() => {
  const box = document.getElementById("ln-explain")
  if (!box) return
  const [log, config] = box.querySelectorAll("textarea")
  const file = box.querySelector("input"), [go, example] = box.querySelectorAll("button"), bar = box.querySelector("progress")
  const said = box.querySelector(".ln-explain__said"), found = box.querySelector(".ln-explain__found")
  const SCRIPTS = ["brython.js", "library.js", "package.js", "logs.js", "configs.js"]
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
    let done = 0
    const progress = () => {
      bar.max = SCRIPTS.length + 1
      bar.value = done
      said.textContent = `${box.dataset.loading}${done + 1} / ${SCRIPTS.length + 1}`
    }
    progress()
    await Promise.all(SCRIPTS.map((name) => script(name).then(() => { ++done; progress() })))
    await painted()
    __BRYTHON__.runPythonSource("import llmnotes.engines.logs.page", "llmnotes_load_logs")
    bar.hidden = true
  }

  async function read() {
    if (!log.value.trim()) return
    box.dataset.state = "busy"
    let told
    try {
      loading = loading || load()
      await loading
      said.textContent = box.dataset.reading
      await painted()
      told = llmnotes.askLog(log.value, config.value, box.dataset.lang)
    } catch (failure) {
      console.error(failure)
      loading = null
      bar.hidden = true
      return tell(box.dataset.failed, "refused")
    }
    if (told.error) return tell(told.error, "refused")
    const engines = Object.entries(told.engines).map((each) => each.join(" ").trim()).join(" · ")
    tell([`${told.title} (${engines})`, told.note, told.counts_text].filter(Boolean).join("\n"), "ready")
    found.replaceChildren(findings(told), ...remedies(told), ...told.problems.map((each) => element("p", {}, `! ${each.text}`)))
  }

  function element(name, given, ...children) {
    const one = Object.assign(document.createElement(name), given)
    one.append(...children)
    return one
  }

  function findings(told) {
    const lines = told.findings.map((each) => {
      const where = element("span", { className: "ln-explain__where" }, `${told.columns[0]} ${each.line}`)
      const verdict = element("span", { className: "ln-explain__verdict" }, each.verdict_text)
      const line = element("li", {}, element("p", {}, where, ` · ${each.name} · `, element("strong", {}, each.said_text), " ", verdict))
      line.dataset.verdict = each.verdict
      line.dataset.subject = each.subject
      if (each.formula) line.append(element("p", {}, element("code", { translate: false }, [each.formula, each.derived_text].filter(Boolean).join(" = "))))
      if (each.why) line.append(element("p", {}, each.why))
      return line
    })
    return element("ol", {}, ...lines)
  }

  function remedies(told) {
    if (!told.remedies.length) return []
    const ways = element("ul", {}, ...told.remedies.map((each) => element("li", {}, each.text)))
    return [element("p", {}, element("strong", {}, told.remedies_title)), ways]
  }

  function tell(words, state) {
    said.textContent = words
    found.replaceChildren()
    box.dataset.state = state
  }

  async function take(one) {
    if (one.size > MOST_BYTES) return tell(box.dataset.large, "refused")
    log.value = await one.text()
    await read()
  }

  go.addEventListener("click", read)
  example.addEventListener("click", () => {
    log.value = example.dataset.log
    config.value = ""
    read()
  })
  file.addEventListener("change", () => { if (file.files[0]) take(file.files[0]) })
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("ln-over") })
  box.addEventListener("dragleave", () => box.classList.remove("ln-over"))
  box.addEventListener("drop", (event) => {
    event.preventDefault()
    box.classList.remove("ln-over")
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0])
  })
})()
