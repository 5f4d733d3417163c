"""Nothing joins the package on its own word: a formula, a family and an engine each bring something from outside."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from llmnotes import registry
from llmnotes.config import families
from llmnotes.engines import ENGINES
from llmnotes.site.text.problem import line_of

# What stood before this rule; each list may only get shorter.
WITHOUT_SOURCE = re.compile(
    "full_pairs|window_full_pairs|short_chunk_flops|n_chunks|entries_before|entry_full_pairs|cached_bytes|"
    "tokens_in_window|weight_bytes|attention_width|experts_width|head_bytes|tokens_usd|chips_usd|tokens_per_second|"
    "request_hours"
)
UNMEASURED = {
    "chameleon",
    "molmo",
    "orion",
    "skywork",
}


def equations(root: Path) -> dict[str, tuple[str, ast.FunctionDef]]:
    return {
        node.name: (file.name, node)
        for file in sorted((root / "llmnotes" / "equations").glob("*.py"))
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_"
    }


def used_in(tree: ast.AST) -> set[str]:
    """What code reads, by name; texts, comments and definitions are no use of anything."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    # Tests take formulas by their names too, from a table of cases.
    return found | {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str}


def parsed(files: list[Path]) -> dict[Path, ast.Module]:
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}


@cache
def all_tests(root: Path) -> dict[Path, ast.Module]:
    return parsed([*sorted((root / "tests").glob("test_*.py")), *sorted((root / "tests" / "site").glob("test_*.py"))])


def test_each_formula_names_its_source_and_an_example(root: Path) -> None:
    for name, (file, node) in equations(root).items():
        text, place = ast.get_docstring(node) or "", f"llmnotes/equations/{file}:{node.lineno}"
        if "…" in text:
            pytest.fail(f"{place}: {name} is not filled in; write its docstring", pytrace=False)
        assert ">>>" in text, f"{place}: {name} has no example; add one that runs"
        if "Source:" not in text:
            assert WITHOUT_SOURCE.fullmatch(name), f"{place}: {name} has no Source: (paper, section, address)"
        else:
            assert not WITHOUT_SOURCE.fullmatch(name), f"{name} has a source now: take it off the list"


def test_each_formula_is_held_to_something_outside_it(root: Path) -> None:
    """By a test of its own, or through the blocks and costs that measured cases count."""
    package = root / "llmnotes"
    inside = [
        file for name in ("blocks", "cost", "equations", "timing") for file in sorted((package / name).glob("*.py"))
    ]
    trees = all_tests(root) | parsed(
        [*inside, *(package / f"{name}.py" for name in ("bills", "finetuning", "report", "spec"))]
    )
    held = {name for tree in trees.values() for name in used_in(tree)}
    for name, (file, node) in equations(root).items():
        place = f"llmnotes/equations/{file}:{node.lineno}"
        remedy = "bring a test with real arrays, a counted loop or a published number"
        if name not in held:
            pytest.fail(f"{place}: nothing outside holds {name}; {remedy}", pytrace=False)


def test_no_test_says_a_formula_again(root: Path) -> None:
    """The same arithmetic over the same names would be wrong together with it."""
    said = {}
    for name, (_, node) in equations(root).items():
        for part in node.body:
            if (
                isinstance(part, ast.Return)
                and part.value
                and sum(isinstance(one, ast.BinOp) for one in ast.walk(part)) > 1
            ):
                said[ast.dump(part.value)] = name
    for file, tree in all_tests(root).items():
        for node in ast.walk(tree):
            if isinstance(node, ast.BinOp) and (name := said.get(ast.dump(node))):
                where = f"{file.relative_to(root)}:{node.lineno}"
                remedy = "count real arrays, or state a published number with its address"
                pytest.fail(f"{where}: says {name} again, which proves nothing; {remedy}", pytrace=False)


def test_each_family_was_measured_or_published(root: Path) -> None:
    from llmnotes.site.checks.data import measured
    from llmnotes.site.made.wanted import UNCONFIRMED

    known = set(measured(root))
    assert not UNCONFIRMED & known, f"{UNCONFIRMED & known} is measured now: take it off the list of what is wanted"
    for entry in map(registry.find, registry.model_ids()):
        if entry.n_params_weights or entry.n_params_published or entry.id in known:
            known.add(entry.spec.family)
    alone = set(families()) - known
    for family in sorted(alone - UNCONFIRMED - UNMEASURED):
        rows = (root / "llmnotes/config").glob("*.py")
        found = [(row, line_of(row, [f'"{family}": '])) for row in sorted(rows)]
        place = next((f"{row.relative_to(root)}:{line}: " for row, line in found if line), "")
        pytest.fail(
            f"{place}nothing confirms the family {family}; register a model of it with its published count "
            "(make new KIND=model), or sum the real class into tests/data",
            pytrace=False,
        )
    assert alone >= UNMEASURED, f"{UNMEASURED - alone} is confirmed now: take it off the list"


def test_each_file_of_an_engine_is_an_engine_that_answers(root: Path) -> None:
    for file, tree in parsed(sorted((root / "llmnotes/engines").glob("*.py"))).items():
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "(ENGINE, VERSION)":
                engine, version = ast.literal_eval(node.value)
                place = f"{file.relative_to(root)}:{node.lineno}"
                assert version != "…", f"{place}: {engine} is not filled in; write the version whose source you read"
                assert engine in ENGINES, f"{place}: {engine} answers nobody; add it to llmnotes/engines/__init__.py"


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_was_seen_to_set_aside_what_its_rule_says(root: Path, engine: str) -> None:
    rows = json.loads((root / "tests/data/engine_measurements.json").read_text(encoding="utf-8"))
    assert [row for row in rows if row["engine"] == engine], f"add a line of {engine}'s log to engine_measurements.json"
    modules = [file.read_text("utf-8") for file in sorted((root / "llmnotes/engines").glob("*.py"))]
    text = next(one for one in modules if f'ENGINE, VERSION = "{engine}"' in one)
    assert "Source:" in text
    assert "…" not in text.partition('"""')[2].partition('"""')[0].replace("`…`", "")
