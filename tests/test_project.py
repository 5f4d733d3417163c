"""The files a newcomer and a code host read: set-up, verbs, lock, workflows, licences."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

WORKFLOWS = ("check.yml", "publish.yml")


def workflow(root: Path, name: str) -> dict:
    return yaml.safe_load((root / ".github/workflows" / name).read_text())


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit(root, name):
    used = re.findall(r"uses: (\S+)", (root / ".github/workflows" / name).read_text())
    assert used
    assert [u for u in used if not u.startswith("./") and not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", u)] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_reads_only_and_holds_no_secret(root, name):
    assert workflow(root, name)["permissions"] == {"contents": "read"}
    assert "secrets" not in (root / ".github/workflows" / name).read_text()


def test_only_the_deploy_job_may_write_and_only_pages(root):
    granted = {n: j.get("permissions") for n, j in workflow(root, "publish.yml")["jobs"].items()}
    assert granted == {"check": None, "deploy": {"pages": "write", "id-token": "write"}}


def test_pull_requests_and_ci_run_the_command_of_the_readme(root):
    steps = workflow(root, "check.yml")["jobs"]["test"]["steps"]
    assert any(step.get("run", "").startswith("make test") for step in steps)
    assert "exec make test" in (root / ".ci/run").read_text()
    assert os.access(root / ".ci/run", os.X_OK)
    assert "make test" in (root / "README.md").read_text()


def test_make_alone_lists_verbs_that_exist(root):
    listed = subprocess.run(["make", "-s", "-C", str(root)], capture_output=True, text=True, check=True).stdout
    verbs = re.findall(r"^make (\w+)", listed, re.M)
    assert {"site", "serve", "test", "units", "check", "offline"} <= set(verbs)
    for verb in verbs:
        commands_of(root, verb)


def commands_of(root: Path, verb: str) -> str:
    """What a verb would run."""
    return subprocess.run(["make", "-n", "-C", str(root), verb], capture_output=True, text=True, check=True).stdout


def test_three_verbs_check_three_things(root):
    check, units, everything = (commands_of(root, verb) for verb in ("check", "units", "test"))
    assert "llmnotes.site check" in check
    assert "pytest" not in check
    assert "pytest" in units
    assert "-m 'not browser and not site'" in units
    assert "llmnotes.site build" not in units
    assert "pytest" in everything
    assert "-m 'not" not in everything
    for verb in ("check", "units", "test"):
        for place in ("README.md", "CONTRIBUTING.md", "docs/en/contributing.md", "docs/zh/contributing.md"):
            assert f"make {verb}" in (root / place).read_text("utf-8"), f"{place} does not say what {verb} is for"


def test_every_verb_the_readme_names_exists(root):
    verbs = set(re.findall(r"(?:^|`)make (\w+)", (root / "README.md").read_text(), re.M))
    known = set(re.findall(r"^(\w+):", (root / "Makefile").read_text(), re.M))
    assert {"site", "test", "serve", "new"} <= verbs
    assert verbs - known == set()


def test_every_locked_package_has_a_hash_and_no_address(root):
    lock = (root / "requirements.lock").read_text()
    assert "://" not in lock
    assert not re.search(r"^-", lock, re.M), "an option in the lock would override the user's own settings"
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) > 50
    assert [e.split()[0] for e in entries if "--hash=sha256:" not in e] == []


def test_the_lock_holds_what_the_project_asks_for(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = {re.split(r"[>=<\[;]", d)[0].strip() for d in [*project["dependencies"], *extras["site"], *extras["test"]]}
    locked = set(re.findall(r"^([\w.-]+)==", (root / "requirements.lock").read_text(), re.M))
    assert asked - locked == set()


def test_vendored_files_carry_their_licence(root):
    vendors = [
        p for p in root.glob("**/vendor/*") if p.is_dir() and ".venv" not in p.parts and ".scratch" not in p.parts
    ]
    vendors = [p for p in vendors if not {"site", "dist"} & set(p.relative_to(root).parts[:1])]
    assert vendors
    assert [str(p) for p in vendors if not list(p.glob("LICENSE*"))] == []


def test_nothing_is_loaded_from_a_package_index_or_content_network(root):
    names = "unpkg|jsdelivr|cdnjs|googleapis|gstatic|index-url|find-links"
    tracked = subprocess.run(["git", "-C", str(root), "ls-files"], capture_output=True, text=True, check=True).stdout
    own = [root / f for f in tracked.splitlines() if "/vendor/" not in f and Path(f) != Path("tests/test_project.py")]
    found = [f"{p}:{m[0]}" for p in own if p.is_file() for m in re.finditer(names, p.read_text(errors="ignore"))]
    assert [f for f in found if "/verify" not in f and "/test_" not in f] == []
