"""A drawing that stands in a page: its colours, ids, box and text belong to the page."""

import re

import numpy as np
import pytest
from lxml import etree, html  # ty: ignore[missing-module-member] - lxml ships no types

from llmnotes import figures
from llmnotes.site.drawing import figure
from llmnotes.site.drawing.figure import FigureError, inline

SVG = "{http://www.w3.org/2000/svg}"


def drawn(width="wide", prefix="growth-wide", change=lambda ax: None):
    fig, ax = figures.new_figure(width)
    for index, label in enumerate(["MHA", "GQA（8 头）"]):
        ax.plot([1024, 2048, 4096], [1 + index, 2, 3], label=label)
    ax.bar([1500, 3000], [1, 2], width=200, hatch="//", edgecolor=figures.INK)
    figures.log2_axis(ax.xaxis)
    figures.label_lines(ax)
    ax.set(xlabel="上下文长度 <token>", ylabel="GiB & more")
    change(ax)
    return inline(figures.render(fig), prefix, figures.PROPERTIES)


STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")


def places(path):
    """Where the steps of a path of lines lead, as SVG reads them."""
    x = y = start_x = start_y = 0.0
    for command, text in STEP.findall(path):
        values = [float(number) for number in re.findall(r"-?(?:\d*\.)?\d+", text)]
        pairs = {"h": [(v, 0) for v in values], "v": [(0, v) for v in values], "H": [(v - x, 0) for v in values]}
        steps = pairs.get(command) or [*zip(values[::2], values[1::2], strict=True)]
        assert command in "MmlhvHz"
        for dx, dy in steps or [(start_x - x, start_y - y)]:
            x, y = (dx, dy) if command == "M" else (x + dx, y + dy)
            if command in "Mm":
                start_x, start_y = x, y
            yield x, y


def test_every_colour_is_one_of_the_page():
    svg = drawn()
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![\w-])", re.sub(r"url\(#[\w-]+\)|href=\"#[\w-]+\"", "", svg))
    assert set(re.findall(r"var\((--[\w-]+)\)", svg)) <= set(figures.PROPERTIES.values())
    assert {"--ln-ink", "--ln-grid", "--ln-series-1", "--ln-series-2"} <= set(re.findall(r"var\((--[\w-]+)\)", svg))


def test_two_drawings_share_no_id_and_every_reference_is_kept():
    ids = []
    for prefix in ("growth-wide", "growth-narrow"):
        tree = etree.fromstring(drawn(prefix=prefix))
        own = tree.xpath("//@id")
        referred = re.findall(r"(?:url\(|href=\")#([\w-]+)", etree.tostring(tree, encoding="unicode"))
        assert set(referred) == set(own)
        assert all(name.startswith(f"{prefix}-") for name in own)
        ids += own
    assert len(ids) == len(set(ids)) > 2


@pytest.mark.parametrize(("width", "pixels"), [("wide", "720"), ("narrow", "340")])
def test_has_a_box_of_its_size(width, pixels):
    tree = etree.fromstring(drawn(width))
    assert tree.get("width") == pixels
    assert tree.get("viewBox") == f"0 0 {pixels} {tree.get('height')}"


def test_text_stays_text_in_the_font_and_size_of_the_page():
    for width in ("wide", "narrow"):
        tree = etree.fromstring(drawn(width))
        texts = {"".join(node.itertext()): node for node in tree.iter(f"{SVG}text")}
        assert {"上下文长度 <token>", "GiB & more", "GQA（8 头）", "1K", "4K"} <= set(texts)
        assert all("font-family" not in (node.get("style") or "") for node in texts.values())
        assert min(font_size(node) for node in texts.values()) >= 12


def font_size(node):
    """What a text says itself, or takes over."""
    while not (found := re.search(r"font-size:([\d.]+)px", node.get("style") or "")):
        node = node.getparent()
    return float(found[1])


def test_neighbours_that_look_alike_say_so_once():
    fig, ax = figures.new_figure("wide")
    ax.bar([1, 2, 3], [1, 2, 3])
    tree = etree.fromstring(inline(figures.render(fig), "p", figures.PROPERTIES))
    (bars,) = tree.xpath("//*[contains(@style, '--ln-series-1')]")
    outline = bars.get("d")
    steps = zip(places(outline), STEP.findall(outline), strict=True)
    corners = [(x, 400 - y) for (x, y), (command, _) in steps if command in "Mm"]
    drawn_at = ax.transData.transform([(0.6, 0), (1.6, 0), (2.6, 0)])
    assert np.allclose(corners, drawn_at, atol=0.06)


def test_reads_in_a_page_as_one_image_with_a_name():
    by_text, by_ids = figure.named(drawn(), '8 < "9" & more'), figure.named_by(drawn(prefix="p"), "title", "desc")
    page = html.fromstring(f"<!doctype html><html><body>{by_text}{by_ids}</body></html>")
    first, second = page.xpath("//svg[@role='img']")
    assert first.get("aria-label") == '8 < "9" & more'
    assert second.get("aria-labelledby") == "title desc"
    assert not page.xpath("//metadata | //style | //*[contains(local-name(), ':')] | //@xmlns")


def test_a_clip_stays_where_it_cuts_something():
    def inlined(high):
        fig, ax = figures.new_figure("wide")
        ax.plot([1, 2, 3], [1, high, 1])
        ax.set_ylim(0, 2)
        return etree.fromstring(inline(figures.render(fig), "p", figures.PROPERTIES))

    within, beyond = inlined(1.9), inlined(2.1)
    assert not within.xpath("//*[local-name()='clipPath'] | //@clip-path")
    (cut,) = beyond.xpath("//*[@clip-path]")
    assert "--ln-series-1" in cut.get("style")
    assert cut.get("clip-path") == f"url(#{beyond.find(f'.//{SVG}clipPath').get('id')})"


def test_hatches_survive():
    assert etree.fromstring(drawn()).findall(f".//{SVG}pattern")


def test_the_lines_of_a_grid_say_once_what_they_look_like():
    tree = etree.fromstring(drawn())
    (grid,) = tree.xpath("//*[contains(@style, '--ln-grid')]")
    assert re.fullmatch(r"M[\d.]+ [\d.]+[hv]-?[\d.]+(m-?[\d.]+[ -][\d.]+[hv]-?[\d.]+){3,}", grid.get("d"))


def test_round_marks_are_circles():
    fig, ax = figures.new_figure("wide")
    ax.plot([1, 2, 3], [1, 2, 1], "o", markersize=9)
    tree = etree.fromstring(inline(figures.render(fig), "p", figures.PROPERTIES))
    (circle,) = tree.iter(f"{SVG}circle")
    assert circle.get("r") == "4.5"
    assert {use.get("href") for use in tree.iter(f"{SVG}use")} == {f"#{circle.get('id')}"}


def test_what_a_script_redraws_keeps_its_places():
    fig, ax = figures.new_figure("wide")
    ax.plot([1, 2, 3], [1, 2, 1], gid="own")
    ax.plot([1, 2, 3], [2, 1, 2])
    follow = figure.Follow({}, ("own",))
    tree = etree.fromstring(inline(figures.render(fig), "p", figures.PROPERTIES, follow))
    (own,) = tree.xpath("//*[@data-mark='own']//*[local-name()='path']/@d")
    assert re.fullmatch(r"M[\d.]+ [\d.]+(L[\d.]+ [\d.]+){2}", own)
    assert tree.xpath("//*[@data-mark='own']//@clip-path"), "redrawn, it may leave the plot"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ax: ax.axhline(1, color="orange"), "uses the colour #ffa500"),
        (lambda ax: ax.text(1024, 1, "x", fontsize=11.5), r"has text of 11.5px"),
        (lambda ax: ax.imshow([[1, 2]], extent=(1024, 2048, 1, 2)), "draws a picture of pixels"),
    ],
    ids=["colour", "small text", "picture"],
)
def test_refuses(change, message):
    with pytest.raises(FigureError, match=message):
        drawn(change=change)


def test_loses_nothing_but_precision():
    """Every point of a line is still there, to a tenth of a pixel, however many came before it."""
    fig, ax = figures.new_figure("wide")
    values = [((37 * n) % 101) / 7 for n in range(100)]
    ax.plot(values)
    raw = figures.render(fig).decode()
    expected = ax.transData.transform(list(enumerate(values)))
    paths = re.findall(r' d="([^"]*)"', inline(raw.encode(), "p", figures.PROPERTIES))
    points = [*places(max(paths, key=len))]
    assert len(points) == len(values)
    assert all(
        abs(x - ex) <= 0.051 and abs(y - (400 - ey)) <= 0.051 for (x, y), (ex, ey) in zip(points, expected, strict=True)
    )


def test_texts_stay_within_half_a_pixel():
    fig, ax = figures.new_figure("wide")
    texts = {name: ax.text(x, y, name) for name, x, y in (("a", 0.123, 0.456), ("b", 0.777, 0.111), ("c", 0.5, 0.95))}
    tree = etree.fromstring(inline(figures.render(fig), "p", figures.PROPERTIES))
    for name, text in texts.items():
        x, y = ax.transData.transform(text.get_position())
        (node,) = (node for node in tree.iter(f"{SVG}text") if node.text == name)
        assert abs(float(node.get("x")) - x) <= 0.5 + 0.051
        assert abs(float(node.get("y")) - (400 - y)) <= 0.5 + 0.051
