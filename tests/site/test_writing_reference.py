"""The writing reference shows what it says: each example is the text that follows it, and becomes what Material has."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import lxml.html
import pytest

from llmnotes.units import LANGUAGES

REPOSITORY = Path(__file__).resolve().parents[2]
SECTION = re.compile(r"^## .*? \{ #(?P<id>[\w-]+) \}\n(?P<text>.*?)(?=^## |\Z)", re.M | re.S)
EXAMPLE = re.compile(r"^````markdown\n(?P<source>.*?)\n````\n\n(?P<live>.*?)\s*\Z", re.M | re.S)
# What a section holds once it is built, each as Material's own style sheet names it.
CONSTRUCTS = {
    "admonitions": ["div[@class='admonition note']/p", "div[@class='admonition warning']/p[@class='admonition-title']"],
    "collapsible": ["details[@class='question' and not(@open)]/summary", "details[@class='tip' and @open]/summary"],
    "annotations": ["p[@class='annotate'][contains(., '(1)')]/following-sibling::ol[1]/li"],
    "buttons": ["a[@class='md-button md-button--primary']", "a[@class='md-button']"],
    "code": [
        "span[@class='filename'][.='cache.py']",
        "span[@class='linenos'][@data-linenos='2 ']",
        "span[@class='hll']",
        "code[@class='highlight']/span",
    ],
    "tabs": [
        "div[@class='tabbed-set tabbed-alternate'][count(input[@type='radio'])=2]",
        "div[@class='tabbed-labels']/label[2]",
        "div[@class='tabbed-content']/div[@class='tabbed-block'][2]",
    ],
    "tables": ["div[@class='ln-scroll'][@tabindex='0']/table/tbody/tr[2]/td[3][contains(@style, 'right')]"],
    "footnotes": ["sup/a[@class='footnote-ref']"],
    "formatting": [
        "mark[not(@class)]", "ins[not(@class)]", "del[not(@class)]", "sup[not(@id)]", "sub", "span[@class='keys']/kbd",
        "ins[@class='critic']", "del[@class='critic']", "mark[@class='critic']", "span[@class='critic comment']",
    ],
    "grids": ["div[@class='grid cards']/ul/li[2]/hr", "div[@class='grid cards']//a"],
    "icons": [
        "span[@class='twemoji'][@aria-hidden]/*[local-name()='svg']",
        "span[@class='emoji'][@role='img'][.='😄']",
    ],
    "images": ["figure/img[@alt][@src='writing-cache.svg'][@width='240']", "figure/figcaption"],
    "lists": ["ul/li/ul/li", "dl/dt/code", "dl/dd", "li[@class='task-list-item']//input[@disabled][@aria-label]"],
    "math": ["span[@class='katex-display']", "span[@class='katex-mathml']"],
    "tooltips": ["a[@title]", "abbr[@title][.='TOML']"],
    "graded": [
        "div[@class='ln-exercise'][@data-asks]/details/summary/span[@data-ask='model']",
        "div[@class='ln-exercise']/details/p/span[@data-ask='answer']",
    ],
    "refused": ["dl/dt[4]"],
}  # fmt: skip
CONVERT = """import sys
from pathlib import Path
from llmnotes.site.build.edition import settings_of
from mkdocs.structure.files import get_files
from mkdocs.structure.pages import Page
config = settings_of(Path.cwd(), sys.argv[1])
files = get_files(config)
page = Page(None, files.get_file_from_path("writing.md"), config)
page.read_source(config)
page.render(config, files)
print(page.content)
"""


def sections(lang: str) -> dict[str, str]:
    text = (REPOSITORY / "docs" / lang / "writing.md").read_text(encoding="utf-8")
    return {found["id"]: found["text"] for found in SECTION.finditer(text)}


@cache
def built(lang: str) -> lxml.html.HtmlElement:
    """Convert the page as the build does, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CONVERT, lang], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return lxml.html.fragment_fromstring(done.stdout, create_parent=True)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_section_is_known_and_shows_the_source_of_what_it_shows(lang):
    found = sections(lang)
    assert list(found) == list(CONSTRUCTS)
    for name, text in found.items():
        if name != "refused":
            example = EXAMPLE.search(text)
            assert example, name
            assert example["source"] == example["live"], name


@pytest.mark.site
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_construct_becomes_what_materials_reference_says(lang):
    page = built(lang)
    missing = [
        f"{name}: {wanted}"
        for name, all_wanted in CONSTRUCTS.items()
        for wanted in all_wanted
        if not page.xpath(f"//{wanted}[preceding::h2[1][@id='{name}']]|//h2[@id='{name}']/following-sibling::{wanted}")
    ]
    assert missing == []
    # What stands in examples is left alone.
    assert not page.xpath("//pre//ins|//pre//mark|//pre//*[contains(@class, 'critic')]")


@pytest.mark.site
def test_an_admonition_without_a_title_is_named_in_the_language_of_its_page():
    assert [built(lang).find_class("admonition-title")[0].text for lang in ("zh", "en")] == ["注意", "Note"]
