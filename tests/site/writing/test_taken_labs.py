"""A notebook that somebody takes away: what the site makes of its text, Jupyter has no way to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from llmnotes.site.labs import execute, taken
from llmnotes.site.snippets.runner import runner_of
from llmnotes.site.text import pages, percent
from llmnotes.units import LANGUAGES

ADDRESS = "https://example.org/notes/en/"


@pytest.fixture
def taking(site: Any) -> Callable[..., str]:
    """Return what makes text for Jupyter of a cell of the lab `labs/do-it`."""
    site.runner.give("labs/do-it/room", zh={"n": "8K"}, en={"n": "8K"})

    def take(text: str, site_url: str = ADDRESS) -> str:
        show = '```python exec="on" html="on" id="room"\nfrom llmnotes.site import show\nprint(show("room"))\n```'
        page = pages.read(site.root, site.page("en/labs/do-it", f"# T\n\n{show}\n"))
        return taken.text_of_cell(text.replace("SHOW", show), page, site.runner, site_url)

    return take


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("[a](../memory/fit.md) b", "[a](https://example.org/notes/en/memory/fit.html) b"),
        ("[a](other.py#end)", "[a](https://example.org/notes/en/labs/other.html#end)"),
        ('[a](../glossary.md "Words") b', "[a](https://example.org/notes/en/glossary.html) b"),
        ("[a](https://x.org/b.md)", "[a](https://x.org/b.md)"),
        ("[the end](#end) b", "the end b"),
        ("f[x](y) and `[a](b.md)`", "f[x](y) and `[a](b.md)`"),
        ("{{room.n}} and [16]{.def}", "8K and 16"),
    ],
)
def test_links_lead_from_anywhere_and_numbers_are_filled_in(taking: Callable[..., str], text: str, made: str) -> None:
    assert taking(text) == made


def test_where_nobody_knows_the_address_a_link_is_words(taking: Callable[..., str]) -> None:
    assert taking("See [the cache](../kvcache/big.md#by-hand).", "") == "See the cache."


def test_a_fold_is_one_that_jupyter_folds(taking: Callable[..., str]) -> None:
    text = '??? question "Why `a` < {{room.n}}?"\n\n    Because:\n\n    ```python\n    b = [1]\n    ```\n\nAfter.'
    made = taking(text)
    assert made.splitlines()[:2] == ["<details>", "<summary>Why <code>a</code> &lt; 8K?</summary>"]
    html = MarkdownIt().render(made)
    assert '<pre><code class="language-python">b = [1]\n</code></pre>\n</details>\n<p>After.</p>' in html


def test_a_figure_leaves_its_finding_and_its_numbers(taking: Callable[..., str]) -> None:
    words = "/// figure | room\nFinding {{room.n}}\n\nCaption\n\nDescription\n///"
    made = taking(f"Before:\n\nSHOW\n\n{words}\n\nAfter.")
    assert made.startswith("Before:\n\n**T**")
    assert made.endswith("After.")
    assert "///" not in made
    assert "```" not in made


@pytest.mark.site
@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_that_only_this_site_reads_is_left_in_its_labs(root: Path, lang: str) -> None:
    for name in execute.names(root):
        page = pages.read(root, root / execute.place_of(lang, name))
        runner = runner_of(root)

        def prose(text: str, page: pages.Page = page, runner: Any = runner) -> str:
            return taken.text_of_cell(text, page, runner, ADDRESS)

        notebook = percent.as_notebook(page.path.read_text(encoding="utf-8"), prose)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        for left in ("???", "///", "{{", "]{", "exec=", "show("):
            assert left not in text, (name, left)
        links = re.findall(r"\]\(([^)]*)\)", re.sub(r"```.*?```", "", text, flags=re.S))
        assert links
        assert all(link.startswith("https://") for link in links), links
        for place in (link.removeprefix(ADDRESS) for link in links if link.startswith(ADDRESS)):
            source = place.partition("#")[0].removesuffix(".html")
            assert any((root / "docs" / lang / f"{source}{end}").is_file() for end in (".md", ".py")), place
