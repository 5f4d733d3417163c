// A field that finds a model by the name that its reader knows it by: the combobox of the ARIA practices, usable by keys.
"use strict"

// The model that the reader chose for the whole site.
llmnotes.remembered = () => {
  const FIRST = "llama-3.1-8b"
  try {
    const { id } = JSON.parse(localStorage.getItem("llmnotes.model")) || {}
    return Object.hasOwn(llmnotes.models, id) ? id : FIRST
  } catch (denied) { return FIRST }
}

llmnotes.picker = (box, chosen, lang) => {
  const W = llmnotes.words[lang]
  const input = box.querySelector("input"), list = box.querySelector("[role=listbox]")
  const empty = Object.assign(document.createElement("p"), { className: "ln-wrong", role: "status", hidden: true })
  list.after(empty)
  let current = "", active = -1

  const title = (id) => llmnotes.models[id].name
  const own = () => (llmnotes.models.own ? ["own"] : [])
  function found() {
    const asked = input.value.trim()
    if (!asked || input.value === title(current)) return Object.keys(llmnotes.models)
    const mine = own().filter(() => llmnotes.models.own.name.toLowerCase().includes(asked.toLowerCase()))
    return [...mine, ...llmnotes.finder.find(asked, llmnotes.finder.models()).map(({ id }) => id)]
  }

  function open() {
    const models = found()
    list.replaceChildren(...models.map((id, index) => {
      const option = document.createElement("li")
      const { name, org } = llmnotes.models[id]
      option.id = `${list.id}-${index}`
      option.role = "option"
      option.dataset.id = id
      option.setAttribute("aria-selected", String(id === current))
      option.textContent = name
      if (org) option.append(Object.assign(document.createElement("span"), { textContent: ` ${org}` }))
      return option
    }))
    list.hidden = !models.length
    empty.hidden = models.length > 0
    empty.textContent = models.length ? "" : W.no_model
    input.setAttribute("aria-expanded", String(!list.hidden))
    point(models.indexOf(current))
  }

  function close() {
    list.hidden = empty.hidden = true
    active = -1
    input.setAttribute("aria-expanded", "false")
    input.removeAttribute("aria-activedescendant")
  }

  function point(index) {
    list.children[active]?.classList.remove("ln-active")
    active = index
    const option = list.children[active]
    if (!option) return input.removeAttribute("aria-activedescendant")
    option.classList.add("ln-active")
    input.setAttribute("aria-activedescendant", option.id)
    option.scrollIntoView({ block: "nearest" })
  }

  function choose(id) {
    close()
    set(id)
    chosen(id)
  }

  function set(id) {
    current = id
    input.value = title(id)
  }

  input.addEventListener("focus", () => input.select())
  input.addEventListener("click", open)
  input.addEventListener("input", () => { open(); point(list.children.length ? 0 : -1) })
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      if (list.hidden) open()
      else point((active + step + list.children.length) % list.children.length)
    } else if (event.key === "Enter" && input.getAttribute("aria-expanded") === "true") {
      event.preventDefault()
      if (list.children[active]) choose(list.children[active].dataset.id)
    } else if (event.key === "Escape" && !(list.hidden && empty.hidden)) {
      event.preventDefault()
      close()
      input.value = title(current)
    }
  })
  // Who leaves the field with the name of one model in it has chosen that.
  input.addEventListener("blur", () => {
    const meant = !list.hidden && input.value !== title(current) ? llmnotes.finder.one(llmnotes.finder.find(input.value, llmnotes.finder.models())) : null
    close()
    if (meant) choose(meant)
    else if (current) input.value = title(current)
  })
  // Before the field loses the focus.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault()
    const option = event.target.closest("[role=option]")
    if (option) choose(option.dataset.id)
  })
  return { set, get id() { return current } }
}
