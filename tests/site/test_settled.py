"""What held is not asked again, and what stops holding is said, whichever input changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from llmnotes.site.checks import check, settled
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.verbs.sync import sync
from tests.site.rows import rewrite, rows

pytestmark = pytest.mark.site

SLUG = "kvcache/how-long"
NUMBERS = "kvcache/how-long/line"


@pytest.fixture(scope="module")
def held(make_project, tmp_path_factory) -> Path:
    """A project with one snippet that was checked and holds."""
    root = make_project(tmp_path_factory.mktemp("held"))
    file = root / "snippets" / f"{NUMBERS}.py"
    file.parent.mkdir(parents=True)
    file.write_text(SNIPPET, encoding="utf-8")
    for lang in ("zh", "en"):
        page = root / "docs" / lang / f"{SLUG}.md"
        page.write_text(page.read_text("utf-8") + SHOWN.format(lang=lang, words=WORDS[lang]), encoding="utf-8")
    sync(root, [f"docs/en/{SLUG}.md"], compared=True)
    runner = Runner(root)
    runner.prepare([NUMBERS])
    assert settled.check_changed(root, runner) == []
    return root


@pytest.fixture
def project(held, tmp_path) -> Path:
    return Path(shutil.copytree(held, tmp_path / "project"))


def checked(root: Path) -> list[str]:
    """Return what is said of what may have changed, which must be what is said of everything."""
    runner = Runner(root)
    runner.prepare([NUMBERS])
    said = list(map(str, settled.check_changed(root, runner)))
    assert said == list(map(str, check.check(root, runner)))
    return said


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_asks_nothing_again_where_nothing_changed(project, monkeypatch):
    asked: list[object] = []
    monkeypatch.setattr(check, "of_pages", lambda root, found, figures, runner: asked.append((found, figures)) or set())
    runner = Runner(project)
    runner.prepare([NUMBERS])
    assert settled.check_changed(project, runner) == []
    assert asked == [([], [])]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (f"docs/zh/{SLUG}.md", "注意力的", "共 77 GiB，注意力的", "without an origin"),
        (f"docs/zh/{SLUG}.md", "注意力的", "这里注意力的", "was compared with another text"),
        (f"docs/en/{SLUG}.md", "The cache", "The cachhe", "cachhe"),
        (f"docs/en/{SLUG}.md", "{{line.last}}", "4", "line.last"),
        (f"docs/en/{SLUG}.md", "x^2", "\\frc", "KaTeX refuses"),
        (f"snippets/{NUMBERS}.py", '"last":', '"final":', "gives no last"),
        (f"docs/en/{SLUG}.md", "An example.", "An exaample.", "exaample"),
        (f"snippets/{NUMBERS}.py", "a step", "a stepp", "stepp"),
        (f"snippets/{NUMBERS}.py", "[start:compute]", "[start:other]", "does not have"),
    ],
    ids=["number", "drift", "spelling", "claim", "formula", "renamed-claim", "words", "label", "section"],
)
def test_says_what_no_longer_holds(project, file, old, new, said):
    good = (project / file).read_text("utf-8")
    replace(project / file, old, new)
    assert said in "\n".join(checked(project))
    (project / file).write_text(good, encoding="utf-8")
    assert checked(project) == []


def test_an_exception_that_is_withdrawn_is_an_error_again(project):
    page = project / "docs" / "en" / f"{SLUG}.md"
    replace(page, "The cache", "The qwertz cache")
    words = project / "docs" / "words.toml"
    words.write_text('spelling = ["qwertz"]\n', encoding="utf-8")
    assert checked(project) == []
    words.write_text("", encoding="utf-8")
    assert "qwertz" in "\n".join(checked(project))


@pytest.mark.parametrize("damage", [lambda b: b[:30], lambda b: b.replace("settled", "s")], ids=["cut", "changed"])
def test_a_damaged_note_is_no_note(project, damage: Callable[[str], str]):
    page = project / "docs" / "en" / f"{SLUG}.md"
    notes = rows(project, "latest")
    assert notes
    for name in notes:
        rewrite(project, name, damage)
    replace(page, "The cache", "The cachhe")
    assert "cachhe" in "\n".join(checked(project))


SNIPPET = """
from llmnotes.figures import label, lines
from llmnotes.quantities import count


# --8<-- [start:compute]
def compute():
    return {"numbers": count([1, 2, 4]), "last": count(4)}


# --8<-- [end:compute]


def draw(result):
    number = label(zh="数", en="number")
    return lines(count([0, 1, 2]), {number: result["numbers"]}, x=label(zh="步", en="a step"), y=number)
"""
WORDS = {
    "zh": "三个数\n\n例子。\n\n一条直线。",
    "en": "Three numbers\n\nAn example.\n\nOne straight line.",
}
SHOWN = """
$x^2$ is {{{{line.last}}}}.

```python exec="on" html="on" id="line"
from llmnotes.site import show
print(show("kvcache/how-long/line", lang="{lang}"))
```

/// figure | line
{words}
///

```python
--8<-- "kvcache/how-long/line.py:compute"
```
"""
