"""`make try PR=…`: a pull request is built in a container that has no network and nothing of this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from llmnotes.site.text.problem import SiteError
from llmnotes.site.verbs import try_pull

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the engine of this test is a shell script")
# Notes what it is asked, and builds the site of `run` with a page, as an engine would by running the build.
ENGINE = """#!/bin/sh
printf '%s\\n' "$*" >> "{log}"
for word; do
  case "$word" in *:/work:Z) mkdir -p "${{word%%:*}}/site"; echo page > "${{word%%:*}}/site/index.html";; esac
done
"""


def git(folder: Path, *words: str) -> None:
    names = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env=os.environ | names)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose origin has pull request 7, and an engine that only notes what it is asked."""
    origin, clone, tools = (tmp_path / name for name in ("origin", "clone", "tools"))
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    (origin / "requirements.lock").write_text("a==1\n")
    git(origin, "add", "-A")
    git(origin, "commit", "-qm", "first")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    (origin / "new.md").write_text("words")
    git(origin, "add", "-A")
    git(origin, "commit", "-qm", "second")
    git(origin, "update-ref", "refs/pull/7/head", "HEAD")
    tools.mkdir()
    (tools / "podman").write_text(ENGINE.format(log=tmp_path / "asked.txt"))
    (tools / "podman").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    return clone


def test_builds_in_a_container_without_network(checkout: Path) -> None:
    said = try_pull.try_pull(checkout, "7")
    assert said == ".scratch/try-7/site/index.html: pull request 7, built without network"
    tried = checkout / ".scratch" / "try-7"
    assert (tried / "new.md").read_text() == "words"
    assert not (tried / ".git").exists()
    asked = (checkout.parent / "asked.txt").read_text().splitlines()
    install, build = [line for line in asked if line.startswith("run ")]
    assert "--network none" in build
    # Nothing of this machine but the pull request itself and the packages, which it may only read.
    assert [word for word in build.split() if ":/" in word] == [
        f"{tried}:/work:Z",
        f"{tried.parent}/try-packages:/packages:ro,Z",
    ]
    assert "--require-hashes" in install
    assert str(tried) not in install
    try_pull.try_pull(checkout, "7")
    assert (checkout.parent / "asked.txt").read_text().count("--require-hashes") == 1


@pytest.mark.parametrize("number", ["", "0", "7; rm -rf x", "--upload-pack=x", "main"])
def test_only_a_number_is_a_pull_request(checkout: Path, number: str) -> None:
    with pytest.raises(SiteError, match=r"is no pull request; write its number: make try PR=12"):
        try_pull.try_pull(checkout, number)
    assert not (checkout.parent / "asked.txt").exists()


def test_a_pull_request_that_is_not_there_is_one_line(checkout: Path) -> None:
    with pytest.raises(
        SiteError, match=r"^try: git fetch origin pull/8/head failed: .*; look whether origin has .* 8$"
    ):
        try_pull.try_pull(checkout, "8")


def test_without_an_engine_it_says_what_to_do_instead(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(try_pull, "ENGINES", ())
    with pytest.raises(SiteError, match=r"^try: no container engine answers here; start podman or docker, or read"):
        try_pull.try_pull(checkout, "7")
