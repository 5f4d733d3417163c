"""Run the cells of labs in a kernel of their own, once for both languages, and keep what they put out."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmnotes.site.cache.machinery import machinery_digest
from llmnotes.site.cache.store import Entry, Store, digest, digest_path
from llmnotes.site.text import percent
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.units import LANGUAGES

CELL_LIMIT_S = 120
KEPT = {"stream": ("name", "text"), "execute_result": ("data",), "display_data": ("data",)}
VERSIONS = ("numpy", "matplotlib", "ipykernel", "ipython", "nbclient")
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "LC_ALL": "C", "TZ": "UTC", "MPLBACKEND": "agg"}
REMEDY = "mend the cell, in both languages"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
LINE_IN_CELL = re.compile(r"Cell In\[\d+\], line (\d+)")

Outputs = list[list[dict[str, Any]]]


def names(root: Path) -> list[str]:
    """Return the labs of a project, as `labs/build-a-kv-cache`."""
    folders = [root / "docs" / lang for lang in LANGUAGES]
    return sorted({path.relative_to(docs).with_suffix("").as_posix() for docs in folders for path in _files(docs)})


def _files(docs: Path) -> Iterable[Path]:
    return (docs / "labs").glob("*.py")


def place_of(lang: str, name: str) -> str:
    """Return the file of a lab in a language."""
    return f"docs/{lang}/{name}.py"


def prepare(root: Path) -> int:
    """Execute every lab of which nothing is kept; return how many ran.

    Raises:
        SiteError: With what is wrong in any of them.
    """
    problems: list[Problem] = []
    n_run = 0
    for name in names(root):
        try:
            cells = read(root, name)
            if kept(root, name, cells) is None:
                execute(root, name, cells)
                n_run += 1
            measured(root, name, cells)
        except SiteError as error:
            problems += error.problems
    if problems:
        raise SiteError(problems)
    return n_run


def read(root: Path, name: str) -> list[percent.Cell]:
    """Return the code of a lab, which is the same in both languages.

    Raises:
        SiteError: If it is not.
    """
    texts = {lang: root / place_of(lang, name) for lang in LANGUAGES}
    found = {lang: percent.cells(path.read_text(encoding="utf-8")) for lang, path in texts.items() if path.is_file()}
    first = next(iter(found.values()))
    for lang, cells in found.items():
        for index, cell in enumerate(cells):
            if index >= len(first) or (first[index].code, first[index].measured) != (cell.code, cell.measured):
                message = "has other code than the same lab in the other language, with which it shares its outputs"
                raise SiteError([Problem(place_of(lang, name), cell.line, message, "make both cells the same")])
    return first


def outputs(root: Path, name: str) -> Outputs:
    """Return what each cell of a lab puts out: kept, or else made now; recorded for the measured ones.

    Raises:
        SiteError: If it fails.
    """
    cells = read(root, name)
    made = kept(root, name, cells)
    made = execute(root, name, cells) if made is None else made
    recorded = iter(measured(root, name, cells).get("outputs", []))
    return [next(recorded) if cell.measured else out for cell, out in zip(cells, made, strict=True)]


def kept(root: Path, name: str, cells: list[percent.Cell]) -> Outputs | None:
    """Return what is kept of a lab for the files as they are now."""
    entry = _store(root).find(_recipe(name, cells), lambda path: digest_path(root, path))
    return entry.value if entry else None


def execute(root: Path, name: str, cells: list[percent.Cell]) -> Outputs:
    """Run all cells but the measured ones and keep what they put out.

    Raises:
        SiteError: If one raises or does not end: with its line.
    """
    begun = time.time()
    made, opened = run_cells(root, name, ["" if cell.measured else cell.code for cell in cells], cells)
    inputs = {path: digest_path(root, path) for path in opened}
    # What was changed meanwhile may have been read before or after.
    if all((root / path).stat().st_mtime < begun for path in opened):
        _store(root).keep(_recipe(name, cells), Entry(made, inputs))
    return made


def run_cells(root: Path, name: str, codes: list[str], cells: list[percent.Cell]) -> tuple[Outputs, list[str]]:
    """Return what these cells put out in a fresh kernel, and the files of the project that they used.

    Raises:
        SiteError: As in `execute`.
    """
    import nbformat.v4 as form
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    from llmnotes.site.text.root import child_environment

    module = "from llmnotes.site.labs import in_kernel as _in_kernel"
    first = f"{module}\n_in_kernel.begin({str(root)!r})"
    last = f"print(_in_kernel.report({str(root)!r}))"
    notebook = form.new_notebook(cells=[form.new_code_cell(code) for code in (first, *codes, last)])
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"
    at = [0]
    client = NotebookClient(
        notebook,
        timeout=CELL_LIMIT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(_store(root).scratch())}},
        on_cell_start=lambda cell, cell_index: at.append(cell_index - 1),
    )
    try:
        client.execute(env=child_environment(root) | ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise SiteError([_failure(name, cells, at[-1], error)]) from None
    made = [_merged([_plain(output) for output in cell.outputs]) for cell in notebook.cells]
    for cell, out in zip(cells, made[1:-1], strict=False):
        for output in out:
            if output.get("name") == "stderr":
                said = output["text"].strip().splitlines()[-1]
                raise SiteError([Problem(place_of("zh", name), cell.line, f"complains: {said}", REMEDY)])
    return made[1:-1], json.loads(made[-1][0]["text"])


def measured(root: Path, name: str, cells: list[percent.Cell]) -> dict[str, Any]:
    """Return what was recorded of the measured cells of a lab, with machine and date; empty where it has none.

    Raises:
        SiteError: If nothing was recorded, or with other code.
    """
    wanted = [cell for cell in cells if cell.measured]
    if not wanted:
        return {}
    path = record_path(root, name)
    remedy = f"run python -m llmnotes.site measure {name}"
    if not path.is_file():
        raise SiteError([Problem(place_of("zh", name), wanted[0].line, "has a cell that was never measured", remedy)])
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["code"] != _code_digest(cells):
        message = "was measured with other code than it has now"
        raise SiteError([Problem(place_of("zh", name), wanted[0].line, message, remedy)])
    return record


def measure(root: Path, name: str, machine: str) -> Path:
    """Run a lab whole on this machine, record what its measured cells put out, and return the record.

    Raises:
        SiteError: If it fails.
    """
    cells = read(root, name)
    made, _ = run_cells(root, name, [cell.code for cell in cells], cells)
    record = {
        "machine": machine,
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "numpy": importlib.metadata.version("numpy"),
        "code": _code_digest(cells),
        "outputs": [out for cell, out in zip(cells, made, strict=True) if cell.measured],
    }
    path = record_path(root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def record_path(root: Path, name: str) -> Path:
    """Return where the measured outputs of a lab are recorded."""
    return root / "docs" / "measured" / f"{name}.json"


def _store(root: Path) -> Store:
    return Store(root / ".cache" / "llmnotes")


def _code_digest(cells: list[percent.Cell]) -> str:
    return digest([cell.code for cell in cells])


def _recipe(name: str, cells: list[percent.Cell]) -> str:
    """Return the digest of all that decides the outputs but the files that the cells read."""
    return digest(
        "lab",
        name,
        [[cell.code, cell.measured] for cell in cells],
        [platform.python_version(), sys.platform, platform.machine()],
        [importlib.metadata.version(package) for package in VERSIONS],
        machinery_digest("labs.execute", "labs.in_kernel"),
    )


def _plain(output: Any) -> dict[str, Any]:
    return {"output_type": output.output_type} | {key: output[key] for key in KEPT[output.output_type]}


def _merged(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs with printed text in one piece: where the kernel cuts it depends on the clock."""
    merged: list[dict[str, Any]] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def _failure(name: str, cells: list[percent.Cell], index: int, error: Exception) -> Problem:
    """Return what stopped a lab, at its line."""
    cell = cells[min(max(index, 0), len(cells) - 1)]
    said = ANSI.sub("", str(error)).strip().splitlines()
    rows = [int(row) for row in LINE_IN_CELL.findall("\n".join(said))]
    what = f"cell {index + 1} raises {said[-1] if said else type(error).__name__}"
    if type(error).__name__ == "CellTimeoutError":
        what = f"cell {index + 1} does not end within {CELL_LIMIT_S} s"
    elif type(error).__name__ == "DeadKernelError":
        what = f"cell {index + 1} ends its kernel"
    return Problem(
        place_of("zh", name), cell.line + (rows[-1] if rows else 0), what, "mend the cell, in both languages"
    )
