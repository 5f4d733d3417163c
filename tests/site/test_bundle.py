"""The offline zip: the published tree without its twins for programs, nothing else, the same bytes each time."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from llmnotes.site.text import searched
from llmnotes.site.text.problem import SiteError
from llmnotes.site.verbs.bundle import bundle, carried, shared, unused_fonts

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
    names -= {font.relative_to(site) for lang in ("zh", "en") for font in unused_fonts(site / lang)}
    names -= {path.relative_to(site) for path, _ in shared(site)}
    assert {path.relative_to(out) for path in out.rglob("*") if path.is_file()} == names - twins
    home = page.relative_to(site)
    assert all((site / name).read_bytes() == (out / name).read_bytes() for name in names - twins - {home})
    assert (out / home).read_bytes() == page.read_bytes().replace(b'<a href="index.md">Markdown</a>', b"")


def test_data_of_both_editions_are_carried_once_and_found_from_any_depth(tmp_path):
    for lang, plans in (("en", "1"), ("zh", "2")):
        (tmp_path / lang / "assets").mkdir(parents=True)
        (tmp_path / lang / "assets/models.js").write_text("0")
        (tmp_path / lang / "assets/plans.js").write_text(plans)  # differs: each edition keeps its own
        (tmp_path / lang / "own").mkdir()
        (tmp_path / lang / "own/page.html").write_text('<script src="../assets/models.js"></script>')
    packed = dict(carried(tmp_path))
    assert "zh/assets/models.js" not in packed
    assert packed["zh/assets/plans.js"] == b"2"
    assert packed["zh/own/page.html"] == b'<script src="../../en/assets/models.js"></script>'
    assert packed["en/own/page.html"] == b'<script src="../assets/models.js"></script>'


def test_leaves_out_letters_that_no_formula_has(tmp_path):
    fonts = tmp_path / "assets/vendor/katex/fonts"
    fonts.mkdir(parents=True)
    files = {
        name: fonts / f"KaTeX_{name}.woff2" for name in ("Main-Bold", "Fraktur-Regular", "Fraktur-Bold", "AMS-Regular")
    }
    for file in files.values():
        file.touch()
    (fonts.parent / "katex.min.css").write_text(
        "@font-face{font-family:KaTeX_AMS;src:url(fonts/KaTeX_AMS-Regular.woff2)}"
        "@font-face{font-family:KaTeX_Fraktur;src:url(fonts/KaTeX_Fraktur-Regular.woff2)}"
        ".katex{font:normal 1.21em KaTeX_Main,Times New Roman,serif}.katex .amsrm,.katex .mathbb{font-family:KaTeX_AMS}"
        ".katex .mathfrak,.katex .textfrak{font-family:KaTeX_Fraktur}"
    )
    page = tmp_path / "index.html"
    page.write_text('<span class="katex"><span class="mord mathbb">R</span></span>')
    assert unused_fonts(tmp_path) == {files["Fraktur-Regular"], files["Fraktur-Bold"]}
    page.write_text('<span class="katex"><span class="mord textfrak">R</span></span>')
    assert unused_fonts(tmp_path) == {files["AMS-Regular"]}


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
