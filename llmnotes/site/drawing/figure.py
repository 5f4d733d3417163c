"""Make an SVG file part of a page: colours of its scheme, own ids, a fixed box, a name."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree  # ty: ignore[missing-module-member] - lxml ships no types

from llmnotes.site.drawing import shapes

SVG = "{http://www.w3.org/2000/svg}"
# What XML needs at the top of a drawing, and HTML does not.
NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
SMALLEST_TEXT_PX = 12
GEOMETRY = ("d", "x", "y", "x1", "x2", "y1", "y2", "r", "cx", "cy", "width", "height", "points", "transform")
COLOURED = ("fill", "stroke", "stop-color", "color")
# What a text takes over from the drawing.
INHERITED = ("fill:", "font-size:")
# What holds where nothing is said.
DEFAULTS = ("text-anchor:start", "stroke-dashoffset:0", "stroke-width:1", "fill-opacity:1", "stroke-opacity:1")
NOT_COLOURS = ("none", "inherit", "currentColor", "transparent")


@dataclass(frozen=True)
class Follow:
    """What a script needs to read a drawing and to redraw parts of it.

    Args:
        places: Attributes that say how its axes are scaled, and where the rows of its table lie.
        marks: The `gid` of each part that is redrawn.
    """

    places: Mapping[str, str]
    marks: tuple[str, ...]


class FigureError(ValueError):
    """A drawing that a page cannot show: what is wrong, and the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def inline(svg: bytes, prefix: str, properties: Mapping[str, str], follow: Follow | None = None) -> str:
    """Return a drawing as an element that can stand in a page.

    Args:
        svg: The file that was drawn.
        prefix: What every id in it starts with, so that two drawings on one page do not meet.
        properties: Custom property for each colour that may occur, by its `#rrggbb`.
        follow: What of it a script may redraw.

    Raises:
        FigureError: If it holds a picture, a colour outside `properties`, or text below 12 px.
    """
    root = etree.fromstring(svg, etree.XMLParser(remove_comments=True, remove_blank_text=True, no_network=True))
    etree.strip_elements(root, f"{SVG}metadata", f"{SVG}style", with_tail=False)
    ids: dict[str, str] = {}
    for element in root.iter(f"{SVG}*"):
        if XLINK_HREF in element.attrib:
            element.set("href", element.attrib.pop(XLINK_HREF))
        for reference in re.findall(r"#([\w.-]+)", f"{element.get('href', '')} {element.get('clip-path', '')}") + (
            re.findall(r"url\(#([\w.-]+)\)", element.get("style", ""))
        ):
            ids.setdefault(reference, f"{prefix}-{len(ids) + 1}")
    for element in root.iter(f"{SVG}*"):
        _name_mark(element, follow)
        _rewrite(element, ids, properties)
    shapes.simplify(root)
    for group in list(root.iter(f"{SVG}g", f"{SVG}defs")):
        _unwrap(group)
    common = _common_style(root)
    for element in root.iter(f"{SVG}text"):
        _drop(element, common)
    for parent in [root, *root.iter(f"{SVG}g")]:
        shapes.gather(parent)
    shapes.shorten_paths(root)
    _, _, width, height = root.get("viewBox", "0 0 0 0").split()
    for name in list(root.attrib):
        if name not in ("viewBox",):
            del root.attrib[name]
    root.set("width", width)
    root.set("height", height)
    root.set("style", ";".join(["font-family:inherit;stroke-linejoin:round", *common]))
    for name, value in follow.places.items() if follow else ():
        root.set(name, value)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="unicode")


def named_by(svg: str, *ids: str) -> str:
    """Return an inlined drawing that screen readers call by what these elements of its page say."""
    return svg.replace(NAMESPACE, f' role="img" aria-labelledby="{" ".join(ids)}"', 1)


def named(svg: str, name: str) -> str:
    """Return an inlined drawing that screen readers call by this name."""
    return svg.replace(NAMESPACE, f' role="img" aria-label="{html.escape(name)}"', 1)


def _name_mark(element: etree._Element, follow: Follow | None) -> None:
    """Keep the name of a part that a script redraws; `gid-label` and the like belong to the line `gid`."""
    gid = element.get("id", "")
    if follow and (gid in follow.marks or gid.rpartition("-")[0] in follow.marks):
        element.set("data-mark", gid)


def _rewrite(element: etree._Element, ids: Mapping[str, str], properties: Mapping[str, str]) -> None:
    """Rewrite the attributes of one element."""
    if element.tag == f"{SVG}image":
        raise FigureError("draws a picture of pixels, which cannot follow light and dark", "draw lines, bars or text")
    name = element.attrib.pop("id", None)
    if name in ids:
        element.set("id", ids[name])
    for attribute in ("href", "clip-path", "style"):
        if attribute in element.attrib:
            element.set(
                attribute, re.sub(r"#([\w.-]+)", lambda m: "#" + ids.get(m[1], m[1]), element.get(attribute, ""))
            )
    if (element.get("transform") or "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    for attribute in GEOMETRY:
        if attribute in element.attrib:
            element.set(attribute, _shorten(element.get(attribute, "")))
    attributes = [f"{name}:{element.attrib.pop(name)}" for name in COLOURED if name in element.attrib]
    if style := ";".join([*attributes, element.attrib.pop("style", "")]):
        element.set("style", _restyle(style, properties))


def _restyle(style: str, properties: Mapping[str, str]) -> str:
    """Return a style with colours as custom properties and without a font of its own.

    >>> _restyle("fill: none; stroke: #22201c; font-family: 'DejaVu Sans'", {"#22201c": "--ln-ink"})
    'fill:none;stroke:var(--ln-ink)'
    """
    kept = []
    for name, value in (part.split(":", 1) for part in style.split(";") if ":" in part):
        name, value = name.strip(), value.strip()
        if name == "font-family":
            continue
        if name == "font":
            size = re.search(r"[\d.]+px", value)
            weight = "font-weight:bold;" if re.search(r"\b(bold|[6-9]00)\b", value) else ""
            name, value = f"{weight}font-size", size[0] if size else "14px"
        if name.endswith("font-size") and float(value.removesuffix("px")) < SMALLEST_TEXT_PX:
            raise FigureError(
                f"has text of {value}", f"leave the size to new_figure: no text below {SMALLEST_TEXT_PX} px"
            )
        if name in COLOURED and value not in NOT_COLOURS and not value.startswith("url("):
            if value.lower() not in properties:
                remedy = "use llmnotes.figures's SERIES, INK, MUTED, GRID or PAPER, which follow light and dark"
                raise FigureError(f"uses the colour {value}", remedy)
            value = f"var({properties[value.lower()]})"
        if (said := f"{name}:{value}") not in DEFAULTS:
            kept.append(said)
    return ";".join(kept)


def _shorten(geometry: str) -> str:
    """Return coordinates to a tenth of a pixel.

    >>> _shorten("M 85.232566 358.2 \\nL 85.0001 26.9 ")
    'M85.2 358.2L85 26.9'
    """
    rounded = re.sub(r"-?\d+\.\d+(?:e-?\d+)?", lambda m: f"{round(float(m[0]), 1) + 0:g}", geometry)
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", " ".join(rounded.split())) if rounded[:1] == "M" else rounded.strip()


def _unwrap(group: etree._Element) -> None:
    """Put the children of a group that says nothing in its place, and drop an empty one."""
    parent = group.getparent()
    if parent is None or group.attrib or (group.tag == f"{SVG}defs" and len(group)):
        return
    place = parent.index(group)
    parent.remove(group)
    for offset, child in enumerate(group):
        parent.insert(place + offset, child)


def _common_style(root: etree._Element) -> list[str]:
    """Return the colour and the size that most texts have; what is no text says its own."""
    styles = [part for text in root.iter(f"{SVG}text") for part in text.get("style", "").split(";")]
    found = (Counter(part for part in styles if part.startswith(name)).most_common(1) for name in INHERITED)
    return [part for most in found for part, _ in most]


def _drop(element: etree._Element, common: Sequence[str]) -> None:
    kept = [part for part in element.get("style", "").split(";") if part not in common]
    if kept:
        element.set("style", ";".join(kept))
    else:
        element.attrib.pop("style", None)
