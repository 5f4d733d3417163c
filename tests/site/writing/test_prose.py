"""No number stands in prose without an origin; names, dates and references hold no number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llmnotes.site.checks import prose, words

LLAMA = {"size": "16 GiB", "ratio": "19.3×", "n": "8,030,261,248"}


@pytest.fixture
def judge(site: Any, show_fence: Callable[..., str]) -> Callable[..., list[str]]:
    """Return what lists the problems of a page that holds some prose; `site.report` counts its numbers."""
    site.runner.give("a/b/growth", zh=LLAMA, en=LLAMA)

    def check(text: str, lang: str = "en", front: str = "title: T\ndescription: D") -> list[str]:
        site.page(f"{lang}/a/b", f"# T 7\n\n{text}\n\n{show_fence('a/b/growth', lang)}", front)
        (site.report,) = prose.reports(site.root, site.runner)
        return [str(problem) for problem in prose.check(site.root, site.runner)]

    return check


@pytest.mark.parametrize(
    "text",
    [
        "It needs 5 GiB.",
        "需要 5 GiB。",
        "快了 3 倍。",
        "占 1.4%。",
        "a 20-fold gain",
        "70 亿个参数",
        "12 models of 40",
        "- item\n- of 13 tasks",
        "| a | b |\n|---|---|\n| x | 7 |",
        "**9** of them",
        "[5 GiB](other.md) of it",
        "!!! note\n\n    It takes 5 s.",
        "16 GB",
        "19.3x",
        "800B 个 token",
        "第 131,072 个 token",
        "See https://example.org/5. It takes 6 s.",
        "It takes 6 s. See [a](https://example.org).",
        "It takes 6 s.\n\nSee [a](https://example.org).",
        "It takes 6 s[^note].\n\n[^note]: Words without a source.",
        "| a | b |\n|---|---|\n| x | [s](https://example.org) |\n| y | 6 |",
    ],
)
def test_refuses_a_number_without_origin(judge: Any, text: str) -> None:
    assert any("without an origin; fill it in with {{name.claim}}, cite" in problem for problem in judge(text))


@pytest.mark.parametrize(
    "text",
    [
        "It needs {{growth.size}}, `5` or $5$.",
        "It needs 16 GiB, 19.3× as much, of 8,030,261,248.",
        "It takes 5 s[^a].\n\n[^a]: A 2020, arXiv:2005.14165, 3 tables.",
        "It takes 5 s.[^a] Then more.\n\n[^a]: <https://example.org/5>",
        "花了 800B 个 token[^a]。\n\n[^a]: 论文，https://example.org",
        "[The report](https://example.org/12) says 5 s.",
        "says 5 s (arXiv:2005.14165), e.g. 6 s",
        "doi:10.1000/182 says 5 s",
        "| a | 5 s, [s](https://example.org) |\n|---|---|\n| b | 6 s, [s](https://example.org) |",
    ],
)
def test_takes_a_number_with_an_origin(judge: Any, site: Any, text: str) -> None:
    assert judge(text) == []
    assert site.report.counts["unexplained"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "GPT-3, Llama 3.1 8B, Llama 3.1, LLaMA-2-7B-32K, Phi-3-mini, o200k, bf16, H100, QK2V",
        "从 Llama 3.1 8B 到 70B 和 405B",
        "released 2024-07-23, in 2024, on 23 July 2024, July 2024",
        "2024 年 7 月 23 日，2025 年",
        "section 3.2, Table 2.1, Figures 3 and 4, §2.1, step 2, Python 3.11, version 1.2.3",
        "表 2.1，第 3 节，第 2 步，图 4，Python 3.11",
        "1. first\n2. second",
        '??? question "1. What?"\n\n    words',
        "**1.** What?",
        '<span data-x="5">x</span> [a](b5.md#c-6){ .d7 } [RoPE]{lang=en}',
        "<!-- 5 s -->",
    ],
)
def test_names_dates_and_references_are_no_numbers(judge: Any, site: Any, text: str) -> None:
    assert judge(text, "zh" if "年" in text or "表" in text or "从" in text else "en") == []
    assert site.report.counts.total() == 0


def test_names_page_line_and_the_words_around(judge: Any) -> None:
    (problem,) = judge("words\nand 5 GiB more")
    assert problem.startswith("docs/en/a/b.md:8: has 5 GiB (“and 5 GiB more”) without an origin; ")


def test_names_of_the_project_are_listed(judge: Any, site: Any) -> None:
    assert judge("Llama 99 is") != []
    (site.root / words.PLACE).write_text('names = ["Llama 99"]\n', encoding="utf-8")
    assert judge("Llama 99 is") == []


@pytest.mark.parametrize("text", ["names = 3\n", "nmaes = []\n", "names = [\n"])
def test_a_wrong_list_of_names_is_one_line(site: Any, text: str) -> None:
    (site.root / "docs").mkdir(exist_ok=True)
    (site.root / words.PLACE).write_text(text, encoding="utf-8")
    with pytest.raises(prose.SiteError, match=r"^docs/words\.toml: .*; .*$"):
        words.load(site.root)


class TestDefinitions:
    TEN = "16 GiB " * 10

    def test_one_is_allowed_and_listed_by_name(self, judge: Any, site: Any) -> None:
        assert judge("[128K = 131,072 tokens]{.def}") == []
        assert site.report.definitions == ["128K = 131,072 tokens"]
        assert "defined: 128K = 131,072 tokens" in str(site.report)

    def test_at_most_a_tenth_of_the_numbers(self, judge: Any) -> None:
        assert judge(f"{self.TEN}[2 s]{{.def}}") == []
        (problem,) = judge(f"{self.TEN}[2 s]{{.def}} [3 s]{{.def}}")
        assert "marks 2 of 12 numbers as definitions" in problem


def test_counts_each_kind(judge: Any, site: Any) -> None:
    judge("{{growth.size}} 16 GiB, 5 s. [6 s](https://example.org). [7 s]{.def}")
    assert dict(site.report.counts) == {"filled": 1, "typed": 1, "cited": 1, "defined": 1, "unexplained": 1}


def test_the_description_is_prose_and_the_title_a_question(judge: Any) -> None:
    front = "title: Why 7 B?\ndescription: It takes {}."
    assert judge("x", front=front.format("16 GiB")) == []
    (problem,) = judge("x", front=front.format("17 GiB"))
    assert problem.startswith("docs/en/a/b.md:3: has 17 GiB (“It takes 17 GiB.”) in its description without an origin")


def test_a_stale_page_is_not_judged(judge: Any) -> None:
    assert judge("5 s", front="title: T\ndescription: D\ntranslation_of: zh\nstale: true") == []


class TestChineseType:
    @pytest.mark.parametrize(
        ("text", "right"),
        [
            ("用GPU来算", "用 GPU 来算"),
            ("用 GPU来算", "GPU 来算"),
            ("好,很好", "好，很好"),
            ("层数是$L$。", "层数是 $L$。"),
            ("用`code`算", "用 `code` 算"),
            ("要{{growth.size}}呢", "要 {{growth.size}} 呢"),
            ("**GPU**很快", "GPU 很快"),
            ("再读[KV 缓存](x.md)", "再读 KV 缓存"),
            ("- 用GPU来算", "用 GPU 来算"),
            ("| 用GPU | b |\n|---|---|\n| c | d |", "用 GPU"),
        ],
    )
    def test_names_the_line_and_the_right_form(self, judge: Any, text: str, right: str) -> None:
        problems = judge(text, "zh")
        assert len(problems) == 1
        assert problems[0].startswith("docs/zh/a/b.md:7: sets “")
        assert right in problems[0].partition("; write “")[2]

    @pytest.mark.parametrize(
        "text",
        [
            "用 GPU 来算，$L$ 层，`code`。{{growth.size}} 的“话”（括号）。",
            "**用 GPU 来算。**{{growth.size}}，再读 [KV 缓存](x.md)。",
            "见[下一篇](x.md)和[^a]。\n\n[^a]: 论文。",
            "```text\n用GPU来算\n```",
            "English only,like this",
        ],
    )
    def test_leaves_what_is_well_set(self, judge: Any, text: str) -> None:
        assert judge(text, "zh") == []

    def test_a_foreign_title_says_its_language(self, judge: Any) -> None:
        (problem,) = judge("论文，*Attention Is All You Need*，*很长*，*model*，[*A Title*]{lang=en}", "zh")
        assert problem == (
            "docs/zh/a/b.md:7: emphasises “Attention Is All You Need” as Chinese; "
            "write [*Attention Is All You Need*]{lang=en}"
        )

    def test_takes_a_claim_as_it_will_read(self, judge: Any, site: Any) -> None:
        site.runner.give("a/b/growth", zh={"size": "80.3 亿"}, en={"size": "8.03 B"})
        assert judge("有 {{growth.size}}个参数", "zh") == []
        site.runner.give("a/b/growth", zh={"size": "八十亿"}, en={"size": "8.03 B"})
        assert judge("有{{growth.size}}个参数", "zh") == []

    def test_leaves_exceptions(self, judge: Any, site: Any) -> None:
        assert judge("用GPU来算", "zh") != []
        (site.root / words.PLACE).write_text('copyedit = ["用GPU来"]\n', encoding="utf-8")
        assert judge("用GPU来算", "zh") == []

    def test_leaves_english_pages(self, judge: Any) -> None:
        assert judge("(注意力head)", "en") == []
