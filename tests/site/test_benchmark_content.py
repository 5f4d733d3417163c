"""What the benchmark writes is what its engines can build: one snippet, shown by ours and run by the others' fences."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from benchmarks import forms
from benchmarks.content import articles
from llmnotes.site.snippets.runner import Runner

pytestmark = pytest.mark.site


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_engine_shows_the_same_snippet(tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (article,) = articles(1, seed=7)
    forms.write_snippets(tmp_path, [article])
    shown = Runner(tmp_path, workers=1).get(f"{article.slug}/main", lang)
    monkeypatch.chdir(tmp_path)
    said = []
    for fence in re.findall(r"```python[^\n]*\n(.*?)\n```", forms.executed(article, lang)["run"], re.S):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(fence, {})
        said.append(out.getvalue())
    rows, drawings = said
    assert len(rows.splitlines()) == len(shown.table.rows) + 2 == 22
    assert drawings.count("<svg") == 2
    assert shown.svg_wide
    words = re.findall(r"/// figure \| main\n(.*?)\n///", forms.shown(article, lang)["run"], re.S)
    assert len(words[0].split("\n\n")) == 3
