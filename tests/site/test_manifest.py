"""Nothing changed: said only where it is true, and without loading what builds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from llmnotes.site.cache import manifest

pytestmark = pytest.mark.site


def test_an_unchanged_site_is_known(built):
    assert manifest.built_pages(built) == 4


@pytest.mark.parametrize(
    "name",
    [
        "docs/zh/index.md",
        "docs/en/kvcache/how-long.md",
        "docs/theme/root/root.css",
        "snippets/a.txt",
        "pyproject.toml",
        "requirements.lock",
        "mkdocs.yml",
        "mkdocs.en.yml",
    ],
)
def test_an_edit_is_seen_even_if_size_and_time_stay(built, name):
    path = built / name
    before = path.stat()
    text = path.read_text("utf-8")
    path.write_text(text.replace("1", "2", 1) if "1" in text else text.replace("e", "o", 1), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert manifest.built_pages(built) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "docs/zh/new.md").write_text("# new"),
        lambda root: (root / "docs/zh/index.md").unlink(),
        lambda root: (root / "docs/zh/index.md").rename(root / "docs/zh/other.md"),
        lambda root: (root / "site/zh/index.html").write_text("edited by hand"),
        lambda root: (root / "site/zh/index.html").unlink(),
        lambda root: (root / "site/extra.html").write_text("x"),
        lambda root: manifest.path_of(root).write_text('{"inputs": 1'),
        lambda root: manifest.path_of(root).unlink(),
    ],
)
def test_a_change_of_the_trees_is_seen(built, change):
    change(built)
    assert manifest.built_pages(built) is None


@pytest.mark.parametrize("name", ["SITE_URL", "SOURCE_DATE_EPOCH"])
def test_the_environment_counts(built, name, monkeypatch):
    monkeypatch.setenv(name, "1")
    assert manifest.built_pages(built) is None


def test_what_tools_leave_does_not_count(built):
    for name in (".pytest_cache/x", "dist/x.zip", "snippets/__pycache__/m.pyc", ".cache/other"):
        (built / name).parent.mkdir(parents=True, exist_ok=True)
        (built / name).write_text("x")
    (built / "docs" / ".#index.md").symlink_to("nowhere")
    assert manifest.built_pages(built) == 4


def test_an_edit_during_the_build_is_not_taken_for_built(built):
    inputs = manifest.inputs_of(built)
    manifest.path_of(built).unlink()
    (built / "snippets" / "a.txt").write_text("A = 2\n")
    manifest.keep(built, inputs, manifest.outputs_of(built / "site"), 4)
    assert not manifest.path_of(built).exists()


def test_the_command_says_so_and_loads_no_builder(built):
    ask = (
        "import sys\nfrom llmnotes.site.__main__ import main\nassert main(['build']) == 0\n"
        "print(sorted({'mkdocs', 'numpy', 'lxml', 'jinja2', 'markdown'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", ask], cwd=built, capture_output=True, text=True, check=True)
    first, loaded = done.stdout.splitlines()
    assert first.startswith("site/: 4 pages, nothing changed")
    assert loaded == "[]"


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        ("docs/zh/index.md", ["en"]),
        ("docs/en/kvcache/how-long.md", ["zh"]),
        ("docs/theme/root/root.css", []),
        ("snippets/a.txt", []),
        ("mkdocs.en.yml", []),
        ("site/en/index.html", []),
    ],
)
def test_an_edition_stands_where_only_pages_of_the_other_changed(built, name, standing):
    assert manifest.standing_editions(built, manifest.inputs_of(built)) == ["zh", "en"]
    path = built / name
    path.write_text(path.read_text("utf-8") + "\n", encoding="utf-8")
    assert manifest.standing_editions(built, manifest.inputs_of(built)) == standing
