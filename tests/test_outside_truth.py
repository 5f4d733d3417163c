"""Nothing joins the package on its own word: a formula, a family and an engine each bring something from outside."""

import ast
import json
import re
from pathlib import Path

import pytest

from llmnotes import registry
from llmnotes.config import families
from llmnotes.engines import ENGINES

# What stood before this rule; each list may only get shorter.
WITHOUT_SOURCE = re.compile(
    "full_pairs|window_full_pairs|short_chunk_flops|n_chunks|entries_before|entry_full_pairs|cached_bytes|"
    "tokens_in_window|weight_bytes|attention_width|experts_width|head_bytes|tokens_usd|chips_usd|tokens_per_second|"
    "request_hours"
)
UNMEASURED = {
    "PanguEmbedded",
    "chameleon",
    "chatglm",
    "deepseek_ocr2_text",
    "internlm",
    "molmo",
    "orion",
    "skywork",
    "xverse",
}


def equations(root: Path) -> dict[str, tuple[str, ast.FunctionDef]]:
    return {
        node.name: (file.name, node)
        for file in sorted((root / "llmnotes" / "equations").glob("*.py"))
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_"
    }


def words_of(files: list[Path]) -> set[str]:
    return {word for file in files for word in re.findall(r"\w+", file.read_text(encoding="utf-8"))}


def test_each_formula_names_its_source_and_an_example(root: Path) -> None:
    for name, (file, node) in equations(root).items():
        text = ast.get_docstring(node) or ""
        assert "…" not in text, f"{file}: {name} is not filled in; write its docstring"
        assert ">>>" in text, f"{file}: {name} has no example; add one that runs"
        if "Source:" not in text:
            assert WITHOUT_SOURCE.fullmatch(name), f"{file}: {name} has no Source: (paper, section, address)"
        else:
            assert not WITHOUT_SOURCE.fullmatch(name), f"{name} has a source now: take it off the list"


def test_each_formula_is_held_to_something_outside_it(root: Path) -> None:
    """By a test of its own, or through the blocks and costs that measured cases count."""
    held = words_of([*sorted((root / "tests").glob("test_*.py")), *sorted((root / "tests" / "site").glob("test_*.py"))])
    package = root / "llmnotes"
    inside = [file for name in ("blocks", "cost", "equations") for file in sorted((package / name).glob("*.py"))]
    used = words_of([*inside, package / "bills.py", package / "report.py"])
    alone = [f"{file}: {name}" for name, (file, _) in equations(root).items() if name not in held | used]
    assert alone == [], "bring a test with real arrays, a counted loop or a published number"


def test_each_family_was_measured_or_published(root: Path) -> None:
    from llmnotes.site.checks.data import measured
    from llmnotes.site.made.wanted import UNCONFIRMED

    known = set(measured(root))
    for entry in map(registry.find, registry.model_ids()):
        if entry.n_params_weights or entry.n_params_published or entry.id in known:
            known.add(entry.spec.family)
    alone = set(families()) - known
    assert alone <= UNCONFIRMED | UNMEASURED, f"{alone - UNCONFIRMED - UNMEASURED}: register a model with its count"
    assert alone >= UNMEASURED, f"{UNMEASURED - alone} is confirmed now: take it off the list"


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_was_seen_to_set_aside_what_its_rule_says(root: Path, engine: str) -> None:
    rows = json.loads((root / "tests/data/engine_measurements.json").read_text(encoding="utf-8"))
    assert [row for row in rows if row["engine"] == engine], f"add a line of {engine}'s log to engine_measurements.json"
    modules = [file.read_text("utf-8") for file in sorted((root / "llmnotes/engines").glob("*.py"))]
    text = next(one for one in modules if f'ENGINE, VERSION = "{engine}"' in one)
    assert "Source:" in text
    assert "…" not in text.partition('"""')[2].partition('"""')[0].replace("`…`", "")
