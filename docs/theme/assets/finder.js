// Models by the names that people write: llmnotes/finder.py in JavaScript, line by line, with its patterns and lists from
// names.js. A test asks both and compares every answer.
"use strict"

globalThis.llmnotes = globalThis.llmnotes || {}
llmnotes.finder = (() => {
  const R = llmnotes.names.rules
  const every = (pattern) => new RegExp(pattern, "g")
  const SOFT = new Set(R.SOFT)
  const date = new RegExp(`^(?:${R.DATE})$`)

  // The pieces of a name, in order.
  function words(text) {
    let plain = text.normalize("NFKC").toLowerCase().replace(every(R.INVISIBLE), "").trim()
    for (const [alias, name] of R.ALIASES) plain = plain.replaceAll(alias, ` ${name} `)
    plain = plain.trim().replace(new RegExp(R.HEAD), "").replace(new RegExp(R.TAIL), "").replace(every(R.SPLIT_SIZE), "$1$2")
    plain = plain.replace(every(R.UNDERSCORED), "$1.$2")
    const slash = plain.lastIndexOf("/")
    if (slash < 0 || plain.includes(" ")) return pieces(plain)
    const head = plain.slice(0, slash)
    const owner = pieces(head.slice(head.lastIndexOf("/") + 1)).map((word) => ({ ...word, soft: true }))
    return [...owner, ...pieces(plain.slice(slash + 1))]
  }

  function pieces(plain) {
    const found = []
    for (const [, , size, number, letters] of plain.matchAll(every(R.PIECE))) {
      if (size) found.push({ text: size, kind: "size", soft: false })
      else if (number) {
        const text = number.split(".").map((part) => part.replace(/^0+(?=.)/, "")).join(".")
        const early = (text.startsWith("0.") || text === "1.0") && found.length > 0 && found.at(-1).text === "v"
        found.push({ text, kind: "number", soft: early || date.test(number) })
      } else if (letters) found.push({ text: letters, kind: "letters", soft: SOFT.has(letters) })
    }
    return found
  }

  // A model, or a chip, as it is found.
  function name(id, title, org = "", counts = []) {
    const variants = [words(title), words(id)]
    return { id, counts, variants, joins: joins([...variants, words(org)]) }
  }

  // The models whose names have every word of `wanted`, the best first; weak matches only where there are no others.
  function find(wanted, models) {
    let asked = typeof wanted === "string" ? words(wanted) : wanted
    if (asked.every((word) => word.soft)) asked = asked.map((word) => ({ ...word, soft: false }))
    if (!asked.length) return []
    // A runner's tag, deepseek-r1:70b, leaves out more than a name that says its size.
    const whole = typeof wanted === "string" && !wanted.replace(new RegExp(R.HEAD), "").includes(":") && asked.some((word) => word.kind === "size")
    const all = models.map((model) => match(asked, model, whole)).filter(Boolean)
    const strong = all.filter((found) => !found.weak)
    return (strong.length ? strong : all).sort((a, b) => b.quality - a.quality || a.leftover - b.leftover)
  }

  // The id that was meant; null where several may be, or none is.
  function one(found) {
    let best = found.filter((model) => model.quality === found[0].quality)
    if (best.length > 1) best = best.filter((model) => !model.leftover)
    return best.length === 1 && !best[0].other ? best[0].id : null
  }

  function match(asked, model, whole) {
    const covered = new Set()
    let total = 0, weak = false, later = false, index = 0
    while (index < asked.length) {
      const [n_words, found, texts] = foundAt(asked, index, model)
      let quality = found
      if (quality === 0) {
        if (!asked[index].soft) return null
        quality = R.SKIPPED
      }
      weak = weak || quality === R.WITHIN || quality === R.SLIP
      later = later || quality === R.LATER
      total += quality * n_words
      for (const text of texts) covered.add(text)
      index += n_words
    }
    const isActive = (word) => word.kind === "size" && sizeKind(word.text) === "a"
    // How much is active may be left unsaid beside a size of the whole (Hunyuan A13B has none).
    const isFree = (word, among) => isActive(word) && among.some((other) => other.kind === "size" && !isActive(other))
    const isLeft = (word, _index, variant) => !covered.has(word.text) && !isFree(word, variant)
    const left = model.variants.map((variant) => variant.filter(isLeft)).reduce((a, b) => (b.length < a.length ? b : a))
    const more = whole && left.some((word) => word.kind !== "size" && !word.soft)
    return { id: model.id, weak, other: later || more, quality: total / asked.length, leftover: left.length }
  }

  function foundAt(asked, index, model) {
    const { text, kind } = asked[index]
    if (kind === "size") return [1, ...size(text, model)]
    if (kind === "number") return [1, ...number(text, model)]
    for (let n_words = R.MOST_JOINED; n_words > 1; n_words -= 1) {
      const some = asked.slice(index, index + n_words)
      const joined = some.map((word) => word.text).join("")
      if (some.length === n_words && some.every((word) => word.kind === "letters") && model.joins.has(joined)) return [n_words, 1, model.joins.get(joined)]
    }
    return [1, ...letters(text, model)]
  }

  function letters(text, model) {
    let best = [0, []]
    for (const [known, parts] of model.joins) {
      const quality = likeness(text, known)
      if (quality > best[0]) best = [quality, parts]
    }
    if (best[0]) return best
    for (const [alias, known] of R.ALIASES) { // another name with a slip, which was not replaced
      if (model.joins.has(known) && likeness(text, alias) === R.SLIP) return [R.SLIP, model.joins.get(known)]
    }
    return best
  }

  function likeness(text, known) {
    if (text === known) return 1
    if (text.length > 1 && known.startsWith(text)) return R.PREFIX
    if (text.length >= R.LEAST_WITHIN && known.includes(text)) return R.WITHIN
    const most = text.length < R.LEAST_SLIP || R.OTHERS.includes(text) ? 0 : text.length < R.LEAST_TWO_SLIPS ? 1 : 2
    return most && Math.abs(text.length - known.length) <= most && slips(text, known) <= most ? R.SLIP : 0
  }

  function number(text, model) {
    let best = [0, []]
    for (const word of model.variants.flat()) {
      if (word.kind !== "number") continue
      const dotless = !text.includes(".") && text.length > 1 && text === word.text.replaceAll(".", "")
      const same = text === word.text ? 1 : dotless ? R.DOTLESS : 0
      const older = word.text === `${text}.0` ? R.OLDER : word.text.startsWith(`${text}.`) ? R.LATER : 0
      const quality = same || older
      if (quality > best[0]) best = [quality, [word.text]]
    }
    return best
  }

  function size(text, model) {
    const sizes = model.variants.flat().filter((word) => word.kind === "size").map((word) => word.text)
    if (sizes.includes(text)) return [1, [text]]
    if (sizes.some((known) => sizeKind(known) === sizeKind(text))) return [0, []]
    if (sizeKind(text) === "k" || (sizeKind(text) === "a" && !model.counts.length)) return [R.SKIPPED, []]
    if (sizeKind(text) === "x") return [0, []]
    const count = Number(text.slice(0, -1).replace(/^[ae]+/, "")) * R.SCALES[text.at(-1)]
    return [model.counts.some((known) => Math.abs(known - count) <= R.COUNT_TOLERANCE * known) ? R.SKIPPED : 0, []]
  }

  const sizeKind = (text) => ("ae".includes(text[0]) ? text[0] : text.includes("x") ? "x" : text.endsWith("k") ? "k" : "")

  function joins(variants) {
    const found = new Map()
    for (const variant of variants) {
      for (let start = 0; start < variant.length; start += 1) {
        for (let n_words = 1; n_words <= R.MOST_JOINED; n_words += 1) {
          const some = variant.slice(start, start + n_words)
          if (some.length < n_words || some.some((word) => word.kind !== "letters")) continue
          const texts = some.map((word) => word.text), joined = texts.join("")
          if (!found.has(joined)) found.set(joined, texts)
        }
      }
    }
    return found
  }

  function slips(one, other) {
    const a = [...one], b = [...other]
    let before = [], row = [...Array(b.length + 1).keys()]
    a.forEach((letter, i) => {
      const above = row
      row = [i + 1]
      b.forEach((known, j) => {
        row.push(Math.min(above[j + 1] + 1, row[j] + 1, above[j] + (letter === known ? 0 : 1)))
        if (i && j && letter === b[j - 1] && a[i - 1] === known) row[j + 1] = Math.min(row[j + 1], before[j - 1] + 1)
      })
      before = above
    })
    return row.at(-1)
  }

  let known = null
  // The registered models, as they are found.
  const models = () => (known = known || llmnotes.names.models.map((given) => name(...given)))

  return { words, name, find, one, models, slips }
})()
