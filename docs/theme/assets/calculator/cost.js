// What a model costs under the settings of the form. Every number comes from `llmnotes.formulas`, which Python emits.
"use strict"

// What each field of the calculator is called in its address.
llmnotes.short = { n_tokens: "n", n_output: "o", batch_size: "b", engine: "g", weight_bits: "w", expert_bits: "e", kv_bits: "k", chip: "c", n_chips: "x", rent: "r", price: "p" }

// Forms of weights and of a cache that can be asked for: mixes by name, which take other bits in each model, and widths.
llmnotes.widths = (lang) => [["16", "bf16"], ["8", "fp8"], ["8.5", "Q8_0"], ["4.5", "Q4_0"], ["4.25", "MXFP4"], ["4", "int4"]]
  .map(([bits, name]) => [bits, `${llmnotes.fill(llmnotes.words[lang].bits, { n: bits })} · ${name}`])
llmnotes.choices = (lang) => {
  const mixes = Object.keys(Object.values(llmnotes.models)[0].mixes).map((name) => [name, name.toUpperCase()]), widths = llmnotes.widths(lang)
  return { weight_bits: [...mixes, ...widths], expert_bits: widths, kv_bits: widths }
}

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

// The settings with the mean bits that this model's weights take: of a form that was asked for by its name, such as
// Q4_K_M, or by its bits, and else of the file that its authors published.
llmnotes.stored = (model, settings) => {
  const asked = Number(settings.weight_bits)
  if (asked) return { ...settings, weight_bits: asked, read_bits: asked, expert_bits: settings.expert_bits || asked, form: "" }
  const mix = model.mixes?.[settings.weight_bits]
  const file = mix ? { form: settings.weight_bits, weight_bits: mix[0], read_bits: mix[1], expert_bits: mix[2] }
    : model.file || { form: "bf16", weight_bits: 16, read_bits: 16, expert_bits: 16 }
  return { ...settings, ...file, expert_bits: settings.expert_bits || file.expert_bits, is_file: !mix }
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
    const usd = (prompt_seconds, step_seconds) => F.chips_usd({ n_chips, usd_per_chip_hour: rent, hours: F.request_hours({ prompt_seconds, step_seconds, n_output, n_sequences: batch_size }) })
    return {
      ...found, timed_first: first, first: first.bound, engine_first: first.expected,
      cost: usd(first.bound, step.bound), engine_cost: usd(first.expected, step.expected),
    }
  }
}

// Seconds of a step ("decode", or "throughput" in a server never idle) or of reading a prompt ("prefill", or
// "prefill_among" the answers of others) on the chosen engine: the bound, what is expected, and its interval.
llmnotes.timed = (kind, model, settings) => llmnotes.timer(kind, model, settings)?.(settings.n_tokens, settings.batch_size) ?? null

// The same as a function of tokens and batch, which is asked thousands of times.
llmnotes.timer = (kind, model, settings) => {
  const F = llmnotes.formulas, P = llmnotes.paces
  const { n_output, read_bits, expert_bits, kv_bits, chip, engine, n_groups = 1, n_stages = 1, n_context = 1 } = settings
  const how = P.engines[engine], on = P.chips[engine][chip]
  const isPrompt = kind.startsWith("prefill")
  if (isPrompt && !on.peaks) return null
  const [peak_16, peak_8, peak_4] = on.peaks || [0, 0, 0]
  const peak = (bits) => (on.peaks ? F.products_flops_per_s({ bits, peak_16, peak_8, peak_4, in_blocks: on.in_blocks }) : 0)
  const given = {
    n_chips: how.by_layers ? 1 : settings.n_chips / n_stages, n_groups, n_stages, n_context, weight_bits: read_bits, expert_bits, masked: how.by_layers,
    bytes_per_s: llmnotes.chips[chip].bandwidth_bytes_per_s, link_bytes_per_s: on.link,
    flops_per_s: peak_16, dense_flops_per_s: peak(read_bits), expert_flops_per_s: peak(expert_bits),
    n_new: 0, n_past: 0, n_prompts: n_groups, micro_batch: how.micro_batch, absorbed: how.absorbed, batch_size: 1, n_sequences: 1, kv_bits, state_bits: 32,
  }
  const [at, factor, floor, spread] = on[kind], constants = P.parts[at], [scope, low, high] = P.spreads[spread]
  const stages = n_stages > 1 ? stagesOf(model, settings) : null
  const seconds = (terms, name) => constants[name] * terms[name] * (waits(name).fixed ? floor : factor)

  return (n_tokens, whole_batch) => {
    const n_flying = Math.min(n_stages, whole_batch)
    if (isPrompt) given.n_new = n_tokens - n_output
    else {
      given.n_past = n_tokens
      given.batch_size = given.n_sequences = whole_batch / n_flying
    }
    const terms = isPrompt ? F.prompt_terms(model.profile, model.counts, given) : F.step_terms(model.profile, model.counts, given)
    // Pieces of a prompt follow each other from chip to chip where chips have whole layers.
    const overlap = isPrompt && how.by_layers && settings.n_chips > 1
      ? F.pipeline_prompt_seconds({ through_seconds: 1, n_passes: Math.max(1, given.n_new / how.micro_batch), largest_share: 1 / settings.n_chips })
      : 1
    let sum = 0, reads = 0, products = 0
    for (const name in terms) {
      const amount = (terms[name] *= overlap), waited = waits(name)
      if (waited.reads) reads += amount
      if (waited.products) products += amount
      if (amount) sum += constants[name] * amount * (waited.fixed ? floor : factor)
    }
    const bound = Math.max(reads, products), through = Math.max(bound, sum), longer = stages ? turn(through, n_flying) / through : 1
    return {
      bound: bound * longer, reads, products, scope, expected: through * longer,
      // An interval ends at what nothing beats, and is as wide about a bound as elsewhere.
      low: Math.max(bound, through * low) * longer, high: through * high * longer,
      // What a pipeline adds is waiting for the slowest stage; what it saves, passes that overlap, it saves of every part.
      get parts() {
        const found = Object.fromEntries(Object.keys(terms).filter((name) => terms[name]).map((name) => [name, seconds(terms, name) * Math.min(1, longer)]))
        return longer > 1 ? { ...found, wait: through * (longer - 1) } : found
      },
    }
  }

  // Seconds after which the same sequence is served again, or after which a prompt is read.
  function turn(through_seconds, n_flying) {
    const { n_layers, most_layers, last_layers } = stages
    if (isPrompt) return F.pipeline_prompt_seconds({ through_seconds, n_passes: Math.max(1, given.n_new / how.micro_batch), largest_share: most_layers / n_layers })
    const head = F.head_terms(model.profile, given)
    let head_seconds = 0
    for (const name in head) head_seconds += constants[name] * head[name] * factor
    const slowest_seconds = F.slowest_stage_seconds({ through_seconds, head_seconds, n_layers, most_layers, last_layers })
    return F.pipeline_seconds({ through_seconds, slowest_seconds, n_flying })
  }
}

// Share of a prompt's time for which it keeps the other sequences waiting: 1 without a pipeline.
llmnotes.promptTurn = (model, setup, { n_new, batch_size }) => {
  if (setup.n_stages === 1) return 1
  const { n_layers, most_layers } = stagesOf(model, setup)
  return llmnotes.formulas.prompt_turn_share({
    n_passes: Math.max(1, n_new / llmnotes.paces.engines[setup.engine].micro_batch), largest_share: most_layers / n_layers, n_flying: Math.min(setup.n_stages, batch_size),
  })
}

// Layers of each stage, as the engine deals them out.
llmnotes.stageLayers = ({ counts }, { engine, n_stages }) => {
  const { n_layers } = counts, { spare } = llmnotes.paces.engines[engine]
  return Array.from({ length: n_stages }, (_, stage) => llmnotes.formulas.stage_layers({ n_layers, n_stages, stage, spare }))
}

function stagesOf(model, setup) {
  const held = llmnotes.stageLayers(model, setup)
  return { n_layers: model.counts.n_layers, most_layers: Math.max(...held), last_layers: held.at(-1) }
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
