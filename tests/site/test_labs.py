"""Labs: a notebook is a page line for line, its cells run once, and what they put out stands on the page."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import nbformat
import pytest

from llmnotes.site.build.build import build
from llmnotes.site.checks import structure
from llmnotes.site.labs import execute, hook, outputs
from llmnotes.site.text import pages, percent
from llmnotes.site.text.problem import SiteError
from llmnotes.site.verbs.sync import sync
from tests.site.conftest import share_formulas

LAB = """# ---
# title: {title}
# description: {title}
# ---

# %% [markdown]
# # {title}
#
# {words}

# %%
{code}

# %% [markdown]
# ## {end} {{ #end }}
#
# {words}
"""
WORDS = {"zh": ("动手做", "跑一遍。", "结尾"), "en": ("Do it", "It runs.", "The end")}
NAME = "labs/do-it"


def write(root: Path, code: str, languages: tuple[str, ...] = ("zh", "en")) -> None:
    for lang in languages:
        title, words, end = WORDS[lang]
        file = root / execute.place_of(lang, NAME)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(LAB.format(title=title, words=words, end=end, code=code), encoding="utf-8")


def texts(root: Path) -> list[str]:
    return ["".join(output.get("text", "") for output in out) for out in execute.outputs(root, NAME)]


def test_every_line_of_a_notebook_keeps_its_place():
    text = LAB.format(title="A", words="w", end="E", code="a = 1\n\n\nb = '# %'\n# comment")
    made = percent.as_markdown(text, "a.py").splitlines()
    for number, row in enumerate(text.splitlines()):
        if row and not row.startswith("# %%"):
            assert made[number] in (row, row.removeprefix("# "), row.removeprefix("#"))
    assert [cell.code for cell in percent.cells(text)] == ["a = 1\n\n\nb = '# %'\n# comment"]


def test_the_notebook_to_take_away_is_one_that_jupyter_reads():
    notebook = percent.as_notebook(LAB.format(title="A", words="{{x.y}}", end="E", code="a = 1"), str.upper)
    nbformat.validate(notebook)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        ("markdown", "# A\n\n{{X.Y}}"),
        ("code", "a = 1"),
        ("markdown", "## E { #END }\n\n{{X.Y}}"),
    ]


@pytest.mark.parametrize(
    ("text", "line"), [("# %% [markdown]\nwords\n", 2), ("# %%\na = 1\n# %%\nb = 2\n", 3)], ids=["bare text", "no gap"]
)
def test_a_notebook_that_would_lose_its_lines_is_refused(text, line):
    with pytest.raises(SiteError) as error:
        percent.as_markdown(text, "a.py")
    assert error.value.problems[0].line == line


@pytest.mark.site
def test_cells_run_once_and_again_when_what_they_read_changes(project):
    (project / "number.txt").write_text("5")
    write(project, f"from pathlib import Path\n\nprint(int(Path({str(project / 'number.txt')!r}).read_text()) + 1)")
    assert execute.prepare(project) == 1
    assert execute.prepare(project) == 0
    assert texts(project) == ["6\n"]
    (project / "number.txt").write_text("7")
    assert execute.prepare(project) == 1
    assert texts(project) == ["8\n"]


@pytest.mark.site
def test_a_changed_package_runs_the_cells_again():
    opened = execute.run_cells(Path(execute.__file__).parents[3], NAME, ["import llmnotes.units"], [])[1]
    assert "llmnotes/units.py" in opened
    assert not any(path.startswith((".venv", ".cache")) for path in opened)


@pytest.mark.site
def test_byte_code_that_a_first_import_writes_is_no_input(tmp_path, monkeypatch):
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "fresh.py").write_text("NUMBER = 5\n")
    _, opened = execute.run_cells(
        tmp_path, NAME, [f"import sys\n\nsys.path.insert(0, {str(tmp_path)!r})\nimport fresh"], []
    )
    assert list(tmp_path.glob("__pycache__/fresh.*")), "no byte code was written: nothing is shown"
    assert opened == ["fresh.py"]


@pytest.mark.site
@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        ("a = 1\nassert a == 2, 'not two'", 13, "not two"),
        ("import warnings\nwarnings.warn('old')", 13, "old"),
        ("import socket\n\nsocket.create_connection(('127.0.0.1', 9))", 14, "must not use socket"),
        ("import sys\n\nopened = open(sys.executable)\ndel opened", 11, "unclosed file"),
        ("import os\nos._exit(3)", 11, "ends its kernel"),
    ],
    ids=["raises", "warns", "network", "complains", "exits"],
)
def test_a_cell_that_fails_stops_the_build_at_its_line(project, code, line, said):
    write(project, code)
    with pytest.raises(SiteError) as error:
        execute.prepare(project)
    (problem,) = error.value.problems
    assert problem.place == execute.place_of("zh", NAME)
    assert said in problem.message
    assert problem.line == line


def test_both_languages_share_their_cells(project):
    write(project, "print(1)")
    write(project, "print(2)", languages=("en",))
    with pytest.raises(SiteError, match="has other code than the same lab in the other language"):
        execute.prepare(project)


@pytest.mark.site
def test_a_lab_that_compares_nothing_is_refused_at_its_last_cell(project):
    def said() -> list[str]:
        found = pages.read(project, project / execute.place_of("en", NAME))
        return [str(one) for one in structure.of_pages(project, [found]) if "compares" in one.message]

    write(project, "# assert nothing\nprint(6 * 7)")
    assert [one.partition(";")[0] for one in said()] == [
        f"{execute.place_of('en', NAME)}:15: compares what it computes with nothing"
    ]
    write(project, "assert 6 * 7 == sum([7] * 6)")
    assert said() == []


def test_a_measured_cell_is_shown_as_recorded_and_only_with_the_code_it_was_measured_with(project):
    code = '\n# %% tags=["measured"]\nimport time\n\nprint(time.time_ns())'
    write(project, code)
    with pytest.raises(SiteError, match=f"python -m llmnotes.site measure {NAME}"):
        execute.prepare(project)
    record = execute.measure(project, NAME, machine="a test")
    execute.prepare(project)
    assert texts(project) == ["", json.loads(record.read_text("utf-8"))["outputs"][0][0]["text"]]
    write(project, code + "\nprint()")
    with pytest.raises(SiteError, match="was measured with other code"):
        execute.prepare(project)


def test_printed_text_is_text_and_a_drawing_follows_the_scheme():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0" style="stroke: #22201c"/></svg>'
    cells = [percent.Cell(3, "", False, "One line."), percent.Cell(9, "", False)]
    stream = {"output_type": "stream", "name": "stdout", "text": "1 < 2 <script>\n"}
    drawing = {"output_type": "display_data", "data": {"image/svg+xml": svg, "text/plain": "<Figure>"}}
    first, second = outputs.rendered("en", "a.py", cells, [[stream, drawing], []], {})
    assert "<pre>1 &lt; 2 &lt;script&gt;</pre>" in first
    assert "var(--ln-ink)" in first
    assert 'role="img" aria-label="One line."' in first
    assert "&lt;Figure" not in first
    assert second == ""
    with pytest.raises(SiteError, match=r"a[.]py:9: draws a figure without a description"):
        outputs.rendered("en", "a.py", cells, [[], [drawing]], {})


@pytest.mark.site
def test_a_lab_is_a_page_like_every_other(project):
    write(project, "assert 6 * 7 == sum([7] * 6)\nprint('computed', 6 * 7)")
    sync(project, [execute.place_of("en", NAME)], compared=True)
    pinned = (project / execute.place_of("en", NAME)).read_text("utf-8")
    assert "# translation_of: zh\n# source_hash: sha-" in pinned
    assert pages.read(project, project / execute.place_of("en", NAME)).meta["translation_of"] == "zh"
    build(project)
    first = {path: path.read_bytes() for path in (project / "site").rglob("do-it.*")}
    page = (project / "site" / "zh" / "labs" / "do-it.html").read_text("utf-8")
    assert "computed 42" in page
    assert hook.MARK.split("{")[0] not in page
    assert len(gzip.compress(page.encode())) < 25_000
    assert {path.suffix for path in first} == {".html", ".md", ".ipynb"}
    (project / ".cache").rename(project / ".cache-before")
    share_formulas(project)
    build(project)
    assert {path: path.read_bytes() for path in (project / "site").rglob("do-it.*")} == first
