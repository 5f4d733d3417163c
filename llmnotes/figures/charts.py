"""Charts that repeat, as functions of quantities: each knows how it is drawn and which table says the same.

Every function takes quantities by name; names and labels are glossary ids, `label(zh=…, en=…)`, or proper names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmnotes.figures.canvas import Canvas, mark, unit_of
from llmnotes.figures.labels import label
from llmnotes.figures.layout import label_bars, label_lines
from llmnotes.figures.pairs import paired_dots
from llmnotes.figures.style import INK, MARKERS, MUTED, SERIES, SIZES, Drawing, series, text_width
from llmnotes.quantities import Quantity, flops, number, seconds

BAR = 0.6
# A line of more points has a marker at every third.
MOST_MARKED = 8
HATCHES = ("", "//", "..", "xx")
UNDER_ROOFS = "osD^"
PEAK, BANDWIDTH = "peak_flops_per_s", "bandwidth_bytes_per_s"


class ChartError(ValueError):
    """Data that a chart cannot show; with the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True)
class Table:
    """Numbers of a figure: what stands above each column, and cells that are quantities, labels or names.

    Args:
        columns: Labels; the unit of a column of quantities is written behind.
        rows: As many cells each as there are columns; None where there is no number.
        bars: "log" where a bar is drawn into each row instead of a drawing: a name, a bar, and a ring.
    """

    columns: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    bars: str = ""


@dataclass(frozen=True)
class Chart:
    """What `draw(result)` returns.

    Args:
        draw: Draws it on a canvas.
        table: The same numbers.
        rows: Axis along which the rows of the table lie, and where on it the first and the last are; None where they
            lie elsewhere.
        points: Where on both axes each row of the table has its point; none where rows have no points.
    """

    draw: Callable[[Canvas], Drawing]
    table: Table
    rows: tuple[str, float, float] | None = None
    points: Sequence[tuple[float, float]] = ()


def bars(
    values: Mapping[Any, Quantity | None],
    *,
    x: Any,
    rows: Any = "",
    log: bool = False,
    form: str | None = "short",
    dots: Mapping[Any, Quantity] | None = None,
    names: tuple[Any, Any] | None = None,
    height: float | None = None,
    until: float | None = None,
    beside: Mapping[Any, Mapping[Any, Any]] | None = None,
    groups: Mapping[Any, Sequence[Any]] | None = None,
    none: Any = None,
) -> Chart:
    """Chart of horizontal bars, the first on top.

    Args:
        values: Length of each bar by the name of its row; None where a row has none.
        x: Label of the axis.
        rows: What the rows are, above their names in the table.
        log: Logarithmic axis.
        form: How the number at the end of each bar is written; None for no numbers.
        dots: A second value a row, drawn as a dot on the bar.
        names: What bars and dots are, for key and table; needed where there are dots.
        height: Pixels; by default by the number of rows.
        until: End of the axis, in base units; by default a little beyond the longest bar.
        beside: Columns that only the table has, by label: a cell by the name of each row.
        groups: Names of rows by group; a group has its colour, its hatch and a place in the key.
        none: What is written where a row has no bar.
    """
    keys = _keys(values, "bars")
    both = [value for value in (*values.values(), *(dots or {}).values()) if value is not None]
    unit_of(both)
    if not both or (none is None and None in values.values()):
        raise ChartError("bars has rows without a number", "write none=(what stands in the place of the bar)")
    group_of = {key: place for place, members in enumerate((groups or {}).values()) for key in members}
    if groups is not None and set(group_of) != set(keys):
        raise ChartError("groups are not the rows of the chart", "give each row one group")
    if dots is not None:
        _same_keys(keys, dots, "dots")
        if names is None:
            raise ChartError("bars has dots without names", "write names=(label of the bars, label of the dots)")

    def draw(canvas: Canvas) -> Drawing:
        figure, axes = canvas.figure(height=height or 80 + 45 * len(keys))
        start = min(value.value for value in both) / 2 if log else 0.0
        named = groups or (names[:1] if names else ())
        titles: list[str | None] = [canvas.say(one) for one in named] or [None]
        for place, key in enumerate(keys):
            group, value = group_of.get(key, 0), values[key]
            length = 0 if value is None else value.value - start
            drawn = axes.barh([place], [length], BAR, start, color=SERIES[group], label=titles[group])
            titles[group] = None
            drawn[0].set_hatch(HATCHES[group % len(HATCHES)])
            drawn[0].set_gid(mark(key))
            if value is None:
                label_bars(axes, drawn, [canvas.say(none)])
            elif form is not None:
                label_bars(axes, drawn, [_said(canvas, value, form)])
        if dots and names:
            places = range(len(keys))
            axes.plot(
                [dots[key].value for key in keys], places, "o", color=SERIES[1], label=canvas.say(names[1]), zorder=3
            )
        if names or groups:
            axes.legend()
        canvas.axis(axes.xaxis, x, both, log=log)
        canvas.rows(axes, keys)
        if until is not None or log:
            axes.set_xlim(start, until)
        return figure

    columns = [rows, *(beside or {}), *(names if dots and names else (x,))]
    cells = [
        [key, *_beside(beside, key), none if values[key] is None else values[key], *([dots[key]] if dots else [])]
        for key in keys
    ]
    return Chart(draw, Table(columns, cells), _from_top(keys))


def grouped_bars(
    values: Mapping[Any, Mapping[Any, Quantity | None]],
    *,
    x: Any,
    rows: Any = "",
    ends: Mapping[Any, Mapping[Any, Any]] | None = None,
    height: float | None = None,
    until: float | None = None,
) -> Chart:
    """Chart of horizontal bars in groups, one group a row, the first row on top.

    Args:
        values: Bars by name, by the name of their row; None where a bar is missing.
        x: Label of the axis.
        rows: What the rows are, above their names in the table.
        ends: What stands at the end of each bar, in the same form; by default its number.
        height: Pixels; by default by the number of bars.
        until: End of the axis, in base units.
    """
    keys = _keys(values, "grouped_bars")
    parts = [*values[keys[0]]]
    for key in keys:
        _same_keys(parts, values[key], f"row {key!r}")
    both = [value for row in values.values() for value in row.values() if value is not None]
    unit_of(both)
    thick = 0.8 / len(parts)

    def draw(canvas: Canvas) -> Drawing:
        figure, axes = canvas.figure(height=height or 90 + (26 * len(parts) + 14) * len(keys))
        for index, part in enumerate(parts):
            shown = [(place, value) for place, key in enumerate(keys) if (value := values[key][part]) is not None]
            places = [place + thick * (index - (len(parts) - 1) / 2) for place, _ in shown]
            lengths = [value.value for _, value in shown]
            drawn = axes.barh(places, lengths, 0.9 * thick, color=SERIES[index], label=canvas.say(part))
            written = [value if ends is None else ends[keys[place]][part] for place, value in shown]
            label_bars(axes, drawn, [_said(canvas, one, "short") for one in written])
        canvas.axis(axes.xaxis, x, both)
        canvas.rows(axes, keys)
        if until is not None:
            axes.set_xlim(0, until)
        axes.legend()
        return figure

    cells = [[key, *(values[key][part] for part in parts)] for key in keys]
    return Chart(draw, Table([rows, *parts], cells), _from_top(keys))


def stacked_bars(
    values: Mapping[Any, Mapping[Any, Quantity]],
    *,
    x: Any,
    rows: Any = "",
    total: Any = None,
    rest: Any = None,
    until: float | None = None,
    beside: Mapping[Any, Mapping[Any, Any]] | None = None,
) -> Chart:
    """Chart of horizontal bars that are cut into the same parts, the first row on top.

    Args:
        values: Parts by name, by the name of their row; all rows have the same parts in the same order.
        x: Label of the axis.
        rows: What the rows are, above their names in the table.
        total: Label of a column with the sum of each row; none where it is None.
        rest: The part that is drawn muted.
        until: End of the axis, in base units.
        beside: Columns that only the table has, by label: a cell by the name of each row.
    """
    keys = _keys(values, "stacked_bars")
    parts = [*values[keys[0]]]
    for key in keys:
        _same_keys(parts, values[key], f"row {key!r}")
    unit_of(value for row in values.values() for value in row.values())
    sums = {key: sum(values[key].values()) for key in keys}

    def draw(canvas: Canvas) -> Drawing:
        figure, axes = canvas.figure(height=100 + 48 * len(keys))
        start = [0.0] * len(keys)
        colors = iter(SERIES)
        for part in parts:
            sizes = [values[key][part].value for key in keys]
            color = MUTED if part == rest else next(colors)
            axes.barh(range(len(keys)), sizes, BAR, start, color=color, label=canvas.say(part))
            start = [begin + size for begin, size in zip(start, sizes, strict=True)]
        canvas.axis(axes.xaxis, x, _quantities(sums.values()))
        canvas.rows(axes, keys)
        if until is not None:
            axes.set_xlim(0, until)
        axes.legend()
        return figure

    beside = {**(beside or {}), **({} if total is None else {total: sums})}
    columns = [rows, *beside, *parts]
    cells = [[key, *_beside(beside, key), *(values[key][part] for part in parts)] for key in keys]
    return Chart(draw, Table(columns, cells), _from_top(keys))


def lines(
    over: Sequence[Quantity],
    values: Mapping[Any, Sequence[Quantity | None]],
    *,
    x: Any,
    y: Any,
    log: str = "",
    key: bool | None = None,
    points: bool | None = None,
    own: Any = None,
    here: Quantity | None = None,
    unjoined: Any = None,
    height: float | None = None,
    span: tuple[float, float] | None = None,
) -> Chart:
    """Chart of lines over a common axis, each labelled at its end.

    Args:
        over: Where the points of all lines stand on the x axis.
        values: Heights of each line by its name, as many as `over`; None where a line has no point.
        x: Label of the x axis.
        y: Label of the y axis.
        log: The axes that are logarithmic: "", "x", "y" or "xy".
        key: A key above the plot instead of labels at the ends; by default where a line follows the reader.
        points: Whether each point has a marker; by default where no line follows the reader.
        own: The line that follows the reader's controls, in ink; `play` calls it "own".
        here: Where on the x axis that line has a dot, which `play` calls "here".
        unjoined: The line of which only the points are drawn, larger: what was measured.
        height: Pixels.
        span: Ends of the y axis, in base units.
    """
    names = _keys(values, "lines")
    key, points = own is not None if key is None else key, own is None if points is None else points
    if own is not None and own not in names:
        raise ChartError(f"own is {own!r}, which is no line", f"write one of {', '.join(map(str, names))}")
    if here is not None and here not in over:
        raise ChartError("here is no point of the x axis", "give a quantity that stands in it")
    for name in names:
        if len(values[name]) != len(over):
            message = f"the line {name!r} has {len(values[name])} points over {len(over)}"
            raise ChartError(message, "give each line as many points as the x axis, None where there is none")
    heights = [value for line in values.values() for value in line if value is not None]
    unit_of(over), unit_of(heights)

    def draw(canvas: Canvas) -> Drawing:
        figure, axes = canvas.figure(height=height)
        for index, name in enumerate(names):
            found = [(at.value, value.value) for at, value in zip(over, values[name], strict=True) if value is not None]
            look: dict[str, Any] = series(index) if points else {**series(index), "marker": ""}
            # Markers of lines that run close to each other do not cover each other.
            look["markevery"] = (index % 3, 3) if len(over) > MOST_MARKED else 1
            if name == unjoined:
                look |= {"linestyle": "none", "markersize": 10}
            if name == own:
                look = {"color": INK, "linewidth": 2.6, "linestyle": "-", "marker": ""}
            axes.plot(
                *zip(*found, strict=True), label=canvas.say(name), gid="own" if name == own else mark(name), **look
            )
        if own is not None and here is not None:
            height_here = values[own][[*over].index(here)]
            if height_here is not None:
                axes.plot([here.value], [height_here.value], "o", color=INK, markersize=10, gid="here")
        canvas.axis(axes.xaxis, x, over, log="x" in log)
        canvas.axis(axes.yaxis, y, heights, log="y" in log)
        if span is not None:
            axes.set_ylim(*span)
        if key:
            axes.legend()
        elif len(names) > 1:
            label_lines(axes)
        return figure

    cells = [[at, *(values[name][place] for name in names)] for place, at in enumerate(over)]
    table = Table([x, *names] if len(names) > 1 else [x, y], cells)
    return Chart(draw, table, ("x", over[0].value, over[-1].value) if over[0] != over[-1] else None)


def scatter(
    points: Mapping[Any, tuple[Quantity, Quantity]],
    *,
    x: Any,
    y: Any,
    rows: Any = "",
    groups: Mapping[Any, Sequence[Any]] | None = None,
    log: str = "",
    height: float | None = None,
    diagonal: bool = False,
) -> Chart:
    """Chart of points, each with its name beside it where it stands in no group.

    Args:
        points: Where each point stands, by name.
        x: Label of the x axis.
        y: Label of the y axis.
        rows: What the points are, above their names in the table.
        groups: Names of points by group; a group has its colour, its marker and a line in the key, its points no names.
        log: The axes that are logarithmic: "", "x", "y" or "xy".
        height: Pixels.
        diagonal: Whether the line is drawn on which both values are equal.
    """
    names = _keys(points, "scatter")
    across, up = [points[name][0] for name in names], [points[name][1] for name in names]
    unit_of(across), unit_of(up)
    grouped = {name for members in (groups or {}).values() for name in members}
    if unknown := grouped - set(names):
        raise ChartError(f"scatter groups {sorted(map(str, unknown))}, which are no points", "name points of the chart")

    def draw(canvas: Canvas) -> Drawing:
        figure, axes = canvas.figure(height=height)
        if diagonal:
            ends = [end(value.value for value in (*across, *up)) for end in (min, max)]
            axes.plot(ends, ends, color=MUTED, linewidth=1.5)
        for index, (group, members) in enumerate((groups or {}).items()):
            found = [(points[name][0].value, points[name][1].value) for name in members]
            dots: dict[str, Any] = {"linestyle": "none", "marker": MARKERS[index % 8], "color": SERIES[index % 8]}
            axes.plot(*zip(*found, strict=True), label=canvas.say(group), gid=mark(group), **dots)
        for name in names:
            if name not in grouped:
                at = (points[name][0].value, points[name][1].value)
                axes.plot([at[0]], [at[1]], "o", color=SERIES[0], gid=mark(name))
                axes.annotate(canvas.say(name), at, xytext=(7, 5), textcoords="offset points")
        canvas.axis(axes.xaxis, x, across, log="x" in log)
        canvas.axis(axes.yaxis, y, up, log="y" in log)
        if groups and len(groups) > 1:
            axes.legend()
        return figure

    at = [(points[name][0].value, points[name][1].value) for name in names]
    return Chart(draw, Table([rows, x, y], [[name, *points[name]] for name in names]), points=at)


def roofline(
    roofs: Mapping[Any, Mapping[str, float]],
    points: Mapping[Any, Sequence[tuple[Quantity, Quantity]]],
    *,
    under: Mapping[Any, Any],
    span: tuple[float, float],
    height: float | None = None,
) -> Chart:
    """Chart of work under the roofs of chips: operations a second over operations a byte, both logarithmic.

    Args:
        roofs: `Chip.roof` by the name of the chip.
        points: Intensity and rate of each point of a set, by the name of the set.
        under: Which chip each set ran on; the set has the colour of its roof.
        span: Ends of the axis of intensities.
        height: Pixels.
    """
    _same_keys([*points], under, "under")
    colors = {name: SERIES[index] for index, name in enumerate(roofs)}
    corners = {name: (span[0], chip[PEAK] / chip[BANDWIDTH], span[1]) for name, chip in roofs.items()}
    heights = {name: [min(roofs[name][PEAK], at * roofs[name][BANDWIDTH]) for at in corners[name]] for name in roofs}
    intensity = label(zh="每字节的 FLOP", en="FLOPs a byte")
    rate = label(zh="每秒的 FLOP", en="FLOPs a second")

    def draw(canvas: Canvas) -> Drawing:
        figure, axes = canvas.figure(height=height)
        shown = [flops(one) / seconds(1) for line in heights.values() for one in line]
        for name in roofs:
            axes.plot(corners[name], heights[name], color=colors[name], linewidth=2, label=canvas.say(name))
        for index, (name, found) in enumerate(points.items()):
            across, up = ([pair[axis].value for pair in found] for axis in (0, 1))
            shown += [pair[1] for pair in found]
            look: dict[str, Any] = {"marker": UNDER_ROOFS[index], "linestyle": ":", "color": colors[under[name]]}
            axes.plot(across, up, label=canvas.say(name), **look)
        canvas.axis(axes.xaxis, intensity, number(span), log=True)
        canvas.axis(axes.yaxis, rate, shown, log=True)
        axes.legend()
        return figure

    rows = [[name, *pair] for name, found in points.items() for pair in found]
    at = [(pair[0].value, pair[1].value) for found in points.values() for pair in found]
    return Chart(draw, Table(["", intensity, rate], rows), points=at)


def dumbbells(
    values: Mapping[Any, tuple[Quantity, Quantity]],
    *,
    x: Any,
    solid: Any,
    hollow: Any,
    rows: Any = "",
    log: bool = False,
    notes: Mapping[Any, Any] | None = None,
    height: float | None = None,
) -> Chart:
    """Chart of two values a row: a solid dot, a hollow one, and a line between them, each with its number.

    Args:
        values: Solid and hollow by the name of the row.
        x: Label of the axis.
        solid: What the solid dots are.
        hollow: What the hollow ones are.
        rows: What the rows are, above their names in the table.
        log: Logarithmic axis.
        notes: What is written behind the name of each row: a ratio, a model.
        height: Pixels; by default by the number of rows.
    """
    names = _keys(values, "dumbbells")
    if notes is not None:
        _same_keys(names, notes, "notes")
    both = [value for pair in values.values() for value in pair]
    unit_of(both)

    def draw(canvas: Canvas) -> Drawing:
        figure, axes = canvas.figure(height=height or 90 + 58 * len(names))
        canvas.axis(axes.xaxis, x, both, log=log)
        paired_dots(
            axes,
            names=[" · ".join([canvas.say(name), *([canvas.say(notes[name])] if notes else [])]) for name in names],
            solid=[values[name][0].value for name in names],
            hollow=[values[name][1].value for name in names],
            labels=(canvas.say(solid), canvas.say(hollow)),
            colors=(SERIES[0], SERIES[1]),
            say=lambda value: _said(canvas, Quantity(value, both[0].unit), "short"),
        )
        low, high = min(value.value for value in both), max(value.value for value in both)
        # Numbers stand outside the outermost dots: the axis is as much longer as the longest of them needs.
        beside = 24 + max(text_width(_said(canvas, value, "short"), canvas.width) for value in both)
        room = beside / (SIZES[canvas.width][0] - 2 * beside)
        if log:
            axes.set_xlim(low / (high / low) ** room, high * (high / low) ** room)
        else:
            axes.set_xlim(low - (high - low) * room, high + (high - low) * room)
        axes.legend()
        return figure

    table = Table([rows, solid, hollow], [[name, *values[name]] for name in names])
    return Chart(draw, table, _from_top(names))


def _from_top(keys: Sequence[Any]) -> tuple[str, float, float] | None:
    """Where the rows of horizontal bars lie: at whole numbers, downwards."""
    return ("y", 0, len(keys) - 1) if len(keys) > 1 else None


def _keys(values: Mapping[Any, Any], chart: str) -> list[Any]:
    if not isinstance(values, Mapping):
        raise ChartError(f"{chart} has {type(values).__name__}", "give a dict with a name for each")
    if not values:
        raise ChartError(f"{chart} has nothing to draw", "give it one row at least")
    return [*values]


def _same_keys(keys: Sequence[Any], values: Mapping[Any, Any], what: str) -> None:
    if [*values] != [*keys]:
        message = (
            f"{what} has {', '.join(map(str, values)) or 'nothing'} where the chart has {', '.join(map(str, keys))}"
        )
        raise ChartError(message, "give all of them the same names in the same order")


def _said(canvas: Canvas, what: Any, form: str) -> str:
    """Text beside a mark; short is a form of counts, other units are short by themselves."""
    own = not isinstance(what, Quantity) or (form == "short" and what.unit != "count")
    return canvas.say(what, "" if own else form)


def _beside(columns: Mapping[Any, Mapping[Any, Any]] | None, key: Any) -> list[Any]:
    """Cells of a row in the columns that only the table has."""
    for column, cells in (columns or {}).items():
        if key not in cells:
            raise ChartError(f"the column {column!r} has no cell for {key!r}", "give it one for each row of the chart")
    return [cells[key] for cells in (columns or {}).values()]


def _quantities(values: Iterable[Any]) -> list[Quantity]:
    return [value for value in values if isinstance(value, Quantity)]
