// Exercises that grade themselves. Numbers are drawn for each reader; what was solved is kept in this browser and nowhere else.
"use strict";

(() => {
  const KEY = "llmnotes.exercises"
  const NEAR = "900px"
  const WORDS = {
    en: {
      answer: "Your answer", example: { bytes: "e.g. 3.5 GiB", count: "e.g. 7.5 B", tokens: "e.g. 12,000", seconds: "e.g. 35 ms", flops: "e.g. 2 PFLOPs", ratio: "e.g. 2.5×", share: "e.g. 12%", usd: "e.g. $0.35", number: "e.g. 0.35" },
      check: "Check", other: "Other numbers", link: "Link to this question", forget: "Forget my answers",
      right: "Right: {{answer}}.", done: "Solved here before. What you solve is kept in this browser and nowhere else.",
      solved: (n, all) => `Solved on this page: ${n} of ${all} that are graded. This is kept in your browser and nowhere else.`,
      unread: "That is no number. Write digits, then the unit", unit: "A unit is missing, or it is another one. Write it",
      base: "The digits are right, the unit is not: GiB counts in powers of 1,024, GB in powers of 1,000.",
      large: "Too large.", small: "Too small.", group: "Exercise, graded here", comma: ", ", end: ".",
    },
    zh: {
      answer: "你的答案", example: { bytes: "如 3.5 GiB", count: "如 75 亿", tokens: "如 12,000", seconds: "如 35 毫秒", flops: "如 2 PFLOPs", ratio: "如 2.5 倍", share: "如 12%", usd: "如 0.35 美元", number: "如 0.35" },
      check: "判一下", other: "换一组数", link: "这道题的链接", forget: "清除我的记录",
      right: "对，是 {{answer}}。", done: "这道题你以前答对过。记录只存在这个浏览器里，不会发到别处。",
      solved: (n, all) => `这一页 ${all} 道可判的题，你答对了 ${n} 道；记录只存在这个浏览器里，不会发到别处。`,
      unread: "这不是一个数。先写数字，再写单位，", unit: "缺单位，或者单位不对。请写上单位，",
      base: "数字对，单位不对：GiB 按 1,024 进位，GB 按 1,000 进位。",
      large: "大了。", small: "小了。", group: "可以在这里判的练习", comma: "", end: "。",
    },
  }
  const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en"
  const say = WORDS[lang]

  // A seed, the case that was asked last of each exercise, and the exercises that were solved.
  let kept = null
  try { kept = JSON.parse(localStorage.getItem(KEY)) } catch (denied) { /* then for this page only */ }
  if (!kept || !Number.isInteger(kept.seed) || typeof kept.at !== "object" || typeof kept.done !== "object") kept = fresh()
  function fresh() { return { seed: Math.floor(Math.random() * 2 ** 32), at: {}, done: {} } }
  function keep() {
    try { localStorage.setItem(KEY, JSON.stringify(kept)) } catch (denied) { /* then for this page only */ }
  }

  const element = (tag, properties, ...inner) => {
    const made = Object.assign(document.createElement(tag), properties)
    made.append(...inner)
    return made
  }

  class Exercise {
    constructor(box) {
      this.box = box
      this.name = box.dataset.asks
      this.short = this.name.split("/").at(-1)
    }

    // What the address asks for, what was asked last, or what the seed draws.
    start() { return this.started ||= this.begin() }

    async begin() {
      await Promise.all([loadScript(`${assets}grade.js`), loadScript(`${assets}figures/${this.name}.js`)])
      this.ask = llmnotes.figures[this.name].ask
      const n = this.ask.answers.length
      const known = kept.at[this.name]
      this.at = this.linked() ?? (Number.isInteger(known) && known < n ? known : llmnotes.grade.drawn(kept.seed, this.name, n))
      this.form()
      this.show()
    }

    linked() {
      const named = new URLSearchParams(location.hash.slice(1)).get(`ask.${this.short}`)
      const at = named === null ? NaN : Number(named)
      return Number.isInteger(at) && at >= 0 && at < (this.ask ? this.ask.answers.length : Infinity) ? at : undefined
    }

    form() {
      this.input = element("input", { type: "text", autocomplete: "off", spellcheck: false, placeholder: say.example[this.ask.unit] })
      this.said = element("p", { className: "ln-exercise__said" })
      this.said.setAttribute("aria-live", "polite")
      this.link = element("a", { textContent: say.link })
      const check = element("button", { type: "submit", textContent: say.check })
      const other = element("button", { type: "button", textContent: say.other, onclick: () => this.other() })
      const form = element("form", { className: "ln-exercise__form" }, element("label", {}, element("span", { textContent: say.answer }), this.input), check, other, this.link)
      form.setAttribute("aria-label", `${say.group}: ${this.box.querySelector("summary").textContent.trim().slice(0, 2)}`)
      form.addEventListener("submit", (event) => {
        event.preventDefault()
        this.judge()
      })
      this.box.append(form, this.said)
      this.box.classList.add("ln-exercise--ready")
      if (kept.done[this.name]) {
        this.box.classList.add("ln-exercise--done")
        this.said.textContent = say.done
      }
    }

    text(name) { return this.ask.texts[this.at][this.ask.names.indexOf(name)] }

    show() {
      for (const one of this.box.querySelectorAll("[data-ask]")) one.textContent = this.text(one.dataset.ask)
      this.link.href = `#ask.${this.short}=${this.at}`
    }

    judge() {
      const { verdict, mistake } = llmnotes.grade.grade(this.ask, this.at, this.input.value)
      const example = say.example[this.ask.unit] + say.end
      const [hint] = verdict === "mistake" ? this.ask.mistakes[mistake] : [say[verdict] + (verdict === "unread" || verdict === "unit" ? say.comma + example : "")]
      if (verdict === "right") {
        kept.done[this.name] = true
        kept.at[this.name] = this.at
        keep()
        this.box.classList.add("ln-exercise--done")
      }
      this.input.setAttribute("aria-invalid", verdict !== "right")
      const filled = hint.replace(/\{\{(\w+)\}\}/g, (_, name) => this.text(name))
      this.said.textContent = verdict === "right" ? `${filled} ${progress()}` : filled
      this.said.dataset.verdict = verdict
      if (verdict === "right") this.said.append(" ", element("button", { type: "button", textContent: say.forget, onclick: forget }))
      else this.input.select()
    }

    other() {
      this.at = (this.at + 1 + Math.floor(Math.random() * (this.ask.answers.length - 1))) % this.ask.answers.length
      kept.at[this.name] = this.at
      keep()
      this.clear()
      this.show()
      this.said.textContent = this.box.querySelector("summary").textContent.trim()
      this.input.focus()
    }

    clear() {
      this.input.value = ""
      this.input.removeAttribute("aria-invalid")
      this.said.replaceChildren()
      delete this.said.dataset.verdict
    }
  }

  const exercises = [...document.querySelectorAll("[data-asks]")].map((box) => new Exercise(box))
  const progress = () => say.solved(exercises.filter(({ name }) => kept.done[name]).length, exercises.length)

  function forget() {
    kept = fresh()
    try { localStorage.removeItem(KEY) } catch (denied) { /* then there is nothing */ }
    for (const exercise of exercises) {
      exercise.box.classList.remove("ln-exercise--done")
      if (exercise.ask) exercise.clear()
    }
  }

  // Their numbers come before a reader does: what changes lies below the window.
  const watch = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      watch.unobserve(target)
      exercises.find(({ box }) => box === target).start()
    }
  }, { rootMargin: NEAR })
  for (const { box } of exercises) watch.observe(box)

  async function follow() {
    const exercise = exercises.find((one) => one.linked() !== undefined)
    if (!exercise) return
    await exercise.start()
    exercise.at = exercise.linked() ?? exercise.at
    exercise.clear()
    exercise.show()
    exercise.box.scrollIntoView({ behavior: "instant", block: "center" })
  }
  addEventListener("hashchange", follow)
  follow()
})()
