// What a model costs under the settings of the form. Every number comes from `llmnotes.formulas`, which Python emits.
"use strict"

// The same model on an engine whose windowed layers keep every token.
llmnotes.reserving = (model) => {
  const { growing_elements, capped_elements, heads } = model.profile
  const profile = {
    ...model.profile,
    growing_elements: capped_elements.reduce((sum, group) => sum + group.amount, growing_elements),
    capped_elements: [],
    heads: heads.map((group) => ({ ...group, cap: 0 })),
  }
  return { ...model, profile }
}

// The settings with the precision that this model's file states, where nothing else was asked for.
llmnotes.stored = (model, settings) => {
  const file = model.file || { form: "bf16", weight_bits: 16, read_bits: 16, expert_bits: 16 }
  const weight_bits = settings.weight_bits || file.weight_bits
  const expert_bits = settings.expert_bits || settings.weight_bits || file.expert_bits
  const read_bits = settings.weight_bits || file.read_bits
  return { ...settings, weight_bits, read_bits, expert_bits, form: settings.weight_bits ? "" : file.form }
}

// Where the memory goes, and what else would fit, under settings that name every precision.
llmnotes.held = (model, { n_tokens, batch_size, weight_bits, expert_bits, kv_bits, n_chips, chip }) => {
  const F = llmnotes.formulas, { profile } = model
  const { memory_bytes } = llmnotes.chips[chip]
  const bits = { weight_bits, expert_bits }
  const cached = { n_chips, batch_size, kv_bits }
  const engine = { memory_bytes, ...llmnotes.engine }
  const room_bytes = F.chip_room_bytes(profile, { ...engine, ...bits, n_chips, batch_size })

  const room = (profile) => {
    const given = { n_tokens, kv_bits, ...bits, ...engine }
    const unlimited = F.context_is_unlimited(profile, { room_bytes, ...cached })
    return {
      cache: n_chips * F.chip_cache_bytes(profile, { n_tokens, ...cached }),
      free: n_chips * F.chip_free_bytes(profile, { ...given, n_chips, batch_size }),
      longest: unlimited ? Infinity : F.longest_context(profile, { room_bytes, ...cached }),
      batch: F.largest_batch(profile, { ...given, n_chips }),
      fewest: F.fewest_chips(profile, { ...given, batch_size }),
    }
  }

  return {
    memory: n_chips * memory_bytes,
    overhead: n_chips * F.overhead_bytes({ memory_bytes, usable_share: engine.usable_share }),
    weights: n_chips * F.chip_weight_bytes(profile, { n_chips, ...bits }),
    activations: n_chips * F.chip_activation_bytes(profile, { n_chips, batch_size, prefill_chunk: engine.prefill_chunk }),
    room: room_bytes,
    ideal: room(profile),
    reserved: room(llmnotes.reserving(model).profile),
  }
}

llmnotes.cost = (model, given) => {
  const F = llmnotes.formulas
  const settings = llmnotes.stored(model, given)
  const { n_tokens, n_output } = settings
  const { profile } = model
  const all = {
    ...llmnotes.held(model, settings),
    share_prompt: F.causal_attention_share(profile, { n_new: n_tokens - n_output, n_past: 0 }),
    share_step: F.causal_attention_share(profile, { n_new: 1, n_past: n_tokens }),
  }
  Object.assign(all, pace(F, model, settings))
  if (settings.price) all.listed = listed(F, llmnotes.prices[settings.price], n_tokens - n_output, n_output)
  return all

  function pace(F, model, { n_tokens, n_output, batch_size, n_chips, rent }) {
    const step = llmnotes.timed("decode", model, settings), first = llmnotes.timed("prefill", model, settings)
    const found = {
      timed_step: step,
      step: step.bound,
      rate: F.tokens_per_second({ n_sequences: batch_size, step_seconds: step.bound }),
      user_rate: F.tokens_per_second({ n_sequences: 1, step_seconds: step.bound }),
      engine_rate: F.tokens_per_second({ n_sequences: batch_size, step_seconds: step.expected }),
      engine_slow: F.tokens_per_second({ n_sequences: batch_size, step_seconds: step.high }),
      engine_fast: F.tokens_per_second({ n_sequences: batch_size, step_seconds: step.low }),
    }
    if (!first) return found
    const hours = F.request_hours({ prompt_seconds: first.bound, step_seconds: step.bound, n_output, n_sequences: batch_size })
    return {
      ...found, timed_first: first, first: first.bound, engine_first: first.expected,
      cost: F.chips_usd({ n_chips, hours, usd_per_chip_hour: rent }),
    }
  }
}

// Seconds of a step ("decode", or "throughput" in a server never idle) or of reading a prompt ("prefill", or
// "prefill_among" the answers of others) on the chosen engine: the bound, what is expected, and its interval.
llmnotes.timed = (kind, model, settings) => {
  const F = llmnotes.formulas, P = llmnotes.paces
  const { n_tokens, n_output, batch_size, read_bits, expert_bits, kv_bits, chip, engine, n_groups = 1 } = settings
  const how = P.engines[engine], on = P.chips[engine][chip]
  const isPrompt = kind.startsWith("prefill")
  if (isPrompt && !on.peaks) return null
  const [peak_16, peak_8, peak_4] = on.peaks || [0, 0, 0]
  const peak = (bits) => (on.peaks ? F.products_flops_per_s({ bits, peak_16, peak_8, peak_4, in_blocks: on.in_blocks }) : 0)
  const given = {
    n_chips: how.by_layers ? 1 : settings.n_chips, n_groups, weight_bits: read_bits, expert_bits, masked: how.by_layers,
    bytes_per_s: llmnotes.chips[chip].bandwidth_bytes_per_s, link_bytes_per_s: on.link,
    flops_per_s: peak_16, dense_flops_per_s: peak(read_bits), expert_flops_per_s: peak(expert_bits),
  }
  const terms = isPrompt
    ? F.prompt_terms(model.profile, model.counts, { ...given, n_new: n_tokens - n_output, n_past: 0, n_prompts: n_groups, micro_batch: how.micro_batch, absorbed: how.absorbed })
    : F.step_terms(model.profile, model.counts, { ...given, n_past: n_tokens, batch_size, kv_bits, state_bits: 32 })
  const [at, factor, floor, spread] = on[kind], constants = P.parts[at], [scope, low, high] = P.spreads[spread]
  const seconds = (name) => constants[name] * terms[name] * (waits(name).fixed ? floor : factor)
  let sum = 0, reads = 0, products = 0
  for (const name in terms) {
    if (waits(name).reads) reads += terms[name]
    if (waits(name).products) products += terms[name]
    if (terms[name]) sum += seconds(name)
  }
  const bound = Math.max(reads, products), expected = Math.max(bound, sum)
  return {
    bound, reads, products, scope, expected,
    // An interval ends at what nothing beats, and is as wide about a bound as elsewhere.
    low: Math.max(bound, expected * low), high: expected * high,
    get parts() { return Object.fromEntries(Object.keys(terms).filter((name) => terms[name]).map((name) => [name, seconds(name)])) },
  }
}

// What a part of a pass waits for, by its name; asked for thousands of times.
const waiting = new Map()
function waits(name) {
  if (!waiting.has(name)) {
    const begins = (starts) => starts.some((start) => name.startsWith(start)), P = llmnotes.paces
    waiting.set(name, { reads: begins(P.reads), products: begins(P.products), fixed: begins([P.fixed]) })
  }
  return waiting.get(name)
}

// A prompt above the list's limit is billed whole at the dearer prices.
llmnotes.tier = (price, n_prompt) => {
  const long = price.long_prompt_tokens && n_prompt > price.long_prompt_tokens
  const of = (kind) => (long && price[`usd_per_million_${kind}_tokens_long`]) || price[`usd_per_million_${kind}_tokens`]
  return { usd_per_million_input: of("input"), usd_per_million_cached: of("input"), usd_per_million_output: of("output") }
}

function listed(F, price, n_prompt, n_output) {
  return F.request_usd({ n_prompt, n_cached: 0, n_output, ...llmnotes.tier(price, n_prompt) })
}
