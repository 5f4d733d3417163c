"""A small project on disk: two articles in both languages, the real configuration, theme and package."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from llmnotes.site.build.build import build
from llmnotes.site.cache.store import Store
from llmnotes.site.script import formula_files
from llmnotes.site.verbs.sync import sync

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = {
    "index": ("首页", "Home"),
    "kvcache/how-long": ("上下文长度怎样影响显存？", "What does context length cost?"),
}

SNIPPET = """
from llmnotes.figures import label, lines
from llmnotes.quantities import count

NUMBER = label(zh="数", en="number")


def compute():
    return {"numbers": count([1, 2, 4]), "last": count(4)}


def draw(result):
    return lines(count([0, 1, 2]), {NUMBER: result["numbers"]}, x=label(zh="步", en="step"), y=NUMBER)
"""
WORDS = {
    "zh": "三个数\n\n例子。\n\n一条直线。",
    "en": "Three numbers\n\nAn example.\n\nOne straight line.",
}
FENCE = """
```python exec="on" html="on" id="line"
from llmnotes.site import show
print(show("kvcache/how-long/line", lang="{lang}"))
```

/// figure | line
{words}
///

{{{{line.last}}}}
"""


def add_snippet(root: Path) -> Path:
    """Give the article of a small project one snippet, shown in both languages."""
    file = root / "snippets" / "kvcache" / "how-long" / "line.py"
    file.parent.mkdir(parents=True)
    file.write_text(SNIPPET, encoding="utf-8")
    for lang in ("zh", "en"):
        page = root / "docs" / lang / "kvcache" / "how-long.md"
        page.write_text(page.read_text("utf-8") + FENCE.format(lang=lang, words=WORDS[lang]), encoding="utf-8")
    sync(root, ["docs/en/kvcache/how-long.md"], compared=True)
    return file


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
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        # The navigation of the real site names pages that are not here.
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        text = re.sub(r"(?<=[\[ ])llmnotes/site/(?=[\w/]+\.py[,\]])", f"{REPOSITORY.as_posix()}/llmnotes/site/", text)
        (root / name).write_text(re.sub(r"^nav:\n(?:[ ]+.*\n)+", "", text, flags=re.M), encoding="utf-8")
    bodies = {
        "zh": "## 怎么算 { #derive }\n\n注意力的 KV 缓存要占显存。",
        "en": "## How { #derive }\n\nThe cache takes memory.",
    }
    for slug, titles in PAGES.items():
        for lang, title in zip(("zh", "en"), titles, strict=True):
            write_page(root, lang, slug, title, bodies[lang])
    sync(root, [f"docs/en/{slug}.md" for slug in PAGES], compared=True)
    share_formulas(root)
    return root


def share_formulas(root: Path) -> None:
    """Give a project the scripts that depend on the package alone, as every cold build would make them once more."""
    kept, given = (Store(one / ".cache" / "llmnotes") for one in (REPOSITORY, root))
    given.once(formula_files.SLOT, formula_files.recipe(), lambda: formula_files.kept(kept))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a small project."""
    return fill(tmp_path)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small project that is built once for all tests, which leave it alone."""
    root = fill(tmp_path_factory.mktemp("pristine"))
    (root / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (root / "requirements.lock").write_text("mkdocs==1.6.1\n")
    (root / "snippets" / "a.txt").write_text("A = 1\n")
    build(root)
    return root


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever begins with a built site is a test of the site, which `make units` leaves out."""
    for item in items:
        if "pristine" in getattr(item, "fixturenames", ()):
            item.add_marker("site")


@pytest.fixture
def built(pristine: Path, tmp_path: Path) -> Path:
    """Return a small project with its site, times and all, to be changed."""
    return Path(shutil.copytree(pristine, tmp_path / "copy"))


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Path]:
    """Return what fills a folder, for fixtures that live longer than a test."""
    return fill


@pytest.fixture
def snippet(project: Path) -> Path:
    """Return the one snippet of the small project, added to it."""
    return add_snippet(project)


@pytest.fixture(scope="session")
def give_snippet() -> Callable[[Path], Path]:
    """Return what adds the one snippet, for fixtures that live longer than a test."""
    return add_snippet


GROWTH = {
    "imports": """from llmnotes.figures import Table, label, label_lines, name, new_figure
from llmnotes.quantities import count""",
    "labels": """LABELS = {
    "line": label(zh="幂", en="power"), "step": label(zh="步", en="step"),
}""",
    "compute": """def compute():
    return {"powers": [2**n for n in range(5)], "last": count(16)}""",
    "draw": """def draw(result, canvas):
    fig, ax = canvas.figure()
    ax.plot(result["powers"], label=canvas.say(LABELS["line"]))
    label_lines(ax)
    ax.set(xlabel=canvas.say(LABELS["step"]))
    return fig""",
    "table": """def table(result):
    return Table([LABELS["step"], LABELS["line"]], [count([*pair]) for pair in enumerate(result["powers"])])""",
}


@pytest.fixture(scope="session")
def write_snippet() -> Callable[..., Path]:
    """Return what writes a snippet into a project, a good one but for the parts that are given."""

    def write(root: Path, name: str = "kvcache/how-long/growth", **parts: str) -> Path:
        file = root / "snippets" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n\n".join((GROWTH | parts).values()) + "\n", encoding="utf-8")
        return file

    return write
