"""Charts say what is wrong with their data in one line, draw what they are given, and bring the table of it."""

import re
from typing import Any

import numpy as np
import pytest

from llmnotes.figures import (
    Canvas,
    Speaker,
    Table,
    bars,
    dumbbells,
    grouped_bars,
    label,
    lines,
    render,
    roofline,
    scatter,
    stacked_bars,
)
from llmnotes.figures.canvas import scale_of
from llmnotes.quantities import bytes_of, count, flops, number, ratio, seconds, share, tokens

TERMS = {
    "zh": {"kv-cache": "KV 缓存", "context-length": "上下文长度", "attention": "注意力", "norm": "归一化"},
    "en": {"kv-cache": "KV cache", "context-length": "context length", "attention": "attention", "norm": "norm"},
}
CHARTS = {
    "bars": bars({"A 7B": count(7e9), "B 8B": count(8e9)}, x="attention", rows="model"),
    "bars-and-dots": bars(
        {"A": count(7e9), "B": count(8e9)},
        x="attention", dots={"A": count(7e9), "B": count(6e9)}, names=("computed", "published"),
    ),
    "bars-in-groups": bars(
        {"A": tokens(2048), "B": tokens(65536), "C": None},
        x="context-length", log=True,
        groups={"norm": ["A", "C"], "attention": ["B"]}, none=label(zh="从不", en="never"),
    ),
    "grouped": grouped_bars(
        {"A": {"norm": share(0.5), "attention": share(1)}, "B": {"norm": None, "attention": share(0.25)}},
        x="share", until=1.2, ends={"A": {"norm": "1/2", "attention": "2/2"}, "B": {"norm": "", "attention": "1/4"}},
    ),
    "own": lines(
        tokens([1024, 2048]), {"GQA": ratio([2, 3]), "attention": ratio([2.5, 3.5])},
        x="context-length", y="norm", own="attention", here=tokens(2048), key=True,
    ),
    "stacked": stacked_bars(
        {"A": {"attention": count(2e9), "norm": count(5e6)}, "B": {"attention": count(3e9), "norm": count(1e6)}},
        x="attention", rows="model", total="total", rest="norm",
    ),
    "lines": lines(
        tokens([1024, 4096, 16384]),
        {"GQA": bytes_of([2**27, 2**29, 2**31]), "MQA": [bytes_of(2**20), None, bytes_of(2**24)]},
        x="context-length", y="kv-cache", log="xy",
    ),
    "scatter": scatter({"A": (count(7e9), share(0.5)), "B": (count(9e9), share(0.25))}, x="attention", y="norm"),
    "roofline": roofline(
        {"A 40": {"peak_flops_per_s": 1e14, "bandwidth_bytes_per_s": 1e12}},
        {"attention": [(number(4), flops(3e12) / seconds(1)), (number(400), flops(6e13) / seconds(1))]},
        under={"attention": "A 40"}, span=(1, 1_000),
    ),
    "dumbbells": dumbbells(
        {"A": (seconds(0.1), seconds(0.2)), "B": (seconds(0.4), seconds(0.3))},
        x="time", solid="computed", hollow="measured",
    ),
}  # fmt: skip


def untyped(value: Any) -> Any:
    """What nobody checked before it ran."""
    return value


def canvas(lang="en", width="wide"):
    return Canvas(width, Speaker(lang, TERMS[lang].get))


def words(chart, lang="en", width="wide"):
    return re.findall(r"<text[^>]*>([^<]*)</text>", render(chart.draw(canvas(lang, width))).decode())


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize("name", CHARTS)
def test_both_languages_draw_the_same_geometry(name, width):
    shapes = {}
    for lang in ("zh", "en"):
        axes = CHARTS[name].draw(canvas(lang, width)).axes[0]
        shapes[lang] = [
            *(patch.get_path().get_extents(patch.get_transform()).bounds for patch in axes.patches),
            *(np.asarray(line.get_xydata()).tolist() for line in axes.lines),
            [*axes.xaxis.get_majorticklocs()],
        ]
    assert shapes["zh"] == shapes["en"]


def test_an_axis_reads_in_the_unit_of_its_language():
    assert "attention (B)" in words(CHARTS["bars"])
    assert "注意力（亿）" in words(CHARTS["bars"], "zh")
    assert {"7 B", "8 B"} <= set(words(CHARTS["bars"]))
    assert {"70 亿", "80 亿", "20", "40"} <= set(words(CHARTS["bars"], "zh"))
    assert {"KV cache (MiB)", "4K", "context length (tokens)"} <= set(words(CHARTS["lines"]))


@pytest.mark.parametrize(
    ("values", "name", "size"),
    [
        (bytes_of([1, 2**30 - 1]), "MiB", 2**20),
        (bytes_of([2**30]), "GiB", 2**30),
        (flops([3e15]), "PFLOPs", 1e15),
        (count([9, 999]), "", 1),
        (count([1e6]), "M", 1e6),
        (share([0.1]), "%", 0.01),
        (number([7]), "", 1),
        ([bytes_of(2**17) / tokens(1)], "KiB/token", 2**10),
    ],
)
def test_the_largest_value_chooses_the_unit(values, name, size):
    scale = scale_of(values, "en")
    assert (scale.name, scale.size) == (name, size)


def test_the_middle_of_a_logarithmic_axis_chooses_its_unit():
    wide = {"A": bytes_of(2**27), "B": bytes_of(2**37)}
    assert "KV cache (GiB)" in words(bars(wide, x="kv-cache", log=True, form=None))


def test_ticks_over_many_powers_have_each_its_own_unit():
    wide = {"A": bytes_of(2**20), "B": bytes_of(2**40)}
    said = words(bars(wide, x="kv-cache", log=True, form=None))
    assert "KV cache" in said
    assert {"MiB", "GiB"} <= {word.rpartition(" ")[2] for word in said}
    assert "KV cache (TiB)" in words(bars(wide, x="kv-cache", form=None))


def test_the_table_is_what_is_drawn():
    assert CHARTS["stacked"].table == Table(
        ["model", "total", "attention", "norm"],
        [["A", count(2_005_000_000.0), count(2e9), count(5e6)], ["B", count(3_001_000_000.0), count(3e9), count(1e6)]],
    )
    assert [row[2] for row in CHARTS["lines"].table.rows] == [bytes_of(2**20), None, bytes_of(2**24)]


def test_what_a_reader_may_move_is_named_by_its_key():
    drawn = bars({"attention": count(1), "A 7B": count(2)}, x="norm").draw(canvas())
    assert [patch.get_gid() for patch in drawn.axes[0].patches] == ["attention", None]


def test_the_line_that_follows_the_reader_and_its_dot_have_their_names():
    axes = CHARTS["own"].draw(canvas()).axes[0]
    assert [line.get_gid() for line in axes.lines] == [None, "own", "here"]
    assert np.asarray(axes.lines[2].get_xydata()).tolist() == [[2048, 3.5]]


def test_a_row_without_a_bar_says_so():
    assert "never" in words(CHARTS["bars-in-groups"])
    assert "从不" in words(CHARTS["bars-in-groups"], "zh")
    assert {"1/2", "2/2", "1/4"} <= set(words(CHARTS["grouped"]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bars(untyped({"A": 5}), x="norm"), "5 is drawn without a unit"),
        (lambda: bars({"A": count(5), "B": ratio(2)}, x="norm"), "one axis has count and ratio"),
        (lambda: bars({"A": None, "B": count(5)}, x="norm"), "bars has rows without a number"),
        (lambda: bars({"A": count(5)}, x="norm", groups={"G": []}), "groups are not the rows of the chart"),
        (lambda: bars({"A": count(5)}, x="norm", beside={"model": {}}), "the column 'model' has no cell for 'A'"),
        (lambda: lines(tokens([1]), {"A": count([5])}, x="norm", y="norm", own="B"), "own is 'B', which is no line"),
        (lambda: bars({}, x="norm"), "bars has nothing to draw"),
        (lambda: bars(untyped([count(5)]), x="norm"), "bars has list"),
        (lambda: bars({"A": count(5)}, x="norm", dots={"B": count(5)}), "dots has B where the chart has A"),
        (lambda: bars({"A": count(5)}, x="norm", dots={"A": count(5)}), "bars has dots without names"),
        (lambda: stacked_bars({"A": {"norm": count(1)}, "B": {}}, x="norm"), "row 'B' has nothing where the chart has"),
        (lambda: lines(tokens([1, 2]), {"A": count([5])}, x="norm", y="norm"), "the line 'A' has 1 points over 2"),
        (lambda: scatter({"A": (count(1), count(2))}, x="norm", y="norm", groups={"G": ["C"]}), "which are no points"),
    ],
)
def test_data_that_cannot_be_shown_is_one_line_with_a_remedy(make, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make()
    assert getattr(caught.value, "remedy", "")


def test_a_label_is_a_term_a_common_word_a_pair_or_a_proper_name():
    speak = Speaker("zh", TERMS["zh"].get)
    said = [speak.say(one) for one in ("kv-cache", "model", label(zh="条", en="bar"), "Llama 2 7B", bytes_of(2**30))]
    assert said == ["KV 缓存", "模型", "条", "Llama 2 7B", "1 GiB"]
    with pytest.raises(ValueError, match="uses the label 'kv-cashe', which no glossary has"):
        speak.say("kv-cashe")
    with pytest.raises(ValueError, match="7 stands in a drawing without a unit"):
        speak.say(7)


@pytest.mark.parametrize(
    ("lang", "said"), [("en", {"100 ms", "1 s", "10,000 s"}), ("zh", {"100 毫秒", "1 秒", "10,000 秒"})]
)
def test_times_over_many_powers_of_ten_have_round_ticks(lang, said):
    steps = range(21)
    times = [seconds(0.01 * 2**step) for step in steps]
    chart = lines([tokens(2**step) for step in steps], {"A": times}, x="context-length", y="attention", log="xy")
    assert said <= set(words(chart, lang))
