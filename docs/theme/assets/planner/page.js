// The planner: what the form says, the address that holds it, and the ways that follow.
"use strict"

{
  const form = document.getElementById("ln-planner"), lang = form.dataset.lang
  const W = llmnotes.planWords[lang], N = llmnotes.numbers, P = llmnotes.plans
  const field = (name) => document.getElementById(`ln-${name}`)
  const table = field("result"), verdict = field("verdict"), chart = field("plan-chart"), spoken = field("spoken")
  const told = llmnotes.planTold(lang)
  const SETTLED_MS = 400, NARROW_PX = 480, FIRST = "llama-3.3-70b"
  const number = (n) => N.format_number(n), usd = (n) => N.format_usd(n, lang), seconds = (n) => N.format_seconds(n, lang)
  const whole = (text) => (/^\d+$/.test(text.trim()) && Number.isSafeInteger(Number(text)) && Number(text) >= 1 ? Number(text) : null)
  const above = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) && Number(text) > 0 ? Number(text) : null)
  const tokens = (text) => N.parse_tokens(text) || null
  const known = (id) => Object.hasOwn(P.forms, id)
  // In the address, by a short name: how each field is read, and what is said where it cannot be.
  const FIELDS = {
    n: ["n_prompt", tokens, W.bad_tokens], o: ["n_output", tokens, W.bad_tokens], u: ["n_users", whole, W.bad_whole],
    t: ["first_token_s", above, W.bad_number], s: ["tokens_per_s", above, W.bad_number],
    sure: ["sure", String], w: ["form_of", String], k: ["kv_bits", Number], g: ["engine", String], x: ["n_chips", String],
  }
  let settling = 0, open = ""

  function element(name, given, ...children) {
    const one = Object.assign(document.createElement(name), given)
    one.append(...children)
    return one
  }

  function drawn(name, given, ...children) {
    const one = document.createElementNS("http://www.w3.org/2000/svg", name)
    for (const [key, value] of Object.entries(given)) one.setAttribute(key, value)
    one.append(...children)
    return one
  }

  for (const [id, price] of Object.entries(llmnotes.rents)) {
    const input = element("input", { id: `ln-rent-${id}`, value: String(price), inputMode: "decimal", autocomplete: "off" })
    const wrong = element("p", { className: "ln-wrong", id: `ln-wrong-rent-${id}`, role: "alert" })
    field("prices").append(element("div", { className: "ln-field" }, element("label", { htmlFor: input.id }, llmnotes.chips[id].name), input, wrong))
  }
  const initial = Object.fromEntries(Object.values(FIELDS).map(([name]) => [name, field(name).value]))
  const picker = llmnotes.picker(form.querySelector(".ln-pick"), chosen, lang)

  // Forms differ from model to model.
  function chosen() {
    const select = field("form_of"), before = select.value
    while (select.options.length > 1) select.options[1].remove()
    for (const name of Object.keys(P.forms[picker.id])) select.append(new Option(name, name))
    select.value = Object.hasOwn(P.forms[picker.id], before) ? before : ""
    follow()
  }

  function complain(name, wrong) {
    field(`wrong-${name}`).textContent = wrong
    field(name).setAttribute("aria-invalid", String(Boolean(wrong)))
  }

  function settings() {
    const found = { prices: {} }
    let good = true
    for (const [name, read, complaint] of Object.values(FIELDS)) {
      found[name] = read(field(name).value)
      if (!complaint) continue
      complain(name, found[name] === null ? complaint : "")
      good = good && found[name] !== null
    }
    for (const id of Object.keys(llmnotes.rents)) {
      const text = field(`rent-${id}`).value, price = above(text)
      const wrong = text.trim() !== "" && price === null
      complain(`rent-${id}`, wrong ? W.bad_price : "")
      if (price !== null) found.prices[id] = price
      good = good && !wrong
    }
    return good ? found : null
  }

  // What `llmnotes plan` is asked, and answers.
  llmnotes.planned = (id, found, sure = Boolean(found.sure)) => {
    const need = Object.fromEntries(["n_prompt", "n_output", "n_users", "first_token_s", "tokens_per_s"].map((name) => [name, found[name]]))
    const forms = P.forms[id], asked = found.form_of
    return {
      need,
      ...llmnotes.plan(id, need, {
        prices: found.prices, forms: asked ? { [asked]: forms[asked] } : forms, counts: found.n_chips ? [Number(found.n_chips)] : P.counts,
        engines: found.engine ? [found.engine] : P.engines, kv_bits: found.kv_bits, sure,
      }),
    }
  }

  const said = (one) => {
    const words = { all: one.all_chips, chip: llmnotes.chips[one.chip].name, replicas: one.n_replicas, layout: one.parallelism, form: one.form, engine: llmnotes.paces.engines[one.engine].name }
    return { way: llmnotes.fill(W.way, words), split: llmnotes.fill(one.n_replicas > 1 ? W.split : W.one, words) }
  }

  function follow() {
    const found = settings()
    form.classList.toggle("ln-blank", !found)
    clearTimeout(settling)
    if (!found) return verdict.replaceChildren(element("p", { className: "ln-caution" }, W.unreadable))
    const sure = Boolean(found.sure), { need, options, closest } = llmnotes.planned(picker.id, found), kept = llmnotes.pareto(options)
    const [other] = llmnotes.planned(picker.id, found, !sure).options
    verdict.replaceChildren(...answer(need, options, kept, closest), ...beside(sure, kept[0], other))
    chart.replaceChildren(...(options.length ? [draw(options, kept)] : []))
    list(kept, need, sure)
    settling = setTimeout(() => settle(options), SETTLED_MS)
  }

  function answer(need, options, [best, ...others], closest) {
    const box = (kind, ...texts) => [element("div", { className: `ln-verdict__${kind}` }, ...texts.map((text) => element("p", {}, text)))]
    if (best) {
      return box("yes", llmnotes.fill(best.sure ? W.safe : W.best, figures(best)), llmnotes.fill(W.many, { n: N.format_exact(options.length), kept: 1 + others.length }))
    }
    if (!closest) return box("no", llmnotes.fill(W.no_room, { tokens: N.format_exact(need.n_prompt + need.n_output) }))
    const { n_chips, chip, form, engine, sure, each, first } = closest, end = llmnotes.planEnd(sure), way = { n: n_chips, chip: llmnotes.chips[chip].name, form, engine: llmnotes.paces.engines[engine].name }
    return box("no", llmnotes.fill(sure ? W.nothing_safe : W.nothing, { ...way, speed: number(1 / each[end]), first: seconds(first[end]) }))
  }

  const figures = (one) => ({
    ...said(one), hour: usd(one.usd_per_hour), million: usd(one.usd_per_million), speed: number(one.tokens_per_s[0]), slow: number(one.tokens_per_s[1]),
    first: seconds(one.first_token_s[0]), late: seconds(one.first_token_s[2]),
  })

  // What the same need takes by the other end: less where expected figures are enough, more where slow ends have to be.
  function beside(sure, best, other) {
    if (!best && !other) return []
    const same = best && other && best.usd_per_hour === other.usd_per_hour
    const words = same ? W.as_much : other ? (sure ? W.if_expected : W.if_safe) : W.none_safe
    return [element("p", { className: "ln-plan__other" }, llmnotes.fill(words, other ? figures(other) : {}))]
  }

  // Every way by price and speed; those that nothing beats with their interval and the number of their row.
  function draw(options, kept) {
    const WIDTH = chart.clientWidth < NARROW_PX ? 360 : 640, HEIGHT = 280, LEFT = 52, BOTTOM = 44, TOP = 14, RIGHT = 16
    const prices = options.map((one) => one.usd_per_hour), [least, most] = [Math.min(...prices) / 1.15, Math.max(...prices) * 1.15]
    const fastest = Math.max(...kept.map((one) => one.tokens_per_s[2])) * 1.05
    const x = (price) => LEFT + (WIDTH - LEFT - RIGHT) * Math.log(price / least) / Math.log(most / least)
    const y = (speed) => HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * Math.min(1, speed / fastest)
    const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": llmnotes.fill(W.chart, { n: options.length, kept: kept.length }) })
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => fastest / size <= 6) || 2000
    for (let speed = 0; speed <= fastest; speed += step) {
      svg.append(drawn("line", { class: "g", x1: LEFT, x2: WIDTH - RIGHT, y1: y(speed), y2: y(speed) }), drawn("text", { x: LEFT - 8, y: y(speed) + 4, "text-anchor": "end" }, String(speed)))
    }
    const decades = Math.log10(most / least) > 2 ? [1, 3] : [1, 2, 5]
    for (let power = -2; power < 6; power++) {
      for (const first of decades) {
        const price = Number((first * 10 ** power).toPrecision(1))
        if (price < least || price > most) continue
        svg.append(drawn("line", { class: "g", x1: x(price), x2: x(price), y1: TOP, y2: HEIGHT - BOTTOM }), drawn("text", { x: x(price), y: HEIGHT - BOTTOM + 18, "text-anchor": "middle" }, String(price)))
      }
    }
    svg.append(drawn("text", { class: "t", x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, W.across), drawn("text", { class: "t", x: LEFT + 6, y: TOP + 10 }, W.up))
    for (const one of options) if (!kept.includes(one)) svg.append(drawn("circle", { class: "o", cx: x(one.usd_per_hour), cy: y(one.promised.tokens_per_s), r: 2.5 }))
    const badges = [], numbers = [], BADGE = 9
    const isFree = (left, height) => left >= BADGE && left <= WIDTH - BADGE && badges.every(([other, top]) => Math.hypot(other - left, top - height) >= 2 * BADGE)
    // The nearest free place at the height of a way's speed; far from its price a number would mislead, and its dot stands alone.
    const beside = (at, height) => Array.from({ length: 10 * BADGE }, (_, off) => at + (off % 2 ? -1 : 1) * Math.ceil(off / 2)).find((left) => isFree(left, height))
    kept.forEach((one, index) => {
      const at = x(one.usd_per_hour), [, low, high] = one.tokens_per_s, promised = one.promised.tokens_per_s
      const height = y(promised), left = beside(at, height)
      svg.append(drawn("line", { class: "i", x1: at, x2: at, y1: y(high), y2: y(low) }), drawn("circle", { class: "a", cx: at, cy: height, r: 3 }))
      if (left === undefined) return
      badges.push([left, height])
      svg.append(drawn("line", { class: "i", x1: at, x2: left, y1: height, y2: height }))
      numbers.push(drawn("circle", { class: "a", cx: left, cy: height, r: BADGE }), drawn("text", { class: "n", x: left, y: height + 4, "text-anchor": "middle" }, String(index + 1)))
    })
    svg.append(...numbers)
    return svg
  }

  function list(kept, need, sure) {
    const head = element("tr", {}, ...(sure ? W.safe_columns : W.columns).map((name, index) => element("th", { scope: "col", className: index ? "ln-number" : "" }, name)))
    const rows = kept.flatMap((one, index) => {
      const { way, split, speed, slow, first, late } = figures(one), key = [one.chip, one.all_chips, one.parallelism, one.form, one.engine].join()
      const button = element("button", { type: "button", className: "ln-how" }, `${index + 1}. ${way}`)
      const cell = (text, after = "") => element("td", { className: "ln-number" }, text, ...(after ? [element("small", {}, after)] : []))
      const line = element("tr", {}, element("th", { scope: "row" }, button, element("small", {}, split)), cell(number(one.usd_per_hour)), cell(number(one.usd_per_million)),
        cell(number(one.promised.tokens_per_s), llmnotes.fill(...(sure ? [W.expected, { n: speed }] : [W.slow, { slow }]))), cell(seconds(one.promised.first_token_s), llmnotes.fill(...(sure ? [W.expected, { n: first }] : [W.late, { late }]))))
      const inside = element("td", { colSpan: W.columns.length })
      const how = element("tr", { className: "ln-told", id: `ln-how-${index}`, hidden: key !== open }, inside)
      const tell = () => inside.replaceChildren(...told(llmnotes.models[picker.id], one, need).map((text) => element("p", {}, text)))
      if (!how.hidden) tell()
      line.dataset.row = key
      button.setAttribute("aria-expanded", String(!how.hidden))
      button.setAttribute("aria-controls", how.id)
      button.addEventListener("click", () => {
        how.hidden = !how.hidden
        button.setAttribute("aria-expanded", String(!how.hidden))
        open = how.hidden ? "" : key
        if (!how.hidden) tell()
      })
      return [line, how]
    })
    table.hidden = !kept.length
    table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows))
  }

  // What need not follow every key: the address, and what a screen reader says.
  function settle(options) {
    const state = new URLSearchParams({ m: picker.id })
    for (const [short, [name]] of Object.entries(FIELDS)) if (field(name).value !== initial[name]) state.set(short, field(name).value)
    for (const [id, price] of Object.entries(llmnotes.rents)) if (field(`rent-${id}`).value !== String(price)) state.set(id, field(`rent-${id}`).value)
    history.replaceState(null, "", `#${state}`)
    spoken.textContent = options.length ? llmnotes.fill(W.announce, { n: N.format_exact(options.length), hour: usd(options[0].usd_per_hour) }) : verdict.textContent
  }

  function restore() {
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : ""), id = state.get("m")
    picker.set(known(id) ? id : FIRST)
    for (const [short, [name]] of Object.entries(FIELDS)) if (name !== "form_of") field(name).value = state.get(short) ?? initial[name]
    for (const [chip, price] of Object.entries(llmnotes.rents)) field(`rent-${chip}`).value = state.get(chip) ?? String(price)
    chosen()
    field("form_of").value = Object.hasOwn(P.forms[picker.id], state.get("w")) ? state.get("w") : ""
    follow()
    if (id === "own" && !known("own")) own.reread()
  }

  const own = llmnotes.own(field("own"), lang, (model, named) => {
    if (model) P.forms.own = model.forms
    else delete P.forms.own
    if (named) return restore()
    if (model) picker.set("own")
    else if (picker.id === "own") picker.set(FIRST)
    chosen()
  })

  form.addEventListener("input", (event) => { if (!event.target.closest(".ln-pick, #ln-own")) follow() })
  form.addEventListener("submit", (event) => event.preventDefault())
  addEventListener("hashchange", () => { if (location.hash.includes("=")) restore() })
  restore()
}
