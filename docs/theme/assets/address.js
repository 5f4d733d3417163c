// What a reader changed in figures, as the address holds it: `#growth.n_tokens=65536&growth.kv_bits=8`. An anchor has no `=`.
"use strict"

globalThis.llmnotes = globalThis.llmnotes || {}
llmnotes.address = (() => {
  const entries = () => (location.hash.includes("=") ? [...new URLSearchParams(location.hash.slice(1))] : [])

  // What it says of a figure: texts by the names of its controls.
  function of(figure) {
    const start = `${figure}.`
    return Object.fromEntries(entries().filter(([key]) => key.startsWith(start)).map(([key, text]) => [key.slice(start.length), text]))
  }

  // What a text means to a control; undefined where the control has no such value.
  function value({ kind, options, low, high, step = 1 }, text) {
    if (kind === "model" || kind === "chip") return Object.hasOwn(llmnotes[`${kind}s`], text) ? text : undefined
    const number = Number(text)
    if (kind === "choice") return options.includes(number) ? number : undefined
    if (!(number >= low && number <= high)) return undefined
    return kind === "doublings" ? 2 ** Math.round(Math.log2(number)) : low + Math.round((number - low) / step) * step
  }

  // No step for the way back: the entry of the page itself says what its figures show.
  function write(states) {
    const starts = Object.keys(states).map((figure) => `${figure}.`)
    const others = entries().filter(([key]) => !starts.some((start) => key.startsWith(start)))
    const own = Object.entries(states).flatMap(([figure, state]) => Object.entries(state).map(([name, held]) => [`${figure}.${name}`, held]))
    const all = [...others, ...own]
    if (all.length) history.replaceState(history.state, "", `#${new URLSearchParams(all)}`)
    else if (location.hash.includes("=")) history.replaceState(history.state, "", location.pathname + location.search)
  }

  return { of, value, write }
})()
