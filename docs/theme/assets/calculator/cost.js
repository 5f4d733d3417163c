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

llmnotes.cost = (model, given) => {
  const F = llmnotes.formulas
  const settings = llmnotes.stored(model, given)
  const { n_tokens, n_output, batch_size, weight_bits, expert_bits, kv_bits, n_chips, chip, rent } = settings
  const { profile } = model
  const card = llmnotes.chips[chip]
  const memory_bytes = card.memory_bytes
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

  const all = {
    memory: n_chips * memory_bytes,
    overhead: n_chips * F.overhead_bytes({ memory_bytes, usable_share: engine.usable_share }),
    weights: n_chips * F.chip_weight_bytes(profile, { n_chips, ...bits }),
    activations: n_chips * F.chip_activation_bytes(profile, { n_chips, batch_size, prefill_chunk: engine.prefill_chunk }),
    room: room_bytes,
    ideal: room(profile),
    reserved: room(llmnotes.reserving(model).profile),
    share_prompt: F.causal_attention_share(profile, { n_new: n_tokens - n_output, n_past: 0 }),
    share_step: F.causal_attention_share(profile, { n_new: 1, n_past: n_tokens }),
  }
  const flops_per_s = card.peak_flops_per_s.bf16
  if (flops_per_s) Object.assign(all, pace(F, model, settings, { flops_per_s, bytes_per_s: card.bandwidth_bytes_per_s, ...bits, weight_bits: settings.read_bits }))
  if (settings.price) all.listed = listed(F, llmnotes.prices[settings.price], n_tokens - n_output, n_output)
  return all

  function pace(F, { profile }, { n_tokens, n_output, batch_size, kv_bits, n_chips, rent }, given) {
    const prompt_tokens = n_tokens - n_output
    const first = F.prompt_seconds(profile, { ...given, n_chips, n_tokens: prompt_tokens, batch_size: 1 })
    const step = F.step_seconds(profile, { ...given, n_chips, n_past: n_tokens, batch_size, kv_bits })
    const hours = F.request_hours({ prompt_seconds: first, step_seconds: step, n_output, n_sequences: batch_size })
    const found = {
      first,
      step,
      rate: F.tokens_per_second({ n_sequences: batch_size, step_seconds: step }),
      user_rate: F.tokens_per_second({ n_sequences: 1, step_seconds: step }),
      cost: F.chips_usd({ n_chips, hours, usd_per_chip_hour: rent }),
    }
    if (card.efficiency) {
      const { efficiency, seconds_per_sequence } = card
      found.real_step = F.expected_step_seconds({ least_seconds: step, n_sequences: batch_size, efficiency, seconds_per_sequence })
      found.engine_rate = F.tokens_per_second({ n_sequences: batch_size, step_seconds: found.real_step })
    }
    return found
  }
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
