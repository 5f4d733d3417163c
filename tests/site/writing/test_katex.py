"""Formulas are set at build, and those that cannot be are named before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lxml.html
import pytest
from py_mini_racer import MiniRacer

from llmnotes.site.markdown import katex
from llmnotes.site.text import pages


def test_sets_html_for_eyes_and_mathml_for_others() -> None:
    html = lxml.html.fragment_fromstring(katex.render(r"\frac{a}{b}", display=True))
    assert html.get("class") == "katex-display"
    assert [node.tag for node in html.xpath("//mfrac/*")] == ["mi", "mi"]
    assert not html.xpath("//annotation | //*[@xmlns]"), "HTML needs neither, and no reader sees them"
    assert html.xpath("//*[@class='katex-html']/@aria-hidden") == ["true"]


def test_styles_of_the_theme_are_of_the_same_version(root: Path) -> None:
    engine = MiniRacer()
    engine.eval(katex.SCRIPT.read_text(encoding="utf-8"))
    styles = (root / "docs/theme/assets/vendor/katex/katex.min.css").read_text(encoding="utf-8")
    assert f'"{engine.eval("katex.version")}"' in styles


def test_takes_chinese_words_in_a_formula() -> None:
    assert "层数" in katex.render(r"M = 2 \times \text{层数}", display=True)


@pytest.mark.parametrize("tex", [r"\frc{a}", r"\frac{a}", "{", "a_b_c", r"\begin{aligned} a", r"\href{x}{y}", "中"])
def test_refuses_what_it_does_not_understand_in_one_line(tex: str) -> None:
    with pytest.raises(katex.FormulaError) as error:
        katex.render(tex, display=False)
    assert "\n" not in str(error.value)
    assert not any(ord(character) in (0x331, 0x332) for character in str(error.value))


def test_one_wrong_formula_does_not_harm_the_next() -> None:
    with pytest.raises(katex.FormulaError):
        katex.render(r"\newcommand{\x}{\frc}\x", display=False)
    assert "katex" in katex.render("x", display=False)


def test_check_names_every_formula_with_its_line(site: Any) -> None:
    site.page("zh/a/b", "# T\n\nwords $\\frc{a}$ and $ok$\n\n$$\n\\frac{a}\n$$\n\n`$\\frc$` costs \\$5, $6\n")
    problems = list(map(str, katex.check(site.root)))
    assert [problem.partition(": has")[0] for problem in sorted(problems)] == [
        "docs/zh/a/b.md:13",
        "docs/zh/a/b.md:7",
        "docs/zh/a/b.md:9",
    ]
    assert any("$\\frc{a}$: Undefined control sequence" in problem for problem in problems)


def test_check_takes_a_bar_in_a_table(site: Any) -> None:
    site.page("zh/a/b", "# T\n\n| a | b |\n|---|---|\n| $\\|x\\|$ | $y$ |\n")
    assert katex.check(site.root) == []
    (page,) = pages.load(site.root)
    assert [formula.tex for formula in page.source.formulas] == ["|x|", "y"]


def test_check_refuses_a_formula_in_a_heading(site: Any) -> None:
    site.page("zh/a/b", "# T\n\n## Size $x$ { #a }\n")
    (problem,) = katex.check(site.root)
    assert "has a formula in a heading; say it in words" in str(problem)
