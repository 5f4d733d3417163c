"""Start an article: a page in each language, a snippet that runs, and a line in each navigation."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from llmnotes.site.checks import words
from llmnotes.site.checks.copyedit import correction
from llmnotes.site.checks.pairs import body_hash
from llmnotes.site.checks.spelling import misspelt, unknown
from llmnotes.site.checks.structure import ID
from llmnotes.site.places import DATA
from llmnotes.site.text import nav
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.units import LANGUAGES

TEMPLATES = DATA
LONGEST_TITLE = 100
DESCRIPTIONS = {
    "zh": "一句话的答案，给搜索结果和链接预览看。",
    "en": "The answer in one sentence, for search results and link previews.",
}
MARKUP = set("`*_{}[]<>$|\\#~")


def new(root: Path, page: str, *, zh: str = "", en: str = "") -> list[str]:
    """Write an article that passes every check, and return what was written, one file a line.

    A title in one language makes that page the original; with both, the Chinese page is. The other one is marked
    `stale: true` until somebody compares the two, and its readers are told so.

    Args:
        root: The project.
        page: Chapter and slug, as `serving/why-replies-slow-down`.
        zh: The reader's question in Chinese, or empty.
        en: The same in English, or empty.

    Raises:
        SiteError: If a name or a title cannot be used, or a file is there already. Nothing is written then.
    """
    problems = _of_name(page)
    try:
        original, titles = titles_of(root, zh, en)
    except SiteError as error:
        problems += error.problems
    if problems:
        raise SiteError(problems)
    texts = {f"snippets/{page}/main.py": _template("article.py.txt").replace("SLUG", page)}
    bodies = {
        lang: _template(f"article.{lang}.md").replace("TITLE", title).replace("SLUG", page)
        for lang, title in titles.items()
    }
    translated = {"translation_of": original, "source_hash": body_hash(bodies[original]), "stale": True}
    for lang, title in titles.items():
        meta = {"title": title, "description": DESCRIPTIONS[lang]} | (translated if lang != original else {})
        front = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10**6)
        texts[f"docs/{lang}/{page}.md"] = f"---\n{front}---\n{bodies[lang]}"
    if there := [place for place in texts if (root / place).exists()]:
        remedy = "choose another name, or edit what is there"
        raise SiteError(Problem(place, 0, "is there already", remedy) for place in there)
    for lang, title in titles.items():
        place = nav.CONFIGS[lang]
        texts[place] = nav.with_page((root / place).read_text(encoding="utf-8"), lang, page, title)
    for place, text in texts.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, encoding="utf-8")
    return list(texts)


def titles_of(root: Path, zh: str, en: str) -> tuple[str, dict[str, str]]:
    """Return the language of the original, and a title in each.

    Raises:
        SiteError: If there is none, or one cannot be used.
    """
    given = {lang: title.strip() for lang, title in {"zh": zh, "en": en}.items() if title.strip()}
    if not given:
        raise SiteError([Problem("new", 0, "has no title", "give one, in either language")])
    original = next(iter(given))
    # Until somebody translates, the other page has the same title, which keeps the rules of both languages.
    titles = {lang: given.get(lang, given[original]) for lang in LANGUAGES}
    problems: list[Problem] = []
    for lang, title in titles.items():
        problems += _of_title(root, lang, title, f"--{lang if lang in given else original} {title!r}")
    if problems:
        raise SiteError(problems)
    return original, titles


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _of_name(page: str) -> list[Problem]:
    """Return what is wrong with chapter and slug."""
    chapter, slash, slug = page.partition("/")
    if not slash or chapter not in nav.CHAPTERS:
        remedy = f"write chapter/slug; the chapters are {', '.join(nav.CHAPTERS)}"
        return [Problem(page, 0, f"has no chapter of this site: {chapter!r}", remedy)]
    if not ID.fullmatch(slug):
        remedy = "write three to six lower-case English words joined by hyphens"
        return [Problem(page, 0, f"has the slug {slug!r}", remedy)]
    return []


def _of_title(root: Path, lang: str, title: str, place: str) -> list[Problem]:
    """Return why a question cannot be a title of a page in a language; `place` is where it was given."""
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        return [Problem(place, 0, f"has {len(title)} characters or some that do not print", "write one short question")]
    if marks := sorted(MARKUP & set(title)):
        return [Problem(place, 0, f"holds markup: {' '.join(marks)}", "write the question in plain words")]
    # Text that Markdown would read as something else than the words of a heading.
    if re.search(r"&\w+;|https?://|^[-=+.\s]*$", title):
        return [Problem(place, 0, "is not plain words", "write the question in plain words")]
    known = words.load(root)
    if lang == "en":
        return [Problem(place, 0, *misspelt(word)) for word, _ in unknown(title, known)]
    said = correction(title, known)
    return [Problem(place, 0, *said)] if said else []
