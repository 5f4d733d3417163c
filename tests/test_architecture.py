"""Imports flow one way, the engine needs the standard library alone, and starting it costs next to nothing."""

import ast
import subprocess
import sys

import pytest

# A module imports only from its own layer or from layers before it.
LAYERS = (
    ("units", "finder", "halving"),
    ("quantities",),
    ("equations",),
    ("blocks",),
    ("spec",),
    ("cost",),
    ("config", "registry", "headers", "claims"),
    ("weights",),
    ("report", "bills"),
    ("fitting", "engines", "wording", "adapters"),
    ("finetuning",),
    ("timing",),
    ("described",),
    ("mcp", "cli", "__main__"),
)
# The folders of the site, in the same way; `places` and `setup` import nothing of it.
SITE_LAYERS = (
    ("places", "setup"),
    ("text", "drawing"),
    ("cache",),
    ("script", "verify", "compare", "upkeep"),
    ("snippets",),
    ("figures",),
    ("markdown",),
    ("labs", "made"),
    ("checks",),
    ("build",),
    ("book", "verbs", "release"),
    ("__init__", "__main__"),
)
SITE_RANK = {name: rank for rank, names in enumerate(SITE_LAYERS) for name in names}
MOST_MODULES = 16
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
ENGINE = [name for names in LAYERS[:-1] for name in names]
MAY_OPEN_FILES = {
    "llmnotes/registry.py",
    "llmnotes/claims.py",
    "llmnotes/config/files.py",
    "llmnotes/cli/engine.py",
    "llmnotes/timing/constants.py",
    "llmnotes/timing/formats.py",
    "llmnotes/timing/plan.py",
    "llmnotes/timing/points.py",
}


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


def test_the_folders_of_the_site_import_downwards(root):
    site = root / "llmnotes" / "site"
    files = [file for file in sorted(site.rglob("*.py")) if file.parent.name != "data"]
    folder = {file: file.relative_to(site).with_suffix("").parts[0] for file in files}
    assert set(folder.values()) <= set(SITE_RANK), "give a new folder its layer"
    wrong = [
        f"{file.relative_to(root)} imports {module}"
        for file in files
        for module in imported_modules(file)
        if (module == "llmnotes.site" or module.startswith("llmnotes.site."))
        for target in [module.split(".")[2] if module.count(".") > 1 else "places"]
        if target != folder[file] and SITE_RANK[target] >= SITE_RANK[folder[file]]
    ]
    assert wrong == []


def test_no_folder_is_a_heap(root):
    folders = [root / "llmnotes", *(path for path in (root / "llmnotes").rglob("*/") if path.name != "__pycache__")]
    full = {
        str(folder.relative_to(root)): n for folder in folders if (n := len([*folder.glob("*.py")])) > MOST_MODULES + 1
    }
    assert full == {}


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
            {"numpy", "rich", "tomllib", "difflib", "shutil", "llmnotes.cost", "llmnotes.registry", "llmnotes.finder"},
        ),
        (
            "from llmnotes.cli import main; main(['params', 'llama-3.1-8b'])",
            {
                "numpy",
                "rich",
                "difflib",
                "llmnotes.cost",
                "llmnotes.finder",
                "llmnotes.cli.several",
                "llmnotes.engines",
            },
        ),
    ],
    ids=["the package", "one file", "one model"],
)
def test_starts_without_what_it_does_not_need(root, statement, absent):
    code = f"{statement}\nimport sys\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    run = subprocess.run([sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert absent & set(run.stderr.split()) == set()


def test_a_verb_starts_as_few_modules_as_it_needs(root):
    """The clock of a shared machine says little: what is loaded is what a start costs."""
    code = (
        "from llmnotes.cli import main; main(['params', 'tests/data/example-config.json'])\n"
        "import sys\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True)
    ours = [name for name in run.stderr.split() if name.startswith("llmnotes")]
    assert len(ours) <= 36, ours


def test_a_public_name_that_does_not_exist_is_an_attribute_error():
    import llmnotes

    with pytest.raises(AttributeError, match="no_such_name"):
        _ = llmnotes.no_such_name


def test_every_public_name_resolves():
    import llmnotes

    for name in llmnotes.__all__:
        assert getattr(llmnotes, name)


def test_no_module_outgrows_one_subject(root):
    long = {
        str(file): n for file in (root / "llmnotes").rglob("*.py") if (n := len(file.read_text().splitlines())) > 610
    }
    assert long == {}
