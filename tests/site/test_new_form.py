"""A figure in three parts, compute, draw and words on the page: what it shows, and each mistake as one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from llmnotes.site.checks import claims, pairs, prose, structure
from llmnotes.site.figures import figure_files, present
from llmnotes.site.snippets import snippet as snippet_files
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.problem import SiteError
from llmnotes.site.text.shown import Step

NAME = "kvcache/growth/sizes"
PARTS = {
    "imports": "from llmnotes.figures import bars, label\nfrom llmnotes.quantities import bytes_of, count, ratio",
    "compute": """def compute():
    sizes = {"Small 1B": count(1_240_000_000), "Large 8B": count(8_030_000_000)}
    return {"sizes": sizes, "times": sizes["Large 8B"] / sizes["Small 1B"], "plain": 3, "model": "Large 8B"}""",
    "draw": """def draw(result):
    return bars(result["sizes"], x="parameter", rows=label(zh="谁", en="who"))""",
}
GLOSSARY = {
    "zh": "参数（parameter） {: #parameter }\n:   学出来的数。",
    "en": "Parameter (参数) {: #parameter }\n:   A learnt number.",
}
PAGE = """---
title: T
description: D
---

# T

It has {{sizes.sizes_large_8b:short}}, which is {{sizes.times}}.

```python exec="on" html="on" id="sizes"
from llmnotes.site import show
print(show("sizes"))
```

/// figure | sizes
One has {{sizes.times}} as many

Two models.

Two bars.
///
"""


class Article:
    """One article with one figure, in both languages."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for lang, config in (("zh", "mkdocs.yml"), ("en", "mkdocs.en.yml")):
            self.write(config, f"docs_dir: docs/{lang}\n")
            self.write(f"docs/{lang}/glossary.md", f"---\ntitle: T\ndescription: D\n---\n\n# T\n\n{GLOSSARY[lang]}\n")
            self.write(f"docs/{lang}/kvcache/growth.md", PAGE)
        self.parts()

    def write(self, place: str, text: str) -> None:
        """Write a file of the project."""
        (self.root / place).parent.mkdir(parents=True, exist_ok=True)
        (self.root / place).write_text(text, encoding="utf-8")

    def edit(self, place: str, old: str, new: str) -> None:
        """Change a file."""
        text = (self.root / place).read_text("utf-8")
        assert old in text
        self.write(place, text.replace(old, new))

    def parts(self, **parts: str) -> None:
        """Write the snippet, a good one but for these parts."""
        self.write(f"snippets/{NAME}.py", "\n\n\n".join((PARTS | parts).values()) + "\n")

    def runner(self) -> Runner:
        """Return a runner that has prepared the snippet."""
        runner = Runner(self.root, workers=1)
        runner.prepare([NAME])
        return runner

    def failure(self) -> str:
        """Return the one line that says why the snippet cannot be shown."""
        with pytest.raises(SiteError) as caught:
            self.runner()
        (problem, *_) = caught.value.problems
        assert problem.remedy
        return str(problem)


@pytest.fixture
def article(tmp_path: Path) -> Article:
    return Article(tmp_path)


def test_numbers_have_names_forms_and_languages(article: Any) -> None:
    runner = article.runner()
    shown = {lang: runner.get(NAME, lang) for lang in ("zh", "en")}
    assert shown["en"].say("sizes_large_8b") == "8,030,000,000"
    assert [shown[lang].say("sizes_large_8b", "short") for lang in ("zh", "en")] == ["80.3 亿", "8.03 B"]
    assert [shown[lang].say("times") for lang in ("zh", "en")] == ["6.48 倍", "6.48×"]
    assert shown["en"].say("model") == "Large 8B"


def test_the_table_follows_from_the_drawing_in_each_language(article: Any) -> None:
    runner = article.runner()
    assert runner.get(NAME, "zh").table.columns == ["谁", "参数"]
    assert runner.get(NAME, "en").table.columns == ["who", "parameter"]
    assert runner.get(NAME, "en").table.rows == [["Small 1B", 1_240_000_000], ["Large 8B", 8_030_000_000]]
    assert ">parameter (B)</text>" in runner.get(NAME, "en").svg_wide
    assert ">参数（亿）</text>" in runner.get(NAME, "zh").svg_narrow


def test_a_label_draws_again_and_computes_nothing(article: Any) -> None:
    article.runner()
    article.edit(f"snippets/{NAME}.py", 'en="who"', 'en="which"')
    assert {step.kind for step in article.runner().ran} == {"draw", "words"}


def test_a_term_that_is_used_draws_again_and_another_does_not(article: Any) -> None:
    article.runner()
    article.edit("docs/en/glossary.md", "A learnt number.", "A number that was learnt.")
    assert article.runner().ran == []
    article.edit("docs/en/glossary.md", "Parameter (参数)", "Weight (参数)")
    ran = article.runner().ran
    assert {step.lang for step in ran} == {"en"}
    assert Step("compute", NAME) not in ran
    article.edit("docs/en/glossary.md", "#parameter", "#weight")
    assert "uses the label 'parameter', which no glossary has" in article.failure()


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"draw": 'def draw(result):\n    return bars({"A": 5}, x="parameter")'}, "11: 5 is drawn without a unit"),
        ({"draw": PARTS["draw"].replace("parameter", "paramter")}, "11: uses the label 'paramter'"),
        (
            {"draw": 'def draw(result):\n    return bars({"A": count(5)}, x="parameter", dots={}, names=("A", "B"))'},
            "11: dots has nothing where the chart has A; give all of them the same names in the same order",
        ),
        (
            {"compute": "def compute():\n    return {'sum': count(5) + bytes_of(3)}"},
            "6: bytes cannot be added to count; let both have one unit",
        ),
        ({"compute": "def compute():\n    return {'a-b': count(5), 'a_b': count(5)}"}, "two parts of the result"),
        ({"draw": PARTS["draw"].replace(', en="who"', "")}, "11: has a label without en"),
        ({"draw": PARTS["draw"].replace("who", " ")}, "11: has a label without en"),
        ({"draw": "def draw(result):\n    return None"}, "10: draw returns NoneType; return a chart"),
        ({"draw": "def draw(result, canvas):\n    return None"}, "10: draws by itself and has no table"),
    ],
)
def test_a_mistake_in_the_snippet_is_one_line(article: Any, parts: dict[str, str], line: str) -> None:
    article.parts(**parts)
    assert line in article.failure()
    assert "Traceback" not in article.failure()


def problems(article: Article, check: Any, *more: Any) -> list[str]:
    return [str(problem) for problem in check(article.root, *more)]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("{{sizes.times}}.", "{{sizes.plain}}.", f":8: uses {{{{sizes.plain}}}}, but in snippets/{NAME}.py plain is 3"),
        ("{{sizes.times}}.", "{{sizes.time}}.", f":8: uses {{{{sizes.time}}}}, but snippets/{NAME}.py gives no time"),
        ("{{sizes.times}}.", "{{sizes.times:shorter}}.", ":8: uses {{sizes.times:shorter}}, but in"),
        ("as many", "{{sizes.much}} as many", ":16: uses {{sizes.much}}, but"),
        ("{{sizes.times}}.", r"$2 \frac{{a}}{b} {{sizes.times}}$.", ":8: {{sizes.times}} stands in a formula, where"),
    ],
)
def test_a_name_that_is_not_there_is_one_line(article: Any, old: str, new: str, line: str) -> None:
    article.edit("docs/en/kvcache/growth.md", old, new)
    assert any(f"docs/en/kvcache/growth.md{line}" in one for one in problems(article, claims.check, article.runner()))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "/// figure | sizes",
            "/// figure | size",
            ":15: has words for a figure 'size', which it does not show; the page",
        ),
        (
            "/// figure | sizes",
            "/// figure | size",
            ":12: shows sizes without words; write it between `/// figure | sizes`",
        ),
        ("Two models.\n\n", "", ":15: has 2 paragraphs of words for the figure sizes; write three"),
        (
            "Two models.",
            "[Two](a.md) models.",
            ":15: has a link in the words of the figure sizes, which are shown as plain",
        ),
    ],
)
def test_words_that_are_missing_or_would_be_shown_raw_are_one_line(article: Any, old: str, new: str, line: str) -> None:
    assert problems(article, structure.check) == []
    article.edit("docs/en/kvcache/growth.md", old, new)
    assert any(f"docs/en/kvcache/growth.md{line}" in one for one in problems(article, structure.check))


def test_a_snippet_without_a_figure_gives_numbers_and_cannot_be_shown(article: Any) -> None:
    article.parts(draw="")
    assert article.runner().get(NAME, "en").say("times") == "6.48×"
    here, *_ = problems(article, structure.check)
    assert ":12: shows kvcache/growth/sizes, which draws nothing; add draw(result)" in here
    for lang in ("zh", "en"):
        article.edit(f"docs/{lang}/kvcache/growth.md", "description: D", f"description: D\nuses: {{sizes: {NAME}}}")
        article.edit(f"docs/{lang}/kvcache/growth.md", PAGE[PAGE.index("```python") :], "")
    assert problems(article, structure.check) == []


def test_words_in_one_language_alone_are_drift(article: Any) -> None:
    article.edit("docs/en/kvcache/growth.md", "description: D\n", "description: D\ntranslation_of: zh\n")
    article.edit("docs/en/kvcache/growth.md", PAGE[PAGE.index("/// figure") :], "")
    assert any("words of the figure sizes" in one for one in problems(article, pairs.check))


def test_words_are_prose(article: Any) -> None:
    article.edit("docs/en/kvcache/growth.md", "Two models.", "Tow modles of 77 layers.")
    article.write("words.toml", "")
    said = problems(article, prose.check, article.runner())
    assert any("growth.md:18: has 77 layers" in one for one in said)
    assert any("growth.md:18: has the word “modles”" in one for one in said)


def test_a_snippet_says_without_running_what_it_needs(article: Any) -> None:
    read = snippet_files.load(article.root, NAME)
    assert [words for _, words in read.labels] == [{"zh": "谁", "en": "who"}]
    assert re.match(r"def compute", read.compute_source)


MECHANISM = {
    "imports": "from llmnotes.figures import Mechanism, Table, label\nfrom llmnotes.quantities import count",
    "compute": 'def compute():\n    return {"n": count(2)}',
    "draw": """def draw(result, canvas):
    drawing = Mechanism(canvas, height=60)
    drawing.box(0, 0, 120, 50, "parameter", steps=1)
    drawing.box(0, 0, 120, 50, label(zh="后", en="after"), steps=2)
    return drawing""",
    "table": 'def table(result):\n    return Table(["parameter"], [[result["n"]]])',
    "steps": 'def steps(result):\n    return [label(zh="读", en="read"), label(zh="写", en="write")]',
}


def test_of_a_long_table_a_page_shows_the_rows_that_are_drawn_and_the_file_has_all(article: Any) -> None:
    table = """def table(result):
    rows = [[name(f"M{at}"), count(at)] for at in range({})]
    rows[7], rows[3] = ([name(one), size] for one, size in result["sizes"].items())
    return Table(["model", "parameter"], rows)"""
    imports = PARTS["imports"].replace("bars, label", "Table, bars, label, name")
    for n_rows, on_page in ((41, [7, 3]), (40, [])):
        drawn = PARTS["draw"].replace('result["sizes"]', '{name(key): one for key, one in result["sizes"].items()}')
        parts = [imports, PARTS["compute"], drawn, table.replace("range({})", f"range({n_rows})")]
        article.write(f"snippets/{NAME}.py", "\n\n\n".join(parts) + "\n")
        shown = article.runner().get(NAME, "en")
        assert shown.table.on_page == on_page
        found = html.fromstring(present.figure_html(shown))
        assert len(found.xpath("//tbody/tr")) == (len(on_page) or n_rows)
        said = [f"The 2 rows that are drawn; the CSV has all {n_rows}."]
        assert found.xpath("//caption/text()") == said[: len(on_page)]
        assert figure_files.csv_text(shown).count("\n") == n_rows + 1
        # Rows in the order of the drawing can be pointed at in it.
        assert bool(found.xpath("//svg/@data-rows")) == bool(on_page)


def test_a_mechanism_has_a_button_for_each_step(article: Any) -> None:
    article.write(f"snippets/{NAME}.py", "\n\n\n".join(MECHANISM.values()) + "\n")
    shown = article.runner().get(NAME, "zh")
    assert shown.steps == ["读", "写"]
    found = html.fromstring(present.figure_html(shown))
    assert found.xpath("//fieldset/label/span/text()") == ["1. 读", "2. 写"]
    assert found.xpath("//fieldset/label/input[@checked]/@value") == ["1"]
    assert found.xpath("//div[@class='ln-narrow']//g/@data-steps") == ["1", "2"]
    style = (Path(__file__).parents[2] / "docs/theme/assets/figure.css").read_text("utf-8")
    for at in shown.steps and (1, 2):
        assert f'input[value="{at}"]:checked) g[data-steps]:not([data-steps~="{at}"])' in style
