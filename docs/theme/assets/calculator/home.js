// The question on the home page: one model, one card, one context. What the calculator would say, and the way to it.
"use strict"

{
  const form = document.getElementById("ln-ask"), lang = form.dataset.lang
  const W = llmnotes.words[lang]
  const chip = document.getElementById("ln-ask-chip"), length = document.getElementById("ln-ask-n")
  const wrong = document.getElementById("ln-ask-wrong"), way = form.querySelector(".ln-ask__go a")
  const calculator = way.getAttribute("href")
  const S = llmnotes.short
  const verdict = llmnotes.verdict(document.getElementById("ln-ask-verdict"), lang, follow, llmnotes.choices(lang))
  const picker = llmnotes.picker(form.querySelector(".ln-pick"), answer, lang)
  // As the fields of the calculator stand at first.
  const GIVEN = { batch_size: 1, weight_bits: 0, expert_bits: 0, kv_bits: 16, n_chips: 1 }
  const FIRST_CHIP = "rtx-4090", LONG_ANSWER = 1000

  for (const [id, { name }] of Object.entries(llmnotes.chips)) chip.append(new Option(name, id))
  chip.value = FIRST_CHIP
  picker.set(llmnotes.remembered())
  answer()

  function answer() {
    const n_tokens = llmnotes.numbers.parse_tokens(length.value) || null
    wrong.textContent = n_tokens ? "" : W.bad_tokens
    length.setAttribute("aria-invalid", String(!n_tokens))
    if (!n_tokens) return verdict.clear(W.unreadable)
    // The calculator keeps a part of the context for the answer, which must be shorter.
    const model = llmnotes.models[picker.id], n_output = n_tokens <= LONG_ANSWER ? 1 : LONG_ANSWER
    const given = { ...GIVEN, n_tokens, n_output, chip: chip.value }, costs = [llmnotes.held(model, llmnotes.stored(model, given))]
    verdict.fill([model], given, costs)
    verdict.tell([model], given, costs)
    const state = { m: picker.id, [S.n_tokens]: length.value.trim(), [S.chip]: chip.value }
    if (n_output === 1) state[S.n_output] = 1
    way.href = `${calculator}#${new URLSearchParams(state)}`
  }

  // A way that was chosen is shown in the calculator.
  function follow(set) {
    const [address, state] = way.getAttribute("href").split("#"), asked = new URLSearchParams(state)
    for (const [name, value] of Object.entries(set)) if (value) asked.set(S[name], value)
    location.href = `${address}#${asked}`
  }

  form.addEventListener("input", (event) => { if (!event.target.closest(".ln-pick")) answer() })
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    way.click()
  })
}
