"""Start what is no article: a model, a chip, a price list, a claim, a lab, a chapter, a formula, a family, an engine.

Each begins as a file that says what is to be filled in. Until that is done, and until something outside it agrees, a
check refuses it by file and line: `make check` what an author writes, `make units` what is code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import yaml

from llmnotes.site.checks.pairs import body_hash
from llmnotes.site.checks.structure import ID
from llmnotes.site.places import DATA
from llmnotes.site.text import nav, percent
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.verbs.new import DESCRIPTIONS, titles_of
from llmnotes.units import LANGUAGES

TEMPLATES = DATA / "new"
DATA_ID = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)*")
CODE = re.compile(r"[a-z][a-z0-9_]*")
CLAIMS = "llmnotes/data/claims/met.toml"
DENSE = "llmnotes/config/dense.py"
CHAPTERS = "llmnotes/site/text/nav.py"
Files = dict[str, str]


def new_kind(root: Path, kind: str, name: str, *, zh: str = "", en: str = "") -> list[str]:
    """Write the beginning of something, and return what was written and what to do next, one a line.

    Raises:
        SiteError: If the name cannot be used, or there is such a thing already. Nothing is written then.
    """
    make, pattern, form, then = KINDS[kind]
    if not pattern.fullmatch(name):
        raise SiteError([Problem(f"new {kind}", 0, f"{name!r} is no name of a {kind}", f"write it as {form}")])
    texts = make(root, name, {"zh": zh, "en": en})
    for place, text in texts.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, encoding="utf-8")
    return [*texts, f"next: {then}"]


def _template(file: str, name: str) -> str:
    day = datetime.now(UTC).date().isoformat()
    return (TEMPLATES / file).read_text(encoding="utf-8").replace("NAME", name).replace("DAY", day)


def _is_new(root: Path, *places: str) -> None:
    if there := [place for place in places if (root / place).exists()]:
        raise SiteError(Problem(place, 0, "is there already", "choose another name, or edit it") for place in there)


def _data(folder: str, template: str) -> Callable[[Path, str, dict[str, str]], Files]:
    def make(root: Path, name: str, _: dict[str, str]) -> Files:
        place = f"llmnotes/data/{folder}/{name}.toml"
        _is_new(root, place)
        return {place: _template(template, name)}

    return make


def _claim(root: Path, name: str, _: dict[str, str]) -> Files:
    text = (root / CLAIMS).read_text(encoding="utf-8")
    _not_in(CLAIMS, text, f"[{name}]")
    return {CLAIMS: text + _template("claim.toml", name)}


def _lab(root: Path, name: str, given: dict[str, str]) -> Files:
    slug = f"labs/{name}"
    places = {lang: f"docs/{lang}/{slug}.py" for lang in LANGUAGES}
    _is_new(root, *places.values())
    original, titles = titles_of(root, given["zh"], given["en"])
    bodies = {lang: _template("lab.py.txt", name).replace("TITLE", title) for lang, title in titles.items()}
    pin = body_hash(percent.as_markdown(bodies[original], places[original]))
    translated = {"translation_of": original, "source_hash": pin, "stale": True}
    texts: Files = {}
    for lang, title in titles.items():
        meta = {"title": title, "description": DESCRIPTIONS[lang]} | (translated if lang != original else {})
        rows = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10**6).splitlines()
        texts[places[lang]] = "\n".join(f"# {row}" for row in ["---", *rows, "---"]) + "\n\n" + bodies[lang]
        config = nav.CONFIGS[lang]
        whole = nav.with_page((root / config).read_text(encoding="utf-8"), lang, slug, title)
        texts[config] = whole.replace(f"{slug}.md", f"{slug}.py")
    return texts


def _chapter(root: Path, name: str, given: dict[str, str]) -> Files:
    text = (root / CHAPTERS).read_text(encoding="utf-8")
    _not_in(CHAPTERS, text, f'    "{name}": (')
    if not all(0 < len(given[lang]) < 30 and given[lang].isprintable() and '"' not in given[lang] for lang in given):
        raise SiteError([Problem("new chapter", 0, "lacks a name in a language", 'give both: ZH="…" EN="…"')])
    row = f'    "{name}": ("{given["zh"]}", "{given["en"]}"),\n'
    return {CHAPTERS: text.replace('    "labs": (', f'{row}    "labs": (', 1)}


def _formula(root: Path, name: str, _: dict[str, str]) -> Files:
    module, function = name.split("/")
    place, test = f"llmnotes/equations/{module}.py", f"tests/test_{module}.py"
    if not (root / place).is_file():
        known = ", ".join(sorted(path.stem for path in (root / "llmnotes/equations").glob("[a-z]*.py")))
        raise SiteError([Problem(place, 0, "is no module of formulas", f"choose one of {known}")])
    text = (root / place).read_text(encoding="utf-8")
    _not_in(place, text, f"def {function}(")
    tests = (root / test).read_text(encoding="utf-8") if (root / test).is_file() else '"""Outside truth."""\n'
    return {
        place: text + _template("formula.py.txt", function),
        test: tests + _template("formula_test.py.txt", function),
    }


def _family(root: Path, name: str, _: dict[str, str]) -> Files:
    text = (root / DENSE).read_text(encoding="utf-8")
    _not_in(DENSE, text, f'    "{name}": ')
    head, rows = text.split("FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {\n")
    return {DENSE: f'{head}FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {{\n    "{name}": Dense(),\n{rows}'}


def _engine(root: Path, name: str, _: dict[str, str]) -> Files:
    place = f"llmnotes/engines/{name.replace('-', '_').replace('.', '')}.py"
    _is_new(root, place)
    return {place: _template("engine.py.txt", name)}


def _not_in(place: str, text: str, sign: str) -> None:
    if sign in text:
        line = text[: text.index(sign)].count("\n") + 1
        raise SiteError([Problem(place, line, "is there already", "choose another name, or edit it")])


Maker = tuple[Callable[[Path, str, dict[str, str]], Files], re.Pattern[str], str, str]
FILL = "fill it in, then make check, which counts it and compares"
KINDS: dict[str, Maker] = {
    "model": (_data("models", "model.toml"), DATA_ID, "acme-9b", FILL),
    "chip": (_data("chips", "chip.toml"), DATA_ID, "acme-one-24gb", FILL),
    "price": (_data("prices", "price.toml"), DATA_ID, "acme-large", FILL),
    "claim": (_claim, ID, "cache-needs-no-memory", FILL),
    "lab": (_lab, ID, "stretch-rope", "write, make serve, make check"),
    "chapter": (_chapter, CODE, "agents", 'make new PAGE=…/… EN="…" puts its first article there'),
    "formula": (
        _formula,
        re.compile(rf"{CODE.pattern}/{CODE.pattern}"),
        "kvcache/ring_cache_bytes",
        "write it and its test, then make units",
    ),
    "family": (
        _family,
        re.compile(r"[A-Za-z][A-Za-z0-9_.-]*"),
        "olmo2, its model_type",
        "say what differs from Llama, register a model of it whose count was published or measured, then make units",
    ),
    "engine": (
        _engine,
        DATA_ID,
        "acme-serve",
        "write its rule, add it to llmnotes/engines/__init__.py and a line of its log to "
        "tests/data/engine_measurements.json, then make units",
    ),
}
