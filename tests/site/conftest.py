"""A small project on disk: two articles in both languages, the real configuration, theme and package."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = {
    "index": ("首页", "Home"),
    "kvcache/how-long": ("上下文长度怎样影响显存？", "What does context length cost?"),
}


def write_page(root: Path, lang: str, slug: str, title: str, body: str) -> Path:
    """Write one page of the small project."""
    page = root / "docs" / lang / f"{slug}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"---\ntitle: {title}\ndescription: {title}\n---\n\n# {title}\n\n{body}\n", encoding="utf-8")
    return page


def fill(root: Path) -> Path:
    """Make `root` a project that builds in under a second."""
    shutil.copytree(REPOSITORY / "docs" / "theme", root / "docs" / "theme")
    (root / "snippets").mkdir()
    shim = root / "docs/theme/assets/vendor/iframe-worker/shim.js"  # TEMP
    shim.parent.mkdir(parents=True, exist_ok=True)
    shim.touch()
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        # The navigation of the real site names pages that are not here.
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        (root / name).write_text(re.sub(r"^nav:\n(?:[ ]+.*\n)+", "", text, flags=re.M), encoding="utf-8")
    bodies = {
        "zh": "## 怎么算 { #derive }\n\n注意力的 KV 缓存要占显存。",
        "en": "## How { #derive }\n\nThe cache takes memory.",
    }
    for slug, titles in PAGES.items():
        for lang, title in zip(("zh", "en"), titles, strict=True):
            write_page(root, lang, slug, title, bodies[lang])
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a small project."""
    return fill(tmp_path)


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Path]:
    """Return what fills a folder, for fixtures that live longer than a test."""
    return fill
