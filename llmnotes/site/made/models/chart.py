"""The cache of one model against its context, drawn by hand: two polylines on logarithmic axes, a few hundred bytes."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log2

from llmnotes.units import format_bytes, format_tokens

# Width, height and where the axes leave room: left, right, top, bottom.
SIZES = {"wide": (720, 300, 74, 96, 16, 40), "narrow": (340, 260, 66, 14, 26, 40)}
MOST_TICKS = 6


@dataclass(frozen=True)
class Line:
    """One series: its name, its values, and the class by which it is coloured and dashed."""

    name: str
    values: Sequence[float]
    kind: str


def draw(lengths: Sequence[int], lines: Sequence[Line], limit: int | None, title: str, said: str) -> str:
    """Return both drawings.

    Args:
        lengths: Tokens, powers of two.
        lines: Bytes at each length, above 0.
        limit: A length that is marked.
        title: What is found, for who cannot see it.
        said: Values in a sentence.
    """
    drawings = "".join(
        f'<div class="ln-{width}">{_drawing(width, lengths, lines, limit, title, said)}</div>' for width in SIZES
    )
    return f'<div class="ln-chart"><div class="ln-drawing" data-search-exclude>{drawings}</div></div>'


def _drawing(
    size: str,
    lengths: Sequence[int],
    lines: Sequence[Line],
    limit: int | None,
    title: str,
    said: str,
) -> str:
    width, height, left, right, top, bottom = SIZES[size]
    values = [value for line in lines for value in line.values]
    low, high = _bounds(values)

    def x(n_tokens: float) -> float:
        share = (log2(n_tokens) - log2(lengths[0])) / (log2(lengths[-1]) - log2(lengths[0]))
        return round(left + share * (width - left - right), 1)

    def y(n_bytes: float) -> float:
        return round(height - bottom - (log2(n_bytes) - low) / (high - low) * (height - top - bottom), 1)

    parts = []
    for tick in _ticks(low, high):
        at = y(2.0**tick)
        parts.append(f'<path class="g" d="M{left} {at}H{width - right}"/>')
        parts.append(f'<text class="t" x="{left - 8}" y="{at + 4}" text-anchor="end">{format_bytes(2.0**tick)}</text>')
    labelled = lengths if size == "wide" else [*lengths[:-2:2], lengths[-1]]
    for n_tokens in labelled:
        # On a phone the last label would reach beyond the drawing.
        anchor = "end" if size == "narrow" and n_tokens == lengths[-1] else "middle"
        place = f'x="{x(n_tokens)}" y="{height - bottom + 18}" text-anchor="{anchor}"'
        parts.append(f'<text class="t" {place}>{format_tokens(n_tokens)}</text>')
    if limit and lengths[0] < limit < lengths[-1]:
        at = x(limit)
        parts.append(f'<path class="l" d="M{at} {top}V{height - bottom}"/>')
    for line in lines:
        points = " ".join(f"{x(n)},{y(v)}" for n, v in zip(lengths, line.values, strict=True))
        parts.append(f'<polyline class="{line.kind}" points="{points}"/>')
        parts += [
            f'<circle class="{line.kind}" cx="{x(n)}" cy="{y(v)}" r="3"/>'
            for n, v in zip(lengths, line.values, strict=True)
        ]
    parts += _names(lines, size, width, right, top, y)
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>{html.escape(title)}</title><desc>{html.escape(said)}</desc>{''.join(parts)}</svg>"
    )


def _names(
    lines: Sequence[Line], size: str, width: int, right: int, top: int, y: Callable[[float], float]
) -> list[str]:
    """The names of the lines: beside their ends where there is room, else above the drawing."""
    if size == "narrow":
        said, at = [], 4.0
        for line in lines:
            said.append(f'<path class="{line.kind}" d="M{at} 9h18"/>')
            said.append(f'<text class="n" x="{at + 24}" y="13">{html.escape(line.name)}</text>')
            at += 130
        return said
    ends = [y(line.values[-1]) for line in lines]
    if len(ends) == 2 and abs(ends[0] - ends[1]) < 16:
        middle = max(sum(ends) / 2, top + 8)
        ends = [middle + 8, middle - 8] if ends[0] >= ends[1] else [middle - 8, middle + 8]
    return [
        f'<text class="n {line.kind}" x="{width - right + 10}" y="{round(end + 4, 1)}">{html.escape(line.name)}</text>'
        for line, end in zip(lines, ends, strict=True)
    ]


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the axis as powers of two, two steps apart at least."""
    low, high = floor(log2(min(values))), ceil(log2(max(values)))
    while high - low < 2:
        low, high = low - 1, high + 1
    return low, high


def _ticks(low: float, high: float) -> range:
    """Return powers of two to label.

    >>> list(_ticks(20, 30))
    [20, 22, 24, 26, 28, 30]
    """
    step = 1
    while (high - low) // step + 1 > MOST_TICKS:
        step += 1
    return range(int(low), int(high) + 1, step)
