"""The key of a kept result holds every file that can change the result."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmnotes.site.cache import machinery
from llmnotes.site.snippets import recipes


def loaded(module: str) -> set[str]:
    """Files of the site that importing a module loads, in an interpreter of its own."""
    code = (
        f"import sys, {module}\nprint(*(m.__file__ for n, m in sys.modules.items() if n.startswith('llmnotes.site')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {Path(line).as_posix() for line in run.stdout.split()}


@pytest.mark.parametrize("module", ["worker", "warm", "pool", "runner"])
def test_holds_whatever_running_a_snippet_loads(root, module):
    known = {(root / name).as_posix() for name in machinery.machinery_files("snippets")}
    assert known
    assert loaded(f"llmnotes.site.snippets.{module}") <= known


@pytest.fixture
def copied(root, tmp_path, monkeypatch):
    """A copy of the site's code, which a test may change."""
    shutil.copytree(root / "llmnotes" / "site", tmp_path / "llmnotes" / "site", ignore=shutil.ignore_patterns("vendor"))
    monkeypatch.setattr(machinery, "PACKAGE", tmp_path / "llmnotes")
    monkeypatch.setattr(machinery, "DATA", tmp_path / "llmnotes" / "site" / "data")
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    machinery.machinery_digest.cache_clear()
    machinery.machinery_files.cache_clear()


def test_a_change_of_any_file_that_runs_or_draws_changes_the_key(copied):
    site = copied / "llmnotes" / "site"
    before = recipes.of_all("source")
    kept = []
    for folder in ("snippets", "drawing", "script", "cache"):
        for file in sorted((site / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            file.write_text(text + "\n# changed\n", encoding="utf-8")
            forget()
            if recipes.of_all("source") == before:
                kept.append(f"{folder}/{file.name}")
            file.write_text(text, encoding="utf-8")
    forget()
    assert recipes.of_all("source") == before
    # Files whose answers reach no snippet: what the browser runs, and the notes and inputs of a finished build.
    assert set(kept) <= {
        "cache/opened.py",
        *("script/browser.py", "script/formula_files.py", "script/formulas.py", "script/library.py"),
        *("script/paces.py", "script/translate.py", "cache/manifest.py", "cache/workspace.py"),
    }


def test_a_file_that_nothing_of_it_imports_changes_no_key(copied):
    before = recipes.of_all("source")
    (copied / "llmnotes" / "site" / "book" / "book.py").write_text("# changed\n", encoding="utf-8")
    forget()
    assert recipes.of_all("source") == before
