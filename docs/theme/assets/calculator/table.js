// The result as a table: a row for each quantity, a column for each model, and behind each row how it came about.
"use strict"

llmnotes.table = (table, lang) => {
  const W = llmnotes.words[lang], rows = llmnotes.rows(lang)
  let models = [], last = null, drawn = []

  // A registered model has a page of its own.
  const named = (id, { name }) => (id === "own" ? name : element("a", { href: `${table.dataset.base}models/${id}.html`, textContent: name }))

  function element(name, given, ...children) {
    const one = Object.assign(document.createElement(name), given)
    one.append(...children)
    return one
  }

  function lay(ids, chosen) {
    models = chosen
    drawn = []
    const head = element("tr", {}, element("th", { scope: "col", textContent: W.model }), ...models.map((model, index) => element("th", { scope: "col", className: "ln-number" }, named(ids[index], model))))
    const body = rows.flatMap((row) => (row.group ? [groupRow(row)] : valueRows(row)))
    table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...body))
  }

  const groupRow = ({ group }) => element("tr", { className: "ln-group" }, element("th", { scope: "colgroup", colSpan: models.length + 1, textContent: group }))

  function valueRows(row) {
    const button = element("button", { type: "button", className: "ln-how", textContent: W[row.name] })
    const cells = models.map(() => element("td", { className: "ln-number" }, ""))
    const told = element("td", { colSpan: models.length + 1 })
    const how = element("tr", { className: "ln-told", id: `ln-how-${row.name}`, hidden: !table.dataset.open?.split(" ").includes(row.name) }, told)
    const line = element("tr", { className: row.strong ? "ln-strong" : "" }, element("th", { scope: "row" }, button), ...cells)
    line.dataset.row = row.name
    button.setAttribute("aria-expanded", String(!how.hidden))
    button.setAttribute("aria-controls", how.id)
    button.addEventListener("click", () => {
      how.hidden = !how.hidden
      button.setAttribute("aria-expanded", String(!how.hidden))
      table.dataset.open = drawn.filter((one) => !one.how.hidden).map((one) => one.row.name).join(" ")
      if (!how.hidden) tell(one)
    })
    const one = { row, cells, line, how, told, texts: cells.map((cell) => cell.firstChild), values: [] }
    drawn.push(one)
    return [line, how]
  }

  function fill(costs, settings) {
    last = { costs, settings }
    for (const one of drawn) {
      const { row, cells, line, how, texts, values } = one
      // What is the same for every model as the row before it says nothing of its own.
      if (row.beside) line.hidden = costs.every((all) => row.value(all) === row.beside(all))
      if (row.optional) line.hidden = row.value(costs[0]) === undefined
      costs.forEach((all, index) => {
        const value = row.value(all)
        // What stays as it is needs no words; without a value, words may follow the chip.
        if (value === values[index] && value !== undefined) return
        values[index] = value
        texts[index].data = value === undefined && row.optional ? "" : row.write(value, models[index], all)
        if (row.strong) cells[index].classList.toggle("ln-over", value < 0)
      })
      if (line.hidden) how.hidden = true
      if (!how.hidden) tell(one)
    }
  }

  function tell({ row, told }) {
    const { costs, settings } = last
    const lines = models.map((model, index) => {
      const words = row.explain(model, llmnotes.stored(model, settings), costs[index]) || row.write(row.value(costs[index]), model, costs[index])
      return models.length > 1 ? element("p", {}, element("strong", { textContent: model.name }), ` ${words}`) : element("p", { textContent: words })
    })
    const [address, name] = row.link ? [table.dataset.base + row.link, table.dataset[row.link.startsWith("kvcache") ? "cache" : "related"]] : ["#" + "how", table.dataset.how]
    const link = element("a", { href: address, textContent: name })
    told.replaceChildren(...lines, element("p", {}, `${W.article} `, link))
  }

  // Every number in full, as a spreadsheet reads it: what was given, then what was found, each with its words and its unit.
  function csv(settings) {
    const field = (text) => (/[",\r\n]/.test(text) ? `"${String(text).replaceAll('"', '""')}"` : String(text))
    const GIVEN = { n_tokens: "tokens", n_output: "tokens", batch_size: "sequences", weight_bits: "bits", read_bits: "bits", expert_bits: "bits", kv_bits: "bits", n_chips: "chips", rent: "USD/h" }
    const said = (name) => document.querySelector(`label[for="ln-${name}"]`)?.textContent ?? ""
    const given = Object.keys(GIVEN).filter((name) => name in settings).concat("chip", "engine", "price")
      .map((name) => [name, said(name), GIVEN[name] ?? "", ...models.map((model) => llmnotes.stored(model, settings)[name] ?? "")])
    const found = drawn.filter(({ line }) => !line.hidden).map(({ row, values }) => [row.name, W[row.name], row.unit, ...values.map((value) => value ?? "")])
    return [["name", W.said, W.unit, ...models.map((model) => model.name)], ...given, ...found].map((line) => line.map(field).join(",") + "\r\n").join("")
  }

  return { lay, fill, csv }
}
