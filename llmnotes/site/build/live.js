// Only under `serve`: reload when this edition was built anew, and show what does not hold.
(() => {
  const lang = (location.pathname.match(/^\/(zh|en)\//) || [])[1]
  const panel = document.createElement("div")
  panel.id = "ln-live"
  panel.setAttribute("role", "alert")
  panel.style.cssText =
    "position:fixed;inset:auto 0 0 0;max-height:45vh;overflow:auto;z-index:999;padding:.8rem 1rem;margin:0;" +
    "background:#7f1d1d;color:#fff;font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere"
  let seen = null
  let shown = null

  function take(state) {
    const mine = lang ? state.built[lang] : JSON.stringify(state.built)
    if (shown !== null && mine !== shown) return location.reload()
    shown = mine
    seen = state.turn
    panel.textContent = state.problems.join("\n")
    if (state.problems.length) document.body.append(panel)
    else panel.remove()
  }

  async function listen() {
    for (;;) {
      try {
        const answer = await fetch("/-/state" + (seen === null ? "" : "?seen=" + seen), { cache: "no-store" })
        take(await answer.json())
      } catch {
        // The server is gone or starting again: ask until it is back.
        await new Promise((done) => setTimeout(done, 1000))
      }
    }
  }
  listen()
})()
