"""Verification of the built site: each thing that can go wrong is broken by hand in a good site, and must be named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from llmnotes.site.build.build import build_tree
from llmnotes.site.cache import manifest
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text import searched
from llmnotes.site.verify.verify import verify

pytestmark = pytest.mark.site

SITE_URL = "https://site.example/notes/"
PAGE = "zh/kvcache/how-long.html"
FIGURE = (
    '<figure class="ln-figure" id="fig-growth"><p class="ln-figure__title">t</p>'
    '<div class="ln-drawing"><p hidden>d</p><svg role="img"></svg></div>'
    '<details class="ln-data"><summary>s</summary><table><tr><td>1</td></tr></table></details></figure>'
)

SHOW = """
```python exec="on" html="on" id="line"
from llmnotes.site import show
print(show("kvcache/how-long/line", lang="zh"))
```
"""


@pytest.fixture(scope="module")
def good(make_project, tmp_path_factory) -> Path:
    """Return a project whose folder `out` holds a site in order."""
    root = make_project(tmp_path_factory.mktemp("good"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITE_URL", SITE_URL)
        build_tree(root, root / "out", Runner(root), manifest.inputs_of(root))
    into_article(root / "out", FIGURE)
    return root


def test_what_stands_once_at_the_root_is_not_in_an_edition(good):
    for lang in ("zh", "en"):
        found = {path.name for path in (good / "out" / lang).iterdir()}
        assert "index.html" in found
        assert not found & {"404.html", "sitemap.xml", "sitemap.xml.gz"}


@pytest.fixture
def broken(good, tmp_path) -> Path:
    """Return a copy of the good project, to be broken."""
    return Path(shutil.copytree(good, tmp_path / "copy"))


def into_article(site: Path, markup: str) -> None:
    page = site / PAGE
    page.write_text(page.read_text("utf-8").replace("</article>", f"{markup}</article>"), encoding="utf-8")


def test_finds_nothing_in_a_good_site(good):
    assert verify(good, good / "out", SITE_URL) == []


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ('<a href="gone.html">x</a>', "gone.html leads to no file"),
        ('<a href="../index.html#nope">x</a>', "../index.html#nope leads to no anchor"),
        ('<a href="#nope">x</a>', "#nope leads to no anchor"),
        ('<a href="/zh/index.html">x</a>', "starts at the host's root"),
        ('<a href="../../../outside.html">x</a>', "leads to no file"),
        ('<a href="../">x</a>', "leads to no file"),
        ('<img src="https://cdn.example/a.png" alt="">', "loads https://cdn.example/a.png"),
        ('<img srcset="//cdn.example/a.png 2x" alt="">', "loads //cdn.example/a.png"),
        ('<script src="//cdn.example/a.js"></script>', "loads //cdn.example/a.js"),
        ('<link rel="stylesheet" href="http://cdn.example/a.css">', "loads http://cdn.example/a.css"),
        ('<p style="background:url(https://cdn.example/b.png)">x</p>', "loads https://cdn.example/b.png"),
        ("<style>@import 'https://cdn.example/c.css';</style>", "loads https://cdn.example/c.css"),
        ('<iframe src="https://cdn.example/f"></iframe>', "loads https://cdn.example/f"),
        ("<script>alert(1)</script>", "the text of the page has the element <script>"),
        ('<p onclick="x()">x</p>', "the text of the page has the attribute onclick"),
        ('<a href="JavaScript:x()">x</a>', "the text of the page has the element <a> or a script as its address"),
        ("<pre><code>Traceback <span>(most</span> recent call last):</code></pre>", "shows a traceback"),
        ("<p>and $$ M = 2 $$</p>", "markup that was not converted"),
        ("<p>needs {{growth.size}}</p>", "markup that was not converted"),
        ('<span class="katex-error">\\frc</span>', "the formula \\frc was not rendered"),
        ('<p id="derive">x</p>', "the id derive stands 2 times"),
        ("<h1>again</h1>", "2 headings of the first level"),
        ("<p>a<div>in a paragraph</div></p>", "is no valid HTML: Unexpected end tag : p"),
        ("<ul><li><b>never closed</li></ul>", "is no valid HTML: Opening and ending tag mismatch"),
        (FIGURE.replace("<p hidden>d</p>", "<p hidden> </p>").replace("growth", "b"), "fig-b lacks a description"),
        (FIGURE.replace('<svg role="img"></svg>', "").replace("growth", "b"), "fig-b lacks a drawing"),
        (FIGURE.replace("<td>1</td>", "").replace("growth", "b"), "fig-b lacks its numbers as a table"),
    ],
)
def test_finds(broken, markup, said):
    into_article(broken / "out", markup)
    found = verify(broken, broken / "out", SITE_URL)
    assert any(said in problem.message for problem in found), found
    assert {problem.place for problem in found} == {"docs/zh/kvcache/how-long.md"}


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="https://arxiv.org/abs/2305.13245">outside, followed by a reader only</a>',
        '<a href="mailto:a@b.example">x</a>',
        '<a href="how-long.html?x=1#derive">known anchor</a>',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">',
        "<p>Code may show <code>$$ and {{name.claim}}</code></p>",
    ],
)
def test_lets_pass(broken, markup):
    into_article(broken / "out", markup)
    assert verify(broken, broken / "out", SITE_URL) == []


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text("utf-8")), encoding="utf-8")


def drop_hits(site: Path) -> None:
    rows = [row for row in searched.read(site / "zh") if "how-long" not in row[0]]
    (site / "zh" / searched.TEXTS).write_text(f"{searched.BEGIN}{json.dumps(rows)};\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda site: (site / PAGE).unlink(), f"the built site has no {PAGE}"),
        (
            lambda site: (site / PAGE).unlink(),
            "docs/zh/kvcache/how-long.md: the page en/kvcache/how-long.html has no twin",
        ),
        (lambda site: (site / "index.html").unlink(), "the built site has no index.html"),
        (
            lambda site: rewrite(site / PAGE, lambda text: text.replace("<html lang=", '<html lang="en" data-x=')),
            "its language is 'en'",
        ),
        (
            lambda site: rewrite(
                site / "sitemap.xml", lambda text: text.replace('hreflang="en"', "", 1).replace("/en/index", "/en/x", 1)
            ),
            "it lacks",
        ),
        (
            lambda site: (site / "zh/assets/a.css").write_text("p{background:url(gone.png)}"),
            "names gone.png, which is not there",
        ),
        (
            lambda site: (site / "zh/assets/a.css").write_text("@import url(//x.example/a.css)"),
            "loads //x.example/a.css",
        ),
        (
            lambda site: [file.unlink() for file in site.rglob("assets/find.js")],
            "docs/theme: the link assets/find.js",
        ),
        (lambda site: (site / "sitemap.xml").unlink(), "sitemap.xml: the built site has none"),
        (drop_hits, "docs/zh/kvcache/how-long.md: search does not know this page"),
    ],
)
def test_finds_in_the_tree(broken, harm, said):
    harm(broken / "out")
    assert said in "\n".join(map(str, verify(broken, broken / "out", SITE_URL)))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (SHOW, "the figure fig-line is not on the page"),
        ("能耗 $E = mc^2$。", "0 of 1 formulas are on the page"),
        ("共 {{line.last}} 个。", "0 of 1 filled-in numbers are on the page"),
    ],
)
def test_finds_what_was_written_and_is_not_shown(broken, written, said):
    rewrite(broken / "docs" / "zh" / "kvcache" / "how-long.md", lambda text: text + written + "\n")
    assert said in "\n".join(problem.message for problem in verify(broken, broken / "out", SITE_URL))


def test_names_the_line_of_a_dead_link(broken):
    source = broken / "docs" / "zh" / "kvcache" / "how-long.md"
    rewrite(source, lambda text: text + "\n[那里](../gone.md)\n")
    into_article(broken / "out", '<a href="../gone.html">x</a>')
    (problem,) = verify(broken, broken / "out", SITE_URL)
    assert problem.line == source.read_text("utf-8").splitlines().index("[那里](../gone.md)") + 1
