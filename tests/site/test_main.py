"""The verbs as an author types them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from llmnotes.site.__main__ import main, parser


@pytest.fixture
def here(project, monkeypatch):
    """Work inside the small project."""
    monkeypatch.chdir(project)
    monkeypatch.delenv("LLMNOTES_ROOT", raising=False)
    return project


def test_help_names_every_verb_and_an_order(capsys):
    with pytest.raises(SystemExit, match="0"):
        parser().parse_args(["--help"])
    said = capsys.readouterr().out
    for verb in ("new", "run", "check", "sync", "serve", "build", "bundle"):
        assert f"\n    {verb} " in said


@pytest.mark.parametrize(
    "arguments", [[], ["publish"], ["new", "a/b"], ["sync"], ["serve", "--port", "x"], ["serve", "--port", "99999"]]
)
def test_what_cannot_be_understood_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: python -m llmnotes.site" in capsys.readouterr().err


def test_outside_a_project_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LLMNOTES_ROOT", raising=False)
    assert main(["build"]) == 1
    said = capsys.readouterr().err
    assert "no mkdocs.yml" in said
    assert said.count("\n") == 1


@pytest.mark.site
def test_a_build_says_one_line_and_bundle_another(here, capsys):
    (here / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\n')
    assert main(["build"]) == 0
    assert main(["build"]) == 0
    assert main(["bundle"]) == 0
    said = capsys.readouterr()
    first, second, third = said.out.splitlines()
    assert first.startswith("site/: 4 pages, snippets 0 run, 0 kept, ")
    assert second.startswith("site/: 4 pages, nothing changed, ")
    assert third.startswith("dist/llmnotes-offline-0.1.0.zip: ")
    assert said.err == ""


@pytest.mark.site
def test_a_failure_is_a_line_for_each_thing_and_no_traceback(here):
    page = here / "docs" / "en" / "index.md"
    page.write_text(page.read_text("utf-8") + "\n[a](gone.md) [b](lost.md)\n", encoding="utf-8")
    command = [sys.executable, "-m", "llmnotes.site", "build"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    *lines, count = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["docs/en/index.md:14"] * 2
    assert count == "2 problems"


def test_run_names_a_snippet_or_its_file(here, snippet, capsys):
    assert main(["run", "kvcache/how-long/line"]) == 0
    assert main(["run", str(snippet)]) == 0
    assert main(["run"]) == 0
    said = capsys.readouterr().out
    assert said.count("  last: 4\n") == 2
    assert said.count("snippets: 1 run, 0 kept") == 1
    assert said.count("snippets: 0 run, 1 kept") == 2


def test_run_suggests_the_name_that_was_meant(here, snippet, capsys):
    assert main(["run", "kvcache/how-long/lime"]) == 1
    assert "did you mean kvcache/how-long/line?" in capsys.readouterr().err


def test_check_names_what_does_not_hold_and_what_mends_it(here, capsys):
    page = here / "docs" / "en" / "index.md"
    page.write_text(page.read_text("utf-8").replace("title: Home\n", ""), encoding="utf-8")
    assert main(["check"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("docs/en/index.md:")
    assert "add title: …" in said


def test_sync_of_a_page_that_is_not_there_is_one_line(here, capsys):
    assert main(["sync", "docs/en/gone.md"]) == 1
    assert capsys.readouterr().err.startswith("docs/en/gone.md: is no page of this site; ")


@pytest.mark.site
def test_a_new_article_passes_every_check_and_builds_at_once(here, capsys):
    assert main(["new", "serving/why-slow", "--zh", "回答为什么会变慢？", "--en", "Why do replies slow down?"]) == 0
    assert "snippets/serving/why-slow/main.py" in capsys.readouterr().out
    assert main(["check"]) == 0, capsys.readouterr().err
    assert main(["build"]) == 0, capsys.readouterr().err
    assert "Why do replies slow down?" in (here / "site" / "en" / "serving" / "why-slow.html").read_text("utf-8")
