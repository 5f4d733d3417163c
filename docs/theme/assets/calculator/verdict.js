// The answer before the numbers: whether a model fits, by how much, and the nearest ways to make it fit.
"use strict"

llmnotes.verdict = (box, lang, change) => {
  const W = llmnotes.words[lang], N = llmnotes.numbers
  const bytes = (n) => N.format_bytes(n, lang), exact = (n) => N.format_exact(n, lang)
  const WAYS = 3, LESS_OFTEN = 1.5

  function element(name, given, ...children) {
    const one = Object.assign(document.createElement(name), given)
    one.append(...children)
    return one
  }

  // What each chip has left, times their number, under other settings.
  function free(model, s) {
    const bits = { weight_bits: s.weight_bits, expert_bits: s.expert_bits || s.weight_bits, kv_bits: s.kv_bits }
    const given = { n_tokens: s.n_tokens, n_chips: s.n_chips, batch_size: s.batch_size, memory_bytes: llmnotes.chips[s.chip].memory_bytes }
    return s.n_chips * llmnotes.formulas.chip_free_bytes(model.profile, { ...given, ...bits, ...llmnotes.engine })
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
    const lower = (name, now) => [...document.getElementById(`ln-${name}`).options].map((option) => [Number(option.value), option.text]).filter(([bits]) => bits && bits < now).sort(([a], [b]) => b - a)
    const weights = lower("weight_bits", s.weight_bits), caches = lower("kv_bits", s.kv_bits)
    const onWeights = ([bits]) => ({ weight_bits: bits, expert_bits: s.expert_bits && Math.min(s.expert_bits, bits) })
    const light = weights.find((one) => fits(onWeights(one))), small = caches.find(([bits]) => fits({ kv_bits: bits }))
    if (light) add("weights", onWeights(light), llmnotes.fill(W.way_weights, { name: light[1] }), far(s.weight_bits, light[0]))
    if (small) add("cache", { kv_bits: small[0] }, llmnotes.fill(W.way_cache, { name: small[1] }), far(s.kv_bits, small[0]))
    if (!light && !small) {
      const pairs = weights.flatMap((one) => caches.map((other) => [one, other])).filter(([one, other]) => fits({ ...onWeights(one), kv_bits: other[0] }))
      const distance = ([one, other]) => far(s.weight_bits, one[0]) + far(s.kv_bits, other[0])
      const [pair] = pairs.sort((a, b) => distance(a) - distance(b))
      if (pair) add("both", { ...onWeights(pair[0]), kv_bits: pair[1][0] }, llmnotes.fill(W.way_both, { weights: pair[0][1], cache: pair[1][1] }), distance(pair))
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
        const longest = ideal.longest === Infinity ? W.any_context : llmnotes.fill(W.up_to_context, { n: exact(ideal.longest) })
        parts.push(element("p", {}, llmnotes.fill(W.more_fits, { context: longest, batch: exact(ideal.batch) })))
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
