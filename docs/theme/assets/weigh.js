// A file of llama-bench, weighed in the page: the line of a token's time over depth, with the formulas of the package
// (llmnotes/cost/weighing.py). Nothing leaves the page, and what the file says is only ever shown as text.
"use strict"

globalThis.llmnotes = globalThis.llmnotes || {}

// What can be read of a text, or the name of what is wrong with it and what its sentence states.
llmnotes.bench = (() => {
  const MOST_BYTES = 4 * 2 ** 20, MOST_ROWS = 5000, MOST_NAMED = 3
  // What must be the same in all rows: else two runs lie in one file. Which tokens were read at a time does not matter.
  const SAME = ["model_filename", "model_type", "type_k", "type_v", "build_number", "backends", "gpu_info", "devices", "n_gpu_layers", "n_cpu_moe", "no_kv_offload", "flash_attn", "split_mode", "tensor_split", "n_threads"]

  class Refusal extends Error {
    constructor(name, given = {}) { super(name); this.given = given }
  }

  const base = (path) => String(path).split(/[\\/]/).at(-1)

  // What is wrong with JSON, and its line where a browser says one: each has its own way.
  function place(text, error, first) {
    if (/end of/.test(error.message)) return ["cut"]
    const [, position] = /position (\d+)/.exec(error.message) || []
    const [, line] = /line (\d+)/.exec(error.message) || []
    if (Number(position) >= text.trimEnd().length) return ["cut"]
    if (position) return ["broken", { line: text.slice(0, Number(position)).split("\n").length + first }]
    return line ? ["broken", { line: Number(line) + first }] : ["invalid"]
  }

  // Rows of JSON, or of one JSON a line; what a driver printed before them is passed over.
  function parsed(text) {
    if (text.length > MOST_BYTES) throw new Refusal("large")
    if (!text.trim()) throw new Refusal("empty")
    const lines = text.replace(/^\ufeff/, "").split("\n")
    const first = lines.findIndex((line) => /^\s*[[{]/.test(line))
    if (first < 0) throw new Refusal(/^\s*\|.*t\/s/m.test(text) || /^"?build_commit"?,|^INSERT INTO|^CREATE TABLE/m.test(text) ? "format" : "no_json")
    const rest = lines.slice(first).join("\n")
    try {
      return JSON.parse(rest)
    } catch (whole) {
      if (rest.trimStart()[0] === "[") throw new Refusal(...place(rest, whole, first))
      const filled = lines.slice(first).map((line, index) => [line, first + index]).filter(([line]) => line.trim())
      if (!filled.every(([line]) => line.trimStart()[0] === "{")) throw new Refusal(...place(rest, whole, first))
      return filled.map(([line, index]) => {
        try { return JSON.parse(line) } catch (error) { throw new Refusal("broken", { line: index + 1 }) }
      })
    }
  }

  // The rows in which tokens were written one by one, of one run at several depths.
  function rows(text) {
    const given = [parsed(text)].flat().filter((row) => row && typeof row === "object")
    if (!given.some((row) => "n_gen" in row && ("avg_ns" in row || "avg_ts" in row))) throw new Refusal("other")
    if (given.length > MOST_ROWS) throw new Refusal("many", { n: MOST_ROWS })
    const written = given.filter((row) => row.n_gen > 0 && !(row.n_prompt > 0))
    if (!written.length) throw new Refusal("prompts")
    if (!written.every((row) => Number.isInteger(row.n_depth) && row.n_depth >= 0)) throw new Refusal("no_depth")
    for (const key of SAME) {
      const values = [...new Set(written.map((row) => (key === "model_filename" ? base(row[key] ?? "") : String(row[key] ?? ""))))]
      if (values.length < 2) continue
      const named = values.slice(0, MOST_NAMED).join(", ") + (values.length > MOST_NAMED ? ", …" : "")
      throw new Refusal(key.startsWith("model") ? "models" : "settings", { key, named, n: values.length })
    }
    return written
  }

  // Halfway through what is written, so many tokens are held.
  const held = (row) => row.n_depth + Math.floor(row.n_gen / 2)
  function secondsOf(row) {
    const seconds = row.avg_ns > 0 ? row.avg_ns / 1e9 / row.n_gen : 1 / row.avg_ts
    if (!(seconds > 0 && Number.isFinite(seconds))) throw new Refusal("number", { depth: row.n_depth })
    return seconds
  }

  // Slope and start of the line through points; llmnotes.timing.curves does the same.
  function line(points) {
    const sum = (of) => points.reduce((total, point) => total + of(point), 0)
    const sums = { n_points: points.length, sum_depth: sum(([depth]) => depth), sum_value: sum(([, value]) => value) }
    const { depth_slope, value_at_zero } = llmnotes.formulas
    const slope = depth_slope({ ...sums, sum_depth_squared: sum(([depth]) => depth * depth), sum_depth_value: sum(([depth, value]) => depth * value) })
    const start = value_at_zero({ ...sums, slope })
    const off = Math.max(...points.map(([depth, value]) => Math.abs(value - start - slope * depth)))
    return { slope, start, most_off: off / Math.abs(slope * (points.at(-1)[0] - points[0][0])) }
  }

  function weigh(text) {
    const written = rows(text)
    const depths = new Set(written.map((row) => row.n_depth))
    if (depths.size < 2) throw new Refusal("one_depth", { depth: [...depths][0] })
    const points = written.map((row) => [held(row), secondsOf(row)]).sort((one, other) => one[0] - other[0])
    const found = line(points)
    if (!(found.slope > 0)) throw new Refusal("falls")
    const row = written[0]
    const shown = (name) => String(row[name] ?? "")
    return {
      ...found, points, n_depths: depths.size, deepest: Math.max(...depths), shallowest: Math.min(...depths),
      file: base(row.model_filename ?? ""), type: shown("model_type"), type_k: shown("type_k"), type_v: shown("type_v"),
      gpu: shown("gpu_info"), chips: `${shown("gpu_info")} ${shown("cpu_info")}`,
      outside: Boolean(row.no_kv_offload) || row.n_gpu_layers === 0 || row.n_cpu_moe > 0,
      several: shown("gpu_info").includes(",") && shown("split_mode") !== "none",
    }
  }

  // What a known model keeps for a token, fitted at the same depths; null where a form has no known bits. Of a latent
  // the engine keeps the keys alone.
  function kept(found, profile) {
    const of = (type) => llmnotes.kv_types[type || "f16"]
    const keys = of(found.type_k), values = of(found.type_v)
    if (!keys || !values) return null
    const kv_bits = profile.latent.length ? keys : (keys + values) / 2
    return line(found.points.map(([depth]) => [depth, llmnotes.formulas.ideal_cache_bytes(profile, { n_tokens: depth, kv_bits })])).slope
  }

  const plain = (text) => ` ${text.toLowerCase().replace(/\(.*?\)/g, " ").replace(/[^a-z0-9]+/g, " ").trim()} `
  // The chip with the longest name that the file has. What a notebook has of that name is another chip.
  function chipOf(found) {
    const said = plain(found.chips.replace(/[()]/g, " "))
    if (/ laptop | mobile | max q /.test(said)) return ""
    const named = Object.entries(llmnotes.chips).map(([id, { name }]) => [id, plain(name.replace(/^(NVIDIA|AMD|Apple|Intel|Google|GeForce|Radeon) /, ""))])
    const all = named.filter(([, name]) => said.includes(name) || said.replaceAll(" ", "").includes(name.replaceAll(" ", "")) && /\d/.test(name) && name.trim().length > 6)
    return all.sort((one, other) => other[1].length - one[1].length)[0]?.[0] ?? ""
  }

  const modelOf = (name) => (name ? llmnotes.finder.one(llmnotes.finder.find(name, llmnotes.finder.models())) ?? "" : "")

  return { weigh, kept, chipOf, modelOf, Refusal, MOST_BYTES }
})()

// The sentences.
llmnotes.benchWords = {
  zh: {
    large: "文件超过 4 MiB，不会是 llama-bench 的结果：它一行结果不到 2 KB。",
    empty: "先贴入 llama-bench 打印的 JSON。",
    format: "这是 llama-bench 的表格、CSV 或 SQL；请加 -o json 再跑一次。",
    no_json: "这里没有 JSON；要的是 llama-bench -o json 打印的内容。",
    broken: "第 {line} 行不是 JSON；请粘贴完整的输出。",
    invalid: "这不是完整的 JSON；请粘贴 llama-bench 的全部输出。",
    cut: "JSON 没有写完；请粘贴完整的输出。",
    other: "这不是 llama-bench 的结果：没有一行同时有 n_gen 和 avg_ts。",
    many: "文件超过 {n} 行结果；请只留一次运行。",
    prompts: "里面只有读提示词的测试（n_gen 是 0）；称缓存要写 token 的测试，请加 -n 128。",
    no_depth: "有的行没有 n_depth；请用认得 -d 的 llama-bench，加 -d 0,16384,32768 再跑。",
    models: "文件里有 {n} 个模型（{named}）；一次只称一个。",
    settings: "各行的 {key} 不同（{named}）；一次只称一种设置。",
    number: "深度 {depth} 的那一行没有正的 avg_ns 或 avg_ts。",
    one_depth: "只有一个深度（{depth}），一个点定不了斜率；请加 -d 0,16384,32768 再跑。",
    falls: "时间没有随深度变长，没有斜率可称；请测更深的深度。",
    head: "{file}，K 是 {k}，V 是 {v}，{n} 个深度，从 {low} 到 {high}。",
    slope: "每多一个 token 的深度，写一个 token 多花 {slope}；深度 0 处是 {start}。",
    weighed: "按 {bandwidth}，每个 token 的缓存最多 {weighed}。",
    no_bandwidth: "认不出是哪种卡（{gpu}）：在上面选一种，或填带宽，就能换成字节。",
    kept: "{model} 按结构每个 token 存 {kept}；读缓存的速度是 {rate}。",
    share: "读数是真值的 {heavy}：读缓存用到带宽的 {share}。",
    light: "比按结构算的还轻：带宽填小了，或者模型认错了，或者时间太抖。",
    no_model: "没认出登记的模型：在上面写它的名字，就能反过来算读缓存的带宽。",
    no_bits: "不认识缓存格式 {k} 和 {v} 每数几位，只能称，不能比。",
    bent: "点离直线最远处占总上升的 {off}：不是一条直线，可能有窗口层、换了内核或过热降频。",
    straight: "点离直线最远处占总上升的 {off}。",
    outside: "文件说有层或缓存在内存里：那么该填内存的带宽。",
    several: "有几张卡：按层切时它们轮流读，带宽填一张的。",
    columns: ["已有 token", "实测（毫秒）", "直线上（毫秒）", "每秒 token"],
    points: "各深度",
  },
  en: {
    large: "The file is larger than 4 MiB, so it is no result of llama-bench: one of its rows has less than 2 KB.",
    empty: "Paste the JSON that llama-bench prints first.",
    format: "This is a table, CSV or SQL of llama-bench; run it once more with -o json.",
    no_json: "There is no JSON here; what is needed is the output of llama-bench -o json.",
    broken: "Line {line} is no JSON; paste the whole output.",
    invalid: "This is no valid JSON; paste all that llama-bench printed.",
    cut: "The JSON ends too early; paste the whole output.",
    other: "This is no result of llama-bench: no row has both n_gen and avg_ts.",
    many: "The file has more than {n} rows; leave one run in it.",
    prompts: "Only tests of reading prompts are in it (n_gen is 0); to weigh the cache it takes tests of writing: add -n 128.",
    no_depth: "Some row has no n_depth; take a llama-bench that knows -d, and run with -d 0,16384,32768.",
    models: "The file has {n} models ({named}); weigh one at a time.",
    settings: "Rows differ in {key} ({named}); weigh one setting at a time.",
    number: "The row at depth {depth} has no positive avg_ns or avg_ts.",
    one_depth: "There is one depth only ({depth}), and one point has no slope; run with -d 0,16384,32768.",
    falls: "The times do not grow with the depth, so there is no slope to weigh; measure deeper.",
    head: "{file}, K in {k}, V in {v}, {n} depths from {low} to {high}.",
    slope: "Each token of depth adds {slope} to a written token; at depth 0 the line is at {start}.",
    weighed: "At {bandwidth} the cache of a token is at most {weighed}.",
    no_bandwidth: "The chip is not known ({gpu}): choose one above, or write its bandwidth, and the slope becomes bytes.",
    kept: "By its shape {model} keeps {kept} a token, so it reads its cache at {rate}.",
    share: "The scale reads {heavy} the true weight: the cache is read at {share} of the bandwidth.",
    light: "That is lighter than the shape allows: the bandwidth is too small, the model is another one, or the times are too rough.",
    no_model: "No registered model was recognized: write its name above, and the bandwidth of its cache follows.",
    no_bits: "How many bits {k} and {v} take is not known, so there is a weight but nothing to compare it with.",
    bent: "The farthest point is off the line by {off} of the rise: no straight line. Windows may be filling, a kernel changing, or the chip throttling.",
    straight: "The farthest point is off the line by {off} of the rise.",
    outside: "The file says that layers or the cache lie in main memory: then it is that memory's bandwidth that counts.",
    several: "There are several cards: split by layers they read in turn, so write the bandwidth of one.",
    columns: ["tokens held", "measured (ms)", "on the line (ms)", "tokens a second"],
    points: "Depths",
  },
}

llmnotes.benchSaid = (found, { chip = "", bandwidth = 0, model = "" }, lang) => {
  const W = llmnotes.benchWords[lang], N = llmnotes.numbers
  const fill = (name, given) => W[name].replace(/\{(\w+)\}/g, (_, key) => given[key])
  const rate = (bytes) => `${N.format_bytes_decimal(bytes)}/${lang === "zh" ? "秒" : "s"}`
  const types = { k: found.type_k || "f16", v: found.type_v || "f16" }
  const said = [
    fill("head", { file: found.file || found.type, ...types, n: found.n_depths, low: N.format_exact(found.shallowest), high: N.format_exact(found.deepest) }),
    fill("slope", { slope: N.format_seconds(found.slope, lang), start: N.format_seconds(found.start, lang) }),
  ]
  const weighed = llmnotes.formulas.weighed_bytes({ slope_s: found.slope, bandwidth_bytes_per_s: bandwidth })
  const named = rate(bandwidth) + (chip ? { zh: "（NAME）", en: " (NAME)" }[lang].replace("NAME", llmnotes.chips[chip].name.replace(/ \(.*/, "")) : "")
  said.push(bandwidth ? fill("weighed", { bandwidth: named, weighed: N.format_bytes(weighed) }) : fill("no_bandwidth", { gpu: found.gpu || "?" }))
  if (!model) said.push(W.no_model)
  else {
    const kept = llmnotes.bench.kept(found, llmnotes.models[model].profile)
    if (kept === null) said.push(fill("no_bits", types))
    else {
      const reads = llmnotes.formulas.cache_bandwidth({ slope_bytes: kept, slope_s: found.slope })
      said.push(fill("kept", { model: llmnotes.models[model].name, kept: N.format_bytes(kept), rate: rate(reads) }))
      if (bandwidth) said.push(reads > bandwidth ? W.light : fill("share", { heavy: N.format_ratio(weighed / kept, lang), share: N.format_percent(reads / bandwidth) }))
    }
  }
  said.push(fill(found.most_off > 0.05 ? "bent" : "straight", { off: N.format_percent(found.most_off) }))
  return [...said, ...["outside", "several"].filter((name) => found[name]).map((name) => W[name])]
}

;(() => {
  const box = globalThis.document?.getElementById("ln-weigh")
  if (!box) return
  const lang = box.dataset.lang, W = llmnotes.benchWords[lang]
  const text = box.querySelector("textarea"), file = box.querySelector("input[type=file]"), [go, example] = box.querySelectorAll("button")
  const said = box.querySelector(".ln-explain__said"), table = box.querySelector(".ln-weigh__found")
  const chip = document.getElementById("ln-weigh-chip"), bandwidth = document.getElementById("ln-weigh-bandwidth"), model = document.getElementById("ln-weigh-model")
  let found = null, ready = null

  async function load() {
    await Promise.all(["numbers.js", "formulas.js", "models.js", "names.js"].map((name) => loadScript(assets + name)))
    await loadScript(`${assets}finder.js`)
    chip.append(...Object.entries(llmnotes.chips).map(([id, { name }]) => new Option(name, id)))
    document.getElementById("ln-weigh-models").append(...Object.values(llmnotes.models).map(({ name }) => new Option(name)))
  }

  function element(name, given, ...children) {
    const one = Object.assign(document.createElement(name), given)
    one.append(...children)
    return one
  }

  function tell(words, state) {
    said.textContent = words
    box.dataset.state = state
  }

  function refuse(name, given = {}) {
    found = null
    table.replaceChildren()
    tell(W[name].replace(/\{(\w+)\}/g, (_, key) => given[key]), "refused")
  }

  async function read() {
    box.dataset.state = "busy"
    try { await (ready = ready || load()) } catch (failure) {
      console.error(failure)
      ready = null
      return tell(box.dataset.failed, "refused")
    }
    try { found = llmnotes.bench.weigh(text.value) } catch (error) {
      if (!(error instanceof llmnotes.bench.Refusal)) throw error
      return refuse(error.message, error.given)
    }
    chip.value = llmnotes.bench.chipOf(found)
    bandwidth.value = chip.value ? gigabytes() : ""
    const known = llmnotes.bench.modelOf(found.file) || llmnotes.bench.modelOf(found.type.split(" ")[0])
    model.value = known ? llmnotes.models[known].name : ""
    show()
  }

  const gigabytes = () => llmnotes.chips[chip.value].bandwidth_bytes_per_s / 1e9

  function show() {
    if (!found) return
    const typed = Number(bandwidth.value), own = typed > 0 && Number.isFinite(typed) ? typed * 1e9 : 0
    const named = chip.value && gigabytes() === typed ? chip.value : ""
    const given = { chip: named, bandwidth: own, model: llmnotes.bench.modelOf(model.value) }
    tell(llmnotes.benchSaid(found, given, lang).join("\n"), "ready")
    const N = llmnotes.numbers, ms = (seconds) => N.format_number(1000 * seconds, 5)
    const cells = found.points.map(([depth, seconds]) => [N.format_exact(depth), ms(seconds), ms(found.start + found.slope * depth), N.format_number(1 / seconds, 4)])
    const body = cells.map(([first, ...others]) => element("tr", {}, element("th", { scope: "row" }, first), ...others.map((one) => element("td", {}, one))))
    const head = element("tr", {}, ...W.columns.map((one) => element("th", { scope: "col" }, one)))
    const whole = element("table", {}, element("caption", {}, W.points), element("thead", {}, head), element("tbody", {}, ...body))
    table.replaceChildren(element("div", { className: "ln-scroll", tabIndex: 0, role: "region", ariaLabel: W.points }, whole))
  }

  async function take(one) {
    if (one.size > llmnotes.bench.MOST_BYTES) return refuse("large")
    text.value = await one.text()
    await read()
  }

  go.addEventListener("click", read)
  text.addEventListener("paste", () => setTimeout(read))
  example.addEventListener("click", () => {
    text.value = [...document.querySelectorAll("main pre code")].map((code) => code.textContent.trim()).find((code) => code[0] === "[")
    read()
  })
  chip.addEventListener("change", () => { bandwidth.value = chip.value ? gigabytes() : ""; show() })
  for (const one of [bandwidth, model]) one.addEventListener("change", show)
  file.addEventListener("change", () => { if (file.files[0]) take(file.files[0]) })
  box.addEventListener("focusin", () => { (ready = ready || load()).catch(() => { ready = null }) }, { once: true })
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("ln-over") })
  box.addEventListener("dragleave", () => box.classList.remove("ln-over"))
  box.addEventListener("drop", (event) => {
    event.preventDefault()
    box.classList.remove("ln-over")
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0])
  })
})()
