"""The Markdown twin of a page: numbers filled in, figures as tables, nothing that only the builder understands."""

from __future__ import annotations

import pytest

from llmnotes.site.markdown.twins import twin
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.pages import read

BODY = """
Prose says {{line.last}} and `{{line.last}}` stays code. A [defined]{.def} word.

```python
--8<-- "kvcache/how-long/line.py:compute"
```

```text
{{line.last}} in a block stays
```
"""


@pytest.fixture
def text(project, snippet) -> str:
    page = project / "docs" / "en" / "kvcache" / "how-long.md"
    page.write_text(page.read_text("utf-8") + BODY, encoding="utf-8")
    source = snippet.read_text("utf-8")
    marked = source.replace("def compute():", "# --8<-- [start:compute]\ndef compute():")
    snippet.write_text(marked.replace("\n\n\ndef draw", "\n# --8<-- [end:compute]\n\n\ndef draw"), encoding="utf-8")
    return twin(project, read(project, page), Runner(project))


def test_says_what_it_is(text):
    head = text.split("---\n")[1]
    assert head.splitlines() == [
        'title: "What does context length cost?"',
        'description: "What does context length cost?"',
        'lang: "en"',
        'html: "how-long.html"',
    ]


def test_fills_in_numbers_in_prose_alone(text):
    assert "Prose says 4 and `{{line.last}}` stays code. A defined word." in text
    assert "{{line.last}} in a block stays" in text


def test_shows_a_figure_as_its_finding_and_its_numbers(text):
    assert (
        "\n\n**Three numbers**\n\nOne straight line.\n\n"
        "| step | number |\n| --- | --- |\n| 0 | 1 |\n| 1 | 2 |\n| 2 | 4 |\n\n*An example.*" in text
    )
    assert "from llmnotes.site import show" not in text


def test_includes_the_code_that_a_page_includes(text):
    assert '```python\ndef compute():\n    return {"numbers": count([1, 2, 4]), "last": count(4)}\n```' in text


def test_drops_ids_of_headings(text):
    assert "\n## How\n" in text
