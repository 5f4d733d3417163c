"""A snippet is judged before it runs, and each part depends on what it uses and nothing else."""

import ast

import pytest

from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.statements import bound
from llmnotes.site.text.problem import SiteError

NAME = "kvcache/how-long/growth"


def says(root):
    with pytest.raises(SiteError) as caught:
        snippet.load(root, NAME)
    return "\n".join(str(problem).removeprefix(f"snippets/{NAME}.py:") for problem in caught.value.problems)


def test_reads_the_labels_and_the_shown_section(tmp_path, write_snippet):
    marked = "# --8<-- [start:compute]\ndef compute():\n    return {'powers': [1]}\n# --8<-- [end:compute]"
    write_snippet(tmp_path, NAME, compute=marked)
    read = snippet.load(tmp_path, NAME)
    assert [words["en"] for _, words in read.labels] == ["power", "step"]
    assert read.compute_source == "def compute():\n    return {'powers': [1]}\n"
    assert (read.id, read.kind, read.place) == ("growth", "computed", f"snippets/{NAME}.py")
    assert snippet.names(tmp_path) == [NAME]


def test_shows_the_function_where_no_section_is_marked(tmp_path, write_snippet):
    write_snippet(tmp_path, NAME)
    assert snippet.load(tmp_path, NAME).compute_source.startswith("def compute():\n    return")


def test_names_a_missing_part(tmp_path, write_snippet):
    write_snippet(tmp_path, NAME, compute="")
    assert "lacks its part compute; add compute()" in says(tmp_path)


def test_what_draws_by_itself_has_a_table(tmp_path, write_snippet):
    write_snippet(tmp_path, NAME, table="")
    assert "draws by itself and has no table" in says(tmp_path)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"table": "def table():\n    return 1"}, "table takes 0 arguments; write def table(result)"),
        ({"compute": "compute = lambda: {}"}, "compute is not a plain function"),
        ({"compute": "def compute():\n    yield 1"}, "compute yields"),
        ({"compute": "print(1)\ndef compute():\n    return {}"}, "8: has a bare statement: print(1)"),
        (
            {"compute": "import llmnotes.site.snippets.runner\ndef compute():\n    return {}"},
            "8: imports llmnotes.site",
        ),
        ({"compute": "def compute():\n    from llmnotes import site"}, "9: imports llmnotes.site"),
        ({"compute": "from math import *\ndef compute():\n    return {}"}, "8: has a relative or star import"),
        ({"compute": "def compute():\n    import time\n    return time.time()"}, "10: reads the clock (time.time)"),
        ({"compute": "def compute():\n    return datetime.now()"}, "9: reads the clock (datetime.now)"),
        ({"compute": "def compute():\n    return np.random.default_rng()"}, "9: draws random numbers without a seed"),
        ({"imports": "KIND = 'guessed'"}, "KIND is 'guessed'; write one of computed, measured, reported"),
        ({"compute": "def compute(:"}, "8: is not Python"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_says_what_is_wrong(tmp_path, write_snippet, parts, expected):
    write_snippet(tmp_path, NAME, **parts)
    assert expected in says(tmp_path)


def test_wants_the_parts_in_their_order(tmp_path, write_snippet):
    table = "def table(result):\n    return 1"
    write_snippet(tmp_path, NAME, compute=f"{table}\n\ndef compute():\n    return {{}}", table="")
    assert "has its parts in the order table, compute, draw" in says(tmp_path)


def test_offers_a_name_that_exists(tmp_path, write_snippet):
    write_snippet(tmp_path, "kvcache/how-long/grow")
    assert "did you mean kvcache/how-long/grow?" in says(tmp_path)


def test_cannot_leave_its_folder(tmp_path):
    (tmp_path / "snippets").mkdir()
    (tmp_path / "outside.py").write_text("x = 1")
    with pytest.raises(SiteError, match="there is no snippet"):
        snippet.load(tmp_path, "../outside")


def test_a_part_needs_what_it_reaches(tmp_path, write_snippet):
    helpers = """
from dataclasses import dataclass
from math import sqrt as root

LIMIT = 3
OTHER = 4

@dataclass
class Row:
    size: int = LIMIT

def helper(n: "int") -> Row:
    def inner():
        return root(n)
    return Row(inner())

def compute():
    return {"powers": [helper(2).size]}"""
    file = write_snippet(tmp_path, NAME, compute=helpers)
    read = snippet.load(tmp_path, NAME)
    names = {name for node in read.part("compute").body for name in bound(node)}
    assert names == {"dataclass", "root", "LIMIT", "Row", "helper", "compute"}
    drawn = {name for node in read.part("draw").body for name in bound(node)}
    assert "OTHER" not in drawn

    changed = file.read_text("utf-8").replace("LIMIT = 3", "LIMIT = 5")
    again = snippet.parse(NAME, file, changed)
    assert again.codes["compute"] != read.codes["compute"]
    assert again.codes["draw"] == read.codes["draw"]


def test_a_part_keeps_its_lines(tmp_path, write_snippet):
    file = write_snippet(tmp_path, NAME)
    part = snippet.load(tmp_path, NAME).part("draw")
    (draw,) = [node for node in part.body if isinstance(node, ast.FunctionDef)]
    assert file.read_text("utf-8").splitlines()[draw.lineno - 1] == "def draw(result, canvas):"
