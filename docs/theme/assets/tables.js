// A long table that its reader filters and sorts. Without this script it is a plain table, whole and in order.
"use strict"

for (const form of document.querySelectorAll(".ln-filter")) {
  const table = form.parentElement.querySelector("table.ln-sortable")
  const body = table.tBodies[0]
  const rows = [...body.rows]
  const field = form.querySelector("input")
  const count = form.querySelector("output")
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase())

  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
    let shown = 0
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => texts[index].includes(word))
      if (!row.hidden) shown += 1
    })
    count.textContent = form.dataset.found.replace("{}", shown).replace("{}", rows.length)
  }
  field.addEventListener("input", filter)
  form.addEventListener("submit", (event) => event.preventDefault())

  const value = (row, index) => {
    const cell = row.cells[index]
    return cell.dataset.value === undefined ? cell.textContent.toLowerCase() : Number(cell.dataset.value)
  }
  const heads = [...table.tHead.rows[0].cells]
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
      const down = now ? now === "ascending" : numeric
      for (const other of heads) other.removeAttribute("aria-sort")
      head.setAttribute("aria-sort", down ? "descending" : "ascending")
      const sign = down ? -1 : 1
      const sorted = [...rows].sort((a, b) => {
        const [x, y] = [value(a, index), value(b, index)]
        return sign * (x < y ? -1 : x > y ? 1 : 0)
      })
      body.append(...sorted)
    })
  })
}
