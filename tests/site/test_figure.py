"""A drawing that stands in a page: its colours, ids, box and text belong to the page."""

import re

import pytest
from lxml import etree, html  # ty: ignore[missing-module-member] - lxml ships no types

from llmnotes import plot
from llmnotes.site.figure import FigureError, inline, name_drawing

SVG = "{http://www.w3.org/2000/svg}"


def drawn(width="wide", prefix="growth-wide", change=lambda ax: None):
    fig, ax = plot.new_figure(width)
    for index, label in enumerate(["MHA", "GQA（8 头）"]):
        ax.plot([1024, 2048, 4096], [1 + index, 2, 3], label=label)
    ax.bar([1500, 3000], [1, 2], width=200, hatch="//", edgecolor=plot.INK)
    plot.log2_axis(ax.xaxis)
    plot.label_lines(ax)
    ax.set(xlabel="上下文长度 <token>", ylabel="GiB & more")
    change(ax)
    return inline(plot.render(fig), prefix, plot.PROPERTIES)


def test_every_colour_is_one_of_the_page():
    svg = drawn()
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![\w-])", re.sub(r"url\(#[\w-]+\)|href=\"#[\w-]+\"", "", svg))
    assert set(re.findall(r"var\((--[\w-]+)\)", svg)) <= set(plot.PROPERTIES.values())
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
    fig, ax = plot.new_figure("wide")
    ax.bar([1, 2, 3], [1, 2, 3])
    tree = etree.fromstring(inline(plot.render(fig), "p", plot.PROPERTIES))
    (bars,) = tree.xpath("//*[local-name()='g'][contains(@style, '--ln-series-1')]")
    assert [bar.attrib.keys() for bar in bars] == [["d"]] * 3


def test_reads_in_a_page_as_one_image_with_title_and_description():
    svg = name_drawing(drawn(), "growth-wide", "8 < 9 & more", "It rises.")
    page = html.fromstring(f"<!doctype html><html><body>{svg}</body></html>")
    (image,) = page.xpath("//svg")
    assert image.get("role") == "img"
    named = [page.get_element_by_id(name).text for name in image.get("aria-labelledby").split()]
    assert named == ["8 < 9 & more", "It rises."]
    assert not page.xpath("//metadata | //style | //*[contains(local-name(), ':')]")


def test_hatches_and_clips_survive():
    tree = etree.fromstring(drawn())
    assert tree.findall(f".//{SVG}pattern")
    assert tree.findall(f".//{SVG}clipPath")


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
    """Every point of a line is still there, to a tenth of a pixel."""
    fig, ax = plot.new_figure("wide")
    values = [((37 * n) % 101) / 7 for n in range(50)]
    ax.plot(values)
    raw = plot.render(fig).decode()
    expected = ax.transData.transform(list(enumerate(values)))
    paths = re.findall(r' d="([^"]*)"', inline(raw.encode(), "p", plot.PROPERTIES))
    longest = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", max(paths, key=len))]
    points = list(zip(longest[::2], longest[1::2], strict=True))
    assert len(points) == len(values)
    assert all(
        abs(x - ex) <= 0.051 and abs(y - (400 - ey)) <= 0.051 for (x, y), (ex, ey) in zip(points, expected, strict=True)
    )
