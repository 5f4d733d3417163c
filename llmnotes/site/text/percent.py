"""A notebook in percent format, line for line as Markdown: so every check of pages holds for labs, with right lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from llmnotes.site.text.problem import Problem, SiteError

MARKER = re.compile(r"^# %%(?:\s*\[(?P<kind>\w+)\])?(?P<options>.*)$")
TAGS = re.compile(r"tags=\[(?P<tags>[^\]]*)\]")
DESCRIPTION = re.compile(r'description="(?P<text>[^"]+)"')
MEASURED = "measured"
FENCE = "```python"
FENCE_THAT_SHOWS = re.compile(r"^```python exec=.*?^```$", re.M | re.S)


@dataclass(frozen=True)
class Cell:
    """A cell of code.

    Args:
        line: Line of its marker in the file.
        code: Its text, without the blank lines around it.
        measured: Whether its output is recorded instead of made by each build, as a time is.
        description: What its drawing finds, for who does not see it; in the language of the page.
    """

    line: int
    code: str
    measured: bool
    description: str = ""


def as_markdown(text: str, place: str) -> str:
    """Return a notebook as a page with as many lines before each sentence and each line of code.

    Args:
        text: The file.
        place: Its name, for messages.

    Raises:
        SiteError: If a line of text is not commented out, or a cell is not parted from the next by an empty line.

    >>> print(as_markdown("# ---\\n# title: a\\n# ---\\n\\n# %% [markdown]\\n# # A\\n\\n# %%\\nb = 1\\n", "a.py"))
    ---
    title: a
    ---
    <BLANKLINE>
    <BLANKLINE>
    # A
    <BLANKLINE>
    ```python
    b = 1
    ```
    """
    rows = text.splitlines()
    made: list[str] = []
    in_code = False
    for number, row in enumerate(rows, 1):
        marker = MARKER.match(row)
        if marker:
            if in_code:
                if made[-1].strip():
                    raise SiteError([Problem(place, number, "begins a cell right below code", "leave a line empty")])
                made[-1] = "```"
            in_code = marker["kind"] is None
            made.append(FENCE if in_code else "")
        elif in_code:
            made.append(row)
        elif row.strip() and not row.startswith("#"):
            remedy = "write # before it, or begin a cell of code with # %%"
            raise SiteError([Problem(place, number, "has a line of text that is no comment", remedy)])
        else:
            made.append(row[2:] if row.startswith("# ") else row[1:])
    while in_code and made and not made[-1].strip():
        made.pop()
    return "\n".join([*made, "```"] if in_code else made)


def cells(text: str) -> list[Cell]:
    """Return the cells of code of a notebook, in their order."""
    found: list[Cell] = []
    for line, marker, rows in _parts(text.splitlines()):
        if marker["kind"] is None:
            tags = TAGS.search(marker["options"])
            named = re.findall(r"[\w-]+", tags["tags"]) if tags else []
            described = DESCRIPTION.search(marker["options"])
            text = described["text"] if described else ""
            found.append(Cell(line, "\n".join(rows).rstrip("\n"), MEASURED in named, text))
    return found


def as_notebook(text: str, prose: Callable[[str], str]) -> Any:
    """Return a notebook for Jupyter, with the same identifiers each time and without outputs.

    Args:
        text: The file.
        prose: Makes of a cell of text what a reader without this site can read.
    """
    import jupytext

    notebook = jupytext.reads(text, fmt="py:percent")
    # The front matter is for this site.
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "raw"]
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"
        cell["metadata"] = {}
        if cell.cell_type == "markdown":
            cell["source"] = prose(cell["source"])
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return notebook


def _parts(rows: list[str]) -> Iterator[tuple[int, re.Match[str], list[str]]]:
    """Yield line, marker and rows of each cell."""
    at = [(index, marker) for index, row in enumerate(rows) if (marker := MARKER.match(row))]
    for (index, marker), (end, _) in zip(at, [*at[1:], (len(rows), None)], strict=True):
        yield index + 1, marker, rows[index + 1 : end]
