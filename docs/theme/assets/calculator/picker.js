// A field that finds a model by any words of its name: the combobox of the ARIA practices, usable by keys alone.
"use strict"

llmnotes.picker = (box, chosen) => {
  const input = box.querySelector("input"), list = box.querySelector("[role=listbox]")
  let current = "", active = -1

  const title = (id) => llmnotes.models[id].name
  const found = () => {
    const words = input.value === title(current) ? [] : input.value.toLowerCase().split(/\s+/).filter(Boolean)
    return Object.entries(llmnotes.models).filter(([id, { name, org = "" }]) => {
      const text = `${id} ${name} ${org}`.toLowerCase()
      return words.every((word) => text.includes(word))
    })
  }

  function open() {
    const models = found()
    list.replaceChildren(...models.map(([id, { name, org }], index) => {
      const option = document.createElement("li")
      option.id = `${list.id}-${index}`
      option.role = "option"
      option.dataset.id = id
      option.setAttribute("aria-selected", String(id === current))
      option.textContent = name
      if (org) option.append(Object.assign(document.createElement("span"), { textContent: ` ${org}` }))
      return option
    }))
    list.hidden = !models.length
    input.setAttribute("aria-expanded", String(!list.hidden))
    point(models.findIndex(([id]) => id === current))
  }

  function close() {
    list.hidden = true
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
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault()
      if (list.children[active]) choose(list.children[active].dataset.id)
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault()
      close()
      input.value = title(current)
    }
  })
  input.addEventListener("blur", () => { close(); if (current) input.value = title(current) })
  // Before the field loses the focus.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault()
    const option = event.target.closest("[role=option]")
    if (option) choose(option.dataset.id)
  })
  return { set, get id() { return current } }
}
