// What searches the texts of the site: an index of MiniSearch under our own rule of words, built in the page. No page in
// here, so that a test can ask it without a browser.
"use strict"

globalThis.llmnotes = globalThis.llmnotes || {}
llmnotes.search = (() => {
  const WORD = /[\p{Script=Latin}\p{Script=Greek}\p{N}_]+(?:\.\d[\p{Script=Latin}\p{N}_]*)*|\p{Script=Han}+/gu
  const INVISIBLE = /[\u200b-\u200f\u2060\ufeff\u00ad^]/g
  const HAN = /\p{Script=Han}/u
  // What stands between two words that are also written as one: nothing, a blank, a hyphen.
  const JOINT = /^[\s\u2010-\u2013-]?$/
  // Question words say how something is asked, not what; 模型 after a name says of everything here what it is.
  const ASKING = /行不行|对不对|准不准|要不要|会不会|能不能|是不是|值不值|够不够|合适|该[填设调选]|设多少|调到|哪个对|原理|详解|介绍|区别|对比|是什么意思|什么意思|是什么|什么是|是啥|啥是|什么|怎么样|怎么办|咋办|怎么|怎样|如何|为什么|为啥|为何|请问|到底|究竟|一下|多少|哪些|哪个|吗|呢|吧|么(?!$)|(?<=[\p{Script=Latin}\d] ?)模型/gu
  const DEFINING = /是什么|什么是|什么意思|是啥|啥是|^(?:what(?: is|'s| are)(?: an?| the)?|define|definition of|meaning of)\b|\bmeaning$/
  // A number as a log prints it, 118,432: what was measured there, not what it is called.
  const VALUE = /\b\d{1,3}(?:,\d{3})+\b/g
  const QUOTED = /["“”„«»「」]([^"“”„«»「」]+)["“”„«»「」]/g
  // In quotes, the value of an option and no phrase.
  const CODE = /[*=\\|{}]/
  // org/name, and no rate: tokens/s, GB/s.
  const OF_ORG = /\/\S\S/
  const FORMULAS = /公式|函数|\b(?:formulas?|equations?|functions?)\b/i
  // Who writes an option asks what it does, whatever model stands beside it.
  const OPTION = /(?:^|\s)--?[a-z][a-z-]+/
  const LITTLE = new Set("a an and are as at be by can do does for from how i if in into is it its me my of on or so that the their them then there these they this to was we what when where which who why versus vs with x you your".split(" "))
  const LITTLE_HAN = new Set([..."的了在和与是有就都而及或个把被让给对从到"])
  // As readers write what the site writes otherwise. Each is one more way to have the word, never the only one.
  const ALIASES = {
    attn: ["attention"], vram: ["显存", "memory"], mem: ["memory"], ctx: ["context"], param: ["parameter"], gpu: ["显卡", "card"],
    kvcache: ["kv缓存"], quantisation: ["quantization"], quant: ["quantization", "量化"], throughput: ["吞吐"], speed: ["decode"], ttft: ["first token"], llm: ["language model"],
    fa2: ["flashattention"], fa3: ["flashattention"], 头宽: ["头维度"], 模型宽度: ["隐藏维度"], 显卡: ["卡"], 内存: ["显存"], 大小: ["多大"], 窗口: ["上下文"], 上下文: ["context"], 注意力: ["attention"],
    复杂度: ["平方"], 复杂: ["平方"], complexity: ["square", "quadratic"], quadratic: ["square"], linear: ["线性"], calculator: ["计算器"], glossary: ["术语"], formula: ["公式"], hallucination: ["wrong"], myth: ["claim"],
    price: ["cost"], pricier: ["price"], dearer: ["price"], expensive: ["price"], cheap: ["price"], cheaper: ["price"], cheapest: ["price"], bill: ["price"], billed: ["price"], charge: ["price"], invoice: ["price"],
    收费: ["价"], 收钱: ["价"], 计费: ["价"], 便宜: ["价"], 多少钱: ["价"], 省钱: ["价"], 账单: ["价"],
    completion: ["output"], generating: ["writing"], crawl: ["slow"], sluggish: ["slow"], laggy: ["slow"], simultaneous: ["concurrent"], parallel: ["concurrent"], employee: ["user"], people: ["user"], spill: ["offload"], 吐字: ["输出"], 变笨: ["质量"], 靠谱: ["误差"], 合算: ["回本"], 值得: ["回本"],
  }
  // A word within a word: `flashattn`.
  const WITHIN = [[/attn/g, "attention"]]
  const BOOST = { name: 5, asked: 4, heading: 2.5, text: 1 }
  const BM25 = { k: 1.2, b: 0.7, d: 0.5 }
  const WEIGHTS = { prefix: 0.4, fuzzy: 0.25 }
  const KINDS = { article: 1, tool: 0.8, term: 0.3, formula: 0.4, model: 0.35 }
  // Cards of claims say what is wrong, home and the cheat sheet a line of everything, pages for who writes here show all
  // of it as examples, labs do what an article explains: the page on the matter comes first.
  const IN_PASSING = [[/^(?:audit\/claims-|cheatsheet|index)/, 0.5], [/^(?:writing|contributing|help-wanted|shelf-life|checked)\./, 0.4], [/^labs\//, 0.7]]
  const ASKED = 3, DEFINED = 4, NAMED = 0.5, FORMULA_ASKED_FOR = 1, SOFTLY = 0.75
  const PHRASE = [["name", 1.6], ["heading", 1.4], ["text", 1.2]]
  const OTHER_HITS = 0.05, LEAST_COVERAGE = 1 / 3, LEAST_PREFIX = 3, ONE_SLIP = 5, TWO_SLIPS = 8, LEAST_STEM = 4
  const LEAST_BESIDE = 4, MOST_BESIDE = 0.8
  const FEWEST_LETTERS = 2, MOST_WORDS = 24, MOST_MODELS = 8, MOST_WINDOW = 8

  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(INVISIBLE, "")
  // Letters and digits alone: two texts that differ in blanks and hyphens are the same.
  const squashed = (text) => plain(text).replace(/[^\p{L}\p{N}]+/gu, "")
  // The same without the words that ask for it.
  const said = (text) => squashed(text.replace(ASKING, "").replace(DEFINING, ""))

  // A light stem: what makes one word of its plural, its -ing and its -ed.
  function stem(word) {
    if (word.length < LEAST_STEM || !/^[a-z]+$/.test(word)) return word
    let found = word
    if (/ies$/.test(found)) found = `${found.slice(0, -3)}y`
    else if (/(?:s|x|z|ch|sh)es$/.test(found)) found = found.slice(0, -2)
    else if (/[^su]s$/.test(found)) found = found.slice(0, -1)
    if (/(?:..[aeiouy]|[aeiouy].).*ing$/.test(found) && found.length > 5) found = found.slice(0, -3)
    else if (/[aeiouy].*ed$/.test(found) && found.length > 4 && !/eed$/.test(found)) found = found.slice(0, -2)
    if (/([^aeiouls])\1$/.test(found)) found = found.slice(0, -1)
    return found.length > 3 ? found.replace(/e$/, "") : found
  }

  // What a Latin word is made of: `attention_cache_bytes`, `rtx4090`; a part of one letter says nothing.
  function partsOf(word) {
    const parts = word.split("_").flatMap((part) => part.split(/(?<=[a-z])(?=\d)/)).filter(Boolean)
    return parts.length > 1 && parts.every((part) => part.length >= FEWEST_LETTERS || /\d/.test(part)) && parts[0].length >= FEWEST_LETTERS ? parts : []
  }

  const WAYS = new Map(Object.entries(ALIASES).map(([word, others]) => [stem(word), others]))

  const bigrams = (run) => (run.length < 2 ? [run] : [...run].slice(1).map((letter, index) => [...run][index] + letter))

  // Words with their places: { word, start, end, han }.
  function read(text) {
    return [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ word, start: index, end: index + word.length, han: HAN.test(word) }))
  }

  // Every term that a text is found by.
  function terms(text) {
    const line = plain(text), found = []
    let before = null
    for (const one of read(line)) {
      if (one.han) found.push(...bigrams(one.word))
      else {
        found.push(stem(one.word), ...partsOf(one.word).map(stem))
        if (before && !before.han && JOINT.test(line.slice(before.end, one.start))) found.push(stem(before.word + one.word))
      }
      before = one
    }
    return found
  }

  function kindOf(location) {
    const [page, anchor] = location.split("#")
    if (page.startsWith("models/")) return "model"
    if (page.startsWith("formulas/")) return "formula"
    if (page === "glossary.html" && anchor) return "term"
    return page.includes("/") ? "article" : "tool"
  }

  // A term and its other names: 分组查询注意力（grouped-query attention，GQA）.
  const namesOf = (title) => title.split(/[（(，,）)]/).map(squashed).filter(Boolean)

  // An author's short name of a page: `how-big-and-why-so-different`.
  const slug = (page) => page.replace(/^.*\/|\.html$/g, "").replaceAll("-", " ")

  // What a page is called by who reads it and by who wrote it.
  const nameOf = ({ title, kind, page }) => (kind === "article" ? `${title} ${slug(page)}` : title)

  // The words of a query, each with all the ways in which a page may have it.
  function groupsOf(query) {
    const line = plain(query), named = line.replace(VALUE, " ")
    const written = read(read(named).length ? named : line)
    const asked = written.flatMap((one) => (one.han ? hanWords(one.word) : LITTLE.has(one.word) ? [] : [one]))
    // A query of nothing but little words asks for them.
    const all = asked.length ? asked : written.flatMap((one) => (one.han ? pairsOf(one.word) : [one]))
    return all.slice(0, MOST_WORDS).map((one, index) => (one.han ? { whole: one.word, han: true, run: one.run, at: one.at, others: one.others } : latinGroup(one, all[index - 1], all[index + 1])))
  }

  const hanWords = (word) => word.replace(ASKING, " ").split(" ").filter((run) => run && !(run.length === 1 && LITTLE_HAN.has(run))).flatMap(pairsOf)
  const pairsOf = (run) => bigrams(run).map((pair, at) => ({ word: pair, run, at, han: true, others: [...new Set([...(WAYS.get(run) || []), ...(WAYS.get(pair) || [])])] }))

  function latinGroup({ word }, before, after) {
    const rewritten = WITHIN.reduce((text, [inner, whole]) => text.replace(inner, whole), word)
    const others = [...(WAYS.get(stem(word)) || [])]
    if (rewritten !== word) others.push(rewritten)
    const joins = [[before, { word }], [{ word }, after]].filter(([a, b]) => a && b && !a.han && !b.han).map(([a, b]) => a.word + b.word)
    return { whole: word, han: false, parts: partsOf(word), joins, others }
  }

  // The engine over `texts`, rows of location, title and text: `add` rows, then `ask`.
  function engine(texts) {
    const index = new MiniSearch({ fields: Object.keys(BOOST), idField: "id", tokenize: terms, processTerm: (term) => term, searchOptions: { tokenize: (term) => [term] } })
    const rows = texts.map(([location, title, text, asked = []], id) => {
      const page = location.split("#")[0] || "index.html"
      const row = { id, location: location || page, page, title, text, asked, kind: kindOf(location), whole: !location.includes("#") }
      return { ...row, name: squashed(row.whole ? nameOf(row) : title), tags: asked.map(said) }
    })
    const pages = new Map()
    for (const row of rows) pages.set(row.page, [...(pages.get(row.page) || []), row])

    function add(from, to) {
      for (const { id, page, title, text, asked, whole, kind } of rows.slice(from, to)) {
        index.add({ id, name: whole ? nameOf({ title, kind, page }) : "", asked: asked.join(", "), heading: whole ? "" : title, text })
      }
    }

    const options = { boost: BOOST, bm25: BM25, weights: WEIGHTS }
    const lookUp = (term, loose) => index.search(term, {
      ...options,
      prefix: loose && (term.length >= LEAST_PREFIX || (HAN.test(term) && term.length === 1)),
      fuzzy: loose && /^[a-z]+$/.test(term) && term.length >= ONE_SLIP ? (term.length >= TWO_SLIPS ? 2 : 1) : false,
    })

    // Rows that have a word in any of its ways, each with its best score and the terms that it has.
    function having(group) {
      const best = new Map()
      const take = (hits) => {
        for (const { id, score, terms: had, match } of hits) {
          const titled = Object.values(match).some((fields) => fields.some((field) => field !== "text" && field !== "heading"))
          const known = best.get(id)
          if (!known) best.set(id, { score, titled, terms: [...had] })
          else {
            known.score = Math.max(known.score, score)
            known.titled ||= titled
            known.terms.push(...had)
          }
        }
        return hits
      }
      const whole = take(lookUp(group.han ? group.whole : stem(group.whole), true))
      const written = whole.some(({ terms: had }) => had.includes(group.han ? group.whole : stem(group.whole)))
      const together = (words) => index.search({ combineWith: "AND", queries: words }, options)
      if (group.parts?.length && !written) take(together(group.parts.map(stem)))
      for (const join of group.joins || []) take(lookUp(stem(join), false))
      for (const other of group.others) take(together(terms(other)))
      return best
    }

    // What stands in quotes must be there as it is written; where no page writes so, the same words answer, and say so.
    function ask(query) {
      const quoted = [...query.matchAll(QUOTED)].filter((found) => !CODE.test(found[1])).map((found) => squashed(found[1])).filter(Boolean)
      const exact = answersTo(query, quoted)
      return exact.length || !quoted.length ? exact : answersTo(query.replace(QUOTED, " $1 "), []).map((one) => ({ ...one, loosely: true }))
    }

    function answersTo(query, quoted) {
      const groups = groupsOf(query)
      if (!groups.length) return []
      const scored = new Map(), counted = new Map()
      const all = groups.map(having)
      // A word that every page has says little of any; one that none has is missed everywhere.
      const rare = all.map((ways) => (ways.size ? Math.log(1 + rows.length / ways.size) ** SOFTLY : 0))
      // Two letters from two words of a run say no more than the words beside them.
      const weights = rare.map((own, at) => {
        const beside = [at - 1, at + 1].filter((other) => groups[at].han && groups[other]?.run === groups[at].run && Math.abs(groups[other].at - groups[at].at) === 1)
        return beside.length === 2 ? Math.min(own, Math.max(...beside.map((other) => rare[other]))) : own
      })
      all.forEach((ways, at) => {
        for (const [id, { score, terms: had }] of ways) {
          const row = scored.get(id) || { score: 0, terms: new Set(), groups: new Set() }
          row.score += score * weights[at] / rare[at]
          row.groups.add(at)
          for (const term of had) row.terms.add(term)
          scored.set(id, row)
          const { page, kind } = rows[id], place = kind === "term" ? rows[id].location : page
          counted.set(place, (counted.get(place) || new Set()).add(at))
        }
      })
      const allWeights = weights.reduce((sum, weight) => sum + weight, 0)
      const covered = (found) => (allWeights ? [...found].reduce((sum, at) => sum + weights[at], 0) / allWeights : 0)
      const defining = DEFINING.test(plain(query))
      const meant = OPTION.test(plain(query)) ? [] : modelsIn(query), formulas = FORMULAS.test(query)
      // Whoever types several words that are not in a model's name asks something of it: the page called by all of them answers.
      const titled = (at, { id }) => all[at].get(id)?.titled
      const named = meant.map((id) => pages.get(`models/${id}.html`)?.find((one) => one.whole)).filter(Boolean)
      const beside = named.length ? [...groups.keys()].filter((at) => weights[at] && !named.some((row) => titled(at, row))) : []
      // Two letters of a run are half a word; a number says how much, not what.
      const n_beside = beside.reduce((sum, at) => sum + (groups[at].han ? 0.5 : /\d/.test(groups[at].whole) ? 0 : 1), 0)
      const besides = beside.reduce((sum, at) => sum + weights[at], 0)
      const answersIt = (row) => n_beside >= LEAST_BESIDE && ["article", "tool"].includes(row.kind) && beside.reduce((sum, at) => sum + (titled(at, row) ? weights[at] : 0), 0) >= MOST_BESIDE * besides
      // Who asks what a word means is answered by the word's own entry; so is who types it where no page is about it.
      const subject = said(query)
      const treated = rows.some((row) => row.whole && [row.name, ...row.tags].some((one) => one.includes(subject)))
      const weightOf = (place, kind, title) => {
        if (kind === "term" && namesOf(title).includes(subject) && (defining || !treated)) return defining ? DEFINED : NAMED
        if (kind === "formula" && formulas) return FORMULA_ASKED_FOR
        return (IN_PASSING.find(([some]) => some.test(place)) || [null, KINDS[kind]])[1]
      }
      // Nothing is shown only where nothing is known: the best there is stands in for the third that is asked for.
      const least = Math.min(LEAST_COVERAGE, Math.max(...[...counted.values()].map(covered)))
      const found = new Map()
      for (const [id, { score, terms: had, groups: own }] of scored) {
        const row = rows[id]
        // A section stands below the title of its page.
        const above = row.kind === "term" ? [] : scored.get(pages.get(row.page).find((one) => one.whole)?.id)?.groups || []
        // A term of the glossary stands for itself, as a page does.
        const place = row.kind === "term" ? row.location : row.page
        const hit = { ...row, score: score * covered(new Set([...own, ...above])) * phrase(row, query, quoted), terms: [...had] }
        if (hit.score) found.set(place, [...(found.get(place) || []), hit])
      }
      for (const id of meant) {
        const place = `models/${id}.html`, row = pages.get(place)?.[0]
        if (row && !found.has(place)) found.set(place, [{ ...row, score: 1, terms: [] }])
      }
      const answers = []
      for (const [place, hits] of found) {
        hits.sort((a, b) => b.score - a.score)
        const rank = meant.indexOf(place.replace(/^models\/(.*)\.html$/, "$1"))
        const coverage = covered(counted.get(place) || [])
        if (coverage < least && rank < 0) continue
        const score = (hits[0].score + OTHER_HITS * hits.slice(1).reduce((sum, hit) => sum + hit.score, 0)) * coverage ** 2
        const row = pages.get(hits[0].page).find((one) => one.whole) || hits[0]
        const kind = hits[0].kind
        answers.push({ place, kind, title: kind === "term" ? hits[0].title : row.title, hits, rank: answersIt(row) ? -1 : rank < 0 ? Infinity : rank, score: score * weightOf(place, kind, hits[0].title), coverage })
      }
      return answers.sort((a, b) => (a.rank === b.rank ? b.score - a.score : a.rank - b.rank))
    }

    function phrase(row, query, quoted) {
      const { name, whole } = row, rest = squashed(row.text)
      if (quoted.some((one) => !name.includes(one) && !rest.includes(one))) return 0
      const wanted = said(query)
      if (wanted.length < FEWEST_LETTERS) return 1
      if (row.tags.includes(wanted)) return ASKED
      const [, factor] = PHRASE.find(([field]) => (field === "text" ? rest : (field === "name") === whole ? name : "").includes(wanted)) || ["", 1]
      return factor
    }

    return { add, ask, size: rows.length }
  }

  // The models that a query names: as a whole, or in the longest run of its words that begins a family and has a number.
  function modelsIn(query) {
    const finder = llmnotes.finder, models = finder.models()
    const line = query.trim()
    const whole = finder.find(line, models)
    if (whole.length && (begins(line) || HAN.test(line))) return whole.slice(0, MOST_MODELS).map(({ id }) => id)
    const asked = finder.words(line)
    const families = new Set(models.map(({ variants }) => variants[0][0]?.text))
    const isFamily = (word) => families.has(word) || (word.length >= ONE_SLIP && [...families].some((one) => one && finder.slips(word, one) <= 1))
    for (let length = Math.min(asked.length, MOST_WINDOW); length > 1; length -= 1) {
      for (let start = 0; start + length <= asked.length; start += 1) {
        const some = asked.slice(start, start + length)
        if (!isFamily(some[0].text) || some.every((word) => word.kind === "letters")) continue
        const found = finder.find(some, models)
        // What names a release at the end (thinking) belongs to the name only if a model is called so.
        if (found.length && (!some.at(-1).soft || found[0].quality === 1)) return found.slice(0, MOST_MODELS).map(({ id }) => id)
      }
    }
    return []

    // The name of a family, of a maker or of a size stands at its beginning, not a word of some variant ("flash").
    function begins(text) {
      const first = finder.words(text)[0]
      return OF_ORG.test(text) || first.kind === "size" || whole.some(({ id, quality }) => {
        const model = models.find((one) => one.id === id)
        return quality > llmnotes.names.rules.SLIP && model.variants.some((variant) => joined(variant).startsWith(first.text) || finder.slips(first.text, variant[0].text) <= 1)
      })
    }
    function joined(variant) { return variant.map((word) => word.text).join("") }
  }

  // Where a text has terms that were found: pairs of start and end.
  function places(text, found) {
    const known = new Set(found)
    return read(text).flatMap(({ start, end, han }) => {
      if (!han) {
        const word = plain(text.slice(start, end))
        return [word, ...partsOf(word)].some((part) => known.has(stem(part))) ? [[start, end]] : []
      }
      const letters = [...text.slice(start, end)]
      const has = (at) => known.has(plain(letters.slice(at, at + 2).join("")))
      const marked = letters.map((_, at) => has(at) || (at > 0 && has(at - 1)))
      const runs = []
      marked.forEach((on, at) => {
        if (on && marked[at - 1]) runs.at(-1)[1] += 1
        else if (on) runs.push([start + at, start + at + 1])
      })
      return runs
    })
  }

  return { engine, places, modelsIn }
})()
