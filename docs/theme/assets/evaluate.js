// What a figure says and shows for a state of its controls: no page in here; a test compares it with Python.
"use strict"

globalThis.llmnotes = globalThis.llmnotes || {}
llmnotes.evaluate = (() => {
  // What formulas may take, by name; see llmnotes.site.script.playing.
  function values(figure, state) {
    const pool = { ...figure.values }
    for (const { name, kind } of figure.controls) {
      pool[name] = state[name]
      if (kind === "model") {
        const { profile, n_params, n_active } = llmnotes.models[state[name]]
        Object.assign(pool, { profile, n_params, n_active })
      } else if (kind === "chip") {
        const { memory_bytes, bandwidth_bytes_per_s, peak_flops_per_s = {} } = llmnotes.chips[state[name]]
        Object.assign(pool, { memory_bytes, bandwidth_bytes_per_s, peak_flops_per_s: peak_flops_per_s.bf16 })
      }
    }
    return pool
  }

  // A formula refuses some values with an error, and divides some by nothing: then there is no number, nor of what
  // builds on it. An argument is a number, or what gives one when it is asked for.
  function call(figure, formula, pool, fixed = {}) {
    const known = { ...pool }
    for (const [name, one] of Object.entries(fixed)) known[name] = one.call ? call(figure, one, pool) : one
    const named = {}
    for (const name of formula.takes) {
      const { value, fixed: held } = known[name] ?? {}
      named[name] = value ? call(figure, value, known, held) : known[name]
      if (named[name] === null) return null
    }
    let given
    try {
      given = figure.formulas[formula.call](...(formula.profile ? [pool.profile, named] : [named]))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return null
    }
    return typeof given === "number" && !Number.isFinite(given) ? null : given
  }

  const place = (figure, where, pool, fixed) => typeof where === "string" ? pool[where] : call(figure, where, pool, fixed)

  function control_text({ kind }, value, lang) {
    if (kind === "model") return llmnotes.models[value].name
    if (kind === "chip") return llmnotes.chips[value].name
    return kind === "doublings" ? llmnotes.numbers.format_tokens(value, lang) : llmnotes.numbers.format_number(value)
  }

  function number_text(figure, number, pool, lang) {
    const value = call(figure, number.value, pool, number.fixed)
    if (value === null) return "–"
    if (!number.unit) return value ? number.yes : number.no
    return number.unit === "number" ? llmnotes.numbers.format_number(value) : llmnotes.numbers[`format_${number.unit}`](value, lang)
  }

  function texts(figure, state, lang) {
    const pool = values(figure, state)
    const said = {}
    for (const control of figure.controls) said[control.name] = control_text(control, state[control.name], lang)
    for (const [name, number] of Object.entries(figure.numbers)) said[name] = number_text(figure, number, pool, lang)
    return said
  }

  const fill = (text, said) => text.replace(/\{\{(\w+)\}\}/g, (_, name) => said[name])
  // One of two texts may itself name numbers.
  const sentence = (figure, said) => fill(fill(figure.sentence || "", said), said)

  const built = (figure) => Object.fromEntries(figure.controls.map(({ name, built }) => [name, built]))

  return { values, call, place, texts, sentence, built, control_text }
})()
