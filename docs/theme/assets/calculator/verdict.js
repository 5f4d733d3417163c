// The answer before the numbers: whether a model fits, by how much, and the nearest ways to make it fit.
"use strict"

// `change` takes a way that was chosen; `choices` has the values of each field with their words.
llmnotes.verdict = (box, lang, change, choices) => {
  const W = llmnotes.words[lang], N = llmnotes.numbers
  const bytes = (n) => N.format_bytes(n, lang), exact = (n) => N.format_exact(n, lang)
  const WAYS = 3, LESS_OFTEN = 1.5

  function element(name, given, ...children) {
    const one = Object.assign(document.createElement(name), given)
    one.append(...children)
    return one
  }

  // What each chip has left, times their number, under such settings.
  function free(model, settings) {
    const { n_tokens, n_chips, batch_size, chip, weight_bits, expert_bits, kv_bits } = llmnotes.stored(model, settings)
    const given = { n_tokens, n_chips, batch_size, weight_bits, expert_bits, kv_bits, memory_bytes: llmnotes.chips[chip].memory_bytes }
    return n_chips * llmnotes.formulas.chip_free_bytes(model.profile, { ...given, ...llmnotes.engine })
  }

  function weightBytes(model, settings) {
    const { weight_bits, expert_bits } = llmnotes.stored(model, settings)
    return llmnotes.formulas.chip_weight_bytes(model.profile, { n_chips: 1, weight_bits, expert_bits })
  }

  // Every way that changes one thing, or weights and cache together: what it sets, what is said, how far it is.
  function ways(model, s, all) {
    const found = [], fits = (set) => free(model, { ...s, ...set }) >= 0
    const far = (from, to) => Math.abs(Math.log2(from / to))
    const add = (kind, set, said, distance) => found.push({ kind, set, said, distance, left: free(model, { ...s, ...set }) })
    const { longest, batch, fewest } = all.ideal
    if (longest > s.n_output && longest < s.n_tokens) add("context", { n_tokens: longest }, llmnotes.fill(W.way_context, { n: exact(longest) }), far(s.n_tokens, longest))
    if (batch >= 1 && batch < s.batch_size) add("batch", { batch_size: batch }, llmnotes.fill(W.way_batch, { n: exact(batch) }), far(s.batch_size, batch))
    if (fewest > s.n_chips) add("chips", { n_chips: fewest }, llmnotes.fill(W.way_chips, { n: exact(fewest), chip: llmnotes.chips[s.chip].name }), far(s.n_chips, fewest) + LESS_OFTEN)
    // Smaller forms of weights and cache, the largest first: what each sets, its words, and its size.
    const smaller = (name, now, one) => choices[name].map(([value, text]) => one(value, text)).filter(({ size }) => size < now).sort((a, b) => b.size - a.size)
    const heavy = weightBytes(model, s)
    const weights = smaller("weight_bits", heavy, (value, name) => {
      const set = { weight_bits: value, expert_bits: 0 }
      return { set, name, size: weightBytes(model, { ...s, ...set }) }
    })
    const caches = smaller("kv_bits", s.kv_bits, (value, name) => ({ set: { kv_bits: Number(value) }, name, size: Number(value) }))
    const light = weights.find(({ set }) => fits(set)), small = caches.find(({ set }) => fits(set))
    if (light) add("weights", light.set, llmnotes.fill(W.way_weights, { name: light.name }), far(heavy, light.size))
    if (small) add("cache", small.set, llmnotes.fill(W.way_cache, { name: small.name }), far(s.kv_bits, small.size))
    if (!light && !small) {
      const pairs = weights.flatMap((one) => caches.map((other) => [one, other])).filter(([one, other]) => fits({ ...one.set, ...other.set }))
      const distance = ([one, other]) => far(heavy, one.size) + far(s.kv_bits, other.size)
      const [pair] = pairs.sort((a, b) => distance(a) - distance(b))
      if (pair) add("both", { ...pair[0].set, ...pair[1].set }, llmnotes.fill(W.way_both, { weights: pair[0].name, cache: pair[1].name }), distance(pair))
    }
    const now = llmnotes.chips[s.chip].memory_bytes
    const [larger] = Object.entries(llmnotes.chips).filter(([id, { memory_bytes }]) => memory_bytes > now && fits({ chip: id })).sort(([, a], [, b]) => a.memory_bytes - b.memory_bytes)
    if (larger) add("chip", { chip: larger[0] }, llmnotes.fill(W.way_chip, { n: exact(s.n_chips), chip: larger[1].name }), far(now, larger[1].memory_bytes) + LESS_OFTEN)
    return found.sort((a, b) => a.distance - b.distance).slice(0, WAYS)
  }

  // What the numbers leave unsaid.
  function cautions(model, s) {
    const heads = model.profile.n_query_heads, said = []
    if (model.n_ctx && s.n_tokens > model.n_ctx) said.push(llmnotes.fill(W.caution_context, { n: exact(s.n_tokens), limit: exact(model.n_ctx) }))
    if (heads && heads % s.n_chips) said.push(llmnotes.fill(W.caution_heads, { n: exact(s.n_chips), heads: exact(heads) }))
    return said
  }

  const headline = (model, s, { ideal }) => llmnotes.fill(ideal.free < 0 ? W.no : W.yes, {
    model: model.name, t: exact(s.n_tokens), b: s.batch_size === 1 ? "" : llmnotes.fill(W.of_batch, { n: exact(s.batch_size) }),
    chips: llmnotes.fill(s.n_chips === 1 ? W.one_chip : W.many_chips, { n: exact(s.n_chips), chip: llmnotes.chips[s.chip].name }), size: bytes(Math.abs(ideal.free)),
  })

  let lines = []

  // At every key: the sentence.
  function fill(models, s, costs) {
    if (lines.length !== models.length) {
      lines = models.map(() => ({ whole: element("div", {}), said: element("p", {}), more: element("div", {}) }))
      for (const { whole, said, more } of lines) whole.append(said, more)
      box.replaceChildren(...lines.map(({ whole }) => whole))
    }
    models.forEach((model, index) => {
      const { whole, said, more } = lines[index]
      const text = headline(model, s, costs[index])
      if (said.textContent !== text) said.textContent = text
      whole.className = costs[index].ideal.free < 0 ? "ln-verdict__no" : "ln-verdict__yes"
      more.classList.add("ln-old")
    })
  }

  // Once that stands: the ways out, or how much more would fit, and the cautions.
  function tell(models, s, costs) {
    models.forEach((model, index) => {
      const all = costs[index], { ideal } = all, parts = []
      if (ideal.free < 0) {
        const nearest = ways(model, s, all)
        const items = nearest.map(({ set, said, left }) => {
          const button = element("button", { type: "button", className: "ln-way" }, said)
          button.addEventListener("click", () => change(set))
          return element("li", {}, button, ` ${llmnotes.fill(W.way_left, { size: bytes(left) })}`)
        })
        parts.push(element("p", {}, nearest.length ? W.ways : W.no_way), element("ul", {}, ...items))
      } else {
        const named = model.n_ctx && ideal.longest > model.n_ctx ? W.whole_context : W.up_to_context
        const longest = ideal.longest === Infinity ? W.any_context : llmnotes.fill(named, { n: exact(ideal.longest), limit: exact(model.n_ctx) })
        parts.push(element("p", {}, llmnotes.fill(ideal.batch > s.batch_size ? W.more_fits : W.longer_fits, { context: longest, batch: exact(ideal.batch) })))
      }
      parts.push(...cautions(model, s).map((text) => element("p", { className: "ln-caution" }, text)))
      lines[index].more.replaceChildren(...parts)
      lines[index].more.classList.remove("ln-old")
    })
  }

  function clear(words) {
    lines = []
    box.replaceChildren(element("p", { className: "ln-caution" }, words))
  }

  return { fill, tell, clear, ways }
}
