// The dialogs that need a script anyway: to search, and to choose a model or a chip. They are filled when first opened.
"use strict";

(() => {
  const words = {
    "zh-Hans": {
      search: "搜索", hint: "搜索全站：上下文长度、KV 缓存……", loading: "正在取来全站的文字……", none: "没有找到", failed: "没能取来全站的文字，请关上再试", found: "{} 页", loosely: "没有一页照原样写了引号里的话；有这些词的：{} 页", close: "关闭搜索",
      article: "文章", tool: "工具和说明", term: "术语", formula: "公式", models: "模型", keys: "<kbd>↑</kbd> <kbd>↓</kbd> 选 <kbd>⏎</kbd> 打开 <kbd>esc</kbd> 关闭 <kbd>/</kbd> 在任何一页搜索",
      own: "用我的模型来讲", built: "按文章原来的模型", what: "选一个模型：能改的图和文中括号里的数，全站都改按它来算。", model: "找模型：Qwen、Llama……", chip: "找芯片：H100、4090……", closePicker: "关闭选单",
    },
    en: {
      search: "Search", hint: "Search all pages: attention, KV cache …", loading: "Fetching the texts …", none: "Nothing found", failed: "The texts did not arrive; close this and try again", found: "Pages: {}", loosely: "No page has the words in quotes as they stand. Pages with these words: {}", close: "Close search",
      article: "Articles", tool: "Tools and reference", term: "Terms", formula: "Formulas", models: "Models", keys: "<kbd>↑</kbd> <kbd>↓</kbd> choose <kbd>⏎</kbd> open <kbd>esc</kbd> close <kbd>/</kbd> search from any page",
      own: "Explain with my model", built: "The model that the article chose", what: "Choose a model: figures that can change, and numbers in brackets beside the text, then answer for it on every page.", model: "Find a model: Qwen, Llama …", chip: "Find a chip: H100, 4090 …", closePicker: "Close the list",
    },
  }[document.documentElement.lang]
  const field = (label) => `aria-label="${label}" placeholder="${label}" autocomplete="off" autocapitalize="off" spellcheck="false" autofocus`
  const close = (label, attributes) => `<button class="ln-tool ${attributes} aria-label="${label}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18"/></svg></button>`

  document.body.insertAdjacentHTML("beforeend", `
    <dialog class="ln-search" id="ln-search" aria-label="${words.search}" data-loading="${words.loading}" data-none="${words.none}" data-found="${words.found}" data-loosely="${words.loosely}" data-failed="${words.failed}"
      data-article="${words.article}" data-tool="${words.tool}" data-term="${words.term}" data-formula="${words.formula}" data-model="${words.models}">
      <form class="ln-search__form" role="search">
        <input type="text" name="query" enterkeyhint="go" ${field(words.hint)}>
        ${close(words.close, 'ln-search__close" type="button"')}
      </form>
      <p class="ln-search__state" role="status"></p>
      <div class="ln-search__hits"></div>
      <p class="ln-search__keys" aria-hidden="true">${words.keys}</p>
    </dialog>
    <dialog class="ln-search ln-picker" id="ln-picker" aria-label="${words.own}" data-built="${words.built}" data-model="${words.model}" data-chip="${words.chip}">
      <form class="ln-search__form">
        <input type="text" ${field(words.model)}>
        ${close(words.closePicker, 'ln-picker__close" type="button"')}
      </form>
      <p class="ln-picker__what">${words.what}</p>
      <p class="ln-search__state" role="status" hidden>${words.none}</p>
      <ol class="ln-search__hits"></ol>
    </dialog>`)
})()
