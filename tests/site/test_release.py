"""What a release is made of: equal from two clones, its bill valid, the licences of others with it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from llmnotes.site.release.address import published, settings
from llmnotes.site.release.bill import contents
from llmnotes.site.release.package import package
from llmnotes.site.release.vendored import Vendored, digest_of, files_of, vendored
from llmnotes.site.text.problem import SiteError

SMALL = {
    "pyproject.toml": """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "llmnotes"
version = "1.2.3"
[tool.setuptools.packages.find]
include = ["llmnotes*"]
""",
    "llmnotes/__init__.py": "",
    "llmnotes/a.py": "A = 1\n",
    "llmnotes/part/__init__.py": "",
}


@pytest.fixture
def small(tmp_path) -> Path:
    """A repository with a small package and something that belongs to no commit."""
    folder = tmp_path / "small"
    for name, text in SMALL.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    subprocess.run(["git", "-C", str(folder), "init", "-q"], check=True)
    for command in (["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    (folder / "llmnotes/stray.py").write_text("not committed")
    return folder


def test_two_clones_give_the_same_bytes(small, tmp_path):
    first = {file.name: file.read_bytes() for file in package(small)}
    clone = tmp_path / "another folder"
    subprocess.run(["git", "clone", "-q", str(small), str(clone)], check=True)
    for file in clone.rglob("*.py"):
        file.chmod(0o600)
        os.utime(file, (2_000_000_000, 2_000_000_000))
    before = os.umask(0o077)
    try:
        second = {file.name: file.read_bytes() for file in package(clone)}
    finally:
        os.umask(before)
    assert sorted(first) == ["llmnotes-1.2.3-py3-none-any.whl", "llmnotes-1.2.3.tar.gz"]
    assert first == second


def test_what_is_in_no_commit_is_in_no_package(small):
    wheel, source = sorted(package(small), key=lambda file: file.suffix, reverse=True)
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if name.endswith(".py")} == {
            "llmnotes/__init__.py",
            "llmnotes/a.py",
            "llmnotes/part/__init__.py",
        }
    with tarfile.open(source) as archive:
        names = archive.getnames()
        assert names == sorted(names)
        assert "llmnotes-1.2.3/llmnotes/a.py" in names
        assert not [name for name in names if "stray" in name]
        assert {entry.uid for entry in archive} == {0}


def test_a_folder_without_a_commit_is_one_line(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    with pytest.raises(SiteError, match="there is no commit"):
        package(tmp_path)


@pytest.fixture(scope="module")
def bill_of_this(root) -> dict:
    return contents(root, "1.2.3")


def test_the_bill_holds_to_its_schema(bill_of_this):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill_of_this)) is None


def test_the_bill_names_everything_that_is_pinned_or_carried(bill_of_this, root):
    lock = (root / "requirements.lock").read_text("utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.M))
    listed = {(one["name"], one["version"]) for one in bill_of_this["components"]}
    assert pinned <= listed
    assert {(one.name, one.version) for one in vendored() if one.files} == listed - pinned
    required = {one["name"] for one in bill_of_this["components"] if one["scope"] == "required"}
    assert {"argcomplete", "rich", "KaTeX"} <= required
    assert "mkdocs" not in required
    hashes = [one["value"] for part in bill_of_this["components"] for one in part["properties"] if "sha" in one["name"]]
    assert len(hashes) == lock.count("--hash=sha256:")


def test_the_bill_is_the_same_for_the_same_commit(bill_of_this, root):
    assert contents(root, "1.2.3") == bill_of_this


@pytest.mark.parametrize("one", vendored(), ids=lambda one: one.name)
def test_what_others_wrote_has_its_licence_with_it_and_is_unchanged(one: Vendored, root):
    told = (root / one.text).read_text("utf-8")
    words = {
        "MIT": "Permission is hereby granted, free of charge",
        "OFL-1.1": "SIL OPEN FONT LICENSE",
        "BSD-3-Clause": "Redistribution",
        "PSF-2.0": "PSF",
    }
    for part in one.licence.split(" AND "):
        assert words[part].lower() in told.lower()
    assert "opyright" in told
    assert digest_of(root, one) == one.digest


def test_everything_below_a_vendor_folder_is_listed(root):
    tracked = subprocess.run(["git", "-C", str(root), "ls-files"], capture_output=True, text=True, check=True).stdout
    below = {name for name in tracked.splitlines() if "/vendor/" in name and not name.endswith("LICENSE")}
    listed = {file.relative_to(root).as_posix() for one in vendored() for file in files_of(root, one)}
    assert below == listed
    texts = {name for name in tracked.splitlines() if "/vendor/" in name and name.endswith("LICENSE")}
    assert texts - {one.text for one in vendored()} == {"docs/theme/assets/vendor/katex/LICENSE"}, "the style's copy"


def test_versions_are_those_that_the_files_say(root):
    said = {one.name: one.version for one in vendored()}
    katex = root / "docs/theme/assets/vendor/katex/katex.min.css"
    assert f'katex-version:after{{content:"{said["KaTeX"]}"}}' in katex.read_text("utf-8")
    assert f'version:"{said["KaTeX"]}"' in (root / "llmnotes/site/vendor/katex/katex.min.js").read_text("utf-8")
    search = root / "docs/theme/assets/vendor/minisearch/minisearch.js"
    assert search.read_text("utf-8").startswith(f"// MiniSearch {said['MiniSearch']}, MIT")
    assert importlib.metadata.version("brython") in said.values()


def test_a_changed_file_is_noticed(root, tmp_path):
    one = next(one for one in vendored() if one.name == "MiniSearch")
    copy = tmp_path / one.files[0]
    copy.parent.mkdir(parents=True)
    copy.write_bytes((root / one.files[0]).read_bytes() + b" ")
    assert digest_of(tmp_path, one) != one.digest


def test_the_wheel_carries_the_licences_of_what_is_in_it(root):
    data = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]["llmnotes"]
    assert "site/vendor/**/*" in data
    assert "site/data/*" in data


def test_the_tree_to_publish_holds_site_zip_and_books(tmp_path):
    for name in ("site/index.html", "dist/llmnotes-offline-1.zip", "dist/llmnotes-zh.pdf", "dist/llmnotes-en.pdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for _ in range(2):
        tree = published(tmp_path)
        names = sorted(file.relative_to(tree).as_posix() for file in tree.rglob("*"))
        assert names == ["index.html", "llmnotes-en.pdf", "llmnotes-offline.zip", "llmnotes-zh.pdf"]
    (tmp_path / "dist/llmnotes-zh.pdf").unlink()
    with pytest.raises(SiteError, match=r"no dist/llmnotes-zh\.pdf; make clean"):
        published(tmp_path)


def test_the_addresses_lead_to_the_names_in_that_tree():
    told = settings("ann/notes", "https://github.com")
    assert told["OFFLINE_URL"] == told["SITE_URL"] + "llmnotes-offline.zip"
    assert told["BOOK_URL"] + "-zh.pdf" == told["SITE_URL"] + "llmnotes-zh.pdf"
