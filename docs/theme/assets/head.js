// What must be known before the first line is drawn: that scripts run, which scheme was chosen, which letters formulas take.
"use strict"

document.documentElement.classList.add("js")
try { document.documentElement.dataset.scheme = localStorage.getItem("llmnotes.scheme") || "" } catch (denied) { /* then the system's scheme */ }
// Text that says a reader's own numbers beside its own is not shown before it does: it would move.
try { document.documentElement.classList.toggle("ln-waits", Boolean(localStorage.getItem("llmnotes.model"))) } catch (denied) { /* then there is no model */ }

// A formula must not move the text when its letters arrive. From the disk a browser refuses to preload, and has no need to.
const { fonts } = document.currentScript.dataset
if (fonts && location.protocol !== "file:") {
  for (const name of ["Main-Regular", "Math-Italic"]) {
    const link = { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href: `${fonts}/KaTeX_${name}.woff2` }
    document.head.append(Object.assign(document.createElement("link"), link))
  }
}
