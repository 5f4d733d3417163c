"""Python becomes JavaScript at build: always the same bytes, kept until it changes, errors that name the module."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmnotes.site.cache.store import Store
from llmnotes.site.script import translate
from llmnotes.site.text.problem import SiteError

SOURCES = {"tool": "", "tool.part": "class Part:\n    def size(self):\n        return [n * 2 for n in (1, 2)]\n"}


def test_gives_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = (translate.translated(SOURCES, {"tool"}, "tool", Store(tmp_path / name)) for name in "ab")
    assert first == second
    assert "locals_tool_part" in first["tool.part"]


def test_translates_again_only_what_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    before = translate.translated(SOURCES, {"tool"}, "tool", store)
    monkeypatch.setattr(translate, "_translate", lambda sources, packages: dict.fromkeys(sources, "new"))
    assert translate.translated(SOURCES, {"tool"}, "tool", store) == before
    after = translate.translated(SOURCES | {"tool.part": "x = 1\n"}, {"tool"}, "tool", store)
    assert after == dict.fromkeys(SOURCES, "new")


def test_names_a_module_that_brython_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"tool\.part"):
        translate.translated(SOURCES | {"tool.part": "def (:\n"}, {"tool"}, "tool", Store(tmp_path))
