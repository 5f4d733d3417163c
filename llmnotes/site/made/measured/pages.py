"""The overview of all comparisons, and a page for each engine and kind of measurement."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, partial
from math import log
from pathlib import Path
from typing import Any

from llmnotes import units
from llmnotes.registry import load_model
from llmnotes.site.made.document import Cell, Section, Table, Words, as_html, as_markdown, table_html, table_markdown
from llmnotes.site.made.measured.words import ENGINES, TEXT
from llmnotes.site.made.skeleton import Heading, Made, Neighbour, Toc, renderer, twin_of
from llmnotes.site.snippets.runner import package_version
from llmnotes.timing.compare import Comparison, Summary, chip_of, compare_all, has_terms, is_fitted, summarize, terms_of
from llmnotes.timing.constants import FIXED, constants_of, fit_facts
from llmnotes.timing.points import DECODE, PREFILL, STEP, THROUGHPUT, Point, Source, load_points
from llmnotes.timing.runtimes import BUSY, backend_of, find_runtime

N_WORST = 12
MOST_CHIPS = 2
# How names of parts end of which each width is one.
WIDTHS = ("4", "8", "16", "mix")
# The sections of a page, and the words above them.
SECTIONS = {"models": "by_model", "rows": "rows", "constants": "constants"}
# In what a page gives the parts of an expectation, and how many of these a second has.
PARTS_IN = {DECODE: ("ms", 1e3), PREFILL: ("ms", 1e3), STEP: ("ms", 1e3), THROUGHPUT: ("µs", 1e6)}
# Constants that are seconds; all others multiply the ideal time of their part.
SECONDS = frozenset(
    """per_step per_layer per_expert_layer per_recurrent_layer per_compressed_layer per_latent_layer per_sequence
    per_sum per_pass_layer per_recurrent_token per_sent_gb""".split()  # noqa: SIM905 - a list literal would fill a screen
)
# Engine, kind, and libraries that drive the chips, where an engine has several: no page is heavy.
Set = tuple[str, str, str]
LIBRARIES = {
    "cuda": "CUDA",
    "cublas": "cuBLAS",
    "metal": "Metal",
    "rocm": "ROCm",
    "vulkan": "Vulkan",
    "amdvlk": "Vulkan",
    "": "",
}


# The library that shares the page of another, by its own name.
AS_WRITTEN = {"amdvlk": "AMDVLK"}
# What was held out, each a column of the first table.
HELD = ("model", "chip", "task")
# A model whose median error held out is above this is named on top of its page.
FAR = 0.25


def make(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return what `made.write` asks of a maker."""
    compared = compare_all()
    sets = sets_of(compared)
    render, version = renderer(config, "measured.md"), package_version(root)
    pages: dict[str, str] = {}
    names = list(sets)
    for index, key in enumerate(names):
        around = [_neighbour(names, index + step, lang) for step in (-1, 1)]
        pages[f"{address(key)}.html"] = render(_page(key, sets[key], lang, version, config.site_url, *around))
        pages[f"{address(key)}.md"] = _twin(key, sets[key], lang)
    whole = overview(compared, lang)
    return {
        "pages": pages,
        "html": as_html(whole),
        "markdown": as_markdown(whole),
        "search": [
            {"location": f"{address(key)}.html", "title": _title(key, lang), "text": " ".join(sorted(_models(rows)))}
            for key, rows in sets.items()
        ],
    }


def sets_of(compared: Sequence[Comparison]) -> dict[Set, list[Comparison]]:
    """The comparisons by engine, kind and library."""
    found: dict[Set, list[Comparison]] = {}
    for one in compared:
        found.setdefault((one.point.engine, one.point.kind, LIBRARIES[one.point.backend]), []).append(one)
    return dict(sorted(found.items()))


def address(key: Set) -> str:
    """Where the page of a set stands, without its ending."""
    engine = key[0].replace(".", "")
    return f"measured/{engine}-{key[1]}" + (f"-{key[2].lower()}" if key[2] else "")


def overview(compared: Sequence[Comparison], lang: str) -> list[Section]:
    """The sections that take the place of the mark."""
    text = TEXT[lang]
    fitted = [one for one in compared if is_fitted(one.point)]
    chips = _grouped(fitted, lang, "chip", lambda one: _chip(one.point))
    models = _grouped(fitted, lang, "model", lambda one: _model(one.point))
    return [
        Section("held-out", text["held_out"], (Words(text["held_note"]), _held_out(lang))),
        Section("summary", text["summary"], (Words(text["summary_note"]), _summary(fitted, lang))),
        Section("worst", text["worst"], (Words(text["worst_note"]), _worst(fitted, lang))),
        Section("chips", text["by_chip"], (chips,), text["unfold"].format(n=len(chips.rows))),
        Section("models", text["by_model"], (models,), text["unfold"].format(n=len(models.rows))),
        Section("unfitted", text["unfitted"], (_unfitted(compared, lang),)),
    ]


def _summary(compared: Sequence[Comparison], lang: str) -> Table:
    text = TEXT[lang]
    rows = []
    for key, mine in sets_of(compared).items():
        name = Cell(_engine(key), href=f"{address(key)}.html")
        rows.append([name, Cell(text[key[1]]), *_figures(summarize(mine), lang)])
    return Table(text["summary"], (text["engine"], text["kind"], *_columns(text)), rows)


def _held_out(lang: str) -> Table:
    """One line an engine with its library and kind: how far off, by what was held out."""
    text = TEXT[lang]
    found: dict[tuple[str, str], dict[str, dict]] = {}
    for kind, families in fit_facts()["held_out"].items():
        for tables in families.values():
            for held in HELD:
                for group, figures in tables.get(held, {}).get("by_group", {}).items():
                    found.setdefault((group, kind), {})[held] = figures
    rows = []
    for (group, kind), by_held in found.items():
        first, (_, _, what) = next(iter(by_held.values())), group.partition(" ")
        medians = [_share(by_held[held]["median_error"], lang) if held in by_held else Cell("—") for held in HELD]
        line = [Cell(_group_name(group)), Cell(text[what or kind]), Cell(str(first["n"]), first["n"]), *medians]
        rows.append([*line, _share(first["covered"], lang)])
    columns = ("engine", "kind", "n", *(f"held {held}" for held in HELD), "covered")
    return Table(text["held_out"], tuple(text[name] for name in columns), rows)


def _share(share: float, lang: str) -> Cell:
    return Cell(units.format_percent(share, lang), share)


def _group_name(group: str) -> str:
    """An engine and what drives its chips, of a group of the fit as `llama.cpp/cuda decode`."""
    engine, _, backend = group.partition(" ")[0].partition("/")
    return ENGINES[engine] + (f" ({AS_WRITTEN.get(backend) or LIBRARIES[backend]})" if backend else "")


def _grouped(compared: Sequence[Comparison], lang: str, what: str, name: Callable[[Comparison], str]) -> Table:
    text = TEXT[lang]
    found: dict[tuple[str, str], list[Comparison]] = {}
    for one in compared:
        found.setdefault((name(one), one.point.kind), []).append(one)
    rows = [[Cell(key[0]), Cell(text[key[1]]), *_figures(summarize(mine), lang)] for key, mine in sorted(found.items())]
    return Table(text[f"by_{what}"], (text[what], text["kind"], *_columns(text)), rows)


def _by_model(rows: Sequence[Comparison], lang: str) -> Table:
    """One line a model, those that were never fitted apart: how far off, and its worst row."""
    text = TEXT[lang]
    found: dict[tuple[bool, str], list[Comparison]] = {}
    for one in rows:
        found.setdefault((not is_fitted(one.point), _model(one.point)), []).append(one)
    body = []
    for (apart, name), mine in sorted(found.items(), key=lambda one: (one[0][0], one[0][1].casefold())):
        worst = max(mine, key=lambda one: abs(log(one.ratio)))
        chips = sorted({_chip(one.point) for one in mine})
        on = ", ".join(chips) if len(chips) <= MOST_CHIPS else text["n_chips_of"].format(n=len(chips))
        figures = _figures(summarize(mine), lang)
        miss = _off(worst)
        called = f"{name} · {text['not_fitted']}" if apart else name
        body.append([Cell(called), Cell(on), figures[0], figures[1], miss])
    return Table(text["by_model"], (text["model"], text["chip"], text["n"], text["median"], text["worst_row"]), body)


def _worst(compared: Sequence[Comparison], lang: str) -> Table:
    """One row a setting: repetitions by other versions of an engine say the same miss again."""
    text = TEXT[lang]
    found: dict[tuple, Comparison] = {}
    for one in sorted(compared, key=lambda one: -abs(log(one.ratio))):
        point = one.point
        found.setdefault((point.model, point.chip, point.kind, point.backend), one)
    rows = [_missed(one, lang) for one in list(found.values())[:N_WORST]]
    names = ("case", "measured", "expected", "error")
    return Table(text["worst"], tuple(text[name] for name in names), rows)


def _missed(one: Comparison, lang: str) -> list[Cell]:
    """A row that a phone has room for: what was run and the interval stand in one cell."""
    point, text = one.point, TEXT[lang]
    measured, expected, error, interval = _values(one, lang)
    engine = f"{ENGINES[point.engine]} {point.backend}".strip()
    held, between = f"{text['held']} {units.format_exact(point.n_past)}", f"{text['interval']} {interval.text}"
    case = " · ".join((f"{_model(point)} {point.format}", _chip(point), engine, text[point.kind], held, between))
    return [Cell(case), measured, expected, error]


def _unfitted(compared: Sequence[Comparison], lang: str) -> Table:
    text = TEXT[lang]
    found: dict[tuple[str, str], list[Point]] = {}
    sources: dict[str, Source] = {}
    for point in load_points():
        why = (
            point.source.inferred[lang]
            if point.source.inferred
            else ""
            if has_terms(point)
            else text["no_peak"].format(what=_chip(point))
        )
        if why:
            sources[point.source.id] = point.source
            found.setdefault((point.source.id, why), []).append(point)
    rows = [
        [Cell(sources[key[0]].name, href=sources[key[0]].address), Cell(key[1]), Cell(str(len(mine)), len(mine))]
        for key, mine in sorted(found.items())
    ]
    return Table(text["unfitted"], (text["source"], text["why"], text["n"]), rows)


def rows_of(compared: Sequence[Comparison], lang: str) -> Table:
    """Every measurement of a set."""
    text, kind = TEXT[lang], compared[0].point.kind
    columns = _settings(kind)
    measured = f"{text['measured']} ({text[f'unit {kind}']})"
    made_of = f"{text['made_of']} ({PARTS_IN[kind][0]}{text['a token'] if kind == THROUGHPUT else ''})"
    last = (measured, text["expected"], text["error"], text["interval"], made_of)
    rows = [
        [
            Cell(_named(one, lang), href=one.point.address),
            *(cell(one.point) for cell in columns.values()),
            *_values(one, lang),
            Cell(_made_of(one.point, lang)),
        ]
        for one in sorted(compared, key=lambda one: _order(one.point))
    ]
    return Table(text["rows"], (text["file"], *(text[name] for name in columns), *last), rows)


def _settings(kind: str) -> dict[str, Callable[[Point], Cell]]:
    """What a kind of measurement was made with, by column."""
    found: dict[str, Callable[[Point], Cell]] = {"chip": _cards}
    if kind in (DECODE, PREFILL):
        found["version"] = lambda point: Cell(f"{point.backend} {point.version}".strip())
    if kind == THROUGHPUT:
        found["prompt_answer"] = lambda point: Cell(f"{point.n_past:,} / {point.n_output:,}", point.n_past)
    else:
        found["held"] = lambda point: Cell(units.format_exact(point.n_past), point.n_past)
    if kind == STEP:
        found["batch"] = lambda point: Cell(units.format_number(point.batch_size, 4), point.batch_size)
    if kind == PREFILL:
        found["prompt_pieces"] = lambda point: Cell(f"{point.n_new:,} / {point.micro_batch:,}", point.micro_batch)
    return found


def _cards(point: Point) -> Cell:
    return Cell((f"{point.n_chips} × " if point.n_chips > 1 else "") + _chip(point))


def _named(one: Comparison, lang: str) -> str:
    """Model and form, and whether the row is one that set no constants."""
    name = f"{_model(one.point)} · {one.point.format}"
    return name if is_fitted(one.point) else f"{name} · {TEXT[lang]['not_fitted']}"


def _order(point: Point) -> tuple:
    return (point.model, point.file, point.chip, point.backend, point.n_chips, point.n_past)


def _made_of(point: Point, lang: str) -> str:
    """Expected time of each part, the chip's factor included, those above a fiftieth of the whole."""
    text, chip, runtime = TEXT[lang], chip_of(point.chip), find_runtime(point.engine)
    constants = constants_of(point.kind, runtime, chip, backend_of(runtime, chip, point.backend))
    found: dict[str, float] = {}
    for name, amount in terms_of(point).items():
        part = "fixed" if name.startswith(FIXED) else _split(name)[0]
        found[part] = found.get(part, 0.0) + PARTS_IN[point.kind][1] * constants.part_seconds(name, amount)
    whole = sum(found.values())
    return " + ".join(
        f"{text[part]} {units.format_number(time, 2)}" for part, time in found.items() if time > whole / 50
    )


def _values(one: Comparison, lang: str) -> list[Cell]:
    point, number = one.point, units.format_number
    shown = [_in_unit(point, seconds) for seconds in (point.seconds, one.expected, one.low, one.high)]
    low, high = sorted(shown[2:])
    return [
        Cell(number(shown[0], 4), _short(shown[0])),
        Cell(number(shown[1], 3), _short(shown[1], 3)),
        _off(one),
        Cell(f"{number(low, 2)}–{number(high, 2)}"),
    ]


def _off(one: Comparison) -> Cell:
    """How far the expectation is above the measurement, both as shown: a step is a time, all else a speed."""
    off = (1 / one.ratio if one.point.kind == STEP else one.ratio) - 1
    return Cell(f"{off:+.0%}", round(off, 2), strong=abs(off) > 0.25)


def _engine(key: Set) -> str:
    return ENGINES[key[0]] + (f" ({key[2]})" if key[2] else "")


def _short(value: float, digits: int = 4) -> float:
    """A number as it is shown: by it a column is sorted, and further digits weigh on the page."""
    return float(f"{value:.{digits}g}")


def _in_unit(point: Point, seconds: float) -> float:
    return 1000 * seconds if point.kind == STEP else point.value * point.seconds / seconds


def _figures(found: Summary, lang: str) -> list[Cell]:
    shares = (found.median_error, found.within_10, found.within_25, found.covered)
    return [Cell(str(found.n), found.n), *(Cell(units.format_percent(share, lang), share) for share in shares)]


def _columns(text: dict[str, str]) -> tuple[str, ...]:
    return tuple(text[name] for name in ("n", "median", "within_10", "within_25", "covered"))


def _chip(point: Point) -> str:
    return chip_of(point.chip).name.removeprefix("NVIDIA ").partition(" (")[0].removesuffix(", one GPU")


@cache
def _name(model_id: str) -> str:
    return load_model(model_id).name


def _model(point: Point) -> str:
    return _name(point.model)


def _models(rows: Sequence[Comparison]) -> set[str]:
    return {one.point.model for one in rows}


def _title(key: Set, lang: str) -> str:
    return TEXT[lang]["title"].format(name=_engine(key), kind=TEXT[lang][key[1]])


def _said(rows: Sequence[Comparison], lang: str, name: str) -> str:
    found = summarize(rows)
    return TEXT[lang][name].format(
        n=units.format_exact(found.n),
        median=units.format_percent(found.median_error, lang),
        within=units.format_percent(found.within_25, lang),
        covered=units.format_percent(found.covered, lang),
    )


def _lead(rows: Sequence[Comparison], lang: str) -> list[str]:
    """How far off models never seen are and the rows that were fitted; the models far off; rows never fitted."""
    fitted = [one for one in rows if is_fitted(one.point)]
    others = [one for one in rows if not is_fitted(one.point)]
    said = [_held_said(fitted, lang) + _said(fitted, lang, "lead") + _mostly(fitted, lang)]
    if any(LIBRARIES[one.point.backend] == LIBRARIES["cublas"] for one in rows):
        said.append(TEXT[lang]["old"])
    if far := _far(fitted, lang):
        said.append(far)
    if others:
        why = "; ".join({one.point.source.inferred[lang]: None for one in others if one.point.source.inferred})
        said.append(_said(others, lang, "others").format(why=why))
    return said


def _mostly(fitted: Sequence[Comparison], lang: str) -> str:
    """The model and the chip that more than half of the rows are of."""
    said = ""
    for what, name in (("model", _model), ("chip", _chip)):
        ((most, n),) = Counter(name(one.point) for one in fitted).most_common(1)
        if len(fitted) / 2 < n < len(fitted):
            said += TEXT[lang][f"most {what}"].format(n=len(fitted), most=n, name=most)
    return said


def _held_said(fitted: Sequence[Comparison], lang: str) -> str:
    """The errors of the groups of a page with a model held out and with a chip held out."""
    text, point = TEXT[lang], fitted[0].point
    found = {}
    for backend in sorted({one.point.backend for one in fitted}):
        group = point.engine + (f"/{backend}" if backend else "") + f" {point.kind}"
        found[group] = {held: _held(point)[held]["by_group"][group]["median_error"] for held in ("model", "chip")}
    return "".join(
        text["held_lead" if len(found) == 1 else "held_lead_of"].format(
            name=_group_name(group),
            model=units.format_percent(medians["model"], lang),
            chip=units.format_percent(medians["chip"], lang),
        )
        for group, medians in found.items()
    )


def _held(point: Point) -> dict[str, dict]:
    """What the fit of a point's kind says of rows that were held out."""
    kind = PREFILL if point.kind == PREFILL else DECODE
    return fit_facts()["held_out"][kind][BUSY if point.kind == THROUGHPUT else find_runtime(point.engine).family]


def _far(fitted: Sequence[Comparison], lang: str) -> str:
    """The models of a page that are far off when they are held out, and on which side their rows are."""
    text, by_model, said = TEXT[lang], _held(fitted[0].point)["model"]["by"], []
    percent = partial(units.format_percent, lang=lang)
    for model in sorted({one.point.model for one in fitted}, key=lambda one: -by_model[one]["median_error"]):
        median = by_model[model]["median_error"]
        if median > FAR:
            ratios = [one.ratio for one in fitted if one.point.model == model]
            fast = sum(one > 1 for one in ratios)
            is_fast = 2 * fast >= len(ratios)
            side, end = (fast, max(ratios)) if is_fast else (len(ratios) - fast, min(ratios))
            about = {"model": _name(model), "median": percent(median), "n": len(ratios)}
            word = text["far fast" if is_fast else "far slow"]
            said.append(word.format(**about, side=side, end=units.format_ratio(end, lang)))
    backends = text["backends"] if fitted[0].point.backend else ""
    return text["far"].format(models=text["join"].join(said), far=percent(FAR), backends=backends) if said else ""


def _description(rows: Sequence[Comparison], lang: str) -> str:
    return _said([one for one in rows if is_fitted(one.point)], lang, "description")


def _constants(rows: Sequence[Comparison], lang: str) -> Table:
    """The constants that a page's rows were expected with, a column for each backend."""
    text = TEXT[lang]
    groups: dict[str, Point] = {}
    for one in rows:
        groups.setdefault(one.point.backend or ENGINES[one.point.engine], one.point)
    used = {name for one in groups.values() for name, amount in terms_of(one).items() if amount}
    for one in rows:
        used |= {name for name, amount in terms_of(one.point).items() if amount}
    found = {
        group: constants_of(point.kind, find_runtime(point.engine), chip_of(point.chip), point.backend)
        for group, point in groups.items()
    }
    body = [
        [Cell(_part(name, lang)), *(Cell(_constant(name, one.parts[name]), one.parts[name]) for one in found.values())]
        for name in sorted(used)
    ]
    return Table(text["constants"], (text["part"], *found), body)


def _part(name: str, lang: str) -> str:
    """What a constant belongs to, in words; weights of each width are a part of their own."""
    part, width = _split(name)
    return TEXT[lang][part] + (TEXT[lang][f"of {width}"] if width else "")


def _split(name: str) -> tuple[str, str]:
    part, _, width = name.rpartition("_")
    return (part, width) if width in WIDTHS else (name, "")


def _constant(name: str, value: float) -> str:
    """A factor on ideal seconds, or a fixed cost in microseconds."""
    return f"{units.format_number(1e6 * value)} µs" if name in SECONDS else f"{units.format_number(value)}×"


def _page(
    key: Set,
    rows: Sequence[Comparison],
    lang: str,
    version: str,
    site_url: str | None,
    before: Neighbour | None,
    after: Neighbour | None,
) -> Made:
    text, url = TEXT[lang], f"{address(key)}.html"
    count = text["found"].format(len(rows), len(rows))
    constants = Section(
        "constants",
        text["constants"],
        (Words(text["formula"]), _constants(rows, lang)),
    )
    content = "\n".join(
        [
            f"<h1>{html.escape(_title(key, lang))}</h1>",
            *(f"<p>{html.escape(said)}</p>" for said in _lead(rows, lang)),
            as_html([Section("models", text["by_model"], (_by_model(rows, lang),))]),
            f'<h2 id="rows">{text["rows"]}</h2>',
            f"<p>{text['use time' if key[1] == STEP else 'use speed']} {text['use']}</p>",
            "<div>"
            f'<form class="ln-filter" role="search" data-found="{text["found"]}" data-sort="{text["sort"]}">'
            f'<label for="ln-filter">{text["find"]}</label>'
            f'<input id="ln-filter" type="search" placeholder="{text["hint"]}" autocomplete="off" spellcheck="false">'
            f'<output for="ln-filter">{count}</output></form>',
            table_html(rows_of(rows, lang), kind="ln-sortable ln-measured") + "</div>",
            as_html([constants]),
            f'<p class="ln-back"><a href="../measured.html">{text["back"]}</a>'
            f'<a href="{address(key).partition("/")[2]}.md">{text["markdown"]}</a></p>',
        ]
    )
    return Made(
        url=url,
        title=_title(key, lang),
        content=content,
        meta={"description": _description(rows, lang)},
        toc=Toc(tuple(Heading(f"#{one}", text[word]) for one, word in SECTIONS.items())),
        note=f"{text['note'].format(version=version)} <time>{fit_facts()['on']}</time>",
        canonical_url=f"{site_url}{url}" if site_url else None,
        previous_page=before,
        next_page=after,
    )


def _twin(key: Set, rows: Sequence[Comparison], lang: str) -> str:
    body = [f"# {_title(key, lang)}", *_lead(rows, lang), table_markdown(_by_model(rows, lang))]
    body += [f"## {TEXT[lang]['rows']}", table_markdown(rows_of(rows, lang))]
    body += [f"## {TEXT[lang]['constants']}", table_markdown(_constants(rows, lang))]
    name = address(key).partition("/")[2]
    return twin_of(_title(key, lang), _description(rows, lang), lang, f"{name}.html", body)


def _neighbour(names: Sequence[Set], index: int, lang: str) -> Neighbour | None:
    if not 0 <= index < len(names):
        return None
    return Neighbour(f"{address(names[index])}.html", _title(names[index], lang))
