"""The files a newcomer reads: set-up, verbs, lock."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from llmnotes.site import setup


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


def test_the_lock_holds_what_its_packages_ask_for():
    """They are installed without being asked, so that one of them left out would be missed only where it is used."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_requirement_of_the_lock_is_installed_by_one_installer(root):
    lock = (root / "requirements.lock").read_text()
    requirements = [line for line in lock.splitlines(keepends=True) if not line.lstrip().startswith("#")]
    for n in (1, setup.INSTALLERS):
        installed = [line for portion in setup.portions(lock, n) for line in portion.splitlines(keepends=True)]
        assert sorted(line for line in installed if not line.lstrip().startswith("#")) == sorted(requirements)


def test_nothing_is_loaded_from_a_package_index_or_content_network(root):
    names = "unpkg|jsdelivr|cdnjs|googleapis|gstatic|index-url|find-links"
    tracked = subprocess.run(["git", "-C", str(root), "ls-files"], capture_output=True, text=True, check=True).stdout
    own = [root / f for f in tracked.splitlines() if "/vendor/" not in f and Path(f) != Path("tests/test_project.py")]
    found = [f"{p}:{m[0]}" for p in own if p.is_file() for m in re.finditer(names, p.read_text(errors="ignore"))]
    assert [f for f in found if "/verify" not in f and "/test_" not in f] == []
