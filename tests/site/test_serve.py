"""`serve` as an author sees it: a real server, real edits, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llmnotes.site.build import turns
from llmnotes.site.build.turns import concerned
from tests.site.rows import rows
from tests.waiting import PATIENCE_S, descendants, living, wait_until

pytestmark = pytest.mark.site

# It computes once, says words in two languages and draws in two widths in each.
STEPS_OF_A_SNIPPET = 7
FENCE = """
```python exec="on" html="on" id="{name}"
from llmnotes.site import show
print(show("kvcache/how-long/{name}", lang="{lang}"))
```

/// figure | {name}
Powers, {{{{{name}.last}}}}

Each twice the one before.

A line that rises.
///

{{{{{name}.last}}}}
"""
REPOSITORY = Path(__file__).resolve().parents[2]


class Author:
    """Drives `serve` in a process of its own."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "llmnotes.site", "serve", "--port", "0"]
        self.process = subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(root)
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        found = re.search(r"http://\S+/", first)
        assert found, first + self.process.stdout.read()
        self.address = found.group()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def state(self) -> dict[str, Any]:
        return json.loads(self.get("-/state"))

    def wait_for(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first state that holds."""

        def state() -> dict[str, Any] | None:
            found = self.state()
            return found if holds(found) else None

        return wait_until(state, self.state) or {}

    def end(self, how: signal.Signals = signal.SIGINT) -> str:
        """Stop the server; return what it said."""
        self.process.send_signal(how)
        said, _ = self.process.communicate(timeout=PATIENCE_S)
        return said


@contextmanager
def authoring(root: Path) -> Generator[Author, None, None]:
    author = Author(root)
    with author.process:
        try:
            author.wait_for(lambda state: state["turn"] >= 2)
            yield author
        finally:
            author.process.terminate()


def environment(root: Path) -> dict[str, str]:
    """The package of the project where it brings one, else the one under test."""
    return os.environ | ({"PYTHONPATH": str(root)} if (root / "llmnotes").exists() else {})


@pytest.fixture
def author(project) -> Iterator[Author]:
    with authoring(project) as one:
        yield one


@pytest.fixture(scope="module")
def shown(tmp_path_factory, make_project) -> Iterator[Author]:
    """A server that is only asked, once for all who ask."""
    with authoring(make_project(tmp_path_factory.mktemp("shown"))) as one:
        yield one


def replace(page: Path, old: str, new: str) -> None:
    """Edit a file as an editor saves it: in one stroke, so that nobody finds it empty."""
    text = page.read_text("utf-8")
    assert old in text
    root = next(folder for folder in page.parents if (folder / "mkdocs.yml").exists())
    (root / "saved").write_text(text.replace(old, new), encoding="utf-8")
    (root / "saved").replace(page)


def test_shows_both_languages_and_reloads_only_the_one_that_changed(project, author):
    assert "显存" in author.get("zh/kvcache/how-long.html")
    assert "The cache takes memory" in author.get("en/kvcache/how-long.html")
    assert '<script src="/-/live.js">' in author.get("zh/index.html")
    assert author.state() | {"turn": 0} == {"turn": 0, "built": {"zh": 1, "en": 1}, "problems": []}
    replace(project / "docs/zh/kvcache/how-long.md", "要占显存", "要占很多显存")
    state = author.wait_for(lambda state: state["built"]["zh"] > 1)
    assert state["built"] == {"zh": 2, "en": 1}
    assert "要占很多显存" in author.get("zh/kvcache/how-long.html")


def test_says_what_does_not_hold_and_recovers(project, author):
    page = project / "docs/en/index.md"
    replace(page, "The cache takes memory.", "See [there](gone.md).")
    said = "docs/en/index.md:12: has a link 'gone.md'"
    author.wait_for(lambda state: any(problem.startswith(said) for problem in state["problems"]))
    replace(page, "See [there](gone.md).", "Mended.")
    author.wait_for(lambda state: not state["problems"])
    assert "Mended." in author.get("en/index.html")


def test_keeps_the_last_pages_while_the_configuration_is_broken(project, author):
    config = project / "mkdocs.yml"
    replace(config, "docs_dir: docs/zh", "docs_dir: docs/gone")
    author.wait_for(lambda state: any("docs_dir" in problem for problem in state["problems"]))
    assert "显存" in author.get("zh/kvcache/how-long.html")
    replace(config, "docs_dir: docs/gone", "docs_dir: docs/zh")
    author.wait_for(lambda state: not state["problems"])


def test_nothing_that_a_configuration_names_runs_before_it_is_refused(project, tmp_path_factory):
    (project / "hook.py").write_text("from pathlib import Path\n\nPath(__file__).with_name('ran').touch()\n")
    config = project / "mkdocs.yml"
    config.write_text(config.read_text("utf-8").replace("\nhooks: [", "\nhooks: [hook.py, "), "utf-8")
    command = [sys.executable, "-m", "llmnotes.site.build.draft", str(project), str(tmp_path_factory.mktemp("turn"))]
    done = subprocess.run(command, input="zh en\n", capture_output=True, text=True, check=True)
    assert "hook.py" in done.stdout
    assert not (project / "ran").exists()


def test_a_fence_that_never_ends_does_not_end_the_preview(project, monkeypatch):
    page = project / "docs/zh/index.md"
    whole = page.read_text("utf-8")
    page.write_text(whole + '\n```python exec="on" id="for-ever"\nwhile True:\n    pass\n```\n', encoding="utf-8")
    (folder := project / "draft" / "site").mkdir(parents=True)
    preview = turns.Preview(folder)
    for limit_s, expected in ((5.0, ["the builder stopped"]), (PATIENCE_S, [])):
        monkeypatch.setattr(turns, "LIMIT_S", limit_s)
        draft = turns.Draft(project, folder.parent)
        draft.build(preview, ["zh"])
        draft.close()
        assert [problem[:19] for problem in preview.problems] == expected
        page.write_text(whole, encoding="utf-8")


def test_honours_an_edit_to_the_package(project):
    shutil.copytree(REPOSITORY / "llmnotes", project / "llmnotes", ignore=shutil.ignore_patterns("__pycache__"))
    module = project / "llmnotes" / "answer.py"
    module.write_text("ANSWER = 'first answer'\n")
    page = project / "docs/zh/index.md"
    fence = '```python exec="on" id="ask"\nfrom llmnotes.answer import ANSWER\nprint(ANSWER)\n```\n'
    page.write_text(page.read_text("utf-8") + "\n" + fence, encoding="utf-8")
    with authoring(project) as author:
        assert "first answer" in author.get("zh/index.html")
        replace(module, "first", "other")
        author.wait_for(lambda state: state["built"]["zh"] > 1)
        assert "other answer" in author.get("zh/index.html")


def test_an_edit_runs_exactly_the_snippet_that_it_touches(project, write_snippet):
    names = ("growth", "other")
    edited, _ = (write_snippet(project, f"kvcache/how-long/{name}") for name in names)
    for lang in ("zh", "en"):
        page = project / f"docs/{lang}/kvcache/how-long.md"
        fences = "".join(FENCE.format(name=name, lang=lang) for name in names)
        page.write_text(page.read_text("utf-8") + fences, encoding="utf-8")
    with authoring(project) as author:
        before = rows(project, "values").keys()
        assert len(before) == len(names) * STEPS_OF_A_SNIPPET
        replace(edited, "count(16)", "count(32)")
        author.wait_for(lambda state: min(state["built"].values()) > 1)
        assert "Powers, 32</p>" in author.get("zh/kvcache/how-long.html")
        assert len(rows(project, "values").keys() - before) == STEPS_OF_A_SNIPPET


def test_answers_with_the_404_page_and_nothing_outside_the_site(shown):
    for path in ("zh/gone.html", "../mkdocs.yml", "%2e%2e/%2e%2e/mkdocs.yml"):
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            shown.get(path)
        assert "回到中文首页" in caught.value.read().decode()


@pytest.mark.parametrize(
    ("host", "status"), [("evil.example", 421), ("", 421), ("localhost", 200), ("[::1]:8000", 200)]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_answers_only_who_asks_for_this_machine_by_name(shown, host, status, method):
    """A page elsewhere whose name is made to lead here would read what is not published yet."""
    request = urllib.request.Request(shown.address + "zh/index.html", headers={"Host": host}, method=method)
    if status == 200:
        with urllib.request.urlopen(request) as answer:
            assert answer.status == status
    else:
        with pytest.raises(urllib.error.HTTPError, match=str(status)):
            urllib.request.urlopen(request)


def test_a_port_in_use_is_one_line(project, shown):
    port = shown.address.rstrip("/").rpartition(":")[2]
    command = [sys.executable, "-m", "llmnotes.site", "serve", "--port", port]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1
    assert re.fullmatch(rf"port {port}: .*in use.*--port {int(port) + 1}\n", done.stderr)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_leaves_nothing_behind(project, how):
    with authoring(project) as author:
        replace(project / "docs/zh/index.md", "显存", "内存")
        started = wait_until(lambda: descendants(author.process.pid))
        begun = time.monotonic()
        assert "Traceback" not in author.end(how)
        assert time.monotonic() - begun < turns.LIMIT_S, "it waited for the alarm of the build that was interrupted"
        assert author.process.returncode == 130
    assert not list((project / ".scratch").glob("serve-*"))
    wait_until(lambda: not living(started), lambda: f"left behind: {living(started)}")


@pytest.mark.parametrize(
    ("changed", "editions"),
    [
        (["docs/zh/index.md"], ["zh"]),
        (["docs/en/kvcache/how-long.md"], ["en"]),
        (["docs/zh/index.md", "docs/en/index.md"], ["en", "zh"]),
        (["docs/theme/main.html"], ["zh", "en"]),
        (["docs/zh/index.md", "snippets/a/b/c.py"], ["zh", "en"]),
        (["llmnotes/equations/kvcache.py"], ["zh", "en"]),
    ],
)
def test_concerns_only_the_editions_that_an_edit_can_change(tmp_path, changed, editions):
    assert concerned(tmp_path, [tmp_path / name for name in changed]) == editions
