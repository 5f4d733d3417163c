// The calculator: what the form says, the address that holds it, and the result that follows.
"use strict"

{
  const form = document.getElementById("ln-calculator"), lang = form.dataset.lang
  const W = llmnotes.words[lang], N = llmnotes.numbers
  // Asked of the form itself, each costs as much as a formula.
  const fields = Object.fromEntries([...form.elements].filter(({ name }) => name).map((one) => [one.name, one]))
  const field = (name) => fields[name]
  const bars = llmnotes.bars(document.getElementById("ln-bars"), lang)
  const table = llmnotes.table(document.getElementById("ln-result"), lang)
  const verdict = llmnotes.verdict(document.getElementById("ln-verdict"), lang, adopt, llmnotes.choices(lang))
  const spoken = document.getElementById("ln-spoken")
  const MOST_MODELS = 4, SETTLED_MS = 400, COPIED_MS = 2500
  const whole = (text) => (/^\d+$/.test(text.trim()) && Number.isSafeInteger(Number(text)) && Number(text) >= 1 ? Number(text) : null)
  const money = (text) => (text.trim() !== "" && Number(text) >= 0 && Number.isFinite(Number(text)) ? Number(text) : null)
  const tokens = (text) => N.parse_tokens(text) || null
  // In the address, by a short name: how each field is read, and what is said where it cannot be.
  const S = llmnotes.short
  const FIELDS = {
    [S.n_tokens]: ["n_tokens", tokens, W.bad_tokens], [S.n_output]: ["n_output", tokens, W.bad_output], [S.batch_size]: ["batch_size", whole, llmnotes.fill(W.bad_number, { least: 1 })],
    [S.engine]: ["engine", String],
    [S.weight_bits]: ["weight_bits", String], [S.expert_bits]: ["expert_bits", Number], [S.kv_bits]: ["kv_bits", Number], [S.chip]: ["chip", String],
    [S.n_chips]: ["n_chips", whole, llmnotes.fill(W.bad_number, { least: 1 })], [S.rent]: ["rent", money, W.bad_money], [S.price]: ["price", String],
  }
  const FIRST_CHIP = "h100-sxm-80gb"
  let settled = 0, settling = null, last = null

  for (const [name, choices] of Object.entries(llmnotes.choices(lang))) {
    for (const [value, text] of choices) field(name).append(new Option(text, value))
  }
  for (const [select, things] of [[field("chip"), llmnotes.chips], [field("price"), llmnotes.prices]]) {
    for (const [id, { name }] of Object.entries(things)) select.append(new Option(name, id))
  }
  field("chip").value = FIRST_CHIP
  field("rent").value = String(llmnotes.rents[FIRST_CHIP])
  // What stands there where the address says nothing.
  const initial = Object.fromEntries(Object.values(FIELDS).map(([name]) => [name, field(name).value]))
  const boxes = [...form.querySelectorAll(".ln-pick")]
  const pickers = boxes.map((box) => llmnotes.picker(box, renew, lang))

  // What a reader typed as rent stays; what the list says of one chip makes room for what it says of another.
  let rented = FIRST_CHIP
  function followChip() {
    const rents = llmnotes.rents, chip = field("chip").value
    if (rents[chip] === undefined) return
    if (field("rent").value === String(rents[rented])) field("rent").value = String(rents[chip])
    rented = chip
  }

  const chosen = () => boxes.flatMap((box, index) => (box.hidden ? [] : [pickers[index].id]))

  // What stands in the form, or null where a field cannot be read; that field then says so.
  function settings() {
    const found = {}
    let good = true
    for (const [name, read, complaint] of Object.values(FIELDS)) {
      found[name] = read(field(name).value)
      let wrong = found[name] === null ? complaint : ""
      if (name === "n_output" && !wrong && found.n_tokens && found.n_output >= found.n_tokens) wrong = W.short_answer
      if (complaint) complain(name, wrong)
      good = good && !wrong
    }
    return good ? found : null
  }

  function complain(name, wrong) {
    const said = document.getElementById(`ln-wrong-${name}`)
    if (said.textContent !== wrong) said.textContent = wrong
    field(name).setAttribute("aria-invalid", String(Boolean(wrong)))
  }

  // Models have changed: the table gets its columns anew.
  function renew() {
    const ids = chosen(), models = ids.map((id) => llmnotes.models[id])
    bars.lay(models)
    table.lay(ids, models)
    document.getElementById("ln-add").hidden = models.length === MOST_MODELS
    follow()
  }

  function follow() {
    const found = settings()
    last = found
    form.classList.toggle("ln-blank", !found)
    document.getElementById("ln-save").disabled = document.getElementById("ln-link").disabled = !found
    if (!found) {
      clearTimeout(settled)
      return verdict.clear(W.unreadable)
    }
    const models = chosen().map((id) => llmnotes.models[id])
    const costs = models.map((model) => llmnotes.cost(model, found))
    verdict.fill(models, found, costs)
    bars.fill(costs)
    table.fill(costs, found)
    clearTimeout(settled)
    settling = () => settle(models, found, costs)
    settled = setTimeout(settling, SETTLED_MS)
  }

  // What need not follow every key: the address, and what a screen reader says.
  function settle(models, found, costs) {
    verdict.tell(models, found, costs)
    bars.tell(costs)
    const state = new URLSearchParams({ m: chosen().join(",") })
    for (const [short, [name]] of Object.entries(FIELDS)) if (field(name).value) state.set(short, field(name).value)
    history.replaceState(null, "", `#${state.toString().replaceAll("%2C", ",")}`)
    spoken.textContent = models.map((model, index) => {
      const { ideal } = costs[index]
      const longest = ideal.longest === Infinity ? W.unlimited : N.format_exact(ideal.longest)
      return llmnotes.fill(W.announce, {
        model: model.name, cache: N.format_bytes(ideal.cache), longest,
        left_name: ideal.free < 0 ? W.missing : W.free, left: N.format_bytes(Math.abs(ideal.free)),
      })
    }).join(" ")
  }

  function restore() {
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "")
    const asked = (state.get("m") || "").split(",")
    const known = asked.filter((id) => Object.hasOwn(llmnotes.models, id)).slice(0, MOST_MODELS)
    const ids = known.length ? known : [llmnotes.remembered()]
    boxes.forEach((box, index) => {
      box.hidden = index >= ids.length
      if (ids[index]) pickers[index].set(ids[index])
    })
    for (const [short, [name]] of Object.entries(FIELDS)) {
      const given = state.get(short) ?? initial[name], input = field(name)
      const known = !input.options || [...input.options].some((option) => option.value === given)
      input.value = known ? given : initial[name]
    }
    rented = state.has(S.rent) ? field("chip").value : FIRST_CHIP
    if (!state.has(S.rent)) followChip()
    renew()
    if (asked.includes("own") && !llmnotes.models.own) ownModel.reread()
  }

  // One of the ways to make it fit.
  function adopt(set) {
    for (const [name, value] of Object.entries(set)) if (value !== undefined) field(name).value = value === 0 ? "" : String(value)
    followChip()
    follow()
    spoken.textContent = document.getElementById("ln-verdict").textContent
  }

  form.addEventListener("input", (event) => {
    if (event.target === field("chip")) followChip()
    if (!event.target.closest(".ln-pick, #ln-own")) follow()
  })
  form.addEventListener("submit", (event) => event.preventDefault())
  addEventListener("hashchange", () => { if (location.hash.includes("=")) restore() })

  function add(id) {
    const index = boxes.findIndex((box) => box.hidden)
    const at = index < 0 ? 0 : index
    boxes[at].hidden = false
    pickers[at].set(id)
    renew()
    return boxes[at]
  }
  document.getElementById("ln-add").addEventListener("click", () => {
    const other = Object.keys(llmnotes.models).find((id) => id === "gpt-oss-120b" && !chosen().includes(id))
    const box = add(other || Object.keys(llmnotes.models).find((id) => !chosen().includes(id)))
    box.querySelector("input").focus()
  })
  boxes.forEach((box, index) => box.querySelector(".ln-drop")?.addEventListener("click", () => {
    const ids = chosen()
    ids.splice(index, 1)
    boxes.forEach((one, at) => { one.hidden = at >= ids.length; if (ids[at]) pickers[at].set(ids[at]) })
    renew()
    document.getElementById("ln-add").focus()
  }))

  const copy = document.getElementById("ln-link")
  copy.hidden = !navigator.clipboard
  copy.addEventListener("click", async () => {
    settling()
    await navigator.clipboard.writeText(location.href)
    const said = copy.textContent
    spoken.textContent = chosen().includes("own") ? W.copied_own : W.copied
    copy.textContent = spoken.textContent
    setTimeout(() => { copy.textContent = said }, COPIED_MS)
  })
  document.getElementById("ln-save").addEventListener("click", () => {
    const link = document.createElement("a")
    link.href = URL.createObjectURL(new Blob(["\ufeff", table.csv(last)], { type: "text/csv" }))
    link.download = "llmnotes.csv"
    link.click()
  })

  const ownModel = llmnotes.own(document.getElementById("ln-own"), lang, (model, named) => {
    if (!model) return forget()
    if (named) return restore()
    const index = chosen().indexOf("own")
    if (index < 0) add("own")
    else renew()
  })

  function forget() {
    const ids = chosen().filter((id) => id !== "own")
    const left = ids.length ? ids : [llmnotes.remembered()]
    boxes.forEach((box, at) => { box.hidden = at >= left.length; if (left[at]) pickers[at].set(left[at]) })
    renew()
  }
  restore()
}
