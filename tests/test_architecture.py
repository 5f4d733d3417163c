"""Imports flow one way, the engine needs the standard library alone, and starting it costs next to nothing."""

import ast
import subprocess
import sys

import pytest

# A module imports only from its own layer or from layers before it.
LAYERS = (
    ("units", "finder"),
    ("params", "flops", "kvcache", "memory", "serving", "training", "pricing"),
    ("blocks",),
    ("spec",),
    ("profile",),
    ("config", "registry"),
    ("placement", "report", "bills"),
    ("fitting", "speed", "division", "engines", "wording"),
    ("described",),
    ("cli", "__main__"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
ENGINE = [name for names in LAYERS[:-1] for name in names]
MAY_OPEN_FILES = {"llmnotes/registry.py", "llmnotes/config/files.py"}


def engine_files(root):
    for name in RANK:
        module = root / "llmnotes" / f"{name}.py"
        yield from [(name, module)] if module.exists() else []
        yield from ((name, file) for file in sorted((root / "llmnotes" / name).glob("*.py")))


def imported_modules(file):
    """Every module a file imports, with the function-level ones."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "llmnotes":
            yield from (f"llmnotes.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write the full name of what is imported"
            yield node.module


def test_imports_flow_one_way(root):
    wrong = [
        f"{file.relative_to(root)} imports {module}"
        for name, file in engine_files(root)
        for module in imported_modules(file)
        if module.startswith("llmnotes.") and RANK.get(module.split(".")[1], 99) > RANK[name]
    ]
    assert wrong == []


def test_the_engine_needs_the_standard_library_alone(root):
    wrong = [
        f"{file.relative_to(root)} imports {module}"
        for name, file in engine_files(root)
        if name in ENGINE
        for module in imported_modules(file)
        if not module.startswith("llmnotes") and module.split(".")[0] not in sys.stdlib_module_names
    ]
    assert wrong == []


def test_only_the_registry_and_the_reader_of_configurations_open_files(root):
    openers = {
        str(file.relative_to(root))
        for name, file in engine_files(root)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") == "open" or getattr(node.func, "attr", "").startswith(("read_", "open")))
    }
    assert openers <= MAY_OPEN_FILES


def test_only_site_imports_site(root):
    wrong = [
        f"{file.relative_to(root)} imports {module}"
        for file in (root / "llmnotes").rglob("*.py")
        if "site" not in file.relative_to(root / "llmnotes").parts
        for module in imported_modules(file)
        if module.startswith("llmnotes.site")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import llmnotes", {"numpy", "matplotlib", "rich", "dataclasses", "argparse", "json"}),
        (
            "from llmnotes.cli import main; main(['params', 'tests/data/example-config.json'])",
            {"numpy", "rich", "tomllib"},
        ),
    ],
    ids=["the package", "one verb"],
)
def test_starts_without_what_it_does_not_need(root, statement, absent):
    code = f"{statement}\nimport sys\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    run = subprocess.run([sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert absent & set(run.stderr.split()) == set()


def test_a_public_name_that_does_not_exist_is_an_attribute_error():
    import llmnotes

    with pytest.raises(AttributeError, match="no_such_name"):
        _ = llmnotes.no_such_name


def test_every_public_name_resolves():
    import llmnotes

    for name in llmnotes.__all__:
        assert getattr(llmnotes, name)


def test_no_module_outgrows_a_screenful_of_screens(root):
    long = {str(file): n for _, file in engine_files(root) if (n := len(file.read_text().splitlines())) > 320}
    assert set(long) <= {
        str(root / "llmnotes" / "params.py"),
        str(root / "llmnotes" / "flops.py"),
        str(root / "llmnotes/config/defaults.py"),
    }
