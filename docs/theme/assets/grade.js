// What a typed answer means and whether it is right: no page in here; a test asks it about every case of every exercise.
"use strict"

globalThis.llmnotes = globalThis.llmnotes || {}
llmnotes.grade = (() => {
  const powers = (names, base, first = 0) => Object.fromEntries(names.map((name, index) => [name, [base ** (index + first)]]))
  const BINARY = powers(["kib", "mib", "gib", "tib", "pib"], 1024, 1)
  const DECIMAL = powers(["kb", "mb", "gb", "tb", "pb"], 1000, 1)
  const COUNT = { "": [1], k: [1e3], m: [1e6], b: [1e9], t: [1e12], thousand: [1e3], million: [1e6], billion: [1e9], trillion: [1e12], 千: [1e3], 万: [1e4], 百万: [1e6], 亿: [1e8], 十亿: [1e9], 万亿: [1e12] }
  const FLOPS = Object.fromEntries(["", "k", "m", "g", "t", "p", "e", "z", "y"].flatMap((prefix, index) => ["flop", "flops"].map((unit) => [prefix + unit, [1e3 ** index]])))
  // What each unit may be followed by, and what that multiplies by; without "" a unit must be written.
  const UNITS = {
    bytes: { b: [1], byte: [1], bytes: [1], 字节: [1], ...BINARY, ...DECIMAL },
    count: COUNT,
    number: COUNT,
    // K is 1,024 in "128K" and 1,000 for many people.
    tokens: { ...COUNT, k: [1024, 1e3], m: [2 ** 20, 1e6] },
    seconds: { ns: [1e-9], µs: [1e-6], μs: [1e-6], us: [1e-6], ms: [1e-3], s: [1], sec: [1], min: [60], h: [3600], 微秒: [1e-6], 毫秒: [1e-3], 秒: [1], 分钟: [60], 分: [60], 小时: [3600] },
    flops: { ...FLOPS, 万亿: [1e12], 亿: [1e8] },
    ratio: { "": [1], "×": [1], x: [1], times: [1], 倍: [1], "%": [0.01] },
    share: { "%": [0.01], percent: [0.01] },
    usd: { "": [1], $: [1], usd: [1], dollars: [1], dollar: [1], 美元: [1], "¢": [0.01], cents: [0.01], 美分: [0.01] },
  }
  const TYPED = /^[≈~约]?\s*\$?\s*(\d[\d,_ ]*\.?\d*|\.\d+)(e[+-]?\d+)?\s*(.*)$/i

  // The values that a text can mean; null where it is no number, none where its unit is missing or another's.
  function read(text, unit) {
    const found = TYPED.exec(text.normalize("NFKC").replace(/[\u00a0\u202f]/g, " ").trim())
    if (!found) return null
    const number = Number(found[1].replace(/[,_ ]/g, "") + (found[2] || ""))
    const named = found[3].toLowerCase().replace(/(个?\s*tokens?|个|参数|parameters?)$/, "").trim()
    const scales = UNITS[unit][named] || []
    return { number, named, values: scales.map((scale) => number * scale) }
  }

  // Whether an answer is right, and what to say of it: `verdict` and, where a mistake is known, its place in `mistakes`.
  function grade(ask, at, text) {
    const right = ask.answers[at], near = (value, other, by = ask.tolerance) => Math.abs(value - other) <= by * Math.abs(other) + 1e-12
    const said = read(text, ask.unit)
    if (!said) return { verdict: "unread" }
    if (!said.values.length) return { verdict: "unit" }
    if (said.values.some((value) => near(value, right))) return { verdict: "right" }
    // Two mistakes may lie close together: the nearest is the one that was made. One beside the right answer says nothing.
    const away = ask.mistakes.map(([, given]) => Math.min(Infinity, ...said.values.filter((value) => near(value, given[at])).map((value) => Math.abs(value - given[at]))))
    const mistake = away.indexOf(Math.min(Infinity, ...away))
    if (away[mistake] < Infinity && !near(ask.mistakes[mistake][1][at], right, 2 * ask.tolerance)) return { verdict: "mistake", mistake }
    const other = { ...Object.fromEntries(Object.keys(BINARY).map((name) => [name, DECIMAL[name.replace("i", "")]])), ...Object.fromEntries(Object.keys(DECIMAL).map((name) => [name, BINARY[`${name[0]}ib`]])) }[said.named]
    if (ask.unit === "bytes" && other && near(said.number * other[0], right)) return { verdict: "base" }
    return { verdict: said.values[0] > right ? "large" : "small" }
  }

  // A case for a reader's seed: the same on every page that knows both.
  function drawn(seed, name, n) {
    let mixed = seed >>> 0
    for (const letter of name) mixed = Math.imul(mixed ^ letter.codePointAt(0), 0x01000193) >>> 0
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 0
    return ((mixed ^ (mixed >>> 13)) >>> 0) % n
  }

  return { read, grade, drawn }
})()
