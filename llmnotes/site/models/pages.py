"""The pages of all models as HTML and Markdown, in the skeleton that the written pages have."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmnotes.site.models import content, overview
from llmnotes.site.models.document import Section, as_html, as_markdown
from llmnotes.site.models.facts import Facts, all_facts
from llmnotes.site.models.words import TEXT
from llmnotes.site.outputs import HTML_LANG
from llmnotes.site.runner import package_version


@dataclass(frozen=True)
class Heading:
    """An entry of a page's contents, as the skeleton reads it."""

    url: str
    title: str
    level: int = 2
    children: tuple[Heading, ...] = ()


@dataclass(frozen=True)
class Toc:
    """A page's contents."""

    items: tuple[Heading, ...]


@dataclass(frozen=True)
class Neighbour:
    """The page before or after."""

    url: str
    title: str


@dataclass(frozen=True)
class Made:
    """A page that nobody wrote, with what the skeleton asks of one."""

    url: str
    title: str
    content: str
    meta: dict[str, str]
    toc: Toc
    note: str
    canonical_url: str | None
    previous_page: Neighbour | None
    next_page: Neighbour | None
    is_homepage: bool = False
    active: bool = True
    children: tuple[()] = field(default=())


def make(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return the pages by name, the table of all in both forms, and what search knows of them."""
    found = all_facts()
    render = _renderer(config)
    pages: dict[str, str] = {}
    version = package_version(root)
    for index, facts in enumerate(found):
        sections = content.sections(facts, lang)
        before, after = (_neighbour(found, index + step) for step in (-1, 1))
        pages[f"models/{facts.id}.html"] = render(_page(facts, sections, lang, version, config.site_url, before, after))
        pages[f"models/{facts.id}.md"] = twin(facts, sections, lang)
    return {
        "pages": pages,
        "table_html": overview.as_html(found, lang),
        "table_markdown": overview.as_markdown(found, lang),
        "search": [
            {"location": f"models/{facts.id}.html", "title": facts.entry.name, "text": facts.id} for facts in found
        ],
    }


def twin(facts: Facts, sections: list[Section], lang: str) -> str:
    """Return the page as Markdown."""
    head = {
        "title": content.title(facts, lang),
        "description": content.description(facts, lang),
        "lang": HTML_LANG[lang],
        "html": f"{facts.id}.html",
    }
    rows = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    parts = ["\n".join(["---", *rows, "---"]), f"# {facts.entry.name}", content.answer(facts, lang)]
    return "\n\n".join([*parts, as_markdown(sections)]) + "\n"


def _page(
    facts: Facts,
    sections: list[Section],
    lang: str,
    version: str,
    site_url: str | None,
    before: Neighbour | None,
    after: Neighbour | None,
) -> Made:
    text, url = TEXT[lang], f"models/{facts.id}.html"
    date = f'<time datetime="{facts.entry.checked}">{facts.entry.checked}</time>'
    ends = (
        f'<p class="ln-back"><a href="../models.html">{text["back"]}</a>'
        f'<a href="{facts.id}.md">{text["markdown"]}</a></p>'
    )
    return Made(
        url=url,
        title=content.title(facts, lang),
        content=f"<h1>{facts.entry.name}</h1>\n<p>{content.answer(facts, lang)}</p>\n{as_html(sections)}\n{ends}",
        meta={"description": content.description(facts, lang)},
        toc=Toc(tuple(Heading(f"#{one.id}", one.heading) for one in sections)),
        note=f"{text['note'].format(version=version)} {date}",
        canonical_url=f"{site_url}{url}" if site_url else None,
        previous_page=before,
        next_page=after,
    )


def _neighbour(found: list[Facts], index: int) -> Neighbour | None:
    if not 0 <= index < len(found):
        return None
    return Neighbour(f"models/{found[index].id}.html", found[index].entry.name)


def _renderer(config: Any) -> Any:
    """Return what puts a page into the skeleton of the theme."""
    from mkdocs.structure.files import get_files
    from mkdocs.structure.nav import get_navigation

    files = config.plugins.on_files(get_files(config), config=config)
    navigation = get_navigation(files, config)
    for page in navigation.pages:
        if page.file.src_uri == "models.md":
            page.active = True
    template = config.theme.get_env().get_template("main.html")

    def render(page: Made) -> str:
        return template.render(config=config, nav=navigation, page=page, base_url="..")

    return render
