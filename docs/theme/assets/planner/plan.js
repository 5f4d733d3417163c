// Every way to give users what they need, as `llmnotes.timing.plan` finds it. What is the same is named the same, and a
// test compares both. Equations come from `llmnotes.formulas`, seconds from `llmnotes.timed`.
"use strict"

// Sequences of a length that fit the chips that share a model; 0 where none does. In a pipeline the stage with the
// least room decides: the first, which has the table, the last, which has the head, or the last but one.
llmnotes.sequencesAtOnce = (model, setup) => setup.n_groups * Math.min(llmnotes.plans.most_sequences, llmnotes.fullest(model, setup).fitting)

// The stage with the least room: what its chips hold of the model, and the sequences for which each has room.
llmnotes.fullest = (model, setup) => {
  const { chip, n_chips, n_groups, n_stages, n_context, held_bits, expert_bits, kv_bits } = setup, { memory_bytes } = llmnotes.chips[chip]
  const n_tokens = llmnotes.formulas.tokens_on_one_chip({ n_tokens: setup.n_tokens, n_context })
  const given = { n_tokens, n_chips: Math.floor(n_chips / n_stages / n_groups), weight_bits: held_bits, expert_bits, kv_bits, memory_bytes, ...llmnotes.engine }
  let found = { fitting: Infinity }
  for (const stage of new Set([0, Math.max(0, n_stages - 2), n_stages - 1])) {
    const profile = llmnotes.heldProfile(model, setup, stage), fitting = llmnotes.formulas.largest_batch(profile, given)
    if (fitting < found.fitting) found = { fitting, profile }
  }
  return found
}

// What the chips of one group and stage hold, as far as memory goes: every group dense layers whole, and of the experts
// its share; every stage its share of the layers, which are taken as equal, and of the ends table or head.
llmnotes.heldProfile = ({ profile, counts }, { engine, n_groups, n_stages }, stage) => {
  if (n_groups === 1 && n_stages === 1) return profile
  const { n_layers } = counts, { spare } = llmnotes.paces.engines[engine]
  const share = llmnotes.formulas.stage_layers({ n_layers, n_stages, stage, spare }) / n_layers
  const scaled = (groups, ...names) => groups.map((group) => ({ ...group, ...Object.fromEntries(names.map((name) => [name, group[name] * share])) }))
  const experts = profile.experts.map((group) => ({ ...group, n_experts: group.n_experts / n_groups * share }))
  if (n_stages === 1) return { ...profile, experts }
  const head = profile.logits_flops / 2
  return {
    ...profile,
    read_params: (profile.read_params - head) * share + (stage === n_stages - 1 ? head : 0),
    // A tied head is held a second time.
    lookup_params: stage ? 0 : profile.lookup_params || head,
    experts,
    growing_elements: profile.growing_elements * share,
    capped_elements: scaled(profile.capped_elements, "amount"),
    entry_keeps: scaled(profile.entry_keeps, "per_entry", "per_waiting"),
    conv_elements: profile.conv_elements * share,
    state_elements: profile.state_elements * share,
    heads: scaled(profile.heads, "elements_per_head"),
  }
}

// How the chips of a replica can share a model: groups only where there are experts to share and an engine whose servers
// were measured so, stages where the engine has pipelines, tokens divided among chips that would hold the same heads.
llmnotes.layouts = (model, engine, counts) => counts.flatMap((n_chips) => {
  const grouped = model.profile.experts.length && llmnotes.plans.kinds[engine] === "throughput"
  const { spare, context } = llmnotes.paces.engines[engine]
  const most = spare ? Math.min(n_chips, model.counts.n_layers) : 1
  const divisors = (most, whole) => Array.from({ length: most }, (_, index) => index + 1).filter((n) => whole % n === 0)
  const stages = divisors(most, n_chips), several = (n) => n > 1
  const divides = context === "any" || (context === "latent" && model.counts.n_latent > 0)
  const copies = divides ? llmnotes.formulas.kv_copies(model.profile, { n_chips }) : 1
  return [
    [n_chips, 1, 1, 1], ...(grouped ? stages.filter((n) => n_chips > n).map((n) => [n_chips, n_chips / n, n, 1]) : []),
    ...stages.filter(several).map((n) => [n_chips, 1, n, 1]), ...divisors(copies, copies).filter(several).map((n) => [n_chips, 1, 1, n]),
  ]
})

// As engines call it: tensor, context or pipeline parallel, or data-parallel attention with experts divided.
llmnotes.parallelism = ({ n_chips, n_groups, n_stages, n_context }) => {
  if (n_groups > 1) return `DP ${n_groups}${n_stages > 1 ? ` × PP ${n_stages}` : ""} + EP ${n_groups}`
  if (n_context > 1) return `TP ${n_chips} + DCP ${n_context}`
  if (n_stages === 1) return `TP ${n_chips}`
  return n_chips > n_stages ? `TP ${n_chips / n_stages} × PP ${n_stages}` : `PP ${n_stages}`
}

// The end of an interval that has to meet the need.
llmnotes.planEnd = (sure) => (sure ? "high" : "expected")

// The largest batch that meets the need, with its times: 0 where even one sequence misses it, and null where none fits.
llmnotes.replica = (model, setup, need, sure) => {
  const F = llmnotes.formulas, { n_prompt, n_output } = need
  const fits = llmnotes.sequencesAtOnce(model, { ...setup, n_tokens: n_prompt + n_output })
  if (!fits) return null
  const prompt = llmnotes.timed("prefill_among", model, { ...setup, batch_size: 1, n_tokens: n_prompt, n_output: 0 })
  const stepAt = llmnotes.timer(llmnotes.plans.kinds[setup.engine], model, setup)
  const sum = (step, n_sequences, n_answer) => {
    const at = (end) => F.interleaved_step_seconds({ step_seconds: step[end], prompt_seconds: prompt[end], n_sequences, n_output: n_answer })
    return { bound: at("bound"), expected: at("expected"), low: at("low"), high: at("high") }
  }

  function replica(batch_size) {
    const step = stepAt(n_prompt + Math.floor(n_output / 2), batch_size)
    const turn = llmnotes.promptTurn(model, setup, { n_new: n_prompt, batch_size })
    const each = sum(step, turn * batch_size / setup.n_groups, n_output)
    const first = sum(stepAt(n_prompt, batch_size), 1, 1), end = llmnotes.planEnd(sure)
    const nearness = Math.min(1 / (each[end] * need.tokens_per_s), need.first_token_s / first[end])
    return { batch_size, nearness, fits, step, prompt, turn, each, first }
  }

  const most = Math.min(fits, need.n_users), full = replica(most)
  if (full.nearness >= 1) return full
  let found = most > 1 ? replica(1) : full
  if (found.nearness < 1) return { ...found, batch_size: 0 }
  let low = 1, high = most, above = full
  while (high - low > 1) {
    // Time grows nearly evenly with the batch: where it meets the need on a straight line, and the middle where that is an end.
    const line = low + (high - low) * (1 / found.nearness - 1) / (1 / found.nearness - 1 / above.nearness)
    const guess = Math.floor(line), middle = guess > low && guess < high ? guess : guess >= high ? high - 1 : low + 1
    const tried = replica(middle)
    if (tried.nearness >= 1) [low, found] = [middle, tried]
    else [high, above] = [middle, tried]
  }
  return found
}

// Every way, the cheapest first, and what comes closest where there is none.
llmnotes.plan = (id, need, { prices, forms, counts, engines, kv_bits, sure }) => {
  const model = llmnotes.models[id], options = []
  let closest = null
  for (const [form, [read_bits, expert_bits, held_bits]] of Object.entries(forms)) {
    for (const [chip, price] of Object.entries(prices)) {
      const needed = llmnotes.plans.multiplied_as[form]
      if (needed && !(needed in llmnotes.chips[chip].peak_flops_per_s)) continue
      for (const engine of engines) {
        for (const [n_chips, n_groups, n_stages, n_context] of llmnotes.layouts(model, engine, counts)) {
          const setup = { chip, engine, n_chips, n_groups, n_stages, n_context, read_bits, held_bits, expert_bits, kv_bits }
          const replica = llmnotes.replica(model, setup, need, sure)
          if (!replica) continue
          if (replica.batch_size) options.push(option(replica, setup, form, price))
          else if (replica.nearness > (closest?.nearness || 0)) closest = { ...replica, chip, n_chips, form, engine, sure }
        }
      }
    }
  }
  options.sort((one, other) => one.usd_per_hour - other.usd_per_hour || other.promised.tokens_per_s - one.promised.tokens_per_s)
  return { options, closest }

  function option(replica, setup, form, price) {
    const n_replicas = Math.ceil(need.n_users / replica.batch_size)
    const tokens_per_s = [1 / replica.each.expected, 1 / replica.each.high, 1 / replica.each.low], end = llmnotes.planEnd(sure)
    return {
      ...setup, form, price, n_replicas, tokens_per_s, batch_size: replica.batch_size, scope: replica.step.scope, replica,
      all_chips: n_replicas * setup.n_chips,
      usd_per_hour: n_replicas * setup.n_chips * price,
      usd_per_million: llmnotes.formulas.usd_per_million_tokens({ n_chips: n_replicas * setup.n_chips, usd_per_chip_hour: price, tokens_per_s: need.n_users / replica.each[end] }),
      first_token_s: [replica.first.expected, replica.first.low, replica.first.high],
      parallelism: llmnotes.parallelism(setup),
      // What meets the need: slow ends of the intervals, or the middles.
      sure, promised: { tokens_per_s: 1 / replica.each[end], first_token_s: replica.first[end] },
    }
  }
}

// Those that nothing else beats in price, in promised speed for each user and in time to the first token at once.
llmnotes.pareto = (options) => {
  const merits = options.map(({ usd_per_hour, promised }) => [-usd_per_hour, promised.tokens_per_s, -promised.first_token_s])
  const least = (one, other) => one[0] >= other[0] && one[1] >= other[1] && one[2] >= other[2]
  const same = (one, other) => one[0] === other[0] && one[1] === other[1] && one[2] === other[2]
  // Of equal ways the first is kept.
  return options.filter((_, at) => !merits.some((other, index) => least(other, merits[at]) && (index < at || !same(other, merits[at]))))
}
