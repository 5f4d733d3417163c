// A long table that its reader filters and sorts. Without this script it is a plain table, whole and in order.
"use strict"

for (const form of document.querySelectorAll(".ln-filter")) {
  const table = form.parentElement.querySelector("table.ln-sortable")
  const body = table.tBodies[0]
  const rows = [...body.rows]
  const field = form.querySelector("input")
  const count = form.querySelector("output")
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(" | ").toLowerCase())
  // gpt-oss-120b stands as gpt-oss 120B, with the same letters and digits.
  const squashed = (text) => text.replace(/[^\p{L}\p{N}.|]+/gu, "")
  const runs = texts.map(squashed)

  const ofModels = table.matches(".ln-models")
  const idOf = (row) => row.querySelector("a")?.getAttribute("href").replace(/^.*\/|\.html.*$/g, "")
  const ids = rows.map(idOf)

  // A row is shown where its model is meant, or where it has every word: as a name, or anywhere in it.
  const filter = () => {
    const named = (text) => new Set(ofModels ? llmnotes.finder.find(text, llmnotes.finder.models()).map(({ id }) => id) : [])
    const whole = named(field.value)
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean).map((word) => [word, named(word)])
    let shown = 0
    rows.forEach((row, index) => {
      const has = words.every(([word, meant]) => texts[index].includes(word) || (/[-_]/.test(word) && runs[index].includes(squashed(word))) || meant.has(ids[index]))
      row.hidden = !(whole.size ? whole.has(ids[index]) : has)
      if (!row.hidden) shown += 1
    })
    count.textContent = form.dataset.found.replace("{}", shown).replace("{}", rows.length)
  }

  // Filter and order stand in the address, so that the way back leads to them.
  const heads = [...table.tHead.rows[0].cells]
  const keep = () => {
    const sorted = heads.findIndex((head) => head.hasAttribute("aria-sort"))
    const state = new URLSearchParams()
    if (field.value.trim()) state.set("q", field.value.trim())
    if (sorted >= 0) state.set("sort", `${sorted}${heads[sorted].getAttribute("aria-sort") === "ascending" ? "a" : "d"}`)
    history.replaceState(history.state, "", `${state}` ? `#${state}` : location.pathname + location.search)
  }
  field.addEventListener("input", () => { filter(); keep() })
  form.addEventListener("submit", (event) => event.preventDefault())

  const value = (row, index) => {
    const cell = row.cells[index]
    return cell.dataset.value === undefined ? cell.textContent.toLowerCase() : Number(cell.dataset.value)
  }
  heads.forEach((head, index) => {
    const button = document.createElement("button")
    button.type = "button"
    button.title = form.dataset.sort
    button.append(...head.childNodes)
    head.append(button)
    button.addEventListener("click", () => {
      const numeric = head.classList.contains("ln-number")
      const now = head.getAttribute("aria-sort")
      // Of numbers the largest is asked for first.
      sort(head, index, now ? now === "ascending" : numeric)
      keep()
    })
  })

  function sort(head, index, down) {
    for (const other of heads) other.removeAttribute("aria-sort")
    head.setAttribute("aria-sort", down ? "descending" : "ascending")
    const sign = down ? -1 : 1
    const sorted = [...rows].sort((a, b) => {
      const [x, y] = [value(a, index), value(b, index)]
      return sign * (x < y ? -1 : x > y ? 1 : 0)
    })
    body.append(...sorted)
  }

  function restore() {
    if (!location.hash.includes("=")) return
    const state = new URLSearchParams(location.hash.slice(1))
    const [, column, way] = /^(\d+)([ad])$/.exec(state.get("sort") || "") || []
    if (heads[column]) sort(heads[column], Number(column), way === "d")
    if (state.get("q")) {
      field.value = state.get("q")
      filter()
    }
  }
  addEventListener("hashchange", restore)
  restore()
}
