"""Say the shapes of a drawing in few bytes: lines stay to a tenth of a pixel where they were, texts to half a pixel."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from lxml import etree  # ty: ignore[missing-module-member] - lxml ships no types

SVG = "{http://www.w3.org/2000/svg}"
# What may stand in a group with its like.
GATHERED = (f"{SVG}path", f"{SVG}text", f"{SVG}use")
COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
OWN_OPACITY = re.compile(r"(?:^|;)opacity:")
LINE_OF_GRID = "stroke:var(--ln-grid)"
# Matplotlib draws a circle as this many curves.
CURVES_OF_CIRCLE = 8
TOLERANCE_PX = 0.15

Point = tuple[float, float]


def simplify(root: etree._Element) -> None:
    """Drop clips that cut nothing, draw round marks as circles, and round the places of texts.

    Args:
        root: A drawing whose coordinates are rounded to a tenth of a pixel.
    """
    _unclip(root)
    for path in [*root.iter(f"{SVG}path")]:
        _round_off(path)
    for text in root.iter(f"{SVG}text"):
        if "transform" not in text.attrib:
            for name in ("x", "y"):
                text.set(name, str(math.floor(float(text.get(name, "0")) + 0.5)))


def gather(parent: etree._Element) -> None:
    """Let neighbours that share style and clip say both once, as one path or as a group; so do the lines of a grid."""
    _grid_first(parent)
    for _, same in [(key, [*run]) for key, run in groupby(list(parent), _shared)]:
        tag, style, clip = _shared(same[0])
        if len(same) == 1 or not style or OWN_OPACITY.search(style):
            continue
        if tag == f"{SVG}path" and "opacity" not in style:
            same[0].set("d", "".join(path.get("d", "") for path in same))
            for path in same[1:]:
                parent.remove(path)
            continue
        group = etree.Element(f"{SVG}g", {"style": style} | ({"clip-path": clip} if clip else {}))
        parent.insert(parent.index(same[0]), group)
        for element in same:
            for name in ("style", "clip-path"):
                element.attrib.pop(name, None)
            group.append(element)


def shorten_paths(root: etree._Element) -> None:
    """Let every path but those that a script redraws say steps instead of places."""
    for path in root.iter(f"{SVG}path"):
        if not _marked(path):
            path.set("d", shorten(path.get("d", "")))


def shorten(path: str) -> str:
    """Return a path, given in absolute places, as steps.

    >>> shorten("M42.8 419.4L70.7 395.9L98.6 372.4L98.6 300C1 2 3 4 98.6 301z")
    'M42.8 419.4l27.9-23.5 27.9-23.5v-72.4c-97.6-298-95.6-296 0 1z'
    >>> shorten("M176 1600.2L200.7 1600.2L200.7 1611.9L176 1611.9z")
    'M176 1600.2h24.7v11.7H176z'
    >>> shorten("M50 10L50 90M60 10L60 90")
    'M50 10v80m10-80v80'
    """
    parts: list[str] = []
    last = ""
    here = start = (0.0, 0.0)
    for command, points in _commands(path):
        if command == "z":
            here, step = start, "z"
        elif command == "M":
            step = f"M{_joined(*points[0])}" if not parts else _step("M", here, points)
            here = start = points[0]
        else:
            end = points[-1]
            back = command == "L" and end[0] == start[0] != here[0] and end[1] == here[1]
            step = f"H{_number(end[0])}" if back else _step(command, here, points)
            here = end
        if step[0] == last and last in "lc":
            parts.append(step[1:] if step[1] == "-" else f" {step[1:]}")
        else:
            parts.append(step)
        last = step[0]
    return "".join(parts)


def _step(command: str, here: Point, points: list[Point]) -> str:
    moves = [(round(x - here[0], 1), round(y - here[1], 1)) for x, y in points]
    if command == "L" and moves[0][1] == 0:
        return f"h{_number(moves[0][0])}"
    if command == "L" and moves[0][0] == 0:
        return f"v{_number(moves[0][1])}"
    return command.lower() + _joined(*(part for move in moves for part in move))


def _number(value: float) -> str:
    """Return a coordinate without the zero that SVG does not need.

    >>> [_number(value) for value in (-0.5, 0.25, -0.0, 10.0)]
    ['-.5', '.2', '0', '10']
    """
    return re.sub(r"^(-?)0\.", r"\1.", f"{round(value, 1) + 0:g}")


def _joined(*values: float) -> str:
    """Return coordinates with a blank only where two would run together."""
    return re.sub(" -", "-", " ".join(_number(value) for value in values))


def _commands(path: str) -> Iterator[tuple[str, list[Point]]]:
    """Yield each command with its points; `M` and `L` with one each."""
    for command, text in COMMAND.findall(path):
        values = [float(number) for number in text.split()]
        yield command, [*zip(values[::2], values[1::2], strict=True)]


def _marked(element: etree._Element) -> bool:
    """Return whether a script redraws an element: then it reads its places."""
    return any("data-mark" in one.attrib for one in (element, *element.iterancestors()))


def _round_off(path: etree._Element) -> None:
    """Turn the outline of a round mark into a circle."""
    outline = path.get("d", "")
    curves = [points[-1] for command, points in _commands(outline) if command == "C"]
    radius = curves[-1][1] if curves else 0
    if len(curves) == CURVES_OF_CIRCLE and all(abs(math.hypot(*end) - radius) < TOLERANCE_PX for end in curves):
        path.tag = f"{SVG}circle"
        del path.attrib["d"]
        path.set("r", _number(radius))


def _grid_first(parent: etree._Element) -> None:
    """Put the lines of a grid before the labels of their ticks, which they do not cross."""
    for is_axis, run in [(is_axis, [*run]) for is_axis, run in groupby(list(parent), _of_axis)]:
        lines = [element for element in run if element.tag == f"{SVG}path"]
        if is_axis and len(lines) > 1:
            place = parent.index(run[0])
            for offset, line in enumerate(lines):
                parent.remove(line)
                parent.insert(place + offset, line)


def _of_axis(element: etree._Element) -> bool:
    return element.tag == f"{SVG}text" or (element.tag == f"{SVG}path" and LINE_OF_GRID in element.get("style", ""))


def _unclip(root: etree._Element) -> None:
    """Drop what would clip a shape that lies within it anyway."""
    clips = {f"url(#{clip.get('id')})": clip for clip in root.iter(f"{SVG}clipPath")}
    used = set()
    for element in list(root.iter(f"{SVG}*")):
        name = element.get("clip-path")
        if name in clips:
            if not _marked(element) and _within(clips[name], element):
                del element.attrib["clip-path"]
            else:
                used.add(name)
    for name, clip in clips.items():
        if name not in used:
            clip.getparent().remove(clip)


def _within(clip: etree._Element, element: etree._Element) -> bool:
    rectangle = clip[0]
    if rectangle.tag != f"{SVG}rect":
        return False
    left, top, width, height = (float(rectangle.get(name, "0")) for name in ("x", "y", "width", "height"))
    places = [*_places(element)]
    return bool(places) and all(
        -TOLERANCE_PX <= x - left <= width + TOLERANCE_PX and -TOLERANCE_PX <= y - top <= height + TOLERANCE_PX
        for x, y in places
    )


def _places(element: etree._Element) -> Iterable[Point]:
    """Return the points of a path, of a mark, or of a group of these; none where it lies otherwise."""
    if "transform" in element.attrib:
        return []
    if element.tag == f"{SVG}path":
        return [point for _, points in _commands(element.get("d", "")) for point in points]
    if element.tag == f"{SVG}use":
        return [(float(element.get("x", "0")), float(element.get("y", "0")))]
    found = [[*_places(child)] for child in element]
    return [point for points in found for point in points] if all(found) else []


def _shared(element: etree._Element) -> tuple[str, str, str]:
    if element.tag not in GATHERED or "transform" in element.attrib or "id" in element.attrib:
        return "", "", ""
    return element.tag, element.get("style", ""), element.get("clip-path", "")
