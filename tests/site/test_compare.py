"""Two builds beside each other: what the pages say in numbers, and which of them moved."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from llmnotes.site.compare.builds import built
from llmnotes.site.compare.moved import difference
from llmnotes.site.compare.said import numbers_of
from llmnotes.site.text.problem import SiteError

ARTICLE = """<!doctype html><html lang="en"><body><article><h1 id="top">How big?</h1>
<p><span class="ln-claim" data-said="kv/how/hero cache">16 GiB</span> for <span class="ln-claim">128K</span>,
again <span class="ln-claim" data-said="kv/how/hero cache">17.2 GB</span></p>
<h2 id="check">Check</h2><table><tr><th>model</th><th>GiB</th></tr><tr><th>Qwen3</th>
<td><math>18</math><span aria-hidden="true">18</span></td></tr></table>
<figure class="ln-figure" data-figure="kv/how/hero"><table><tr><th>drawn</th></tr></table></figure>
</article></body></html>
"""
SCRIPT = """globalThis.llmnotes = globalThis.llmnotes || {};
(llmnotes.figures = llmnotes.figures || {})["kv/how/hero"] = Object.assign(
{"csv":"tokens,MHA\\r\\n8192,0.1\\r\\n"}, {formulas: 1});
"""


def site_at(folder: Path, *changes: tuple[str, str]) -> Path:
    """A small built site, in both languages, with texts replaced."""
    for lang in ("en", "zh"):
        for name, text in (("kv/how.html", ARTICLE), ("assets/figures/kv/how/hero.js", SCRIPT)):
            for old, new in changes:
                text = text.replace(old, new)
            file = folder / lang / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return folder


def test_reads_prose_tables_and_figures(tmp_path):
    site = site_at(tmp_path)
    said = numbers_of(site, site / "en/kv/how.html")
    assert said.quantities == {"hero.cache": "16 GiB = 17.2 GB"}
    assert said.loose == {"#top": ["128K"]}
    assert said.cells == {"#check · Qwen3 · GiB": "18"}
    assert said.points == {"hero · 8192 · MHA": "0.1"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("16 GiB", "17 GiB", ("hero.cache", "16 GiB = 17.2 GB", "17 GiB = 17.2 GB")),
        ("128K", "64K", ("#top", "128K", "64K")),
        ("<math>18", "<math>19", ("#check · Qwen3 · GiB", "18", "19")),
        ("8192,0.1", "8192,0.2", ("hero · 8192 · MHA", "0.1", "0.2")),
        ("MHA", "GQA", ("hero · 8192 · MHA", "0.1", None)),
    ],
    ids=["quantity", "number without a name", "cell", "point", "column that is gone"],
)
def test_lists_what_moved(tmp_path, old, new, expected):
    found = difference(site_at(tmp_path / "a"), site_at(tmp_path / "b", (old, new)))
    told = [(one.name, one.before, one.after) for one in found.moved if one.page == "en/kv/how"]
    assert expected in told
    assert len(found.moved) == 2 * len(told), "both editions moved"
    assert f"`zh/kv/how`: the same {len(told)} as `en/kv/how`" in found.as_markdown()
    assert json.loads(found.as_json())["moved"][0]["page"] == "en/kv/how"


def test_the_last_digits_of_a_library_are_no_change(tmp_path):
    found = difference(site_at(tmp_path / "a"), site_at(tmp_path / "b", ("0.1", "0.10000000000000002")))
    assert (found.moved, found.n_rounded) == ((), 2)
    assert "2 points differ by less than 1e-09" in found.as_markdown()


@pytest.mark.parametrize(("old", "new"), [("How big", "How large"), ("<p class=x>", ""), ("sha-1", "sha-2")])
def test_names_pages_that_say_something_else(tmp_path, old, new):
    provenance = ("</article>", '<p class="ln-provenance">inputs sha-1</p></article>')
    found = difference(site_at(tmp_path / "a", provenance), site_at(tmp_path / "b", provenance, (old, new)))
    assert found.changed == (("en/kv/how", "zh/kv/how") if old == "How big" else ())
    assert found.moved == ()


def test_names_pages_that_came_and_went(tmp_path):
    before, after = site_at(tmp_path / "a"), site_at(tmp_path / "b")
    (after / "en/kv/how.html").rename(after / "en/kv/why.html")
    found = difference(before, after)
    assert (found.new, found.gone) == (("en/kv/why",), ("en/kv/how",))


def test_a_bar_or_a_tag_in_a_text_breaks_no_table(tmp_path):
    found = difference(site_at(tmp_path / "a"), site_at(tmp_path / "b", ("<math>18", "<math>1|&lt;b>")))
    assert "| #check · Qwen3 · GiB | 18 | 1&#124;&lt;b> |" in found.as_markdown()


def test_takes_a_zip_as_it_takes_a_folder(tmp_path):
    site = site_at(tmp_path / "site")
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as packed:
        for file in site.rglob("*.*"):
            packed.write(file, Path("llmnotes-offline", file.relative_to(site)))
    # What is carried away has no link to the twin of a page.
    site_at(site, ("</article>", '<p>Back <a href="how.md">as Markdown</a></p></article>'))
    site_at(tmp_path / "carried", ("</article>", "<p>Back </p></article>"))
    assert difference(site, tmp_path / "carried").changed == ()
    site_at(site)
    with built(tmp_path, str(tmp_path / "site.zip")) as unpacked:
        assert difference(site, unpacked).moved == ()
        assert difference(site, unpacked).changed == ()
        assert difference(site, unpacked).n_pages == 2
    assert not unpacked.exists()


@pytest.mark.parametrize("text", ["no-such-thing", "--output=x", "."])
def test_what_is_no_build_is_told_in_one_line(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SiteError, match=r"is no built site, zip or commit|holds no built site"), built(tmp_path, text):
        pass


def test_a_commit_is_built_with_its_own_code(tmp_path, monkeypatch):
    """A project of two files stands for this one: what counts is which tree's code runs, and where."""
    package = tmp_path / "llmnotes" / "site"
    package.mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("")
    (tmp_path / "llmnotes/__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    writes = (
        "import os\n"
        "from pathlib import Path\n"
        "assert not [name for name in ('LLMNOTES_ROOT', 'PYTHONPATH') if name in os.environ]\n"
        "for lang in ('en', 'zh'):\n"
        "    Path('site', lang).mkdir(parents=True)\n"
        "    Path('site', lang, 'a.html').write_text('<p><span class=\"ln-claim\">{}</span>')\n"
    )

    def commit(number: int) -> None:
        (package / "__main__.py").write_text(writes.format(number))
        for command in (["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "x"]):
            subprocess.run(["git", "-C", str(tmp_path), *command], check=True)

    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    commit(1)
    commit(2)
    # What leads to another tree leads astray.
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("LLMNOTES_ROOT", str(tmp_path))
    with built(tmp_path, "HEAD~1") as before, built(tmp_path, "HEAD") as after:
        assert [(one.before, one.after) for one in difference(before, after).moved] == [("1", "2")] * 2
    listed = subprocess.run(
        ["git", "-C", str(tmp_path), "worktree", "list"], capture_output=True, text=True, check=True
    )
    assert len(listed.stdout.splitlines()) == 1, "no worktree is left behind"


def test_the_command_line_takes_json(tmp_path, root):
    sites = [str(site_at(tmp_path / "a")), str(site_at(tmp_path / "b", ("128K", "64K")))]
    command = [sys.executable, "-m", "llmnotes.site", "diff", *sites, "--json"]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert [one["after"] for one in json.loads(run.stdout)["moved"]] == ["64K", "64K"]
