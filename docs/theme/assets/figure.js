// A figure to carry away: its drawing as SVG or PNG in the colours that are seen, its address, and how to cite it.
"use strict";

(() => {
  const W = {
    "zh-Hans": { take: "带走这张图：", link: "复制链接", cite: "复制 BibTeX", copied: "已复制" },
    en: { take: "Take this figure:", link: "Copy link", cite: "Copy BibTeX", copied: "Copied" },
  }[document.documentElement.lang]
  const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "visibility", "display"]
  const SHARPER = 2, MARGIN = 12, SAID_MS = 2500

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
