"""Without `custom_dir` the very same configuration builds a stock Material site that works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest

from llmnotes.site.verbs.sync import sync

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = """## How { #derive }

One token costs $2 L h d$ numbers, so

$$ m = 2\\,L\\,h\\,d\\,s $$

!!! warning "Mind the unit"

    Bytes, not bits.

=== "bf16"

    Two bytes.

=== "fp8"

    One byte.

The figure is [in the article](kvcache/how-long.md#derive), the notebook is [a lab](labs/do-it.py#end).
"""
LAB = """# ---
# title: Do it
# description: Do it
# ---

# %% [markdown]
# # Do it
#
# Six by seven is $6 \\cdot 7$.

# %%
assert 6 * 7 == sum([7] * 6)
print("computed", 6 * 7)

# %% tags=["measured"]
print("measured once")

# %% [markdown]
# ## The end { #end }
#
# ??? question "And back?"
#
#     To [the first page](../index.md).
"""
RECORD = """import sys
from pathlib import Path
from llmnotes.site.labs.execute import measure
measure(Path(sys.argv[1]), "labs/do-it", "a test")
"""


@pytest.fixture(scope="module")
def stock(
    tmp_path_factory: pytest.TempPathFactory, make_project: Callable[[Path], Path], give_snippet: Callable[[Path], Path]
) -> Path:
    """Return the English edition of a small project, as `mkdocs build` makes it once `custom_dir` is taken out."""
    root = make_project(tmp_path_factory.mktemp("stock"))
    give_snippet(root)
    for lang in ("zh", "en"):
        page = root / "docs" / lang / "index.md"
        page.write_text(page.read_text("utf-8") + "\n" + PAGE.partition("\n\n")[2], encoding="utf-8")
        (root / "docs" / lang / "labs").mkdir()
        (root / "docs" / lang / "labs" / "do-it.py").write_text(LAB, encoding="utf-8")
    sync(root, ["docs/en/index.md", "docs/en/labs/do-it.py"], compared=True)
    (root / "mkdocs.yml").write_text((root / "mkdocs.yml").read_text("utf-8").replace("  custom_dir: docs/theme\n", ""))
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(REPOSITORY), "LLMNOTES_ROOT": str(root)}
    run = lambda *words: subprocess.run(  # noqa: E731
        [sys.executable, *words], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert run("-c", RECORD, str(root)).returncode == 0
    built = run("-m", "mkdocs", "build", "--strict", "-f", "mkdocs.en.yml", "-d", str(root / "out"))
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return root / "out"


def page(site: Path, name: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring((site / name).read_bytes())


@pytest.mark.site
def test_the_page_is_materials_and_holds_what_ours_holds(stock):
    home = page(stock, "index.html")
    assert home.find_class("md-header")
    assert not home.find_class("ln-head")
    assert len(home.find_class("katex-display")) == 1
    assert home.find_class("katex-mathml")
    assert home.xpath("//*[@class='admonition warning']")
    assert [label.text_content() for label in home.xpath("//*[@class='tabbed-labels']/label")] == ["bf16", "fp8"]
    article = page(stock, "kvcache/how-long.html")
    (figure,) = article.find_class("ln-figure")
    assert figure.xpath(".//*[contains(@class, 'ln-drawing')]//svg")
    assert [number.text_content() for number in article.find_class("ln-claim")] == ["4"]
    sheets = [link for link in article.xpath("//link[@rel='stylesheet']/@href") if "llmnotes" in link]
    styles = [(stock / "kvcache" / sheet).resolve().read_text("utf-8") for sheet in sheets]
    assert any("--ln-series-1" in style and ".ln-figure" in style for style in styles)
    assert any(".katex" in style for style in styles)


@pytest.mark.site
def test_mkdocs_jupyter_renders_the_lab_with_the_outputs_that_our_runner_keeps(stock):
    lab = page(stock, "labs/do-it.html")
    # The plugin's own markup, which our skeleton does not have.
    cells = lab.find_class("jp-CodeCell")
    assert cells
    outputs = [pre.text_content().strip() for pre in lab.xpath("//*[contains(@class, 'jp-OutputArea-output')]//pre")]
    assert outputs == ["computed 42", "measured once"]
    assert "a test" in lab.find_class("ln-provenance")[0].text_content()
    # Its text is converted as every page is, and its contents lead somewhere.
    assert lab.xpath("//*[contains(@class, 'jp-MarkdownOutput')]//*[@class='katex']")
    assert lab.xpath("//details[@class='question']//a[@href='../index.html']")
    assert "#end" in lab.xpath("//nav[contains(@class, 'md-nav--secondary')]//a/@href")
    assert (stock / "labs" / "do-it.ipynb").is_file()
    assert not [script for script in lab.xpath("//article//script/@src") if urlsplit(script).netloc]


@pytest.mark.site
def test_every_link_leads_to_a_file_and_an_anchor(stock):
    pages = {path: page(stock, path.relative_to(stock).as_posix()) for path in stock.rglob("*.html")}
    dead = []
    for path, document in pages.items():
        if path.name == "404.html":
            continue
        for _, _, address, _ in document.iterlinks():
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or (
                parts.fragment
                and target in pages
                and not pages[target].xpath("//*[@id=$name]", name=unquote(parts.fragment))
            ):
                dead.append(f"{path.relative_to(stock)}: {address}")
    assert dead == []
