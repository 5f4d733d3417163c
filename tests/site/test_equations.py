"""The pages of formulas hold every public equation with its formula, and nothing of a docstring is lost or left raw."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import lxml.html
import pytest

from llmnotes.site.made.equations import pages
from llmnotes.site.made.equations.docstrings import MODULES, modules
from llmnotes.site.made.equations.prose import inline


def public(module: str) -> list[str]:
    found = importlib.import_module(f"llmnotes.equations.{module}")
    functions = inspect.getmembers(found, inspect.isfunction)
    return sorted(name for name, one in functions if one.__module__ == found.__name__ and name[0] != "_")


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request, root: Path):
    """The pages of a language, without their frame."""
    from unittest.mock import patch

    with patch.object(pages, "renderer", lambda config, parent: lambda page: page.content):
        return request.param, pages.make(root, request.param, SimpleNamespace(site_url=""))


@pytest.mark.parametrize("module", MODULES)
def test_every_public_equation_has_its_place(made, module):
    found = made[1]
    document = lxml.html.fromstring(f"<div>{found['pages'][f'formulas/{module}.html']}</div>")
    assert sorted(document.xpath(".//h2/@id")) == public(module)
    for name in public(module):
        assert f'href="formulas/{module}.html#{name}"' in found["html"]
    assert len(document.find_class("katex-display")) >= len(public(module))


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_left_raw(made, module):
    found = made[1]
    document = lxml.html.fromstring(f"<div>{found['pages'][f'formulas/{module}.html']}</div>")
    for tag in ("code", "pre"):
        for one in list(document.iter(tag)):
            one.drop_tree()
    assert not re.search(r"[$`]|Args:|Source:\n|>>>", document.text_content())


def test_english_words_are_marked_on_a_chinese_page(made):
    lang, found = made
    assert (' lang="en"' in found["pages"]["formulas/kvcache.html"]) == (lang == "zh")


def test_every_docstring_names_arguments_that_exist():
    for module in modules():
        for one in module.equations:
            function = getattr(importlib.import_module(f"llmnotes.equations.{module.name}"), one.name)
            assert [arg.name for arg in one.arguments] == list(inspect.signature(function).parameters)
            assert one.example.startswith(">>> "), one.name


def test_every_input_is_said():
    unsaid = [
        f"{one.name}({arg.name})"
        for module in modules()
        for one in module.equations
        for arg in one.arguments
        if not arg.said
    ]
    assert unsaid == []


def test_angle_brackets_stay_text():
    assert inline("a < `b<c>`") == "a &lt; <code>b&lt;c&gt;</code>"
