"""What programs read: JSON files that their schemas describe, the skill beside llms.txt, the feed of articles."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from llmnotes.cli.parser import VERBS
from llmnotes.site.build import feed
from llmnotes.site.made import schemas
from llmnotes.site.made.claims import claims_file
from llmnotes.site.made.models import registry_file
from llmnotes.site.text.pages import load

ATOM = f"{{{feed.ATOM}}}"


def validator(text: str) -> Any:
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.fixture(scope="module")
def registry() -> Any:
    return json.loads(registry_file.text())


def test_the_registry_is_what_its_schema_says(registry: Any) -> None:
    asked = validator(schemas.registry(registry_file.FORMAT))
    asked.validate(registry)
    assert registry["$schema"] == "registry.schema.json"
    for wrong in (
        lambda whole: whole["models"]["gpt2"].pop("config"),
        lambda whole: whole["models"]["gpt2"].update(n_params_weights="many"),
        lambda whole: whole["models"]["gpt2"].update(sise=1),
        lambda whole: whole["models"]["gpt2"].update(checked="yesterday"),
        lambda whole: whole["chips"]["rtx-4090"].pop("memory_bytes"),
        lambda whole: whole.update(format=0),
    ):
        broken = copy.deepcopy({key: value for key, value in registry.items() if key != "prices"}) | {"prices": {}}
        wrong(broken)
        assert not asked.is_valid(broken)


@pytest.mark.site
def test_the_claims_are_what_their_schema_says(root: Path) -> None:
    found = json.loads(claims_file.text(root))
    asked = validator(schemas.claims(claims_file.FORMAT))
    asked.validate(found)
    next(iter(found["claims"].values()))["verdict"] = "maybe"
    assert not asked.is_valid(found)


def test_the_skill_names_verbs_that_there_are(root: Path) -> None:
    text = (root / "docs/theme/root/SKILL.md").read_text("utf-8")
    assert re.match(r"---\nname: [a-z]+\ndescription: .{50,1024}\n---\n", text)
    assert set(re.findall(r"`llmnotes ([a-z]+)", text)) <= set(VERBS)


def git(folder: Path, *words: str, day: str = "") -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    environment = {"GIT_COMMITTER_DATE": f"{day}T12:00:00+00:00"} if day else {}
    subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"} | environment
    )


def test_the_feed_has_new_and_corrected_articles_in_both_languages(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = project / "docs/en/kvcache/how-long.md"
    git(project, "init", "-q")
    git(project, "add", "docs")
    git(project, "commit", "-qm", "first", day="2026-01-02")
    page.write_text(page.read_text("utf-8") + "\nMore.\n", encoding="utf-8")
    git(project, "commit", "-qam", "second", day="2026-03-04")
    site = tmp_path_factory.mktemp("site")
    feed.write(project, site, "https://host.example/notes", load(project))
    said: dict[str, list[str | None]] = {}
    for lang in ("zh", "en"):
        whole = ElementTree.parse(site / f"feed.{lang}.xml").getroot()
        # Home is no article.
        (entry,) = whole.findall(f"{ATOM}entry")
        said[lang] = [entry.findtext(f"{ATOM}{name}") for name in ("id", "published", "updated")]
        said[lang] += [kind.get("term") for kind in entry.iter(f"{ATOM}category")]
        assert whole.findtext(f"{ATOM}updated") == said[lang][2]
    start = "https://host.example/notes"
    assert said["zh"] == [
        f"{start}/zh/kvcache/how-long.html",
        "2026-01-02T12:00:00+00:00",
        "2026-01-02T12:00:00+00:00",
        "new",
    ]
    assert said["en"][1:] == ["2026-01-02T12:00:00+00:00", "2026-03-04T12:00:00+00:00", "corrected"]
    feed.write(project, empty := tmp_path_factory.mktemp("bare"), "", load(project))
    assert list(empty.iterdir()) == []
