"""The offline zip: the published tree without its twins for programs, nothing else, the same bytes each time."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from llmnotes.site.text import searched
from llmnotes.site.text.problem import SiteError
from llmnotes.site.verbs.bundle import bundle

pytestmark = pytest.mark.site
N_PAGES = 4


def test_holds_the_very_tree_but_the_twins_of_pages(built, tmp_path):
    page = built / "site" / "zh" / "index.html"
    link = b'<p class="ln-back"><a href="models.html">Back</a><a href="index.md">Markdown</a></p>'
    page.write_bytes(page.read_bytes().replace(b"</main>", link + b"</main>"))
    target = bundle(built)
    assert target.name == "llmnotes-offline-1.2.3.zip"
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    site, out = built / "site", tmp_path / "out" / "llmnotes-1.2.3"
    names = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    twins = {name for name in names if name.suffix == ".md" and name.with_suffix(".html") in names}
    assert len(twins) == N_PAGES
    names -= {Path("llms.txt"), Path("SKILL.md")}
    assert {path.relative_to(out) for path in out.rglob("*") if path.is_file()} == names - twins
    home = page.relative_to(site)
    assert all((site / name).read_bytes() == (out / name).read_bytes() for name in names - twins - {home})
    assert (out / home).read_bytes() == page.read_bytes().replace(b'<a href="index.md">Markdown</a>', b"")


def test_is_the_same_bytes_whenever_and_by_whomever_it_is_packed(built):
    first = bundle(built).read_bytes()
    for path in (built / "site").rglob("*"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
        path.chmod(0o700)
    assert bundle(built).read_bytes() == first


def test_search_needs_no_server(built):
    with zipfile.ZipFile(bundle(built)) as archive:
        for lang in ("zh", "en"):
            script = archive.read(f"llmnotes-1.2.3/{lang}/search/texts.js").decode()
            assert script.startswith(searched.BEGIN)


def test_without_a_site_says_which_command_makes_one(built):
    shutil.rmtree(built / "site")
    with pytest.raises(SiteError, match=r"there is no built site; python -m llmnotes\.site build"):
        bundle(built)
    assert not (built / "dist").exists()
