"""What the parts of a snippet may return."""

from __future__ import annotations

import json
import math
from typing import Any

from llmnotes.site.text.problem import UnfitError
from llmnotes.site.text.shown import PLAIN

MOST_RESULT_BYTES = 2_000_000


def check_result(result: Any) -> dict[str, Any]:
    """Return what `compute` gave as JSON holds it.

    Raises:
        UnfitError: If JSON cannot hold it, or it is too large.
    """
    result = plain(result, "result")
    if not isinstance(result, dict):
        raise UnfitError(f"compute returns {type(result).__name__}", "return a dict with a name for each part")
    size = len(json.dumps(result))
    if size > MOST_RESULT_BYTES:
        raise UnfitError(f"compute returns {size / 1e6:.1f} MB", "return what the page shows, not every step to it")
    return result


def check_table(table: Any, *, drawn: bool) -> dict[str, Any]:
    """Return what `table` gave as plain lists.

    Args:
        table: What it gave.
        drawn: Whether there is a drawing besides; if not, the table is the figure, and may name a scale of bars.

    Raises:
        UnfitError: If columns and rows do not fit each other, or bars cannot be drawn into them.
    """
    form = "return llmnotes.figures.Table(columns, rows)"
    if not isinstance(table, dict) or not {"columns", "rows"} <= set(table) <= {
        "columns",
        "rows",
        "unit",
        "bars",
        "on_page",
    }:
        raise UnfitError("table does not return columns, rows and unit", form)
    columns = [str(name) for name in table["columns"]]
    rows = [plain(list(row), f"table row {number}") for number, row in enumerate(table["rows"], start=1)]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            raise UnfitError(f"table row {number} has {len(row)} cells for {len(columns)} columns", form)
    if not rows:
        raise UnfitError("table has no rows", "return the numbers that the figure shows")
    checked: dict[str, Any] = {"columns": columns, "rows": rows, "unit": str(table.get("unit", ""))}
    checked |= {"on_page": table["on_page"]} if table.get("on_page") else {}
    if drawn and "bars" in table:
        raise UnfitError("table has bars beside a drawing", "take one of the two out")
    return checked if drawn else checked | {"bars": _check_bars(table["bars"], rows) if "bars" in table else PLAIN}


def _check_bars(scale: Any, rows: list[list[Any]]) -> str:
    """Return the scale of the bars of a table: each row has a name, a bar, and a ring where its third cell differs."""
    if scale != "log":
        raise UnfitError(f"table has bars of the scale {scale!r}", 'write "log"')
    for number, row in enumerate(rows, start=1):
        if len(row) != 3 or not all(type(cell) in (int, float) and cell > 0 for cell in row[1:]):
            message = f"table row {number} is {row}, which bars cannot show"
            raise UnfitError(message, "give a name and two numbers above zero")
    return scale


def plain(value: Any, where: str) -> Any:
    """Return a value as JSON holds it.

    Args:
        value: Nested dicts, lists and tuples of texts and numbers.
        where: How the message names it.

    Raises:
        UnfitError: If JSON cannot hold it, or would change it.

    >>> plain({"sizes": (1, 2.5)}, "result")
    {'sizes': [1, 2.5]}
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnfitError(f"{where} is {float(value)}", "return finite numbers, and None where there is none")
        return float(value)
    if type(value).__name__ == "Quantity":
        return _plain_quantity(value, where)
    if isinstance(value, list | tuple):
        return [plain(part, f"{where}[{index}]") for index, part in enumerate(value)]
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                raise UnfitError(f"{where} has the key {key!r}", "use texts as keys, or a list of pairs")
        return {key: plain(part, f'{where}["{key}"]') for key, part in value.items()}
    kind = f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
    raise UnfitError(f"{where} is {kind}, which JSON cannot hold", "return int(...), float(...) or .tolist()")


def _plain_quantity(value: Any, where: str) -> dict[str, Any]:
    # Not from our own import: a snippet uses the package as it is now, in classes of its own.
    others = {key: getattr(value, key) for key in ("name", "holds_for", "kind", "formula", "source")}
    said = {key: plain(dict(part) if key == "holds_for" else part, where) for key, part in others.items() if part}
    return {"v": plain(value.value, where), "u": value.unit, **said}
