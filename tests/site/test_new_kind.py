"""What is no article begins as a file that says what to fill in, and is refused by file and line until that is done."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from llmnotes import registry
from llmnotes.claims import ClaimError, load_claims
from llmnotes.site.cache.store import Store
from llmnotes.site.checks import data
from llmnotes.site.text.problem import SiteError
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
    with pytest.raises(SiteError, match=r"acme-9b\.toml: has nothing outside it that its 6,738,415,616 parameters"):
        data.refuse(checkout, Store(checkout / "store"))


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
