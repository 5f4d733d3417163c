"""A made page in the skeleton of the theme, and its Markdown twin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmnotes.site.text.addresses import HTML_LANG


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

    def __iter__(self) -> Iterator[Heading]:
        """Return the entries one by one, as Material's page asks for them."""
        return iter(self.items)


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


def twin_of(title: str, description: str, lang: str, html: str, body: Sequence[str]) -> str:
    """Return a made page as Markdown: the front matter that every twin has, and the body."""
    head = {"title": title, "description": description, "lang": HTML_LANG[lang], "html": html}
    rows = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    return "\n\n".join(["\n".join(["---", *rows, "---"]), *body]) + "\n"


def renderer(config: Any, parent: str) -> Callable[[Made], str]:
    """Return what puts a page into the skeleton of the theme.

    Args:
        config: The edition's configuration, as MkDocs loaded it.
        parent: The written page that the pages belong to, which the navigation marks.
    """
    from mkdocs.structure.files import get_files
    from mkdocs.structure.nav import get_navigation

    files = config.plugins.on_files(get_files(config), config=config)
    navigation = get_navigation(files, config)
    for page in navigation.pages:
        if page.file.src_uri == parent:
            page.active = True
    template = config.theme.get_env().get_template("main.html")

    def render(page: Made) -> str:
        return template.render(config=config, nav=navigation, page=page, base_url="..")

    return render
