// Numbers as llmnotes.units writes and reads them, in both languages; a test compares the two letter by letter.
"use strict"

globalThis.llmnotes = globalThis.llmnotes || {}
llmnotes.numbers = (() => {
  const BINARY = [["B", 1], ["KiB", 2 ** 10], ["MiB", 2 ** 20], ["GiB", 2 ** 30], ["TiB", 2 ** 40], ["PiB", 2 ** 50]]
  const DECIMAL = [["B", 1], ["KB", 1e3], ["MB", 1e6], ["GB", 1e9], ["TB", 1e12], ["PB", 1e15]]
  const FLOPS = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"].map((prefix, index) => [`${prefix}FLOPs`, Number(`1e${3 * index}`)])
  const COUNT = {
    en: [["", 1], ["K", 1e3], ["M", 1e6], ["B", 1e9], ["T", 1e12]],
    zh: [["", 1], ["万", 1e4], ["亿", 1e8], ["万亿", 1e12]],
  }
  const SECONDS = {
    en: [["µs", 1e-6], ["ms", 1e-3], ["s", 1], ["min", 60], ["h", 3600]],
    zh: [["微秒", 1e-6], ["毫秒", 1e-3], ["秒", 1], ["分钟", 60], ["小时", 3600]],
  }
  const BITS = {
    fp32: 32, float32: 32, bf16: 16, bfloat16: 16, fp16: 16, float16: 16, fp8: 8, int8: 8, fp6: 6, fp4: 4, int4: 4, int3: 3, int2: 2,
  }
  const MOST_PLACES = 100
  // Powers of ten above this one are not exact.
  const EXACT_PLACES = 22

  // Python rounds a tie to the even digit, toFixed away from zero.
  function fixed(size, places) {
    if (size >= 1e21) return BigInt(size).toString()
    const rounded = size.toFixed(places)
    // A tie is half a unit of the last place. To look at every digit costs more than all the rest.
    if (places <= EXACT_PLACES && (2 * size * 10 ** places) % 2 !== 1) return rounded
    const beyond = size.toFixed(MOST_PLACES).split(".")[1].slice(places)
    if (!/^50*$/.test(beyond) || Number(rounded.at(-1)) % 2 === 0) return rounded
    const all = size.toFixed(MOST_PLACES)
    return all.slice(0, all.indexOf(".") + (places ? places + 1 : 0))
  }

  function grouped(digits) {
    const [whole, part] = digits.split(".")
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part === undefined ? "" : "." + part)
  }

  function format_number(value, digits = 3) {
    if (value === 0) return "0"
    if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written as a number; look for a division by nothing`)
    let size = Math.abs(value)
    let places = digits - 1
    while (size >= 10) { size /= 10; places -= 1 }
    while (size < 1) { size *= 10; places += 1 }
    const text = (value < 0 ? "-" : "") + grouped(fixed(Math.abs(value), Math.max(0, places)))
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text
  }

  function scaled(n, units) {
    let [name, size] = units[0]
    for (const [nextName, nextSize] of units.slice(1)) if (Math.abs(n) >= nextSize * 0.9995) [name, size] = [nextName, nextSize]
    return `${format_number(n / size)} ${name}`.trimEnd()
  }

  // A number and what follows it; no number where a comma groups anything but thousands.
  function split(text) {
    const [, head, unit] = /^([0-9.,_]*)([^]*)$/.exec(text.trim())
    const digits = head.replaceAll("_", "")
    const [, whole, part] = /^([0-9,]*)(?:\.([0-9]*))?$/.exec(digits) || []
    if (whole === undefined || !/[0-9]/.test(digits)) return [null, ""]
    if (whole.includes(",") && !/^\d{1,3}(,\d{3})+$/.test(whole)) return [null, ""]
    return [Number(`${whole.replaceAll(",", "")}.${part || ""}`), unit.trim()]
  }

  function parse_tokens(text) {
    const [number, unit] = split(text)
    const scale = { "": 1, k: 2 ** 10, m: 2 ** 20 }[unit.toLowerCase()]
    const tokens = number === null || scale === undefined ? null : number * scale
    return Number.isSafeInteger(tokens) ? tokens : null
  }

  function parse_bits(text) {
    const named = BITS[text.trim().toLowerCase()]
    const [number, unit] = split(text)
    if (named) return named
    return number === null || unit || !(number > 0 && number <= 64) ? null : number
  }

  return {
    format_number,
    format_exact: (n) => (n < 0 ? "-" : "") + grouped(fixed(Math.abs(n), 0)),
    format_bytes: (n) => scaled(n, BINARY),
    format_bytes_decimal: (n) => scaled(n, DECIMAL),
    format_count: (n, lang) => scaled(n, COUNT[lang]),
    format_flops: (n) => scaled(n, FLOPS),
    format_seconds: (n, lang) => scaled(n, SECONDS[lang]),
    format_ratio: (value, lang) => format_number(value) + (lang === "zh" ? " 倍" : "×"),
    format_percent: (share) => `${format_number(100 * share)}%`,
    format_usd: (n, lang) => {
      const [text, cents] = [format_number(n), (n < 0 ? "-" : "") + grouped(fixed(Math.abs(n), 2))]
      const shown = text.includes(".") && cents === `${text}0` ? cents : text
      return lang === "zh" ? `${shown} 美元` : `$${shown}`
    },
    format_tokens: (n) => {
      if (n % 1000 === 0) return grouped(String(n))
      if (n % 2 ** 20 === 0) return `${n / 2 ** 20}M`
      return n % 2 ** 10 === 0 ? `${n / 2 ** 10}K` : grouped(String(n))
    },
    // Where Python raises an error, these give null.
    parse_tokens,
    parse_bits,
  }
})()
