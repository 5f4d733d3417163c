// Figures that a reader can change, and the model that the whole site explains with. What they need is loaded when first touched.
"use strict";

(() => {
  const KEY = "llmnotes.model"
  const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en"
  const SAMPLE_PX = 3
  const LINE_PX = 17
  const SETTLED_MS = 400

  const load = (name) => loadScript(assets + name)
  const common = () => Promise.all(["numbers.js", "evaluate.js", "address.js", "models.js"].map(load))
  const findable = () => load("names.js").then(() => load("finder.js"))
  async function dataOf(name) {
    await Promise.all([common(), load(`figures/${name}.js`)])
    return llmnotes.figures[name]
  }

  // The reader's model: its id and name, or null for what each author chose.
  let mine = null
  try { mine = JSON.parse(localStorage.getItem(KEY)) } catch (denied) { /* then for this page only */ }
  if (!mine || typeof mine.id !== "string" || typeof mine.name !== "string") mine = null

  async function choose(id) {
    mine = id ? { id, name: llmnotes.models[id].name } : null
    try {
      if (mine) localStorage.setItem(KEY, JSON.stringify(mine))
      else localStorage.removeItem(KEY)
    } catch (denied) { /* then for this page only */ }
    // What the address said of models is what the reader has just changed.
    for (const figure of figures) delete figure.own.model
    await follow()
    keep()
  }

  // The address follows what the reader changed, once that stands.
  let settled = 0
  function keep() {
    if (!figures.length) return
    clearTimeout(settled)
    settled = setTimeout(() => llmnotes.address.write(Object.fromEntries(figures.map((figure) => [figure.name, figure.held()]))), SETTLED_MS)
  }

  // What the address says of figures wins over what is remembered.
  async function restore() {
    if (!location.hash.includes("=")) return []
    await common()
    const named = figures.filter((figure) => figure.touched || Object.keys(llmnotes.address.of(figure.name)).length)
    await Promise.all(named.map((figure) => figure.restore(llmnotes.address.of(figure.name))))
    return named
  }

  async function follow() {
    nameChoice()
    if (mine && !touched && !document.querySelector("[data-play], [data-follow]")) return
    if (mine) {
      await common()
      if (!(mine.id in llmnotes.models)) mine = null
      nameChoice()
    }
    await Promise.all([...figures.map((figure) => figure.follow()), ...numbers.map(followNumber)])
  }

  // An axis of a drawing, from values to pixels and back.
  function axis(text) {
    const [kind, ...ends] = text.split(" ")
    const [low, high, start, end] = ends.map(Number)
    const warp = kind === "log" ? Math.log : (value) => value
    const unwarp = kind === "log" ? Math.exp : (value) => value
    const span = warp(high) - warp(low)
    return {
      start, end,
      to: (value) => start + (end - start) * (warp(value) - warp(low)) / span,
      from: (pixel) => unwarp(warp(low) + span * (pixel - start) / (end - start)),
      // The nearest pixel that lies on the axis; what is not a number lies at its start.
      within: (pixel) => Number.isNaN(pixel) ? start : Math.min(Math.max(pixel, Math.min(start, end)), Math.max(start, end)),
    }
  }

  const coordinates = (path) => path.match(/-?[\d.]+/g).map(Number)
  const round = (pixel) => Math.round(pixel * 10) / 10

  // One of the two drawings of a figure. What it was when it was built is kept, so that it can be put back exactly.
  class Drawing {
    constructor(svg) {
      this.svg = svg
      this.x = svg.dataset.x && axis(svg.dataset.x)
      this.y = svg.dataset.y && axis(svg.dataset.y)
      this.kept = new Map()
      this.beyond = false
    }

    part(mark) { return this.svg.querySelector(`[data-mark="${mark}"]`) }

    set(element, name, value) {
      const key = this.kept.get(element) || {}
      if (!(name in key)) key[name] = name === "text" ? element.textContent : element.getAttribute(name)
      this.kept.set(element, key)
      if (name === "text") element.textContent = value
      else element.setAttribute(name, value)
    }

    kept_of(element, name) {
      const key = this.kept.get(element)
      return key && name in key ? key[name] : name === "text" ? element.textContent : element.getAttribute(name)
    }

    restore() {
      for (const [element, key] of this.kept) {
        for (const [name, value] of Object.entries(key)) {
          if (name === "text") element.textContent = value
          else if (value === null) element.removeAttribute(name)
          else element.setAttribute(name, value)
        }
      }
      this.kept.clear()
      this.beyond = false
    }

    // The pixel of a value, moved to the edge where it lies beyond.
    at(scale, value) {
      const pixel = scale.to(value)
      const held = scale.within(pixel)
      if (!(Math.abs(pixel - held) < 1)) this.beyond = true
      return round(held)
    }

    hide(mark) { for (const part of this.svg.querySelectorAll(`[data-mark="${mark}"], [data-mark^="${mark}-"]`)) this.set(part, "visibility", "hidden") }

    curve(mark, y_of) {
      const part = this.part(mark)
      const path = part.querySelector(":scope > path") || part.querySelector("path")
      const before = coordinates(this.kept_of(path, "d"))
      const first = before[0], last = before.at(-2)
      const xs = []
      for (let x = first; x < last; x += SAMPLE_PX) xs.push(x)
      xs.push(last)
      const ys = xs.map((x) => y_of(this.x.from(x)))
      if (ys.includes(null)) return this.hide(mark)
      // A curve leaves the plot: its clip cuts it, so only the note needs to know.
      const pixels = ys.map((y) => { this.at(this.y, y); return round(Math.min(Math.max(this.y.to(y), -9999), 9999)) })
      this.set(path, "d", `M${xs.map((x, index) => `${round(x)} ${pixels[index]}`).join("L")}`)
      for (const use of part.querySelectorAll("use")) this.set(use, "y", round(this.y.to(y_of(this.x.from(Number(use.getAttribute("x")))))))
      this.follow_end(mark, this.at(this.y, ys.at(-1)) - before.at(-1))
    }

    // What belongs to the end of a line goes with it; its label stops where no other is.
    follow_end(mark, distance) {
      const label = this.part(`${mark}-label`), end = this.part(`${mark}-end`), leader = this.part(`${mark}-leader`)
      if (end) this.set(end, "transform", `translate(0 ${round(distance)})`)
      if (leader && Math.abs(distance) > 1) this.set(leader, "visibility", "hidden")
      if (!label) return
      const text = label.querySelector("text")
      const [x, y] = ["x", "y"].map((name) => Number(text.getAttribute(name)))
      const column = [...this.svg.querySelectorAll("text")].filter((one) => one !== text && Math.abs(one.getAttribute("x") - x) < 2)
      const taken = column.map((one) => Number(one.getAttribute("y")))
      const free = (height) => taken.every((other) => Math.abs(other - height) >= LINE_PX - 0.1)
      const wanted = y + distance
      const heights = [wanted, ...taken.flatMap((other) => [other - LINE_PX, other + LINE_PX])].filter(free)
      const nearest = heights.reduce((best, height) => Math.abs(height - wanted) < Math.abs(best - wanted) ? height : best)
      this.set(label, "transform", `translate(0 ${round(nearest - y)})`)
    }

    // A longer name than the one that was drawn ends where the drawing does.
    keep_within() {
      const room = this.svg.viewBox.baseVal.width
      for (const label of this.svg.querySelectorAll("[data-mark$='-label'] text")) {
        if (Number(label.getAttribute("x")) + label.getComputedTextLength() <= room) continue
        this.set(label, "x", room)
        this.set(label, "style", "text-anchor:end")
      }
    }

    dot(mark, x, y) {
      if (x === null || y === null) return this.hide(mark)
      for (const use of this.part(mark).querySelectorAll("use")) {
        this.set(use, "x", this.at(this.x, x))
        this.set(use, "y", this.at(this.y, y))
      }
    }

    bar(mark, upright, start, end) {
      if (start === null || end === null) return this.hide(mark)
      const part = this.part(mark)
      const path = part.matches("path") ? part : part.querySelector("path")
      const before = coordinates(this.kept_of(path, "d"))
      const side = before.filter((_, index) => index % 2 === (upright ? 0 : 1))
      const a = Math.min(...side), b = Math.max(...side)
      const scale = upright ? this.y : this.x
      const from = this.at(scale, start), to = this.at(scale, end)
      this.set(path, "d", upright ? `M${a} ${from}L${b} ${from}L${b} ${to}L${a} ${to}Z` : `M${from} ${a}L${to} ${a}L${to} ${b}L${from} ${b}Z`)
    }

    label(mark, text, moves) {
      const part = this.part(mark)
      const inner = part.matches("text") ? part : part.querySelector("text")
      this.set(inner, "text", text)
      const [dx, dy] = ["x", "y"].map((name) => moves[name] ? this.at(this[name], moves[name][1]) - this.at(this[name], moves[name][0]) : 0)
      if (dx || dy) this.set(part, "transform", `translate(${round(dx)} ${round(dy)})`)
    }

    rename(before, after) {
      for (const part of this.svg.querySelectorAll("[data-mark$='-label'], [data-mark$='-key']")) {
        const text = part.matches("text") ? part : part.querySelector("text")
        const said = this.kept_of(text, "text")
        if (said.includes(before)) this.set(text, "text", said.replace(before, after))
      }
      this.keep_within()
    }
  }

  class Figure {
    constructor(element) {
      this.element = element
      this.panel = element.querySelector(".ln-panel")
      this.drawings = [...element.querySelectorAll(".ln-drawing svg")].map((svg) => new Drawing(svg))
      this.name = element.id.replace(/^fig-/, "")
      this.own = {}
      this.touched = false
      if (!this.panel) return
      this.panel.addEventListener("input", (event) => this.changed(event.target))
      this.panel.addEventListener("click", (event) => {
        const button = event.target.closest("button")
        if (button && button.classList.contains("ln-pick")) this.pick(button)
        else if (button) this.reset()
      })
    }

    // What the reader changed, and with it the model that it is shown for.
    held() {
      const model = this.touched && mine && this.known.controls.some(({ kind }) => kind === "model") ? { model: mine.id } : {}
      return { ...model, ...this.own }
    }

    async restore(given) {
      const figure = await this.data()
      const values = figure.controls.map((control) => [control.name, llmnotes.address.value(control, given[control.name])])
      this.own = Object.fromEntries(values.filter(([, value]) => value !== undefined))
      this.touched = Object.keys(this.own).length > 0
      this.stand(figure)
      this.update(figure)
    }

    // The controls say what the figure shows.
    stand(figure) {
      for (const { name, kind, built } of figure.controls) {
        const input = this.panel?.querySelector(`[data-control="${name}"]`)
        const value = this.own[name] ?? built
        if (!input) continue
        if (kind === "doublings") input.value = Math.log2(value)
        else if (kind === "slider" || kind === "choice") input.value = value
      }
    }

    async data() { return this.known || (this.known = await dataOf(this.element.dataset.figure)) }

    async changed(input) {
      const figure = await this.data()
      const { name, kind } = figure.controls.find((one) => one.name === input.dataset.control)
      this.own[name] = kind === "doublings" ? 2 ** Number(input.value) : Number(input.value)
      this.touch(figure)
    }

    touch(figure) {
      this.touched = true
      this.update(figure)
      keep()
    }

    async pick(button) {
      const figure = await this.data()
      const { name, kind, built } = figure.controls.find((one) => one.name === button.dataset.control)
      if (kind === "model") openPicker("model", (id) => { this.touched = true; choose(id) }, llmnotes.models[built].name)
      else openPicker("chip", (id) => { this.own[name] = id || built; this.touch(figure) }, llmnotes.chips[built].name)
    }

    async reset() {
      const figure = await this.data()
      this.own = {}
      this.touched = false
      this.stand(figure)
      if (mine && figure.controls.some(({ kind }) => kind === "model")) await choose(null)
      else this.update(figure)
      keep()
      this.panel.querySelector("[data-control]").focus()
    }

    async follow() {
      if (!mine && !this.known) return
      const figure = await this.data()
      if (figure.controls.some(({ kind }) => kind === "model")) this.update(figure)
    }

    update(figure) {
      const state = llmnotes.evaluate.built(figure)
      for (const { name, kind } of figure.controls) if (kind === "model" && mine) state[name] = mine.id
      Object.assign(state, this.own)
      const said = llmnotes.evaluate.texts(figure, state, lang)
      const asBuilt = figure.controls.every(({ name, built }) => state[name] === built)
      for (const drawing of this.drawings) {
        drawing.restore()
        drawing.svg.toggleAttribute("data-moved", !asBuilt)
        if (!asBuilt) this.redraw(drawing, figure, state, said)
      }
      if (this.panel) this.report(figure, said, asBuilt)
    }

    redraw(drawing, figure, state, said) {
      const { call, place, values, built } = llmnotes.evaluate
      const pool = values(figure, state), before = values(figure, built(figure))
      for (const [mark, how] of Object.entries(figure.marks)) {
        const find = (where, at) => where === undefined ? null : place(figure, where, at, how.fixed)
        if (how.kind === "curve") drawing.curve(mark, (x) => call(figure, how.y, { ...pool, [how.over]: how.whole ? Math.round(x) : x }, how.fixed))
        else if (how.kind === "dot") drawing.dot(mark, find(how.x, pool), find(how.y, pool))
        else if (how.kind === "label") {
          drawing.label(mark, said[how.says], Object.fromEntries(["x", "y"].filter((name) => how[name]).map((name) => [name, [find(how[name], before), find(how[name], pool)]])))
        } else drawing.bar(mark, how.kind === "column", how.start ? find(how.start, pool) : 0, find(how.end, pool))
      }
      for (const { name, kind } of figure.controls) if (kind === "model" || kind === "chip") drawing.rename(figure.built[name], said[name])
    }

    report(figure, said, asBuilt) {
      for (const { name, kind } of figure.controls) {
        const input = this.panel.querySelector(`[data-control="${name}"]`)
        if (kind === "model" || kind === "chip") input.querySelector("b").textContent = said[name]
        else if (input.type === "range") {
          input.setAttribute("aria-valuetext", said[name])
          input.nextElementSibling.textContent = said[name]
        }
      }
      this.panel.querySelector(".ln-result").textContent = llmnotes.evaluate.sentence(figure, said)
      this.panel.querySelector(".ln-built").hidden = asBuilt
      this.panel.querySelector(".ln-reset").disabled = asBuilt
      this.panel.querySelector(".ln-beyond").hidden = !this.drawings.some((drawing) => drawing.beyond)
    }
  }

  // A number in prose keeps what it says; what the reader's model makes of it stands beside.
  async function followNumber(element) {
    const beside = element.nextElementSibling
    if (beside && beside.classList.contains("ln-mine")) beside.remove()
    if (!mine) return
    const [name, claim] = element.dataset.follow.split(" ")
    const figure = await dataOf(name)
    const { name: control, built } = figure.controls.find(({ kind }) => kind === "model")
    if (built === mine.id) return
    const said = llmnotes.evaluate.texts(figure, { ...llmnotes.evaluate.built(figure), [control]: mine.id }, lang)
    const note = document.createElement("small")
    note.className = "ln-mine"
    note.textContent = lang === "zh" ? `（${mine.name}：${said[claim]}）` : ` (${mine.name}: ${said[claim]})`
    element.after(note)
  }

  // One dialog to choose a model or a chip from.
  const dialog = document.getElementById("ln-picker")
  const field = dialog.querySelector("input")
  const list = dialog.querySelector("ol")
  const none = dialog.querySelector(".ln-search__state")
  let take = null
  let touched = false
  let kindShown = "model"

  async function openPicker(kind, taken, built) {
    touched = true
    await Promise.all([common(), findable()])
    take = taken
    const entries = Object.entries(llmnotes[`${kind}s`]).map(([id, one]) => [id, one.name, one.org || one.vendor || ""])
    kindShown = kind
    none.hidden = true
    list.replaceChildren(...[["", built ? `${dialog.dataset.built}: ${built}` : dialog.dataset.built, ""], ...entries].map(entry))
    ;[...list.children].forEach((item, place) => { item.dataset.place = place })
    field.value = ""
    field.placeholder = dialog.dataset[kind]
    field.setAttribute("aria-label", dialog.dataset[kind])
    dialog.showModal()
  }

  function entry([id, name, maker]) {
    const item = document.createElement("li")
    const button = document.createElement("button")
    button.type = "button"
    button.value = id
    button.append(name)
    if (maker) {
      const small = document.createElement("small")
      small.textContent = maker
      button.append(" ", small)
    }
    item.append(button)
    return item
  }

  // Models and chips by the names that people write.
  function narrow() {
    const asked = field.value.trim(), { find, models, name } = llmnotes.finder
    const things = kindShown === "model" ? models() : Object.entries(llmnotes.chips).map(([id, one]) => name(id, one.name, one.vendor))
    const meant = new Map(find(asked, things).map(({ id }, index) => [id, index]))
    const button = (item) => item.firstElementChild.value
    for (const item of list.children) item.hidden = Boolean(asked) && !meant.has(button(item))
    const order = (item) => (asked ? meant.get(button(item)) ?? Infinity : Number(item.dataset.place))
    list.append(...[...list.children].sort((a, b) => order(a) - order(b)))
    none.hidden = !asked || meant.size > 0
  }
  field.addEventListener("input", narrow)
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    dialog.close()
    take(button.value)
  })
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault()
    const first = list.querySelector("li:not([hidden]) button")
    if (first) first.click()
  })
  dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest(".ln-picker__close")) dialog.close() })
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    const stops = [field, ...list.querySelectorAll("li:not([hidden]) button")]
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus()
    event.preventDefault()
  })

  const opener = document.querySelector(".ln-own")
  opener.addEventListener("click", () => openPicker("model", choose))
  function nameChoice() {
    opener.querySelector("span").textContent = mine ? mine.name : opener.dataset.none
    opener.setAttribute("aria-label", mine ? `${opener.dataset.label}: ${mine.name}` : opener.dataset.label)
    opener.classList.toggle("ln-own--chosen", Boolean(mine))
  }

  const figures = [...document.querySelectorAll("[data-play]")].map((element) => new Figure(element))
  const numbers = [...document.querySelectorAll("[data-follow]")]
  // Going back, a browser fills controls in as they were left: they start as the figure was built.
  for (const figure of figures) for (const input of figure.element.querySelectorAll(".ln-panel :is(input, select)")) input.autocomplete = "off"
  addEventListener("hashchange", restore)
  const start = async () => {
    const [first] = await restore()
    if (mine) await follow()
    // Where a reader comes back to, the browser knows.
    if (first && performance.getEntriesByType("navigation")[0]?.type === "navigate") first.element.scrollIntoView({ behavior: "instant" })
  }
  start().finally(() => document.documentElement.classList.remove("ln-waits"))
})()
