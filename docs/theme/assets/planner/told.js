// How a way of the planner came about: every line with its numbers filled in.
"use strict"

llmnotes.planTold = (lang) => {
  const W = llmnotes.planWords[lang], N = llmnotes.numbers, F = llmnotes.formulas, { parts: names, scopes } = llmnotes.words[lang]
  const number = (n) => N.format_number(n), exact = (n) => N.format_exact(n), usd = (n) => N.format_usd(n, lang)
  const bytes = (n) => N.format_bytes(n), seconds = (n) => N.format_seconds(n, lang)
  const say = (name, values) => llmnotes.fill(W[name], values)

  // Seconds by part, those above a fiftieth of the whole, fixed costs in one, and what is left, so that they add up.
  function partsSaid({ parts, expected }) {
    const shown = {}
    for (const [name, part] of Object.entries(parts)) {
      const known = name.startsWith(llmnotes.paces.fixed) ? "fixed" : name.replace(/_(16|8|4|mix)$/, "")
      shown[known] = (shown[known] || 0) + part
    }
    return Object.entries(shown).filter(([, part]) => part > expected / 50).map(([name, part]) => `${names[name]} ${seconds(part)}`).join(" + ")
  }

  return (model, one, need) => {
    const { replica, batch_size, n_chips, n_groups, n_stages, n_context } = one, { n_prompt, n_output, n_users } = need
    const memory_bytes = llmnotes.chips[one.chip].memory_bytes, n_inner = n_chips / n_groups / n_stages
    const bits = { weight_bits: one.held_bits, expert_bits: one.expert_bits }, tokens = n_prompt + n_output
    const { profile } = llmnotes.fullest(model, { ...one, n_tokens: tokens }), { n_layers } = model.counts
    const flying = Math.min(n_stages, batch_size), part = batch_size / flying
    const room = F.chip_room_bytes(profile, { memory_bytes, ...llmnotes.engine, ...bits, n_chips: n_inner, batch_size: Math.ceil(batch_size / n_groups) })
    const share = number(batch_size / n_groups / n_output), turn = number(replica.turn)
    const prompt = seconds(replica.prompt.expected), step = seconds(replica.step.expected), each = seconds(replica.each.expected)
    const speed = number(one.tokens_per_s[0]), hour = usd(one.usd_per_hour)
    return [
      say("memory", {
        room: bytes(room), weights: bytes(F.chip_weight_bytes(profile, { n_chips: n_inner, ...bits })), fits: exact(replica.fits), tokens: exact(tokens), batch: exact(batch_size),
        cache: bytes(n_inner * F.chip_cache_bytes(profile, { n_tokens: F.tokens_on_one_chip({ n_tokens: tokens, n_context }), n_chips: n_inner, batch_size: 1, kv_bits: one.kv_bits })),
      }),
      ...(n_stages > 1 ? [say("stages", {
        layers: n_layers, n: n_stages, held: llmnotes.stageLayers(model, one).join(" + "), flying, part: number(part),
        hop: bytes(F.hop_bytes({ n_tokens: part, d_model: profile.d_model })),
      })] : []),
      ...(n_context > 1 ? [say("context", {
        copies: F.kv_copies(profile, { n_chips }), n: n_context, kept: exact(F.tokens_on_one_chip({ n_tokens: tokens, n_context })), tokens: exact(tokens), batch: exact(batch_size),
        layers: n_layers, sent: bytes(F.context_bytes(profile, { n_tokens: batch_size, n_chips, n_context })),
      })] : []),
      say(n_stages > 1 ? "piped_step" : "step", { batch: exact(batch_size), part: number(part), past: exact(n_prompt + Math.floor(n_output / 2)), parts: partsSaid(replica.step), step }),
      say(n_groups > 1 ? "prompts" : "prompt", { n: exact(n_prompt), groups: n_groups, parts: partsSaid(replica.prompt), prompt }),
      say(n_stages > 1 ? "piped_each" : "each", { step, share, turn, prompt, each, speed }),
      say("first", { prompt, after: seconds(replica.first.expected - replica.prompt.expected), first: seconds(replica.first.expected) }),
      say("scope", { low: number(one.tokens_per_s[1]), high: number(one.tokens_per_s[2]), scope: scopes[one.scope] }),
      say("price", { users: exact(n_users), replicas: exact(one.n_replicas), n: n_chips, rent: usd(one.price), hour, speed: number(one.promised.tokens_per_s), million: usd(one.usd_per_million) }),
    ]
  }
}
