// The rows of the result: how each is written, and how it came about with the numbers of this very case.
"use strict"

llmnotes.rows = (lang) => {
  const N = llmnotes.numbers, F = llmnotes.formulas, W = llmnotes.words[lang]
  const exact = (n) => N.format_exact(n, lang), bytes = (n) => N.format_bytes(n, lang), number = (n) => N.format_number(n)
  const seconds = (n) => N.format_seconds(n, lang), flops = (n) => N.format_flops(n, lang), usd = (n) => N.format_usd(n, lang)
  const percent = (n) => N.format_percent(n, lang)
  const say = (name, values) => llmnotes.fill(W.say[name], values)
  const FULL_DIGITS = 13
  const CACHE = "kvcache/how-big-and-why-so-different.html", RELATED = "question/are-they-related.html"

  function cacheTerms({ profile }, s) {
    const t = s.n_tokens, terms = []
    if (profile.growing_elements) terms.push(`${exact(profile.growing_elements)} × ${exact(t)}`)
    for (const group of profile.capped_elements) terms.push(`${exact(group.amount)} × min(${exact(t)}, ${exact(group.cap)})`)
    if (profile.entry_keeps.length) terms.push(say("compressed", { n: exact(F.compressed_elements(profile, { n_tokens: t })) }))
    if (profile.conv_elements) terms.push(say("conv", { n: exact(F.heads_on_one_chip({ n_heads: profile.conv_elements, n_chips: s.n_chips })) }))
    const away = F.elements_elsewhere(profile, { n_tokens: t, n_chips: s.n_chips })
    return (terms.join(" + ") || "0") + (away ? say("elsewhere", { n: exact(away) }) : "")
  }

  function cacheSaid(model, s, value) {
    const state = F.heads_on_one_chip({ n_heads: model.profile.state_elements, n_chips: s.n_chips })
    return say("cache", {
      n: s.n_chips, b: exact(s.batch_size), kv: number(s.kv_bits), terms: cacheTerms(model, s),
      state: state ? say("state", { state: exact(state) }) : "", value: bytes(value),
    })
  }

  function longestSaid(model, s, all, longest) {
    const given = { n_chips: s.n_chips, batch_size: s.batch_size, kv_bits: s.kv_bits }
    // Rounded as elsewhere, one token more would look the same.
    const inFull = (n) => `${n < 0 ? "−" : ""}${N.format_number(Math.abs(n), FULL_DIGITS)} B`
    const at = (n_tokens) => inFull(F.chip_cache_bytes(model.profile, { n_tokens, ...given }))
    const room = inFull(all.room)
    if (longest === Infinity) return say("longest_unlimited", { room, now: at(Math.max(0, ...model.profile.capped_elements.map((group) => group.cap))) })
    return say("longest", { room, t: exact(longest), now: at(longest), next: at(longest + 1) })
  }

  function batchSaid(model, s, batch) {
    const bits = { weight_bits: s.weight_bits, expert_bits: s.expert_bits, kv_bits: s.kv_bits }
    const given = { n_tokens: s.n_tokens, n_chips: s.n_chips, memory_bytes: llmnotes.chips[s.chip].memory_bytes, ...bits, ...llmnotes.engine }
    const left = (batch_size) => {
      const free = F.chip_free_bytes(model.profile, { batch_size, ...given })
      return free < 0 ? `−${bytes(-free)}` : bytes(free)
    }
    return batch ? say("batch", { n: exact(batch), left: left(batch), more: exact(batch + 1), then: left(batch + 1) })
      : say("batch", { n: "1", left: left(1), more: "2", then: left(2) })
  }

  function weightsSaid(model, s, value) {
    let routed = 0
    for (const group of model.profile.experts) routed += group.n_layers * group.n_experts * group.expert_params
    const how = s.form ? say(s.is_file ? "file" : "mix", { form: s.form }) : ""
    if (s.expert_bits === s.weight_bits || !routed) return how + say("weights", { params: exact(model.n_params), bits: number(s.weight_bits), value: bytes(value) })
    return how + say("weights_experts", { dense: exact(model.n_params - routed), bits: number(s.weight_bits), routed: exact(routed), expert_bits: number(s.expert_bits), value: bytes(value) })
  }

  // The longer of computing and reading.
  const boundSaid = ({ products, reads }) => ({ products: seconds(products), reads: seconds(reads) })

  // Milliseconds by part, those above a fiftieth of the whole, fixed costs in one.
  function partsSaid({ parts, expected }) {
    const shown = {}
    for (const [name, part] of Object.entries(parts)) {
      const known = name.startsWith(llmnotes.paces.fixed) ? "fixed" : name.replace(/_(16|8|4|mix)$/, "")
      shown[known] = (shown[known] || 0) + part
    }
    const large = Object.entries(shown).filter(([, part]) => part > expected / 50)
    return large.map(([name, part]) => `${W.parts[name]} ${seconds(part)}`).join(" + ")
  }

  const timedSaid = (s, timed, value) => say("timed", {
    engine: llmnotes.paces.engines[s.engine].name, parts: partsSaid(timed), real: seconds(timed.expected), low: seconds(timed.low), high: seconds(timed.high), scope: W.scopes[timed.scope], value,
  })
  const between = (one, low, high) => llmnotes.fill(W.between, { one, low, high })

  function shareSaid(model, n_new, n_past, value) {
    const attention = flops(F.causal_attention_flops(model.profile, { n_new, n_past }))
    return say("share", { attention, linear: flops(F.linear_flops(model.profile, { n_new })), value: percent(value) })
  }

  const context = (n, model) => (n === Infinity ? W.unlimited : model.n_ctx && n > model.n_ctx ? llmnotes.fill(W.beyond, { n: exact(n), limit: exact(model.n_ctx) }) : exact(n))
  const orPeak = (write) => (value) => (value === undefined ? W.no_peak : write(value))
  const stepSaid = (model, s, all) => say("step", { ...boundSaid(all.timed_step), step: seconds(all.step), value: number(all.user_rate) })
  const paced = (explain) => (model, s, all) => (all.first === undefined ? "" : explain(model, s, all))

  return [
    { group: W.memory },
    { name: "weights", unit: "bytes", value: (all) => all.weights, write: bytes, explain: (m, s, all) => weightsSaid(m, s, all.weights) },
    { name: "cache", unit: "bytes", value: (all) => all.ideal.cache, write: bytes, link: CACHE, explain: (m, s, all) => cacheSaid(m, s, all.ideal.cache) },
    { name: "reserved", unit: "bytes", beside: (all) => all.ideal.cache, value: (all) => all.reserved.cache, write: bytes, link: CACHE, explain: (m, s, all) => cacheSaid(llmnotes.reserving(m), s, all.reserved.cache) },
    { name: "activations", unit: "bytes", value: (all) => all.activations, write: bytes, explain: (m, s, all) => say("activations", {
      n: s.n_chips, chunk: exact(llmnotes.engine.prefill_chunk), value: bytes(all.activations),
      pass: bytes(F.pass_bytes({ n_tokens: llmnotes.engine.prefill_chunk, d_model: m.profile.d_model, widest_block: m.profile.widest_block, n_chips: s.n_chips })),
      head: bytes(F.head_bytes({ n_tokens: llmnotes.engine.prefill_chunk, n_sequences: s.batch_size, d_model: m.profile.d_model, vocab_size: m.profile.vocab_size, n_chips: s.n_chips })),
    }) },
    { name: "overhead", unit: "bytes", value: (all) => all.overhead, write: bytes, explain: (m, s, all) => say("overhead", { memory: bytes(all.memory), usable: number(llmnotes.engine.usable_share), value: bytes(all.overhead) }) },
    { name: "free", unit: "bytes", value: (all) => all.ideal.free, write: (free) => (free < 0 ? `${W.missing} ${bytes(-free)}` : bytes(free)), strong: true, explain: (m, s, all) => say("free", {
      memory: bytes(all.memory), weights: bytes(all.weights), cache: bytes(all.ideal.cache), activations: bytes(all.activations), overhead: bytes(all.overhead),
      value: all.ideal.free < 0 ? `−${bytes(-all.ideal.free)}` : bytes(all.ideal.free),
    }) },
    { group: W.limits },
    { name: "longest", unit: "tokens", value: (all) => all.ideal.longest, write: context, link: CACHE, explain: (m, s, all) => longestSaid(m, s, all, all.ideal.longest) },
    { name: "longest_reserved", unit: "tokens", beside: (all) => all.ideal.longest, value: (all) => all.reserved.longest, write: context, link: CACHE, explain: (m, s, all) => longestSaid(llmnotes.reserving(m), s, all, all.reserved.longest) },
    { name: "batch", unit: "sequences", value: (all) => all.ideal.batch, write: exact, explain: (m, s, all) => batchSaid(m, s, all.ideal.batch) },
    { name: "fewest", unit: "chips", value: (all) => all.ideal.fewest, write: (n) => (n ? exact(n) : W.none), explain: (m, s, all) => say(all.ideal.fewest ? "fewest" : "fewest_none", { heads: exact(m.profile.n_query_heads), n: exact(all.ideal.fewest) }) },
    { group: W.speed },
    { name: "first", unit: "s", value: (all) => all.first, write: orPeak(seconds), explain: paced((m, s, all) => say("first", { ...boundSaid(all.timed_first), t: exact(s.n_tokens - s.n_output), value: seconds(all.first) })) },
    { name: "engine_first", unit: "s", value: (all) => all.engine_first, write: (value, m, all) => (value === undefined ? W.no_peak : between(seconds(value), seconds(all.timed_first.low), seconds(all.timed_first.high))),
      explain: paced((m, s, all) => timedSaid(s, all.timed_first, seconds(all.engine_first))) },
    { name: "user_rate", unit: "tokens/s", value: (all) => all.user_rate, write: number, explain: stepSaid },
    { name: "rate", unit: "tokens/s", value: (all) => all.rate, write: number, explain: (m, s, all) => say("rate", { b: exact(s.batch_size), step: seconds(all.step), value: number(all.rate) }) },
    { name: "engine_rate", unit: "tokens/s", value: (all) => all.engine_rate, write: (value, m, all) => between(number(value), number(all.engine_slow), number(all.engine_fast)),
      explain: (m, s, all) => `${timedSaid(s, all.timed_step, seconds(all.timed_step.expected))}${say("timed_rate", { b: exact(s.batch_size), real: seconds(all.timed_step.expected), value: number(all.engine_rate) })}` },
    { group: W.money },
    { name: "cost", unit: "USD", value: (all) => all.cost, write: orPeak(usd), explain: paced((m, s, all) => say("cost", { first: seconds(all.first), o: exact(s.n_output), step: seconds(all.step), b: exact(s.batch_size), n: s.n_chips, rent: usd(s.rent), value: usd(all.cost) })) },
    { name: "engine_cost", unit: "USD", value: (all) => all.engine_cost, write: orPeak(usd), explain: paced((m, s, all) => say("cost", { first: seconds(all.engine_first), o: exact(s.n_output), step: seconds(all.timed_step.expected), b: exact(s.batch_size), n: s.n_chips, rent: usd(s.rent), value: usd(all.engine_cost) })) },
    { name: "listed", unit: "USD", optional: true, value: (all) => all.listed, write: usd, explain: (m, s, all) => {
      const price = llmnotes.prices[s.price], tier = llmnotes.tier(price, s.n_tokens - s.n_output)
      return say("listed", { name: price.name, date: price.priced, prompt: exact(s.n_tokens - s.n_output), read: usd(tier.usd_per_million_input), o: exact(s.n_output), written: usd(tier.usd_per_million_output), value: usd(all.listed) })
    } },
    { group: W.attention },
    { name: "share_prompt", unit: "share", value: (all) => all.share_prompt, write: percent, link: RELATED, explain: (m, s, all) => shareSaid(m, s.n_tokens - s.n_output, 0, all.share_prompt) },
    { name: "share_step", unit: "share", value: (all) => all.share_step, write: percent, link: RELATED, explain: (m, s, all) => shareSaid(m, 1, s.n_tokens, all.share_step) },
  ]
}
