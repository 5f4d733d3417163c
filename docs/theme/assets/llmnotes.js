// Runs before the theme's script. Plain functions, no library, nothing from elsewhere.

// The search index is large: it is fetched when search is first opened, over http and from the disk alike.
(function () {
  var waiting = []
  var opened = false
  function whenOpened(act) { if (opened) act(); else waiting.push(act) }
  function open() {
    opened = true
    waiting.splice(0).forEach(function (act) { act() })
  }
  var isIndex = /search\/search_index\.js(on)?$/
  var request = XMLHttpRequest.prototype
  var plainOpen = request.open
  var plainSend = request.send
  request.open = function (method, address) {
    this.ofIndex = isIndex.test(String(address))
    return plainOpen.apply(this, arguments)
  }
  request.send = function () {
    var self = this
    var given = arguments
    if (!this.ofIndex) return plainSend.apply(this, given)
    whenOpened(function () { plainSend.apply(self, given) })
  }
  var head = document.head
  var plainAppend = head.appendChild
  head.appendChild = function (child) {
    if (child.tagName === "SCRIPT" && isIndex.test(child.src)) {
      whenOpened(function () { plainAppend.call(head, child) })
      return child
    }
    return plainAppend.call(head, child)
  }
  var toggle = document.getElementById("__search")
  var field = document.querySelector("[data-md-component=search-query]")
  toggle.addEventListener("change", open)
  field.addEventListener("focus", open)
})()

// What scrolls sideways says so, and only while it does.
;(function () {
  function mark(box) {
    var rest = box.scrollWidth - box.clientWidth
    box.classList.toggle("ln-more", rest - box.scrollLeft > 4)
  }
  var boxes = document.querySelectorAll(".ln-scroll")
  boxes.forEach(function (box) { box.addEventListener("scroll", function () { mark(box) }, { passive: true }) })
  function markAll() { boxes.forEach(mark) }
  addEventListener("resize", markAll)
  document.addEventListener("toggle", markAll, true)
  markAll()
})()

// A printed page shows what is folded.
addEventListener("beforeprint", function () {
  document.querySelectorAll(".md-typeset details:not([open])").forEach(function (fold) {
    fold.open = true
    fold.dataset.opened = ""
  })
})
addEventListener("afterprint", function () {
  document.querySelectorAll("details[data-opened]").forEach(function (fold) {
    fold.open = false
    delete fold.dataset.opened
  })
})
