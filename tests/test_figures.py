"""Figures are the same bytes each time, fit their width, and write Chinese without a Chinese font."""

import io
import re
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from lxml import etree  # ty: ignore[missing-module-member] - lxml ships no types
from matplotlib.figure import Figure

from llmnotes import figures
from llmnotes.figures.layout import spread
from llmnotes.figures.style import METRICS_FONT

SVG = "{http://www.w3.org/2000/svg}"
LONG = "多头注意力，每个查询头都有自己的键和值（没有共享）"


def lines(width, labels=("MHA", "GQA", "MQA"), log=True):
    fig, ax = figures.new_figure(width)
    for index, label in enumerate(labels):
        ax.plot([1024 * 2**k for k in range(8)], [2 ** (k - index) for k in range(8)], label=label)
    if log:
        figures.log2_axis(ax.xaxis)
    figures.label_lines(ax)
    ax.set(xlabel="上下文长度（token）", ylabel="KV 缓存（GiB）")
    return fig


def texts(svg):
    """Text, left, right and baseline of every text in a drawing, by the widths of the fonts that were measured."""
    for node in etree.fromstring(svg).iter(f"{SVG}text"):
        text, style = "".join(node.itertext()), node.get("style")
        size = float(re.findall(r"font-size: ([\d.]+)px", style)[0])
        width = figures.text_width(text, "wide") * size / 14
        anchor = "".join(re.findall(r"text-anchor: (\w+)", style))
        x, y = re.findall(r"[\d.]+", node.get("transform"))[-2:]  # translate(x y), or rotate(-0 x y)
        left = float(x) - {"": 0, "start": 0, "middle": width / 2, "end": width}[anchor]
        yield text, left, left + width, float(y), size


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize("labels", [("MHA", "GQA", "MQA"), ("MHA", "分组查询", LONG), (LONG, "b" * 30)], ids=len)
def test_no_text_leaves_the_drawing_or_touches_another(width, labels):
    limit = {"wide": 720, "narrow": 340}[width]
    boxes = list(texts(figures.render(lines(width, labels))))
    assert {label.replace(" ", "") for label in labels if len(label) < 20} <= {text for text, *_ in boxes}
    for text, left, right, baseline, size in boxes:
        assert left >= -0.5, text
        assert right <= limit + 0.5, text
        for other, other_left, other_right, other_baseline, _ in boxes:
            apart = right <= other_left or other_right <= left or abs(baseline - other_baseline) >= 0.9 * size
            assert other == text or apart, (text, other)


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_bars_leave_room_for_names_and_numbers(width):
    fig, ax = figures.new_figure(width, height=200)
    names = ["Llama 3.1 405B", "DeepSeek V3", "通义千问 3"]
    bars = ax.barh(names, [63.0, 8.6, 3.0])
    figures.label_bars(ax, bars, ["63 GiB", "8.6 GiB", "3 GiB"])
    ax.set(xlabel="KV 缓存（GiB）")
    boxes = list(texts(figures.render(fig)))
    assert {"63 GiB", *names} <= {text for text, *_ in boxes}
    assert all(left >= -0.5 and right <= {"wide": 720, "narrow": 340}[width] + 0.5 for _, left, right, *_ in boxes)


def test_a_legend_stands_above_the_plot():
    fig, ax = figures.new_figure("narrow")
    ax.plot([0, 1], [1, 0], label="prefill")
    ax.plot([0, 1], [0, 1], label="decode")
    ax.legend()
    svg = figures.render(fig)
    places = {text: y for text, _, _, y, _ in texts(svg)}
    assert max(places["prefill"], places["decode"]) < fig.bbox.height - ax.bbox.y1
    assert fig.bbox.height > 320, "the plot had to give way"


@pytest.mark.parametrize(
    ("low", "high", "width", "expected"),
    [
        (1024, 2**20, "wide", ["1K", "4K", "16K", "64K", "256K", "1M"]),
        (1024, 65536, "wide", ["1K", "2K", "4K", "8K", "16K", "32K", "64K"]),
        (1024, 65536, "narrow", ["1K", "4K", "16K", "64K"]),
        (64, 4096, "narrow", ["64", "256", "1K", "4K"]),
    ],
)
def test_log_axes_read_in_powers_of_two(low, high, width, expected):
    fig, ax = figures.new_figure(width)
    ax.plot([low, high], [1, 2])
    figures.log2_axis(ax.xaxis)
    found = [text for text, *_ in texts(figures.render(fig))]
    assert found[: len(expected)] == expected


def test_draws_the_same_bytes_in_another_process():
    code = """
import sys
sys.path.insert(0, "tests")
from llmnotes import figures
fig, ax = figures.new_figure("wide")
ax.plot([1, 2, 4], label="GQA（8 头）")
ax.bar([1], [2], hatch="//")
figures.label_lines(ax)
sys.stdout.buffer.write(figures.render(fig))"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert b"<dc:date>" not in runs[0]


def test_a_user_setting_changes_nothing():
    before = figures.render(lines("wide"))
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.fonttype": "path", "axes.grid": False}):
        assert figures.render(lines("wide")) == before


def test_no_two_series_differ_by_colour_alone():
    looks = [figures.series(index) for index in range(8)]
    assert len({look["color"] for look in looks}) == 8
    assert len({look["marker"] for look in looks}) == 8
    assert len({str(look["linestyle"]) for look in looks}) == 8


def luminance(colour):
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("colour", "least"), [*((c, 3.0) for c in figures.SERIES), (figures.INK, 7.0), (figures.MUTED, 4.5)]
)
def test_stands_out_on_paper(colour, least):
    assert (luminance(figures.PAPER) + 0.05) / (luminance(colour) + 0.05) >= least


def test_chinese_is_one_em_a_character():
    assert figures.text_width("缓存（长）", "wide") == pytest.approx(5 * 14, rel=0.01)
    assert figures.text_width("缓存", "narrow") == pytest.approx(2 * 13, rel=0.01)


def test_the_metrics_font_is_what_its_script_makes(tmp_path):
    from llmnotes.site.data.make_metrics_font import build

    build(tmp_path / "metrics.ttf")
    assert (tmp_path / "metrics.ttf").read_bytes() == METRICS_FONT.read_bytes()
    assert METRICS_FONT.stat().st_size < 1000
    font = TTFont(METRICS_FONT)
    (table,) = font["cmap"].tables
    assert table.format == 13
    assert {font["hmtx"][table.cmap[ord(character)]][0] for character in "缓，（Ａあ龥"} == {1000}


@pytest.mark.parametrize("character", ["🦙", "𓀀"])
def test_a_character_without_metrics_is_still_missed(character):
    fig, ax = figures.new_figure("wide")
    ax.set(xlabel=f"size {character}")
    with pytest.raises(UserWarning, match="missing from font"):
        figures.render(fig)


def test_wraps_at_spaces_and_between_chinese_characters():
    for text in (LONG, "the longest context that still fits next to the weights", "KV 缓存（GiB），半精度"):
        wrapped = figures.wrap(text, 120, "wide")
        assert wrapped.replace("\n", "").replace(" ", "") == text.replace(" ", "")
        assert all(figures.text_width(line, "wide") <= 120 for line in wrapped.split("\n"))
        assert not any(line[0] in "，。）" for line in wrapped.split("\n"))
    assert figures.wrap("short", 120, "wide") == "short"


def test_spread_keeps_order_and_distance():
    rng = np.random.default_rng(0)
    for _ in range(200):
        heights = rng.uniform(0, 100, size=rng.integers(1, 8)).tolist()
        placed = spread(heights, 12, 0, 100)
        assert sorted(range(len(heights)), key=heights.__getitem__) == sorted(
            range(len(placed)), key=placed.__getitem__
        )
        assert all(b - a >= 12 - 1e-9 for a, b in zip(sorted(placed), sorted(placed)[1:], strict=False))
        assert min(placed) >= -1e-9
        assert max(placed) <= 100 + 1e-9


def test_refuses_another_width_and_another_figure():
    with pytest.raises(ValueError, match="width is 'huge': new_figure takes one of wide, narrow"):
        figures.new_figure("huge")
    with pytest.raises(TypeError, match="return the figure that new_figure"):
        figures.render(Figure())
    with pytest.raises(TypeError, match="do not come from new_figure"):
        figures.label_lines(Figure().add_subplot())


def test_is_well_formed_without_a_date():
    tree = etree.parse(io.BytesIO(figures.render(lines("wide"))))
    assert tree.getroot().get("viewBox") == "0 0 720 400"


def test_what_belongs_to_a_line_is_named_after_it():
    fig, ax = figures.new_figure("wide")
    ax.plot([1, 2], [1, 2], label="a")
    ax.plot([1, 2], [2, 2.01], label="b", gid="own")
    ax.plot([1, 2], [2, 2.02], label="c")
    figures.label_lines(ax)
    tree = etree.fromstring(figures.render(fig))
    named = {group.get("id"): group for group in tree.iter(f"{SVG}g") if (group.get("id") or "").startswith("own-")}
    assert set(named) == {"own-label", "own-end", "own-leader"}
    assert "".join(named["own-label"].itertext()).strip() == "b"
