"""The build: what it makes, and what it leaves alone when something is wrong."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from llmnotes.site.__main__ import main
from llmnotes.site.build import build as build_module
from llmnotes.site.build.build import build, check
from llmnotes.site.cache import store, workspace
from llmnotes.site.text import searched, system
from llmnotes.site.text.commit import Commit, read_commit
from llmnotes.site.text.problem import SiteError
from tests.waiting import PATIENCE_S, files_below, wait_until

pytestmark = pytest.mark.site

HOLD_A_SCRATCH = """
import pathlib, sys
from llmnotes.site.cache.workspace import scratch
with scratch(pathlib.Path(sys.argv[1]), "build") as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def words_of_index(index: Path) -> str:
    return "\n".join(entry["title"] + "\n" + entry["text"] for entry in json.loads(index.read_text("utf-8"))["docs"])


def test_makes_both_editions_and_what_they_share(built):
    names = set(tree(built / "site"))
    for lang in ("zh", "en"):
        assert {f"{lang}/index.html", f"{lang}/kvcache/how-long.html", f"{lang}/search/texts.js"} <= names
    assert {"index.html", "404.html", "robots.txt"} <= names
    assert not list((built / ".scratch").glob("build-*")), "scratch is gone"


def test_the_texts_to_search_hold_every_word_and_the_index_of_the_plugin_is_gone(built):
    texts = searched.read(built / "site" / "zh")
    words = "\n".join(f"{title}\n{text}" for _, title, text, _ in texts)
    for word in ("上下文", "长度", "注意力", "显存"):
        assert word in words, word
    assert "\u200b" not in words
    assert "<p>" not in words
    assert [path.name for path in (built / "site" / "zh" / "search").iterdir()] == ["texts.js"]


def test_mkdocs_alone_builds_a_site_that_can_be_searched(built):
    mkdocs = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", "mkdocs.yml", "-d", "out"]
    subprocess.run(mkdocs, cwd=built, check=True, capture_output=True)
    assert "注意力" in words_of_index(built / "out" / "search" / "search_index.json")


def test_nothing_is_shipped_that_no_page_loads(built):
    names = set(tree(built / "site"))
    assert [name for name in names if name.endswith(".map") or "/lunr/" in name or "/stylesheets/" in name] == []


def test_two_builds_are_the_same_bytes_wherever_and_whenever(built, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("else") / "where"
    shutil.copytree(built, elsewhere, ignore=shutil.ignore_patterns("site", ".scratch"))
    for name, value in {"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C"}.items():
        monkeypatch.setenv(name, value)
    build(elsewhere)
    assert tree(elsewhere / "site") == tree(built / "site")


def test_dates_come_from_the_commit(project, monkeypatch):
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], cwd=project, check=True, capture_output=True)

    assert read_commit(project) == Commit(short="", epoch=0, changed=True)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-02-03T23:30:00-02:00")
    git("init")
    git("add", "docs", "mkdocs.yml", "mkdocs.en.yml")
    git("commit", "-m", "first")
    commit = read_commit(project)
    assert (commit.date, commit.changed) == ("2026-02-04", False)
    (project / "notes.txt").write_text("not an input of the site")
    assert not read_commit(project).changed
    (project / "docs" / "zh" / "index.md").write_text("# x")
    assert read_commit(project).changed


def test_a_broken_link_names_its_line_and_leaves_the_last_good_site(built):
    before = tree(built / "site")
    page = built / "docs" / "en" / "kvcache" / "how-long.md"
    page.write_text(page.read_text("utf-8") + "\nSee [there](nowhere.md).\n", encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        build(built)
    line = page.read_text("utf-8").splitlines().index("See [there](nowhere.md).") + 1
    assert str(caught.value).startswith(f"docs/en/kvcache/how-long.md:{line}: ")
    assert tree(built / "site") == before


def test_a_raising_fence_names_its_page_and_line(project):
    page = project / "docs" / "zh" / "index.md"
    fence = '```python exec="on" html="on" id="boom"\nraise ValueError("no such model")\n```\n'
    page.write_text(page.read_text("utf-8") + "\n" + fence, encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        build(project)
    line = page.read_text("utf-8").splitlines().index(fence.partition("\n")[0]) + 1
    # What the check finds on a line stands for what the builder stumbles over there.
    said = [one.message for one in caught.value.problems if (one.place, one.line) == ("docs/zh/index.md", line)]
    assert "has a fence that runs and does more than show a snippet" in said


def test_a_fence_that_exits_stops_the_build(project):
    page = project / "docs" / "zh" / "index.md"
    fence = '```python exec="on" html="on" id="quit"\nimport sys\nsys.exit(0)\n```\n'
    page.write_text(page.read_text("utf-8") + "\n" + fence, encoding="utf-8")
    with pytest.raises(SiteError, match=r"docs/zh/index.md"):
        build(project)
    assert not (project / "site").exists()


def test_a_fence_that_never_ends_does_not_hold_up_the_build(project, monkeypatch):
    monkeypatch.setattr(build_module, "PATIENCE_S", 3.0)
    page = project / "docs" / "zh" / "index.md"
    fence = '```python exec="on" html="on" id="for-ever"\nwhile True:\n    pass\n```\n'
    page.write_text(page.read_text("utf-8") + "\n" + fence, encoding="utf-8")
    with pytest.raises(SiteError, match=r"mkdocs\.yml: this edition was not done after 3 s"):
        build(project)


def test_a_killed_build_leaves_no_process(project):
    page = project / "docs" / "zh" / "index.md"
    started = project / "started"
    fence = f'```python exec="on" id="x"\nopen({str(started)!r}, "w")\nwhile True:\n    pass\n```\n'
    page.write_text(page.read_text("utf-8") + "\n" + fence, encoding="utf-8")
    with subprocess.Popen([sys.executable, "-m", "llmnotes.site", "build"], cwd=project) as one:
        wait_until(started.exists)
        assert processes_about(project)
        one.kill()
    wait_until(lambda: not processes_about(project))


def processes_about(folder: Path) -> list[str]:
    shown = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if str(folder) in line]


def test_a_broken_configuration_is_one_line(project):
    config = project / "mkdocs.en.yml"
    config.write_text(config.read_text("utf-8").replace("docs_dir: docs/en", "docs_dir: docs/fr"), encoding="utf-8")
    with pytest.raises(SiteError, match=r"^mkdocs\.en\.yml: .*docs_dir.*; correct the setting that it names$"):
        build(project)


def test_what_a_configuration_would_run_is_refused_before_mkdocs_reads_it(project, write_snippet):
    config, ran = project / "mkdocs.yml", project / "ran"
    (project / "mine.py").write_text(f"open({str(ran)!r}, 'w')\n")
    # No snippet is run either: this one would fail.
    write_snippet(project, "a/b", compute="def compute():\n    return {}[1]")
    text = config.read_text("utf-8")
    for old, new in (
        ("hooks: [", "hooks: [mine.py, "),
        ("site_name: llmnotes", f"site_name: !!python/object/apply:builtins.open [{ran.as_posix()!r}, w]"),
    ):
        assert old in text
        config.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(SiteError, match=r"^mkdocs\.yml:\d+: [^\n]*(mine\.py|builtins\.open)[^\n]*; [^\n]*$"):
            build(project)
        assert [problem.place for problem in check(project)] == ["mkdocs.yml"]
        assert not ran.exists()


def test_two_builds_at_once_do_not_harm_each_other(project, built):
    command = [sys.executable, "-m", "llmnotes.site", "build"]
    both = [subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [one.communicate(timeout=PATIENCE_S) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert tree(project / "site") == tree(built / "site")


def test_a_swap_that_was_cut_short_is_mended(built):
    before = tree(built / "site")
    # What a kill between the two renames leaves.
    (built / "site").rename(built / ".scratch" / "former-site")
    with workspace.scratch(built, "build"):
        assert tree(built / "site") == before


def test_what_somebody_else_put_into_the_site_is_moved_and_said(built):
    for n in (1, 2):
        (built / "site" / "zh" / "mine.txt").write_text(str(n))
        (built / "site" / "index.html").touch()
        assert "site/zh/mine.txt came from no build: moved to site-others/" in build(built).notes
        assert not (built / "site" / "zh" / "mine.txt").exists()
    others = built / "site-others" / "zh"
    assert [(others / name).read_text() for name in ("mine.txt", "mine.txt.2")] == ["1", "2"]
    page = built / "docs" / "en" / "index.md"
    page.write_text(page.read_text("utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    # What the former site had and the new one has not is nobody else's.
    assert not [note for note in build(built).notes if "site-others" in note]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device", "/p/.scratch/a"), r"\.scratch/a: the disk is full; free some room .*"),
        (
            PermissionError(13, "Permission denied", "/p/site"),
            r"site: cannot be written to or read .*; make it a folder .*",
        ),
        (
            FileNotFoundError(2, "No such file", "/p/.cache/x"),
            r"\.cache/x: was deleted while a build worked in it; run it again",
        ),
        (sqlite3.OperationalError("unable"), r"\.cache/llmnotes: cannot be used \(unable\); delete the folder.*"),
        (FileNotFoundError("no mkdocs.yml here"), "no mkdocs.yml here"),
    ],
)
def test_what_the_system_refuses_is_one_line(error, line):
    assert re.fullmatch(line, system.said(error, Path("/p")))


def test_a_full_cache_is_one_line(project, monkeypatch, capsys):
    def full(*_):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    monkeypatch.setattr(store.Store, "_ask", full)
    monkeypatch.chdir(project)
    assert main(["build"]) == 1
    assert capsys.readouterr().err.splitlines() == [f".cache/llmnotes: the disk is full; {system.FULL_REMEDY}"]


def test_scratch_of_a_killed_build_is_removed_and_that_of_a_living_one_is_not(project):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_SCRATCH, str(project)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        with workspace.scratch(project, "build"):
            assert folder.is_dir()
        holder.kill()
        holder.wait()
        with workspace.scratch(project, "build"):
            assert not folder.exists()


@pytest.mark.parametrize("n_written", [1, 15, 60])
def test_a_killed_build_leaves_a_whole_site(built, n_written):
    before = tree(built / "site")
    page = built / "docs" / "en" / "index.md"
    page.write_text(page.read_text("utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "llmnotes.site", "build"], cwd=built, stdout=subprocess.DEVNULL
    ) as one:
        wait_until(lambda: len(files_below(built / ".scratch")) >= n_written or one.poll() is not None)
        one.kill()
    with workspace.scratch(built, "build"):
        left = tree(built / "site")
    build(built)
    assert left in (before, tree(built / "site"))


def test_a_snippet_that_raises_leaves_the_last_good_site(project, snippet):
    built = build(project)
    assert (built.n_run, built.n_kept) == (1, 0)
    before = tree(project / "site")
    page = before["zh/kvcache/how-long.html"].decode()
    assert 'id="fig-line"' in page
    assert "三个数" in page
    good = snippet.read_text("utf-8")
    snippet.write_text(good.replace("count([1, 2, 4])", "count([1, 2, 4 // 0])"), encoding="utf-8")
    with pytest.raises(SiteError, match=r"^snippets/kvcache/how-long/line\.py:9: .*ZeroDivisionError"):
        build(project)
    assert tree(project / "site") == before
    snippet.write_text(good, encoding="utf-8")
    built = build(project)
    assert (built.n_run, built.n_kept) == (0, 1)
    assert tree(project / "site") == before
