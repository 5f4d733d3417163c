// From the disk no page may start a worker. What would be one runs in a hidden frame instead, and speaks like one.
"use strict"

window.IFrameWorker = class extends EventTarget {
  constructor(address) {
    super()
    this.frame = document.createElement("iframe")
    this.frame.hidden = true
    document.body.append(this.frame)
    const inside = this.frame.contentWindow
    addEventListener("message", (event) => { if (event.source === inside && this.onmessage) this.onmessage(event) })
    const scripts = [window.IFrameWorker.inside, address].map((file) => `<script src="${file}"></${"script"}>`)
    inside.document.open()
    inside.document.write(`<body>${scripts.join("")}</body>`)
    inside.document.close()
    this.loaded = new Promise((resolve) => inside.addEventListener("load", resolve))
  }

  async postMessage(data) {
    await this.loaded
    this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }))
  }
}
window.IFrameWorker.inside = document.currentScript.src.replace("frame-worker", "in-frame")
if (location.protocol === "file:") window.Worker = window.IFrameWorker
