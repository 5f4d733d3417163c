"""What is no article begins as a file that says what to fill in, and is refused by file and line until that is done."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from llmnotes import registry
from llmnotes.claims import ClaimError, load_claims
from llmnotes.site.build import draft
from llmnotes.site.cache.store import Store
from llmnotes.site.checks import data
from llmnotes.site.made.claims import filled
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.verbs.new_kind import KINDS, new_kind

REPOSITORY = Path(__file__).resolve().parents[2]
NAMES = {
    "model": "acme-9b",
    "chip": "acme-one-24gb",
    "price": "acme-large",
    "claim": "acme-says-so",
    "lab": "stretch-rope",
    "chapter": "agents",
    "formula": "kvcache/acme_cache_bytes",
    "family": "acme2",
    "engine": "acme-serve",
}
TITLES = {"zh": "拉伸旋转位置编码", "en": "How far does it stretch?"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `new` writes into, as it stands in the repository."""
    for place in ("llmnotes/equations", "llmnotes/data/claims"):
        shutil.copytree(REPOSITORY / place, tmp_path / place)
    (tmp_path / data.MEASURED).mkdir(parents=True)  # with nothing in it that would confirm a model
    for place in (
        "llmnotes/config/dense.py",
        "llmnotes/site/text/nav.py",
        "tests/test_kvcache.py",
        "mkdocs.yml",
        "mkdocs.en.yml",
        "docs/words.toml",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / place, tmp_path / place)
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_beginning_and_says_what_comes_next(checkout: Path, kind: str) -> None:
    *written, then = new_kind(checkout, kind, NAMES[kind], **TITLES)
    assert then.startswith("next: ")
    for place in written:
        text = (checkout / place).read_text("utf-8")
        if place.endswith(".toml"):
            tomllib.loads(text)
        elif place.endswith(".py"):
            compile(text, place, "exec")
    with pytest.raises(SiteError, match="is there already"):
        new_kind(checkout, kind, NAMES[kind], **TITLES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["../x", "A B", "", "x;rm"])
def test_a_name_that_cannot_be_used_is_one_line_and_writes_nothing(checkout: Path, kind: str, name: str) -> None:
    before = sorted(checkout.rglob("*"))
    with pytest.raises(SiteError, match=rf"^new {kind}: .* is no name of a {kind}; write it as "):
        new_kind(checkout, kind, name, **TITLES)
    assert sorted(checkout.rglob("*")) == before


FILLED = {
    "model": [
        ('name = "…"', 'name = "Acme 9B"'),
        ('org = "…"', 'org = "Acme"'),
        ("… (address of the config.json that you opened)", "https://a.example/config.json"),
        ("… (where the hub or a list adds them up)", "https://a.example"),
        ('"…"', '"https://a.example"'),
        ("n_params_weights = 0", "n_params_weights = 6_738_415_617"),
        ("context_advertised = 0", "context_advertised = 4096"),
        ('model_type = "https://a.example"', 'model_type = "llama"'),
    ],
    "chip": [
        ('"…"', '"https://a.example"'),
        ("memory_bytes = 0", "memory_bytes = 24"),
        ("bandwidth_bytes_per_s = 0", "bandwidth_bytes_per_s = 1e12"),
        ("bf16 = 0", "bf16 = 1e14"),
    ],
    "price": [
        ('"…"', '"https://a.example"'),
        ("_tokens = 0", "_tokens = 1.5"),
        ("context_advertised = 0", "context_advertised = 4096"),
        ("priced = 2000", "priced = 2999"),
    ],
}
SAID = {
    "model": r"llmnotes/data/models/acme-9b\.toml:7: \[config\] counts 6,738,415,616 parameters, but n_params",
    "chip": r"llmnotes/data/chips/acme-one-24gb\.toml:5: memory_bytes is less than a GB; write bytes, not gigabytes",
    "price": r"llmnotes/data/prices/acme-large\.toml:5: priced is after the day it was read; correct one of the days",
}


@pytest.mark.parametrize("kind", FILLED)
def test_data_is_refused_by_file_and_line_until_it_is_filled_in_and_agrees(
    checkout: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "DATA", checkout / "llmnotes" / "data")
    monkeypatch.setattr(data, "PACKAGE", (checkout / "llmnotes").resolve())
    store = Store(checkout / "store")
    (place, _) = new_kind(checkout, kind, NAMES[kind])
    with pytest.raises(SiteError) as caught:
        data.refuse(checkout, store)
    text = (checkout / place).read_text("utf-8")
    blank = [line for line, row in enumerate(text.splitlines(), 1) if "…" in row.partition("#")[0]]
    assert [problem.line for problem in caught.value.problems] == blank
    assert all(problem.place == place and problem.remedy for problem in caught.value.problems)
    for old, new in FILLED[kind]:
        assert old in text, old
        text = text.replace(old, new)
    (checkout / place).write_text(text, encoding="utf-8")
    with pytest.raises(SiteError, match=SAID[kind]):
        data.refuse(checkout, store)


def test_a_model_that_nothing_outside_confirms_is_refused(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "DATA", checkout / "llmnotes" / "data")
    monkeypatch.setattr(data, "PACKAGE", (checkout / "llmnotes").resolve())
    (place, _) = new_kind(checkout, "model", "acme-9b")
    text = (checkout / place).read_text("utf-8")
    for old, new in FILLED["model"]:
        text = text.replace(old, new)
    rows = [row for row in text.splitlines() if not row.startswith("n_params_weights")]
    (checkout / place).write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(SiteError, match=r"acme-9b\.toml:9: has nothing outside it that its 6,738,415,616 parameters"):
        data.refuse(checkout, Store(checkout / "store"))


def test_a_model_of_a_measured_family_is_as_large_as_its_name_says(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "DATA", checkout / "llmnotes" / "data")
    monkeypatch.setattr(data, "PACKAGE", (checkout / "llmnotes").resolve())
    (checkout / data.MEASURED / "cases.json").write_text('[{"family": "llama"}]')
    texts = {}
    for name in ("acme-9b", "acme-7b", "acme-8x0.8b", "acme-30b-a7b", "acme-large"):
        (place, _) = new_kind(checkout, "model", name)
        text = (checkout / place).read_text("utf-8")
        for old, new in FILLED["model"]:
            text = text.replace(old, new)
        texts[place] = "\n".join(row for row in text.splitlines() if not row.startswith("n_params_weights"))
        (checkout / place).write_text(texts[place], encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        data.refuse(checkout, Store(checkout / "store"))
    assert [str(one).partition(";")[0] for one in caught.value.problems] == [
        f"llmnotes/data/models/{name}.toml:9: [config] counts 6,738,415,616 parameters, far from the {size} of its name"
        for name, size in (("acme-30b-a7b", "30b"), ("acme-9b", "9b"))
    ]


@pytest.mark.parametrize("kind", ["chip", "price"])
def test_a_source_that_nobody_can_open_is_none(checkout: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "DATA", checkout / "llmnotes" / "data")
    monkeypatch.setattr(data, "PACKAGE", (checkout / "llmnotes").resolve())
    (place, _) = new_kind(checkout, kind, NAMES[kind])
    text = (checkout / place).read_text("utf-8")
    values = [("= 24", "= 24e9"), ("24e9", "24_000_000_000"), ("priced = 2999", "priced = 2000")]
    for old, new in FILLED[kind] + values:
        text = text.replace(old, new)
    (checkout / place).write_text(text.replace('"https://a.example"', '"somebody told me"', 3), encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        data.refuse(checkout, Store(checkout / "store"))
    (problem,) = caught.value.problems
    row = text.splitlines()[problem.line - 1]
    assert problem.message == f"the source of {row.partition(' =')[0]} has no address"
    assert problem.line > text.splitlines().index("[source]")


def test_what_is_wrong_with_claims_is_said_of_their_own_file_and_line(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "DATA", checkout / "llmnotes" / "data")
    monkeypatch.setattr(data, "PACKAGE", (checkout / "llmnotes").resolve())
    for file, old, new in (
        ("met.toml", 'evidence = "cache.pulse_off"', 'evidence = "pulse"'),
        ("seed.toml", "[row-11.en]", "[width-70b.en]\nsays = 3\nholds = 3\nshows = 3\n[row-11.en]"),
    ):
        path = checkout / "llmnotes/data/claims" / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        data.refuse(checkout, Store(checkout / "store"))
    said = {problem.place.rpartition("/")[2]: problem for problem in caught.value.problems}
    assert list(said) == ["met.toml", "seed.toml"]
    met = (checkout / "llmnotes/data/claims/met.toml").read_text("utf-8").splitlines()
    assert met[said["met.toml"].line - 1] == 'evidence = "pulse"'
    assert "width-70b" in said["seed.toml"].message


def test_a_claim_rests_on_a_quantity_that_its_page_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = load_claims()["width-70b"]
    computed: Any = SimpleNamespace(quantities={"pulse_off": {"v": 8, "u": "ratio"}}, say=lambda name, form: name)
    for evidence, said in (
        (claim.evidence, None),
        ("nothing.at_all", "uses nothing, which docs/en/audit/claims-readers-meet.md does not show"),
        ("cache.nothing", "its evidence cache.nothing is no quantity"),
    ):
        monkeypatch.setattr(filled, "load_claims", lambda evidence=evidence: {"x": replace(claim, evidence=evidence)})
        problems = filled.unfilled(REPOSITORY, lambda name, lang: computed)
        assert bool(problems) == bool(said)
        for problem in problems:
            assert (problem.place, problem.line) == ("llmnotes/data/claims/met.toml", 4)
            assert problem.message.startswith("width-70b: ")
        if said:
            assert said in str(problems[0])


def test_serve_names_a_broken_data_file_before_it_runs_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    problem = Problem("llmnotes/data/prices/acme.toml", 5, "is wrong", "correct it")

    def refuse(root: Path, store: Store) -> None:
        raise SiteError([problem])

    said: list[list[Problem]] = []
    monkeypatch.setattr(data, "refuse", refuse)
    monkeypatch.setattr(draft.build, "prepare", lambda runner: pytest.fail("a snippet was run"))
    monkeypatch.setattr(draft, "say", lambda complete, problems: said.append(problems))
    draft.turn(REPOSITORY, tmp_path, ["en"])
    assert said == [[problem]]


def test_a_broken_file_is_named_and_not_the_snippets_that_read_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "DATA", checkout / "llmnotes" / "data")
    monkeypatch.setattr(data, "PACKAGE", (checkout / "llmnotes").resolve())
    folder = checkout / "llmnotes" / "data" / "models"
    folder.mkdir()
    (folder / "a.toml").write_bytes(b"name = \xff")
    (folder / "b.toml").write_text("name = \n")
    (folder / "c.toml").write_text('name = "C"\nsize = 3\n[source]\nchecked = 2026-01-01\n[config]\na = 1\n')
    with pytest.raises(SiteError) as caught:
        data.refuse(checkout, Store(checkout / "store"))
    said = [str(problem) for problem in caught.value.problems]
    assert [one.partition(": ")[0] for one in said] == [
        f"llmnotes/data/models/{name}" for name in ("a.toml", "b.toml:1", "c.toml:2")
    ]


def test_a_claim_is_refused_until_it_says_what_decides_it(checkout: Path) -> None:
    new_kind(checkout, "claim", "acme-says-so")
    with pytest.raises(ClaimError, match=r"met\.toml: acme-says-so has the verdict '…'; write one of correct"):
        load_claims(checkout / "llmnotes/data/claims")


def test_every_registered_file_holds(tmp_path: Path) -> None:
    data.refuse(REPOSITORY, Store(tmp_path / "store"))
