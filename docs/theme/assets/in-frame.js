// Runs in the frame of frame-worker.js, before what takes itself for a worker: its messages go to the page.
"use strict"

window.postMessage = (data) => parent.postMessage(data, "*")
window.importScripts = (...files) => files.reduce((before, file) => before.then(() => new Promise((resolve) => {
  const script = Object.assign(document.createElement("script"), { src: file, onload: resolve })
  document.body.append(script)
})), Promise.resolve())
// The worker of the theme takes the first script of the frame for itself.
document.currentScript.remove()
