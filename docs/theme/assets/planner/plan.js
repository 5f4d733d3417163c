// Every way to give users what they need, as `llmnotes.timing.plan` finds it. What is the same is named the same, and a
// test compares both. Equations come from `llmnotes.formulas`, seconds from `llmnotes.timed`.
"use strict"

// Sequences of a length that fit the chips that share a model; 0 where none does.
llmnotes.sequencesAtOnce = (model, { chip, n_chips, n_groups, read_bits, expert_bits, kv_bits, n_tokens }) => {
  const { profile } = model, { memory_bytes } = llmnotes.chips[chip]
  // Every group holds dense layers whole, and of the experts its share.
  const experts = profile.experts.map((group) => ({ ...group, n_experts: group.n_experts / n_groups }))
  const given = { n_tokens, n_chips: Math.floor(n_chips / n_groups), weight_bits: read_bits, expert_bits, kv_bits, memory_bytes, ...llmnotes.engine }
  const fitting = llmnotes.formulas.largest_batch(n_groups > 1 ? { ...profile, experts } : profile, given)
  return n_groups * Math.min(llmnotes.plans.most_sequences, fitting)
}

// The largest batch that meets the need, with its times: 0 where even one sequence misses it, and null where none fits.
llmnotes.replica = (model, setup, need, sure) => {
  const F = llmnotes.formulas, { n_prompt, n_output } = need
  const fits = llmnotes.sequencesAtOnce(model, { ...setup, n_tokens: n_prompt + n_output })
  if (!fits) return null
  const prompt = llmnotes.timed("prefill_among", model, { ...setup, batch_size: 1, n_tokens: n_prompt, n_output: 0 })
  const kind = llmnotes.plans.kinds[setup.engine]
  const stepAt = (n_tokens, batch_size) => llmnotes.timed(kind, model, { ...setup, n_tokens, batch_size })
  const sum = (step, n_sequences, n_answer) => Object.fromEntries(["bound", "expected", "low", "high"].map((end) => [
    end, F.interleaved_step_seconds({ step_seconds: step[end], prompt_seconds: prompt[end], n_sequences, n_output: n_answer }),
  ]))

  function replica(batch_size) {
    const step = stepAt(n_prompt + Math.floor(n_output / 2), batch_size)
    const each = sum(step, batch_size / setup.n_groups, n_output)
    const first = sum(stepAt(n_prompt, batch_size), 1, 1), end = sure ? "high" : "expected"
    const nearness = Math.min(1 / (each[end] * need.tokens_per_s), need.first_token_s / first[end])
    return { batch_size, nearness, fits, step, prompt, each, first }
  }

  let found = replica(1)
  if (found.nearness < 1) return { ...found, batch_size: 0 }
  const most = Math.min(fits, need.n_users), full = replica(most)
  if (full.nearness >= 1) return full
  let low = 1, high = most
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2), tried = replica(middle)
    if (tried.nearness >= 1) [low, found] = [middle, tried]
    else high = middle
  }
  return found
}

// Every way, the cheapest first, and what comes closest where there is none.
llmnotes.plan = (id, need, { prices, forms, counts, engines, kv_bits, sure }) => {
  const model = llmnotes.models[id], options = []
  let closest = null
  for (const [form, [read_bits, expert_bits]] of Object.entries(forms)) {
    for (const [chip, price] of Object.entries(prices)) {
      const needed = llmnotes.plans.multiplied_as[form]
      if (needed && !(needed in llmnotes.chips[chip].peak_flops_per_s)) continue
      for (const engine of engines) {
        for (const n_chips of counts) {
          const grouped = n_chips > 1 && model.profile.experts.length && llmnotes.plans.kinds[engine] === "throughput"
          for (const n_groups of grouped ? [1, n_chips] : [1]) {
            const setup = { chip, engine, n_chips, n_groups, read_bits, expert_bits, kv_bits }
            const replica = llmnotes.replica(model, setup, need, sure)
            if (!replica) continue
            if (replica.batch_size) options.push(option(replica, setup, form, price))
            else if (replica.nearness > (closest?.nearness || 0)) closest = { ...replica, chip, n_chips, form, engine }
          }
        }
      }
    }
  }
  options.sort((one, other) => one.usd_per_hour - other.usd_per_hour || other.tokens_per_s[0] - one.tokens_per_s[0])
  return { options, closest }

  function option(replica, setup, form, price) {
    const n_replicas = Math.ceil(need.n_users / replica.batch_size)
    const tokens_per_s = [1 / replica.each.expected, 1 / replica.each.high, 1 / replica.each.low]
    return {
      ...setup, form, price, n_replicas, tokens_per_s, batch_size: replica.batch_size, scope: replica.step.scope, replica,
      all_chips: n_replicas * setup.n_chips,
      usd_per_hour: n_replicas * setup.n_chips * price,
      usd_per_million: llmnotes.formulas.usd_per_million_tokens({ n_chips: n_replicas * setup.n_chips, usd_per_chip_hour: price, tokens_per_s: need.n_users * tokens_per_s[0] }),
      first_token_s: [replica.first.expected, replica.first.low, replica.first.high],
      parallelism: setup.n_groups === 1 ? `TP ${setup.n_chips}` : `DP ${setup.n_groups} + EP ${setup.n_chips}`,
    }
  }
}

// Those that nothing else beats in price, in speed for each user and in time to the first token at once.
llmnotes.pareto = (options) => {
  const merits = ({ usd_per_hour, tokens_per_s, first_token_s }) => [-usd_per_hour, tokens_per_s[0], -first_token_s[0]]
  const kept = []
  for (const one of options) {
    const mine = merits(one)
    const same = (other) => merits(other).every((value, at) => value === mine[at])
    const beaten = options.some((other) => merits(other).every((value, at) => value >= mine[at]) && !same(other))
    if (!beaten && !kept.some(same)) kept.push(one)
  }
  return kept
}
