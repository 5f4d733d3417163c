"""What the page of one model says, section by section, in one language."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from llmnotes import units
from llmnotes.site.made.document import Cell, Drawing, Section, Table, Words
from llmnotes.site.made.models import layers
from llmnotes.site.made.models.chart import Line, draw
from llmnotes.site.made.models.facts import CARDS, LENGTHS, Facts, Placed
from llmnotes.site.made.models.remarks import in_chinese
from llmnotes.site.made.models.words import TEXT
from llmnotes.timing.constants import class_of
from llmnotes.weights.sizes import StoredWeights
from llmnotes.wording.model import input_rows
from llmnotes.wording.sentences import spoken
from llmnotes.wording.words import WORDS

ADDRESS = re.compile(r"https?://[^\s)]+")
REFERENCE = 131_072
SMALLEST_SHARE = 0.0001
MOST_IN_ONE = 8


def answer(facts: Facts, lang: str) -> str:
    """Return the sentence that a reader came for."""
    text, entry, counted = TEXT[lang], facts.entry, facts.counted
    known = [entry.org, entry.released and text["released"].format(date=entry.released)]
    said = text["comma"].join(str(one) for one in known if one)
    n_tokens, size = reference(facts)
    form = text["answer_active"] if counted.active != counted.total else text["answer"]
    return form.format(
        name=entry.name + (text["by"].format(said=said) if said else (" " if lang == "zh" else "")),
        params=units.format_exact(counted.total),
        active=units.format_exact(counted.active),
        n=units.format_tokens(n_tokens),
        cache=units.format_bytes(size, lang),
    )


def reference(facts: Facts) -> tuple[int, float]:
    """Return the context that sentences are about, and the ideal cache there: 128K, or the longest below it allowed."""
    allowed = [n for n in LENGTHS if n <= min(REFERENCE, facts.spec.n_ctx or REFERENCE)]
    n_tokens = allowed[-1] if allowed else LENGTHS[0]
    return n_tokens, facts.cache_at(n_tokens).ideal_bytes


def title(facts: Facts, lang: str) -> str:
    """Return the title of the page."""
    return TEXT[lang]["title"].format(name=facts.entry.name)


def description(facts: Facts, lang: str) -> str:
    """Return one sentence for search results and previews."""
    n_tokens, size = reference(facts)
    return TEXT[lang]["description"].format(
        name=facts.entry.name,
        params=units.format_count(facts.counted.total, lang),
        n=units.format_tokens(n_tokens),
        cache=units.format_bytes(size, lang),
    )


def sections(facts: Facts, lang: str) -> list[Section]:
    """Return the body of the page."""
    text = TEXT[lang]
    return [
        Section("params", text["params"], (_params(facts, lang),)),
        *([Section("beside", text["beside"], tuple(_beside(facts, lang)))] if facts.counted.parts else []),
        Section("cache", text["cache"], tuple(_cache(facts, lang))),
        Section("fit", text["fit"], tuple(_fit(facts, lang))),
        Section("layers", text["layers"], tuple(_layers(facts, lang))),
        Section("sources", text["sources"], tuple(_sources(facts, lang))),
    ]


def _params(facts: Facts, lang: str) -> Table:
    text, total = TEXT[lang], facts.counted.total
    rows = [
        _count_row(WORDS[lang][name], count, total, bar=True)
        for name, count in sorted(facts.counted.components.items(), key=lambda one: -one[1])
    ]
    rows.append(_count_row(text["total"], total, total, bar=False, strong=True))
    if facts.counted.active != total:
        rows.append(_count_row(text["active"], facts.counted.active, total, bar=False, strong=True))
    return Table(text["params"], (text["component"], text["share"], text["count"]), rows)


def _count_row(name: str, count: int, total: int, *, bar: bool, strong: bool = False) -> list[Cell]:
    share = count / total
    said = units.format_percent(share) if share >= SMALLEST_SHARE else f"<{SMALLEST_SHARE:.2%}"
    return [
        Cell(name, strong=strong),
        Cell(said, share=share if bar else None),
        Cell(units.format_exact(count), value=count, strong=strong),
    ]


def _beside(facts: Facts, lang: str) -> Iterator[Words | Table]:
    text, words, counted = TEXT[lang], WORDS[lang], facts.counted
    sums = [(words["whole"], counted.whole)] if counted.whole != counted.total else []
    sums += [(words["checkpoint"], counted.checkpoint)] if counted.checkpoint != counted.whole else []
    rows = [[Cell(words[name]), Cell(units.format_exact(count), count)] for name, count in counted.parts.items()]
    rows += [[Cell(name, strong=True), Cell(units.format_exact(count), count, strong=True)] for name, count in sums]
    yield Table(text["beside"], (text["component"], text["count"]), rows)
    for name, cost in facts.inputs.items():
        told = [[Cell(what), Cell(value), Cell(remark)] for what, value, remark in input_rows(asdict(cost), lang)]
        yield Table(words[f"input_{name}"], (words[f"input_{name}"], text["value"], text["remark"]), told)
    n_tokens, _ = reference(facts)
    after = text["module_after"].format(n=units.format_tokens(n_tokens))
    steps = [
        [
            Cell(words[name]),
            Cell(units.format_flops(cost.flops, lang), cost.flops),
            Cell(units.format_bytes(cost.cache_bytes, lang), cost.cache_bytes),
        ]
        for name, cost in facts.modules(n_tokens).items()
    ]
    if steps:
        yield Table(after, (after, text["module_flops"], text["module_cache"]), steps)


def _cache(facts: Facts, lang: str) -> Iterator[Words | Table | Drawing]:
    text, n_ctx = TEXT[lang], facts.spec.n_ctx
    yield Words(text["cache_words"])
    ideal = [size.ideal_bytes for size in facts.caches]
    reserved = [size.reserved_bytes for size in facts.caches]
    same = ideal == reserved
    sizes = [units.format_bytes(size, lang) for size in ideal]
    marks = {"short": units.format_tokens(LENGTHS[0]), "long": units.format_tokens(LENGTHS[-1])}
    finding = text["cache_title"].format(name=facts.entry.name, small=sizes[0], large=sizes[-1], **marks)
    lines = [Line(text["both"] if same else text["ideal"], ideal, "a")]
    if not same:
        lines.insert(0, Line(text["reserved"], reserved, "b"))
    values = ("、" if lang == "zh" else ", ").join(sizes)
    yield Drawing(draw(LENGTHS, lines, n_ctx, finding, text["cache_said"].format(values=values)), f"**{finding}**")
    if n_ctx and LENGTHS[0] < n_ctx < LENGTHS[-1]:
        yield Words(text["limit_words"].format(n=units.format_exact(n_ctx)))
    elif n_ctx and n_ctx <= LENGTHS[0]:
        yield Words(text["beyond"].format(n=units.format_exact(n_ctx)))
    columns = (text["context"], *((text["both"],) if same else (text["ideal"], text["reserved"])), text["per_token"])
    rows = [
        [
            Cell(units.format_tokens(n_tokens)),
            *(Cell(units.format_bytes(n, lang), n) for n in ((large,) if same else (large, kept))),
            Cell(units.format_bytes(large / n_tokens, lang), large / n_tokens),
        ]
        for n_tokens, large, kept in zip(LENGTHS, ideal, reserved, strict=True)
    ]
    yield Table(text["cache"], columns, rows)
    if same:
        yield Words(text["cache_same"])


def _fit(facts: Facts, lang: str) -> Iterator[Words | Table]:
    text = TEXT[lang]
    own, *others = facts.stored
    names = [text["own_form" if own.stated else "assumed_form"].format(form=own.form), *(each.form for each in others)]
    sizes = [
        [
            Cell(name + _beside_in(facts, each, lang), strong=number == 0),
            Cell(units.format_bytes(each.checkpoint_bytes, lang), each.checkpoint_bytes),
            Cell(units.format_number(each.bits_per_param), each.bits_per_param),
        ]
        for number, (name, each) in enumerate(zip(names, facts.stored, strict=True))
    ]
    for word, each in facts.variants:
        size, bits = each.checkpoint_bytes, each.bits_per_param
        label = Cell(text["variant"].format(word=word.upper()) + _beside_in(facts, each, lang))
        sizes.append([label, Cell(units.format_bytes(size, lang), size), Cell(units.format_number(bits), bits)])
    yield Table(text["weights"], (text["form"], text["size"], text["bits"]), sizes)
    yield Words(text["fit_words"].format(n=units.format_exact(facts.tokens_to_fit)))
    # The table above has the form's name, which can be longer than a column of a phone.
    columns = (text["card"], text["own_file"] if own.stated else names[0], *names[1:])
    n_forms = len(names)
    if "MLA" in layers.tags(facts.spec):
        yield Words(text["fit_latent"])
    rows: dict[tuple[Cell, ...], list[str]] = {}
    for at in range(0, len(CARDS) * n_forms, n_forms):
        cells = tuple(_placed(one, text) for one in facts.placed[at : at + n_forms])
        rows.setdefault(cells, []).append(facts.placed[at].chip.name.removeprefix("GeForce ").removeprefix("NVIDIA "))
    nowhere = rows.pop((Cell(text["none"]),) * n_forms, [])
    if len(rows) == 1 and len(set(cells := next(iter(rows)))) == 1:
        yield Words(text["fit_alike"].format(cards=text["list"].join(rows[cells]), cell=cells[0].text))
    elif rows:
        yield Table(text["fit"], columns, [[Cell(text["list"].join(names)), *cells] for cells, names in rows.items()])
    if nowhere:
        yield Words(text["fit_nowhere"].format(cards=text["list"].join(nowhere), n=MOST_IN_ONE))


def _beside_in(facts: Facts, stored: StoredWeights, lang: str) -> str:
    """Which of the parts beside the text model a file holds, and which it leaves out."""
    text, words = TEXT[lang], WORDS[lang]
    held = {group.component for group in stored.groups}
    said = ""
    for word, parts in (
        ("holds", [name for name in facts.counted.parts if name in held]),
        ("lacks", [name for name in facts.counted.parts if name not in held]),
    ):
        if parts:
            said += text[word].format(parts=text["list"].join(words[name] for name in parts))
    return said


def _placed(one: Placed, text: dict[str, str]) -> Cell:
    """What stands in the table: cards of a desk are put into one machine, of which eight is the most."""
    if one.n_chips is None or (one.n_chips > MOST_IN_ONE and class_of(one.chip) == "geforce"):
        return Cell(text["none"])
    if one.longest is None:
        return Cell(text["cards_free"].format(n=one.n_chips), strong=one.n_chips == 1)
    return Cell(text["cards"].format(n=one.n_chips, longest=short(one.longest)), strong=one.n_chips == 1)


def short(n_tokens: int) -> str:
    """Return a context length in K, rounded down.

    >>> short(131_072), short(120_850), short(1_048_576), short(900)
    ('128K', '118K', '1M', '900')
    """
    if n_tokens >= units.MIB:
        return f"{units.format_number(n_tokens * 100 // units.MIB / 100)}M"
    return f"{n_tokens // units.KIB}K" if n_tokens >= units.KIB else str(n_tokens)


def _layers(facts: Facts, lang: str) -> Iterator[Words | Table | Drawing]:
    text, spec = TEXT[lang], facts.spec
    row = layers.row(spec)
    yield Words(
        text["layers_words"].format(
            n=units.format_exact(spec.n_layers),
            d=units.format_exact(spec.d_model),
            v=units.format_exact(spec.vocab_size),
            order=layers.in_words(layers.order(row), lang),
        )
    )
    found = layers.kinds(spec, lang)
    if len(found) > 1:
        places = {kind.letter: index % 8 + 1 for index, kind in enumerate(found)}
        bars = "".join(f'<i style="--n:{count};--k:var(--ln-series-{places[letter]})"></i>' for letter, count in row)
        yield Drawing(f'<div class="ln-strip" role="img" aria-label="{html.escape(text["strip"])}">{bars}</div>', "")
    rows = [[Cell(kind.letter), Cell(units.format_exact(kind.count)), Cell("", parts=kind.blocks)] for kind in found]
    yield Table(text["layers"], (text["kind"], text["n_layers"], text["made_of"]), rows)
    comma = WORDS[lang]["and"]
    for name, sentences in (("assumed", spec.assumed), ("warnings", spec.warnings)):
        if sentences:
            yield Words(text[name] + comma.join(spoken(one, lang) for one in sentences) + text["end"])


def _sources(facts: Facts, lang: str) -> Iterator[Words | Table]:
    text, entry = TEXT[lang], facts.entry
    if entry.scope:
        said, foreign = _remark(entry.scope, lang)
        yield Words(said, lang=foreign, lead=text["scope"])
    rows = [[Cell(text["own"]), Cell(units.format_exact(facts.counted.total)), Cell("llmnotes")]]
    for name in (
        "n_params_weights",
        "n_params_published",
        "n_params_active_published",
        "context_advertised",
        "context_effective",
        "released",
        "config",
        "beside",
    ):
        value = getattr(entry, name)
        if value is not None and name in entry.sources:
            label = text["released_on" if name == "released" else name]
            rows.append([Cell(label), Cell(_value(facts, name, lang)), _source(entry.sources[name], lang)])
    for word, given in entry.variants.items():
        method = str(given["quantization_config"].get("quant_method", ""))
        rows.append([Cell(text["variant"].format(word=word.upper())), Cell(method), _source(given["source"], lang)])
    yield Table(text["sources"], (text["what"], text["value"], text["source"]), rows)
    for name in ("n_params_weights_note", "n_params_published_note", "n_params_active_published_note"):
        if note := getattr(entry, name):
            said, foreign = _remark(note, lang)
            yield Words(said, lang=foreign)
    yield Words(text["checked"].format(date=entry.checked))


def _value(facts: Facts, name: str, lang: str) -> str:
    text, value = TEXT[lang], getattr(facts.entry, name)
    if name == "config":
        return facts.spec.family
    if name == "beside":
        return facts.entry.published["model_type"]
    if isinstance(value, date):
        return value.isoformat()
    said = getattr(facts.entry, f"{name}_as", None)
    shown = said or units.format_exact(value)
    if not name.startswith("n_params"):
        return shown
    own = facts.counted.active if "active" in name else facts.counted.total
    if said:
        verdict = text["rounded"]
    elif value == own:
        verdict = text["agree"]
    else:
        verdict = text["differ"].format(n=f"{value - own:+,}")
    return shown + (f"（{verdict}）" if lang == "zh" else f" ({verdict})")


def _source(said: str, lang: str) -> Cell:
    """Return a source as a link with its host and the remark that follows its address."""
    found = ADDRESS.search(said)
    if found is None:
        shown, foreign = _remark(said, lang)
        return Cell(shown, lang=foreign)
    address = found.group()
    # Remarks stand in brackets, several beside each other; of another address its end is enough.
    rest = said.replace(address, "", 1).strip().replace(") (", "; ")
    rest = rest[1:-1] if rest.startswith("(") and rest.endswith(")") else rest
    rest = ADDRESS.sub(lambda other: f"{_host(other.group())}/…/{other.group().rpartition('/')[2]}", rest)
    host = _host(address)
    shown, foreign = _remark(rest, lang) if rest else ("", "")
    colon = "：" if lang == "zh" and not foreign else ": "
    return Cell(host + colon + shown if shown else host, lang=foreign, href=address)


def _remark(said: str, lang: str) -> tuple[str, str]:
    """Return what the registry says of a source, in the language of the page where it has words, and else its own."""
    translated = in_chinese(said) if lang == "zh" else None
    return (translated, "") if translated else (said, "en" if lang != "en" else "")


def _host(address: str) -> str:
    return address.split("/")[2].removeprefix("www.")


def origin(facts: Facts) -> str | None:
    """Return the address at which the configuration was published, where its source names one."""
    found = ADDRESS.search(facts.entry.sources.get("config", ""))
    return found.group() if found else None
