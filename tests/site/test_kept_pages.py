"""What is taken over from an earlier build is what a cold build makes, byte for byte, whatever happened in between."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from llmnotes.site.verbs.sync import sync
from tests.site.rows import rewrite, rows
from tests.waiting import PATIENCE_S, files_below, wait_until

pytestmark = pytest.mark.site

REPOSITORY = Path(__file__).resolve().parents[2]
SLUG = "kvcache/how-long"
MODELS = ("deepseek-v3", "gpt2", "gpt3-175b", "llama-3.1-70b", "llama-3.1-8b", "qwen3-8b")
# What a build leaves to the next, and what a cold one starts without.
LEFT = ("site", ".cache", ".scratch")
SNIPPET = """
import json
from pathlib import Path

from llmnotes.figures import label, lines
from llmnotes.quantities import bytes_of, count


# --8<-- [start:compute]
def compute():
    numbers = json.loads((Path(__file__).parents[3] / "numbers.json").read_text())
    numbers = [1 * number for number in numbers]
    return {"numbers": count(numbers), "last": bytes_of(numbers[-1] * 2**30)}


# --8<-- [end:compute]


def draw(result):
    number = label(zh="数", en="number")
    at = count([*range(len(result["numbers"]))])
    return lines(at, {number: result["numbers"]}, x=label(zh="步", en="step"), y=number)
"""
WORDS = {
    "zh": "最后是 {{line.last}}\n\n例子。\n\n一条直线。",
    "en": "The last is {{line.last}}\n\nAn example.\n\nOne straight line.",
}
SHOWN = """
$$ x^2 $$

{{{{line.last}}}}

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


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def seed(tmp_path_factory, make_project) -> Path:
    """A project with its own package, two articles and the home page, under git, built once."""
    root = make_project(tmp_path_factory.mktemp("seed"))
    shutil.copytree(REPOSITORY / "llmnotes", root / "llmnotes", ignore=shutil.ignore_patterns("__pycache__"))
    # What the calculator offers is worked out in every cold build: a few models say as much here as all of them.
    for file in (root / "llmnotes/data/models").glob("*.toml"):
        if file.stem not in MODELS:
            file.unlink()
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    (root / "snippets" / SLUG).mkdir(parents=True)
    (root / "snippets" / SLUG / "line.py").write_text(SNIPPET, encoding="utf-8")
    (root / "numbers.json").write_text("[1, 2, 4]")
    for lang in ("zh", "en"):
        page = root / "docs" / lang / f"{SLUG}.md"
        page.write_text(page.read_text("utf-8") + SHOWN.format(lang=lang, words=WORDS[lang]), encoding="utf-8")
        write_article(root, lang, "memory/second")
    (root / ".gitignore").write_text("".join(f"/{name}\n" for name in LEFT))
    pin(root)
    git(root, "init")
    commit(root)
    assert build(root) == ""
    return root


@pytest.fixture
def project(seed, tmp_path) -> Path:
    return Path(shutil.copytree(seed, tmp_path / "project"))


def pin(root: Path) -> None:
    sync(root, [path.relative_to(root).as_posix() for path in sorted((root / "docs/en").rglob("*.md"))], compared=True)


def write_article(root: Path, lang: str, slug: str) -> None:
    page = root / "docs" / lang / f"{slug}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    title = {"zh": "另一篇", "en": "Another"}[lang]
    link = {"zh": f"见[前文](../{SLUG}.md)。", "en": f"See [this](../{SLUG}.md)."}[lang]
    page.write_text(f"---\ntitle: {title}\ndescription: {title}\n---\n\n# {title}\n\n{link}\n", encoding="utf-8")


def started(root: Path, n_cores: int = 2) -> subprocess.Popen[str]:
    """Start a build with the project's own package, on so many cores."""
    cores = sorted(os.sched_getaffinity(0))[:n_cores]
    return subprocess.Popen(
        [sys.executable, "-m", "llmnotes.site", "build"],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Python tells an edit of a module by size and second: two within a second would pass for one.
        env=os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def build(root: Path, n_cores: int = 2) -> str:
    """Build; return what was complained of."""
    with started(root, n_cores) as one:
        return one.communicate(timeout=PATIENCE_S)[1]


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def cold(root: Path, elsewhere: Path) -> dict[str, bytes]:
    """Return the site that a cold build makes of a project, in another folder and at another time."""
    shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.copytree(root, elsewhere, ignore=shutil.ignore_patterns(*LEFT))
    # The copy of `llmnotes/site` was left out with the built one.
    shutil.copytree(root / "llmnotes" / "site", elsewhere / "llmnotes" / "site")
    assert build(elsewhere) == ""
    return tree(elsewhere / "site")


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def some_page(root: Path, lang: str, n: int) -> Path:
    pages = sorted((root / "docs" / lang).rglob("*.md"))
    return pages[n % len(pages)]


def prose(root: Path, n: int) -> None:
    lang, said = (("zh", "又一句。"), ("en", "One more."))[n % 2]
    page = some_page(root, lang, n)
    page.write_text(page.read_text("utf-8") + "\n" + said * (1 + n % 4) + "\n", encoding="utf-8")


def title(root: Path, n: int) -> None:
    page = some_page(root, "zh", n)
    lines = page.read_text("utf-8").split("\n")
    lines[1] += "又"
    page.write_text("\n".join(lines), encoding="utf-8")


def snippet(root: Path, n: int) -> None:
    file = root / "snippets" / SLUG / "line.py"
    file.write_text(re.sub(r"\d+ \* number", f"{2 + n} * number", file.read_text("utf-8")), encoding="utf-8")


def label(root: Path, n: int) -> None:
    file = root / "snippets" / SLUG / "line.py"
    text = re.sub(r'en="[a-z ]*number', f'en="{"abc"[n % 3]} number', file.read_text("utf-8"))
    file.write_text(text, encoding="utf-8")


def package(root: Path, n: int) -> None:
    edit(root / "llmnotes/site/figures/present.py", "Download", ("Save Download", "Download it")[n % 2])


def equation(root: Path, n: int) -> None:
    edit(root / "llmnotes/figures/__init__.py", '"""', f'"""{n} ')


def data(root: Path, n: int) -> None:
    (root / "numbers.json").write_text(json.dumps([1, 2, 4 + n]))


def nav(root: Path, n: int) -> None:
    for config, lang in (("mkdocs.yml", "zh"), ("mkdocs.en.yml", "en")):
        text = (root / config).read_text("utf-8").partition("\nnav:\n")[0].rstrip("\n")
        pages = sorted(p.relative_to(root / "docs" / lang).as_posix() for p in (root / "docs" / lang).rglob("*.md"))
        random.Random(n).shuffle(pages)
        rows = "".join(f"  - {'甲乙丙丁戊己庚辛'[n % 8]}{at}: {page}\n" for at, page in enumerate(pages))
        (root / config).write_text(f"{text}\n\nnav:\n{rows}", encoding="utf-8")


def theme(root: Path, n: int) -> None:
    edit(root / "docs/theme/partials/footer.html", "<p>", f'<p class="n{n}">')


def add(root: Path, n: int) -> None:
    for lang in ("zh", "en"):
        write_article(root, lang, f"memory/article-{'abcdefgh'[n % 8]}")
    renavigate(root)


def delete(root: Path, n: int) -> None:
    found = sorted(path.stem for path in (root / "docs/zh/memory").glob("*.md"))
    if found:
        for lang in ("zh", "en"):
            (root / "docs" / lang / "memory" / f"{found[n % len(found)]}.md").unlink()
        renavigate(root)


def rename(root: Path, n: int) -> None:
    found = sorted(path.stem for path in (root / "docs/zh/memory").glob("*.md"))
    if found:
        for lang in ("zh", "en"):
            page = root / "docs" / lang / "memory" / f"{found[n % len(found)]}.md"
            page.rename(page.with_name(f"{page.stem}-again.md"))
        renavigate(root)


def renavigate(root: Path) -> None:
    """A navigation that names pages must name all."""
    if "\nnav:\n" in (root / "mkdocs.yml").read_text("utf-8"):
        nav(root, 1)


def commit(root: Path, n: int = 0) -> None:
    git(root, "add", "-A")
    git(root, "commit", "--allow-empty", "-m", f"{n}")


EDITS: list[Callable[[Path, int], None]] = [
    prose, title, snippet, label, package, equation, data, nav, theme, add, delete, rename, commit,
]  # fmt: skip


def test_any_edits_end_in_what_a_cold_build_makes(seed, tmp_path):
    """Every kind of edit once, in an order that in a pull request is always the same; a build after every fourth."""
    chance = random.Random(0 if os.environ.get("CI") else None)
    root = Path(shutil.copytree(seed, tmp_path / "project"))
    order = chance.sample(EDITS, len(EDITS))
    for at, change in enumerate(order):
        change(root, chance.randrange(8))
        pin(root)
        if at % 4 == 3:
            assert build(root, n_cores=chance.choice([1, 2])) == ""
    assert build(root) == ""
    wrong = differing(tree(root / "site"), cold(root, tmp_path / "cold"))
    assert wrong == [], order


def conversions(root: Path) -> dict[str, int]:
    """Build; return how many pages MkDocs converted and finished."""
    before = rows(root, "latest")
    assert build(root) == ""
    fresh = [body for name, (at, body) in rows(root, "latest").items() if before.get(name, (None,))[0] != at]
    kinds = [json.loads(body)["value"] for body in fresh]
    return {
        "converted": sum(isinstance(value, dict) and "content" in value for value in kinds),
        "finished": sum(isinstance(value, dict) and "page" in value for value in kinds),
    }


@pytest.fixture(scope="module")
def edited(seed, tmp_path_factory) -> Path:
    """The project after its first edit since a commit, which the foot of every page tells: it hides no other."""
    root = Path(shutil.copytree(seed, tmp_path_factory.mktemp("edited") / "project"))
    package(root, 1)
    assert build(root) == ""
    return root


@pytest.mark.parametrize(
    ("change", "n_converted", "n_finished"),
    [
        pytest.param(prose, 1, 1, id="prose"),
        pytest.param(label, 2, 2, id="label"),
        pytest.param(data, 2, 2, id="data"),
        pytest.param(theme, 0, 6, id="theme"),
        pytest.param(nav, 0, 6, id="nav"),
        pytest.param(title, 1, 3, id="title"),
        pytest.param(add, 8, 8, id="add"),
        # The list of files decides where links lead.
        pytest.param(rename, 6, 6, id="rename"),
        pytest.param(delete, 4, 4, id="delete"),
        pytest.param(package, 6, 6, id="package"),
        pytest.param(equation, 2, 2, id="equation"),
        pytest.param(commit, 0, 6, id="commit"),
    ],
)
def test_converts_only_what_an_edit_can_change(edited, tmp_path, change, n_converted, n_finished):
    root = Path(shutil.copytree(edited, tmp_path / "project"))
    change(root, 3)
    pin(root)
    assert conversions(root) == {"converted": n_converted, "finished": n_finished}


def test_a_damaged_entry_is_made_again_and_never_served(project, tmp_path):
    good = tree(project / "site")
    damages = (lambda b: b[: len(b) // 2], lambda b: "", lambda b: b.replace("1", "2"), lambda b: b + " ")
    for at, name in enumerate(random.Random(0).sample([*rows(project, "latest")], 9 * len(damages))):
        rewrite(project, name, damages[at % len(damages)])
    shutil.rmtree(project / "site")
    assert build(project) == ""
    assert differing(tree(project / "site"), good) == []
    (one, _), (_, other) = [*rows(project, "latest").items()][:2]
    rewrite(project, one, lambda _: other[1])
    shutil.rmtree(project / "site")
    assert build(project) == ""
    assert differing(tree(project / "site"), good) == []


def test_kills_at_any_moment_leave_nothing_that_a_later_build_would_serve(project, tmp_path):
    chance = random.Random(0)
    for n in range(5):
        chance.choice([prose, snippet, label, data, title])(project, n)
        pin(project)
        before, n_written = written(project), chance.randrange(1, MOST_WRITTEN)
        with started(project) as one:
            wait_until(partial(has_written, project, before, n_written, one))
            one.kill()
    assert build(project) == ""
    assert differing(tree(project / "site"), cold(project, tmp_path / "cold")) == []


# Of some hundred files and rows that such a build leaves behind it on its way.
MOST_WRITTEN = 80


def written(root: Path) -> set[tuple[str, int]]:
    """What a build has put anywhere: a file, or a row of the store, that is written again is another one."""
    found = {(name, at) for kind in ("values", "inputs", "latest") for name, (at, _) in rows(root, kind).items()}
    for path in files_below(*(root / name for name in LEFT)):
        with suppress(OSError):
            found.add((str(path), path.stat().st_ino))
    return found


def has_written(root: Path, before: set[tuple[str, int]], n_files: int, one: subprocess.Popen[str]) -> bool:
    return len(written(root) - before) >= n_files or one.poll() is not None


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from llmnotes.site.build import edition
from llmnotes.site.cache.store import Store

left = int(sys.argv[1])
ask = Store._ask

def cut(self, statement, *values):
    global left
    left -= statement.startswith("INSERT")
    if left == 0:
        ask(self, "BEGIN IMMEDIATE")
        ask(self, statement, *values)
        os.kill(os.getpid(), signal.SIGKILL)
    return ask(self, statement, *values)

Store._ask = cut
edition.build_here(Path.cwd(), "zh", Path.cwd() / ".scratch" / "out")
"""


def test_a_kill_in_the_middle_of_a_write_leaves_the_entry_as_it_was(project, tmp_path):
    for lang in ("zh", "en"):
        write_article(project, lang, "memory/added")
    pin(project)
    good = cold(project, tmp_path / "cold")
    for n_written in (1, 5):
        root = Path(shutil.copytree(project, tmp_path / str(n_written)))
        environment = os.environ | {"PYTHONPATH": str(root), "LLMNOTES_ROOT": str(root)}
        command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(n_written)]
        assert subprocess.run(command, cwd=root, env=environment, check=False).returncode == -signal.SIGKILL
        assert build(root) == ""
        assert differing(tree(root / "site"), good) == [], n_written


def test_two_builds_at_once_leave_the_site_of_a_cold_one(project, tmp_path):
    data(project, 5)
    with started(project) as one, started(project) as other:
        assert [each.communicate(timeout=PATIENCE_S)[1] for each in (one, other)] == ["", ""]
    assert differing(tree(project / "site"), cold(project, tmp_path / "cold")) == []


def test_a_fence_that_does_more_than_show_is_run_each_time(project):
    page = project / "docs/zh/index.md"
    fence = '\n```python exec="on"\nfrom pathlib import Path\nprint(len(list(Path("made").iterdir())))\n```\n'
    page.write_text(page.read_text("utf-8") + fence, encoding="utf-8")
    code = "from pathlib import Path"
    code += '; from llmnotes.site.build.edition import build_here as b; b(Path("."), "zh", Path("out"))'
    environment = os.environ | {"PYTHONPATH": str(project), "LLMNOTES_ROOT": str(project)}
    for number in (1, 2):
        (project / "made" / str(number)).mkdir(parents=True)
        subprocess.run([sys.executable, "-c", code], cwd=project, env=environment, check=True)
        assert f"<p>{number}</p>" in (project / "out/index.html").read_text("utf-8")


def test_every_plugin_of_the_site_is_known_to_leave_pages_alone():
    from llmnotes.site.build import edition, kept_pages
    from llmnotes.site.text import nav

    for lang in nav.CONFIGS:
        # The plugin of labs is configured, for `mkdocs build`, and left out of ours.
        assert any(edition.LABS_PLUGIN in plugin for plugin in nav.plugins(REPOSITORY, lang) or ())
        plugins = edition.settings_of(REPOSITORY, lang).plugins
        assert [name for name in plugins if not kept_pages.leaves_pages_alone(name)] == []
