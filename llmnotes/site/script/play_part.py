"""The part `play` of a snippet as a page needs it, and everything in it that does not fit the snippet."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from llmnotes.site.script import playing
from llmnotes.site.script.emit import emit
from llmnotes.site.text.problem import SiteError, UnfitError

UNITS = ("bytes", "bytes_decimal", "count", "exact", "tokens", "flops", "seconds", "ratio", "percent", "usd", "number")
# Controls for which the site has a word.
NAMED = ("model", "chip", "n_tokens", "n_past", "n_new", "batch_size", "kv_bits", "weight_bits", "n_chips")
# How far what was drawn may lie from what a formula gives: rounding, not another number.
TOLERANCE = 1e-9
# Pixels of the points of a table's rows, and marks of one form, which a drawing places one by one.
POINTS, MARKS = re.compile(r'data-points="([^"]*)"'), re.compile(r'<use x="([^"]*)" y="([^"]*)"')
PLACES = {"Curve": ("y",), "Dot": ("x", "y"), "Bar": ("end", "start"), "Column": ("end", "start"), "Label": ("x", "y")}


class PlayError(UnfitError):
    """The part `play` does not fit its snippet."""

    part = "play"


def page_data(play: Any, claims: Mapping[str, str], lang: str) -> dict[str, Any]:
    """Return a `Play` as plain data, with its functions as JavaScript and its texts as they were built.

    Raises:
        PlayError: If it does not hold together, or a number is not the claim of its name.
    """
    _check_controls(play)
    known = _known(play)
    functions = {}
    for where, formula, fixed, over in _formulas(play):
        _check_formula(play, where, formula, fixed, [*known, *over], [])
        functions |= {one.__name__: one for one in playing.reached(play, formula, fixed)}
    _check_values(play, known, functions)
    said = _texts(play, claims, lang)
    try:
        script = emit([*functions.values()])
    except SiteError as error:
        first = error.problems[0]
        raise PlayError(f"{first.place}:{first.line}: {first.message}", first.remedy) from None
    return {
        "controls": [_without_defaults(asdict(control)) for control in play.controls],
        "values": {name: _value(value) for name, value in play.values.items()},
        "marks": {gid: _mark(play, mark) for gid, mark in play.marks.items()},
        "numbers": {name: _number(number) for name, number in play.numbers.items()},
        "sentence": play.sentence,
        "built": said,
        "said": playing.sentence(play, said),
        "script": script,
        "names": [*functions],
        "follows": [name for name, number in play.numbers.items() if _follows_model(play, number)],
    }


def check_drawn(play: Any, figure: Any, lang: str) -> None:
    """Compare what was drawn with what the formulas give where the controls stand as built.

    Raises:
        PlayError: At the first mark that is missing or lies elsewhere.
    """
    artists = {artist.get_gid(): artist for artist in figure.findobj(lambda artist: bool(artist.get_gid()))}
    pool, said = playing.values(play, playing.built(play)), playing.texts(play, playing.built(play), lang)
    if play.marks and (len(figure.axes) != 1 or not {_scale(figure, "x"), _scale(figure, "y")} <= {"linear", "log"}):
        raise PlayError("play has marks in a figure of several axes or other scales", "draw one linear or log axes")
    for gid, mark in play.marks.items():
        if gid not in artists:
            drawn = f"drawn are {', '.join(sorted(artists))}" if artists else "nothing drawn has a gid"
            raise PlayError(f"play names the mark {gid!r}, which is not drawn", f"{drawn}; give the artist gid={gid!r}")
        for what, drawn, given in _compared(play, mark, artists[gid], pool, said):
            if not _same(drawn, given):
                message = f"the mark {gid!r} was drawn with {what} = {drawn}, where its formula gives {given}"
                raise PlayError(message, "draw what the formula gives where the controls stand as built")


def scales(figure: Any) -> dict[str, str]:
    """Return, for each axis of a rendered figure, its scale, its ends and the pixels where they lie."""
    (axes,) = figure.axes
    box, height = axes.bbox, figure.bbox.height
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    ends = {"x": (left, right, box.x0, box.x1), "y": (low, high, height - box.y0, height - box.y1)}
    return {f"data-{name}": f"{_scale(figure, name)} {' '.join(f'{end:.6g}' for end in ends[name])}" for name in ends}


def rows_along(figure: Any, axis: str, first: float, last: float) -> dict[str, str]:
    """Return, for a rendered figure, how the rows of its table lie along an axis, and the pixels of first and last."""
    (axes,) = figure.axes
    if axis == "x":
        across = axes.transData.transform([(end, axes.get_ylim()[0]) for end in (first, last)])[:, 0]
        return {"data-rows": f"x {_scale(figure, 'x')} {across[0]:.1f} {across[1]:.1f}"}
    up = axes.transData.transform([(axes.get_xlim()[0], end) for end in (first, last)])[:, 1]
    down = figure.bbox.height - up
    return {"data-rows": f"y rows {down[0]:.1f} {down[1]:.1f}"}


def points_of(figure: Any, points: Sequence[tuple[float, float]]) -> dict[str, str]:
    """Return, for a rendered figure, the pixels where each row of its table has its point."""
    (axes,) = figure.axes
    height = figure.bbox.height
    places = axes.transData.transform(points)
    return {"data-points": " ".join(f"{across:.0f},{height - up:.0f}" for across, up in places)}


def told_by_marks(svg: str) -> str:
    """Return the SVG without the pixels of its points, where its first marks stand on them in the order of the rows.

    An article has few bytes left, and its marks say the same.
    """
    if not (told := POINTS.search(svg)):
        return svg
    points = [tuple(map(float, pair.split(","))) for pair in told[1].split()]
    marks = [(float(across), float(down)) for across, down in MARKS.findall(svg)]
    same = len(marks) >= len(points) and all(math.dist(*pair) < 1 for pair in zip(points, marks, strict=False))
    return POINTS.sub('data-points="marks"', svg, count=1) if same else svg


def _scale(figure: Any, name: str) -> str:
    return getattr(figure.axes[0], f"get_{name}scale")()


def _check_controls(play: Any) -> None:
    if type(play).__name__ != "Play":
        raise PlayError(f"play returns {type(play).__name__}", "return llmnotes.figures.play.Play(controls=[…], …)")
    names = [control.name for control in play.controls]
    for control in play.controls:
        if names.count(control.name) > 1:
            raise PlayError(f"play has two controls {control.name!r}", "give one of them another name")
        if not control.label and control.name not in NAMED:
            raise PlayError(f"the control {control.name!r} has no label", 'add label=text["…"]')
        if control.kind == "doublings":
            _check_doublings(control)
        if control.kind == "slider" and not control.low <= control.built <= control.high:
            raise PlayError(f"{control.name} = {control.built} lies outside its slider", "widen low and high")
        if control.kind == "choice" and control.built not in control.options:
            raise PlayError(f"{control.name} = {control.built} is none of its options", "add it to options")


def _check_doublings(control: Any) -> None:
    for end in (control.low, control.built, control.high):
        if 2 ** round(math.log2(end)) != end:
            raise PlayError(f"the slider {control.name} stops at {end}, no power of two", "use slider(…) or 2**n")
    if not control.low <= control.built <= control.high:
        raise PlayError(f"{control.name} = {control.built} lies outside its slider", "widen low and high")


def _known(play: Any) -> set[str]:
    """Return what controls give, by name."""
    return {*playing.built(play), *(name for c in play.controls for name in playing.GIVEN.get(c.kind, ()))}


def _formulas(play: Any) -> Iterator[tuple[str, Any, Mapping[str, Any], list[str]]]:
    """Yield every function with where it stands, what is fixed there, and what a curve runs over."""
    names = _known(play)
    for gid, mark in play.marks.items():
        over = [mark.over] if type(mark).__name__ == "Curve" else []
        for attribute in PLACES[type(mark).__name__]:
            found = getattr(mark, attribute)
            if callable(found):
                yield f"the mark {gid!r}", found, mark.fixed, over
            elif found is not None and found not in names:
                raise PlayError(f"the mark {gid!r} lies at {found!r}, which no control gives", _given(names))
        if type(mark).__name__ == "Label" and mark.says not in {*play.numbers, *playing.built(play)}:
            raise PlayError(f"the mark {gid!r} says {mark.says!r}, which is no number", "name a number or a control")
        if over and over[0] not in _names(play, mark.y, mark.fixed):
            message = f"the curve {gid!r} runs over {over[0]!r}, which its formula does not take"
            raise PlayError(message, f"it takes {', '.join(playing.taken(mark.y).named)}")
    for name, number in play.numbers.items():
        if not hasattr(number, "yes") and number.unit not in UNITS:
            raise PlayError(f"the number {name!r} has the unit {number.unit!r}", f"use one of {', '.join(UNITS)}")
        yield f"the number {name!r}", number.formula, number.fixed, []


def _check_formula(
    play: Any, where: str, formula: Any, fixed: Mapping[str, Any], known: list[str], within: list[str]
) -> None:
    """Refuse a formula, or one that it builds on, that is none or takes what nothing gives."""
    if not hasattr(formula, "__code__") or formula.__name__ == "<lambda>":
        raise PlayError(f"{where} has {formula!r} for a formula", "name a function that is written with def")
    for one in filter(callable, fixed.values()):
        _check_formula(play, where, one, {}, known, within)
    takes = playing.taken(formula)
    if takes.profile and "profile" not in known:
        raise PlayError(f"{where}: {formula.__name__} takes a profile", "add the control model(…)")
    for name in takes.named:
        if name in within:
            raise PlayError(f"the value {name!r} builds on itself", "let it take what controls give")
        if name in play.values and name not in fixed:
            value = play.values[name]
            _check_formula(play, where, value.formula, value.fixed, [*known, *fixed], [*within, name])
        elif name in takes.needed and name not in {*known, *fixed}:
            raise PlayError(f"{where}: {formula.__name__} takes {name}, which nothing gives", _given(known))


def _check_values(play: Any, known: set[str], functions: Mapping[str, Any]) -> None:
    used = {name for formula in functions.values() for name in playing.taken(formula).named}
    for name in play.values:
        if name in known:
            raise PlayError(f"{name!r} is a value, and a control gives it too", "give the value another name")
        if name not in used:
            raise PlayError(f"no formula takes the value {name!r}", "take it out, or name an argument so")


def _names(play: Any, formula: Any, fixed: Mapping[str, Any]) -> set[str]:
    """Return what a formula takes, itself or through what it builds on, and is not fixed."""
    found = {*playing.taken(formula).named} - {*fixed}
    for one in filter(callable, fixed.values()):
        found |= _names(play, one, {})
    for name in found & {*play.values}:
        found |= _names(play, play.values[name].formula, play.values[name].fixed)
    return found


def _given(known: Any) -> str:
    return f"controls give {', '.join(sorted(known))}; add a control or fixed={{…}}"


def _texts(play: Any, claims: Mapping[str, str], lang: str) -> dict[str, str]:
    """Return every text as built, each that has the name of a claim being that claim."""
    said = playing.texts(play, playing.built(play), lang)
    words = [text for one in play.numbers.values() if hasattr(one, "yes") for text in (one.yes, one.no)]
    for name in playing.MARK.findall(" ".join([play.sentence, *words])):
        if name not in said:
            raise PlayError(f"the sentence uses {{{{{name}}}}}, which is neither control nor number", _given(said))
    for name in play.numbers:
        if name in claims and claims[name] != said[name]:
            message = f"the number {name!r} is “{said[name]}” as built, and the claim of this name “{claims[name]}”"
            raise PlayError(message, "let both say the same, or give the number another name")
    return said


def _compared(
    play: Any, mark: Any, artist: Any, pool: Mapping[str, Any], said: Mapping[str, str]
) -> Iterator[tuple[str, Any, Any]]:
    """Yield what was drawn of a mark beside what it should be."""
    match type(mark).__name__:
        case "Curve":
            for x, y in zip(artist.get_xdata(), artist.get_ydata(), strict=True):
                at = int(x) if _is_whole(play, mark) else float(x)
                yield f"y at {at}", y, playing.evaluate(mark.y, {**pool, mark.over: at}, mark.fixed)
        case "Dot":
            for name, data in (("x", artist.get_xdata()), ("y", artist.get_ydata())):
                yield name, data[0] if len(data) == 1 else data, playing.place(getattr(mark, name), pool, mark.fixed)
        case "Bar":
            yield from _extent(mark, pool, artist.get_x(), artist.get_width())
        case "Column":
            yield from _extent(mark, pool, artist.get_y(), artist.get_height())
        case "Label":
            yield "text", artist.get_text(), said[mark.says]


def _extent(mark: Any, pool: Mapping[str, Any], start: float, length: float) -> Iterator[tuple[Any, ...]]:
    yield "start", start, playing.evaluate(mark.start, pool, mark.fixed) if mark.start else 0
    yield "end", start + length, playing.evaluate(mark.end, pool, mark.fixed)


def _same(drawn: Any, given: Any) -> bool:
    if isinstance(drawn, str) or isinstance(given, str):
        return drawn == given
    return math.isclose(drawn, given, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _call(formula: Any) -> dict[str, Any]:
    takes = playing.taken(formula)
    return {"call": formula.__name__, "takes": [*takes.named], "profile": takes.profile}


def _is_whole(play: Any, curve: Any) -> bool:
    """Return whether a curve runs over whole numbers alone."""
    return any(curve.over in playing.taken(one).whole for one in playing.reached(play, curve.y, curve.fixed))


def _fixed(fixed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _call(one) if callable(one) else one for name, one in fixed.items()}


def _value(value: Any) -> dict[str, Any]:
    return _without_defaults({"value": _call(value.formula), "fixed": _fixed(value.fixed)})


def _mark(play: Any, mark: Any) -> dict[str, Any]:
    """Return a mark as plain data."""
    kind = type(mark).__name__
    data: dict[str, Any] = {"kind": kind.lower(), "fixed": _fixed(mark.fixed)}
    for name in PLACES[kind]:
        found = getattr(mark, name)
        data[name] = _call(found) if callable(found) else found
    if kind == "Curve":
        data |= {"over": mark.over, "whole": _is_whole(play, mark)}
    if kind == "Label":
        data["says"] = mark.says
    return _without_defaults(data)


def _number(number: Any) -> dict[str, Any]:
    how = {"yes": number.yes, "no": number.no} if hasattr(number, "yes") else {"unit": number.unit}
    return _value(number) | how


def _follows_model(play: Any, number: Any) -> bool:
    builds_on = [*playing.reached(play, number.formula, number.fixed)]
    if any(playing.taken(one).profile for one in builds_on):
        return True
    return bool({*playing.GIVEN["model"], "model"} & _names(play, number.formula, number.fixed))


def _without_defaults(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in (None, "", (), {}, [])}
