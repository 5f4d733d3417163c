"""What the Markdown extension makes of an article, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llmnotes.site.text.problem import SiteError


def refused(convert: Callable[..., object], body: str) -> str:
    with pytest.raises(SiteError) as error:
        convert(body)
    assert len(error.value.problems) == 1
    assert "\n" not in str(error.value)
    return str(error.value)


class TestFill:
    def test_fills_a_number_in_and_marks_it(self, site: Any, convert: Any, show_fence: Any) -> None:
        site.runner.give("kvcache/growth/main", zh={"size": "16 GiB"}, en={"size": "16.0 GiB"})
        for lang, text in (("zh", "16 GiB"), ("en", "16.0 GiB")):
            page = convert(f"# T\n\n**{{{{growth.size}}}}**\n\n{show_fence('kvcache/growth/main', lang)}", lang)
            (claim,) = page.find_class("ln-claim")
            assert (claim.text, dict(claim.attrib)) == (text, {"class": "ln-claim"})

    def test_knows_a_snippet_by_its_last_part_and_by_uses(self, site: Any, convert: Any, show_fence: Any) -> None:
        for name in ("main", "other"):
            site.runner.give(f"kvcache/growth/{name}", zh={"size": name}, en={"size": name})
        page = convert(
            f"# T\n\n{{{{main.size}}}} {{{{x.size}}}}\n\n{show_fence('kvcache/growth/main', 'zh', 'fig')}",
            front="title: T\ndescription: D\nuses: {x: kvcache/growth/other}",
        )
        assert [claim.text for claim in page.find_class("ln-claim")] == ["main", "other"]

    def test_leaves_code_and_formulas_alone(self, convert: Any) -> None:
        page = convert("# T\n\n`{{a.b}}` and $\\frac{{a}}{{b}}$\n\n```\n{{c.d}}\n```\n")
        assert not page.find_class("ln-claim")
        assert "{{a.b}}" in page.text_content()
        assert "{{c.d}}" in page.text_content()

    def test_works_in_headings_tables_links_and_admonitions(self, site: Any, convert: Any, show_fence: Any) -> None:
        site.runner.give("kvcache/growth/main", zh={"size": "16"}, en={"size": "16"})
        use = "{{growth.size}}"
        table = f"| a | b |\n|---|---|\n| {use} | [{use}](#a) |"
        body = f'# T\n\n## {use} {{ #a }}\n\n{table}\n\n??? note "{use}"\n\n    {use}\n\n'
        page = convert(body + show_fence("kvcache/growth/main", "zh"))
        assert sorted(claim.getparent().tag for claim in page.find_class("ln-claim")) == [
            "a",
            "h2",
            "p",
            "summary",
            "td",
        ]
        assert page.find(".//h2").get("id") == "a"

    @pytest.mark.parametrize(
        ("use", "said"),
        [
            (
                "{{nothing.size}}",
                "docs/zh/kvcache/growth.md:8: uses {{nothing.size}}, but nothing here is called nothing; ",
            ),
            ("{{growth.sise}}", "snippets/kvcache/growth/main.py gives no sise; did you mean size?"),
            ("{{size}}", "names no claim"),
        ],
    )
    def test_refuses_what_nothing_fills(self, site: Any, convert: Any, show_fence: Any, use: str, said: str) -> None:
        site.runner.give("kvcache/growth/main", zh={"size": "16"}, en={"size": "16"})
        assert said in refused(convert, f"# T\n\nwords\n{use}\n\n{show_fence('kvcache/growth/main', 'zh')}")


class TestMath:
    def test_sets_formulas_with_mathml(self, convert: Any) -> None:
        page = convert("# T\n\nSize $x_1$ is\n\n$$ M = 2\\,b\n+ 3 $$\n")
        assert len(page.xpath("//math")) == 2
        assert page.xpath("//*[@class='ln-scroll ln-formula']/@aria-label") == ["公式 1"]
        assert page.xpath("//*[@class='ln-scroll ln-formula']/@tabindex") == ["0"]

    def test_ties_the_mark_that_follows(self, convert: Any) -> None:
        page = convert("# T\n\n宽度（$d$），层数 $L$。\n")
        assert [tie.text_content()[-2:] for tie in page.xpath("//*[@class='ln-tie']")] == ["），", "L。"]

    def test_a_tied_formula_may_break_between_its_parts_and_nowhere_else(self, convert: Any) -> None:
        page = convert("# T\n\n宽度 $a = b + c$，单 $x$。\n")
        ties = page.xpath("//*[@class='ln-tie']")
        assert [len(tie.xpath(".//wbr")) for tie in ties] == [2, 0]
        # This parser takes what follows a wbr for its content.
        assert {part[0].get("class") for part in ties[0].xpath(".//wbr")} == {"katex-base"}

    def test_leaves_escaped_dollars_and_code_alone(self, convert: Any) -> None:
        page = convert("# T\n\nIt costs \\$5 or \\$6, `$x$`.\n")
        assert not page.xpath("//math")
        assert "costs $5 or $6, $x$." in page.text_content()

    def test_takes_a_bar_in_a_table(self, convert: Any) -> None:
        page = convert("# T\n\n| a | b |\n|---|---|\n| $\\|x\\|$ | $y$ |\n")
        assert [cell.xpath("string(.//math)") for cell in page.iter("td")] == ["∣x∣", "y"]

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (
                "words $\\frc{a}$",
                "docs/zh/kvcache/growth.md:8: has a formula that KaTeX refuses: $\\frc{a}$: Undefined",
            ),
            ("$$ \\frac{a} $$", "$\\frac{a}$"),
            ("| a | b |\n|---|---|\n| $|x|$ | y |", "in a table, write \\| for a bar"),
            ("It costs $5.", "has a $ that neither begins nor ends a formula; write \\$"),
            ("$a\n\nb$", "within its paragraph"),
        ],
    )
    def test_names_page_and_formula_that_are_wrong(self, convert: Any, body: str, said: str) -> None:
        assert said in refused(convert, f"# T\n\nwords\n\n{body}\n".replace("words\n\nwords", "words\nwords"))

    def test_stands_in_links_and_lists(self, convert: Any) -> None:
        page = convert("# T\n\n[公式 $z$](#t)\n\n- list\n\n    $$ a $$\n\n    more\n")
        assert len(page.xpath("//a//math")) == 1
        assert len(page.xpath("//li//*[@class='ln-scroll ln-formula']")) == 1


def test_boxes_scroll_and_have_labels_of_their_own(convert: Any) -> None:
    table = "| model | size |\n|---|---|\n| a | b |\n"
    page = convert(f"# T\n\n{table}\nwords\n\n{table}")
    boxes = page.xpath("//*[@class='ln-scroll']")
    assert [box.get("aria-label") for box in boxes] == ["表: model、size", "表: model、size (2)"]
    assert all(box.get("role") == "region" and box.get("tabindex") == "0" and box[0].tag == "table" for box in boxes)


def test_a_flag_is_marked_where_it_stands_in_a_line(convert: Any) -> None:
    page = convert(
        "# T\n\n`--n-cpu-moe 25` `n-cpu` `a --b`\n\n| a |\n|---|\n| `-ngl` |\n\n    --block\n\n```\n--fence\n```\n"
    )
    assert [code.text for code in page.find_class("ln-flag")] == ["--n-cpu-moe 25", "-ngl"]


def test_marks_words(convert: Any) -> None:
    page = convert("# T\n\n用 [RoPE]{lang=en}，取 [128 × 1024]{.def}，[x](#t){ .y }。\n")
    assert [(span.text, dict(span.attrib)) for span in page.xpath("//p/span")] == [
        ("RoPE", {"lang": "en"}),
        ("128 × 1024", {"class": "ln-def"}),
    ]


def test_says_that_a_page_is_stale(convert: Any) -> None:
    front = "title: T\ndescription: D\ntranslation_of: {}\nsource_hash: sha-000000000000\nstale: {}"
    for lang, original, words in (("zh", "en", "以原文为准"), ("en", "zh", "Chinese original")):
        page = convert("# T\n\nwords\n", lang, front.format(original, "true"))
        (banner,) = page.xpath("//*[contains(@class, 'ln-stale')]")
        assert banner.getprevious().tag == "h1"
        assert words in banner.text_content()
        assert banner.xpath(".//a/@href") == [f"../../{original}/kvcache/growth.html"]
        assert not convert("# T\n", lang, front.format(original, "false")).xpath("//*[contains(@class, 'ln-stale')]")
