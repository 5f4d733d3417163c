"""Small sites made of text, and a runner that needs no snippet to run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from markdown import Markdown

from llmnotes.site.markdown import extension
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.shown import Shown, Table

SNIPPET = '"""A snippet that nothing runs here."""\n\n# --8<-- [start:compute]\nX = 1\n# --8<-- [end:compute]\n'


EXTENSIONS = ["attr_list", "admonition", "footnotes", "tables", "toc", "pymdownx.details", "pymdownx.superfences"]


def shown(name: str, lang: str, claims: dict[str, str], kind: str = "computed") -> Shown:
    """Return what a snippet shows that claims these texts."""
    said: Any = {"title": "T", "caption": "C", "description": "D", "source": "", "digest": "", "version": ""}
    said |= {"date": "", "play": None, "svg_wide": "", "svg_narrow": "", "data_files": (), "changed": False}
    return Shown(name=name, lang=lang, kind=kind, claims=claims, table=Table([], [], ""), **said)


class FakeRunner:
    """Answers with claims that a test gives, by snippet and language."""

    def __init__(self) -> None:
        self.claims: dict[tuple[str, str], dict[str, str]] = {}
        self.kind = "computed"

    def give(self, snippet: str, *, zh: dict[str, str], en: dict[str, str]) -> None:
        """Let a snippet claim these."""
        self.claims[snippet, "zh"], self.claims[snippet, "en"] = zh, en

    def get(self, name: str, lang: str) -> Shown:
        """Return what a snippet shows."""
        if (name, lang) not in self.claims:
            raise SiteError([Problem(f"snippets/{name}.py", 0, "failed", "mend it")])
        return shown(name, lang, self.claims[name, lang], self.kind)


class Site:
    """A project on disk, written page by page."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runner = FakeRunner()
        (root / "mkdocs.yml").write_text("docs_dir: docs/zh\n", encoding="utf-8")
        (root / "mkdocs.en.yml").write_text("docs_dir: docs/en\n", encoding="utf-8")

    def page(self, place: str, body: str, front: str = "title: Title\ndescription: Words") -> Path:
        """Write a page; `place` is as `zh/kvcache/growth`."""
        path = self.root / "docs" / f"{place}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\n{front}\n---\n{body}", encoding="utf-8")
        return path

    def snippet(self, name: str, text: str = SNIPPET) -> Path:
        """Write a snippet."""
        path = self.root / "snippets" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def fence(snippet: str, lang: str, name: str = "growth") -> str:
    """Return a fence that shows a snippet."""
    return (
        f'```python exec="on" html="on" id="{name}"\n'
        f'from llmnotes.site import show\nprint(show("{snippet}", lang="{lang}"))\n```\n'
    )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return an empty project whose claims come from a fake."""
    monkeypatch.setenv("LLMNOTES_ROOT", str(tmp_path))
    made = Site(tmp_path)
    monkeypatch.setattr(extension, "_runner", lambda root: made.runner)
    return made


@pytest.fixture
def show_fence() -> Callable[..., str]:
    """Return what writes a fence that shows a snippet."""
    return fence


@pytest.fixture
def convert(site: Site) -> Callable[..., lxml.html.HtmlElement]:
    """Return what makes HTML of an article."""

    def html(body: str, lang: str = "zh", front: str = "title: T\ndescription: D") -> lxml.html.HtmlElement:
        path = site.page(f"{lang}/kvcache/growth", body, front)
        settings = {"page": path.relative_to(site.root).as_posix()}
        md = Markdown(
            extensions=[*EXTENSIONS, "llmnotes.site.markdown.extension"],
            extension_configs={"llmnotes.site.markdown.extension": settings},
        )
        return lxml.html.fragment_fromstring(
            md.convert(path.read_text("utf-8").split("---\n", 2)[2]), create_parent=True
        )

    return html
