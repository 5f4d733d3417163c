"""Exercises on pages: what is drawn stands in the question, the answer below it, and nothing of it anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from llmnotes.site.checks import exercises
from llmnotes.site.text import pages

FRONT = "title: T\ndescription: D\nuses:\n  exercise: a/b/exercise\n  other: a/b/other"
GOOD = """??? question "1. {{exercise.ask_model}} at {{exercise.ask_n}}?"

    {{exercise.ask_answer}}, of {{exercise.ask_d}}.
"""
CLAIMS = {"ask_model": "Qwen3 8B", "ask_n": "8K", "ask_d": "128", "ask_answer": "1 GiB"}


@pytest.fixture
def asking(site: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project whose snippet `exercise` asks something and whose `other` does not."""
    real = site.runner.get

    def get(name: str, lang: str) -> Any:
        shown = real(name, lang)
        return replace(shown, ask={"draws": ["model", "n"]}) if "exercise" in name else shown

    for name in ("a/b/exercise", "a/b/exercise2", "a/b/other"):
        site.runner.give(name, zh=CLAIMS, en=CLAIMS)
    monkeypatch.setattr(site.runner, "get", get)
    return site


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD, []),
        (
            "{{exercise.ask_n}}\n\n" + GOOD,
            ["docs/en/a/b.md:10: states {{exercise.ask_n}} outside a folded question"],
        ),
        (
            GOOD.replace("{{exercise.ask_model}}", "It"),
            ["docs/en/a/b.md:10: asks with exercise and does not say what model is"],
        ),
        (GOOD.replace("{{exercise.ask_answer}}", "See"), ["asks with exercise and never gives the answer"]),
        (GOOD.replace("at", "{{exercise.ask_answer}}"), ["gives the answer in the question"]),
        (GOOD.replace("of", "of {{other.ask_d}}"), ["asks with exercise and other in one question"]),
        (GOOD + "\n" + GOOD, ["docs/en/a/b.md:14: asks with exercise twice, first in line 10"]),
        ("Words.", ["never asks the exercise of snippets/a/b/exercise.py"]),
    ],
)
def test_what_a_page_says_of_an_exercise(asking: Any, body: str, said: list[str]) -> None:
    path = asking.page("en/a/b", f"# T\n\n{body}", FRONT)
    found = [str(one) for one in exercises.of_pages([pages.read(asking.root, path)], asking.runner)]
    assert len(found) == len(said), found
    for problem, wanted in zip(found, said, strict=True):
        assert wanted in problem
        assert "; " in problem


def test_a_question_becomes_a_box_that_names_its_numbers(asking: Any, convert: Callable) -> None:
    root = convert(GOOD + "\nAfter.\n", "en", FRONT)
    (box,) = root.xpath("//div[@data-asks]")
    assert box.get("data-asks") == "a/b/exercise"
    assert [one.get("data-ask") for one in box.xpath(".//summary//span[@data-ask]")] == ["model", "n"]
    assert [one.text for one in box.xpath(".//p//span[@data-ask]")] == ["1 GiB", "128"]
    assert root.xpath("//span[@data-asks]") == []
    assert root.xpath("//details[not(ancestor::div[@data-asks])]") == []


def test_a_question_without_an_exercise_stays_a_fold(asking: Any, convert: Callable) -> None:
    root = convert('??? question "Why?"\n\n    Because.\n', "en", FRONT)
    assert root.xpath("//div[@data-asks]") == []
    assert len(root.xpath("//details")) == 1
