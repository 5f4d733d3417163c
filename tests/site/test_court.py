"""Evidence of claims computes, agrees with verdicts and with arithmetic by hand; cards and `claims.json` say it."""

import json
import re
from dataclasses import replace

import lxml.html
import pytest

from llmnotes.claims import TOPICS, VERDICTS, load_claims
from llmnotes.site.made.claims import claims_file, filled, pages
from llmnotes.site.text.problem import SiteError
from llmnotes.units import GIB, KIB

# As far from one as a figure may be and still be called right.
SLACK = 0.05


@pytest.fixture(scope="module")
def file(root):
    return json.loads(claims_file.text(root))


def test_the_file_has_every_claim_with_its_evidence(file):
    assert file["format"] == claims_file.FORMAT == 1
    assert set(file["claims"]) == set(load_claims())
    assert set(file["names"]) == {*VERDICTS, *TOPICS}
    for id, claim in file["claims"].items():
        assert {"page", "who", "where", "opened", "topic", "verdict", "says", "holds", "shows", "sources"} <= set(claim)
        assert "evidence" in claim or claim["verdict"] == "unverifiable", id
        for part in ("says", "holds", "shows"):
            assert all(claim[part][lang].strip() and "{{" not in claim[part][lang] for lang in ("zh", "en")), id


def test_no_verdict_contradicts_its_evidence(file):
    """Where the evidence is what was said over what is right, right is near one and wrong is not."""
    compared = 0
    for id, claim in file["claims"].items():
        evidence = claim.get("evidence", {"name": ""})
        if re.search(r"\.(off_\w+|\w+_off|bloom)$", evidence["name"]):
            compared += 1
            near = abs(evidence["value"] - 1) <= SLACK
            assert near or claim["verdict"] != "correct", id
            assert not near or claim["verdict"] != "wrong", id
    assert compared > 30


# id: what the evidence must be, worked out by hand from the shapes in the papers.
BY_HAND = {
    "row-3": 96 * (12 * 12_288**2 + 13 * 12_288) + (50_257 + 2_048 + 2) * 12_288,
    "row-11": (24 * 96 * 12_288**2 * 32_768 + 2 * 96 * 12_288 * 32_768 * 32_769)
    / (24 * 96 * 12_288**2 * 2_048 + 2 * 96 * 12_288 * 2_048 * 2_049),
    "width-70b": 64 / 8,
    "llama-13b-token": 1.5e6 / (40 * 5_120 * 2 * 2),
    "no-layers-per-token": 1 / 32,
    "blog-405b": 123.05 * GIB / (126 * 8 * 128 * 2 * 2 * 128_000),
    "eight-requests": 40e9 / (8 * 80 * 8 * 128 * 2 * 2 * 32_768),
    "scout-ten-million": 18.8e12 / (8 * 128 * 2 * 2 * (12 * 10 * 2**20 + 36 * 8_192)),
    "mistral-window": (32 * 32 * 128 * 4_096) / (32 * 8 * 128 * 4_096),
    "gemma-llamacpp": 62 * 16 * 128 * 2 * 2 * 65_536,
    "mla-516": (61 * 128 * (128 + 64 + 128)) / (126 * 8 * 128 * 2),
    "adam-four-times": 8 / 16,
    "qwen-width": 12_288 / 5_120,
    "gqa-32-over-8": 32 / 8,
    "falcon-one-head": 8,
    "half-mb-a-token": 512 * KIB,
    "gpu-poor": 128 / 16,
    "cookbook-memory": 160 / 40,
    "preset-phi-4": 3.836 / 14.66,
}


@pytest.mark.parametrize("id", BY_HAND)
def test_evidence_is_what_a_pencil_gives(file, id):
    assert file["claims"][id]["evidence"]["value"] == pytest.approx(BY_HAND[id], rel=1e-4)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("maker", [pages.seed, pages.met])
def test_each_claim_is_one_card_with_an_address_of_its_own(root, lang, maker):
    made = maker(root, lang, None)
    cards = lxml.html.fromstring(made["html"]).findall(".//li")
    claims = load_claims()
    assert len(cards) == len({card.get("id") for card in cards}) == len(made["search"])
    for card, found in zip(cards, made["search"], strict=True):
        claim = claims[card.get("id")]
        assert found["location"] == f"{claim.page}.html#{claim.id}"
        assert (card.get("data-verdict"), card.get("data-topic")) == (claim.verdict, claim.topic)
        assert {f"#{claim.id}", claim.where} <= {link.get("href") for link in card.iter("a")}
    assert made["markdown"].count("- **") == len(cards)
    assert "{{" not in made["html"] + made["markdown"]


def test_a_stylesheet_hides_what_is_not_chosen(root):
    style = (root / "docs/theme/assets/made.css").read_text(encoding="utf-8")
    for name, known in (("verdict", VERDICTS), ("topic", TOPICS)):
        for one in known:
            rule = f'.ln-court:has([name="ln-{name}"][value="{one}"]:checked) > ol > :not([data-{name}="{one}"])'
            assert rule in style


@pytest.mark.parametrize(
    ("evidence", "shows", "message"),
    [
        ("verdicts.gpt4", "", "evidence verdicts.gpt4 is no quantity"),
        ("verdicts.smallest", "", "evidence verdicts.smallest is no quantity"),
        ("nowhere.n", "", "uses nowhere, which docs/en/audit/which-claims-are-wrong.md does not show"),
        ("verdicts.gpt3", "{{verdicts.gpt9}}", "uses {{verdicts.gpt9}}, but gives no gpt9"),
        ("verdicts.gpt3", "{{verdicts.gpt3:loud}}", "there is no form 'loud'"),
    ],
)
def test_what_no_snippet_computes_stops_the_build(root, monkeypatch, evidence, shows, message):
    claim = load_claims()["row-3"]
    words = {**claim.words, "en": filled.Words("a", "b", shows)}
    changed = replace(claim, evidence=evidence, words=words)
    monkeypatch.setattr(filled, "load_claims", lambda: {"row-3": changed})
    with pytest.raises(SiteError) as caught:
        filled.judged(root, claim.page, "en")
    assert message in str(caught.value)
