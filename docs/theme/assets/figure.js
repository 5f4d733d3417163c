// A figure to read and to carry away: the row of its table that lies under the pointer; its drawing as SVG or PNG in the
// colours that are seen, its address, and how to cite it.
"use strict";

(() => {
  const W = {
    "zh-Hans": { of: "：", take: "带走这张图：", link: "复制链接", cite: "复制 BibTeX", copied: "已复制" },
    en: { of: ": ", take: "Take this figure:", link: "Copy link", cite: "Copy BibTeX", copied: "Copied" },
  }[document.documentElement.lang]
  const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "visibility", "display"]
  const SHARPER = 2, MARGIN = 12, SAID_MS = 2500, BESIDE_PX = 14, REACH_PX = 40, RING_PX = 8

  const shown = (figure) => [...figure.querySelectorAll(".ln-drawing svg")].find((svg) => svg.getClientRects().length)

  // The drawing that is seen, with every look written out: outside of the page there is no style sheet.
  function alone(figure) {
    const svg = shown(figure), copy = svg.cloneNode(true)
    const [originals, copies] = [svg, copy].map((one) => [one, ...one.querySelectorAll("*")])
    originals.forEach((original, index) => {
      const style = getComputedStyle(original)
      copies[index].removeAttribute("class")
      copies[index].setAttribute("style", LOOKS.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"))
    })
    const { x, y, width, height } = svg.viewBox.baseVal
    const box = { x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN }
    const paper = document.createElementNS(copy.namespaceURI, "rect")
    for (const [name, value] of Object.entries({ ...box, fill: getComputedStyle(document.body).backgroundColor })) paper.setAttribute(name, value)
    copy.prepend(paper)
    copy.setAttribute("xmlns", copy.namespaceURI)
    copy.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`)
    copy.setAttribute("width", box.width)
    copy.setAttribute("height", box.height)
    return { text: new XMLSerializer().serializeToString(copy), ...box }
  }

  function save(blob, name) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name })
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), SAID_MS)
  }

  async function png({ text, width, height }) {
    const image = new Image()
    image.src = `data:image/svg+xml,${encodeURIComponent(text)}`
    await image.decode()
    const canvas = Object.assign(document.createElement("canvas"), { width: width * SHARPER, height: height * SHARPER })
    const pen = canvas.getContext("2d")
    pen.scale(SHARPER, SHARPER)
    pen.drawImage(image, 0, 0, width, height)
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"))
  }

  const address = (figure) => `${location.href.split("#")[0]}#${figure.id}`

  function bibtex(figure) {
    const title = figure.querySelector(".ln-figure__title").textContent.trim()
    const day = figure.querySelector(".ln-provenance time")?.dateTime || ""
    const key = `llmnotes-${figure.dataset.figure.replaceAll("/", "-")}`
    return `@misc{${key},\n  title = {${title}},\n  author = {{llmnotes}},\n  year = {${day.slice(0, 4)}},\n  howpublished = {\\url{${address(figure)}}},\n  note = {${document.querySelector(".ln-foot code")?.textContent || ""}, CC BY 4.0}\n}\n`
  }

  // Where each row of the table lies in its drawing, along the axis that the drawing names. Rows stand at equal distances, or
  // where the number in their first column is.
  function placesOf(rows, scale, from, to) {
    const number = (text) => Number(text.replaceAll(",", ""))
    const where = rows.map(([first], index) => scale === "rows" ? index : scale === "log" ? Math.log(number(first)) : number(first))
    const start = where[0], span = where.at(-1) - start
    return where.map((one) => from + (one - start) / span * (to - from))
  }

  // For a place in the drawing, the row that is nearest to it and a line that marks it. Rows lie along an axis, or each
  // has a point of its own; far from all points there is none.
  function alongAxis(svg, rows) {
    const [axis, scale, ...ends] = svg.dataset.rows.split(" ")
    const places = placesOf(rows, scale, ...ends.map(Number))
    return (point) => {
      const distances = places.map((place) => Math.abs(place - point[axis]))
      const at = distances.indexOf(Math.min(...distances))
      const { x, y, width, height } = svg.viewBox.baseVal
      return { at, d: axis === "x" ? `M${places[at]} ${y}v${height}` : `M${x} ${places[at]}h${width}` }
    }
  }
  function atPoints(svg, rows) {
    const told = svg.dataset.points
    const points = told === "marks"
      ? [...svg.querySelectorAll("use")].slice(0, rows.length).map(({ x, y }) => [x.baseVal.value, y.baseVal.value])
      : told.split(" ").map((pair) => pair.split(",").map(Number))
    return (point) => {
      const distances = points.map(([x, y]) => Math.hypot(x - point.x, y - point.y))
      const nearest = Math.min(...distances), at = distances.indexOf(nearest), [x, y] = points[at]
      return nearest < REACH_PX && { at, d: `M${x - RING_PX} ${y}a${RING_PX} ${RING_PX} 0 1 0 ${2 * RING_PX} 0a${RING_PX} ${RING_PX} 0 1 0 ${-2 * RING_PX} 0` }
    }
  }

  function readable(svg) {
    const table = svg.closest("figure").querySelector(".ln-data table")
    const [heads, ...rows] = [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))
    const nearest = svg.dataset.rows ? alongAxis(svg, rows) : atPoints(svg, rows)
    const line = document.createElementNS(svg.namespaceURI, "path")
    line.setAttribute("class", "ln-row")
    const leave = () => {
      line.remove()
      if (explained === svg) closeTerm()
    }
    const read = (event) => {
      // What a reader has changed is no longer what the table says.
      if (svg.hasAttribute("data-moved")) return leave()
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse())
      const found = nearest(point)
      if (!found) return leave()
      line.setAttribute("d", found.d)
      svg.prepend(line)
      if (explained !== svg) closeTerm()
      explained = svg
      tell(rows[found.at].map((cell, column) => [heads[column], cell].filter(Boolean).join(W.of)))
      placeTerm({ left: event.clientX + BESIDE_PX, top: event.clientY - BESIDE_PX, bottom: event.clientY + BESIDE_PX })
    }
    svg.addEventListener("pointermove", read)
    svg.addEventListener("pointerdown", read)
    svg.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") leave() })
  }
  for (const svg of document.querySelectorAll(".ln-drawing svg:is([data-rows], [data-points])")) svg.addEventListener("pointerenter", () => readable(svg), { once: true })

  for (const figure of document.querySelectorAll(".ln-figure")) {
    const name = figure.id.replace(/^fig-/, "")
    const row = Object.assign(document.createElement("div"), { className: "ln-take", textContent: W.take })
    const add = (text, act) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "ln-csv", textContent: text })
      button.addEventListener("click", () => act(button))
      row.append(" ", button)
    }
    const copy = (text) => async (button) => {
      const before = button.textContent
      await navigator.clipboard.writeText(text())
      button.textContent = W.copied
      setTimeout(() => { button.textContent = before }, SAID_MS)
    }
    if (figure.querySelector(".ln-drawing svg")) {
      add("SVG", () => save(new Blob([alone(figure).text], { type: "image/svg+xml" }), `${name}.svg`))
      add("PNG", async () => save(await png(alone(figure)), `${name}.png`))
    }
    if (navigator.clipboard) {
      add(W.link, copy(() => address(figure)))
      add(W.cite, copy(() => bibtex(figure)))
    }
    if (row.children.length) figure.querySelector(".ln-data")?.append(row)
  }
})()
