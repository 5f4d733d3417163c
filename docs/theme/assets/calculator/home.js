// The question on the home page: one model, one card, one context. What the calculator would say, and the way to it.
"use strict"

{
  const form = document.getElementById("ln-ask"), lang = form.dataset.lang
  const W = llmnotes.words[lang]
  const chip = document.getElementById("ln-ask-chip"), length = document.getElementById("ln-ask-n")
  const wrong = document.getElementById("ln-ask-wrong"), way = form.querySelector(".ln-ask__go a")
  const calculator = way.getAttribute("href")
  const verdict = llmnotes.verdict(document.getElementById("ln-ask-verdict"), lang)
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
    const model = llmnotes.models[picker.id], settings = llmnotes.stored(model, { ...GIVEN, n_tokens, chip: chip.value })
    verdict.fill([model], settings, [llmnotes.held(model, settings)])
    const state = { m: picker.id, n: length.value.trim(), c: chip.value }
    // The calculator keeps a part of the context for the answer, which must be shorter.
    if (n_tokens <= LONG_ANSWER) state.o = 1
    way.href = `${calculator}#${new URLSearchParams(state)}`
  }

  form.addEventListener("input", (event) => { if (!event.target.closest(".ln-pick")) answer() })
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    way.click()
  })
}
