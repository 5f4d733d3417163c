"""Claims as data: each whole, quoted in a few words, from pages that were opened; what breaks the rules is refused."""

import re
from datetime import date
from urllib.parse import urlsplit

import pytest

from llmnotes.claims import LANGUAGES, VERDICTS, ClaimError, load_claims

QUOTED = re.compile(r"“([^”]+)”")
LONGEST_QUOTE = {"words": 10, "characters": 75}
WHOLE = """
[about]
page = "audit/page"
who = "somebody"
where = "https://example.org/page"
opened = 2026-12-01

[one]
topic = "cache"
verdict = "wrong"
evidence = "cache.off"

[one.zh]
says = "甲"
holds = "乙"
shows = "丙 {{cache.off}}"

[one.en]
says = "a"
holds = "b"
shows = "c {{cache.off}}"
"""


@pytest.fixture(scope="module")
def claims():
    return load_claims()


def test_the_first_page_has_the_claims_of_the_answer_in_their_order(claims):
    first = [claim.id for claim in claims.values() if claim.page == "audit/which-claims-are-wrong"]
    assert first == [f"row-{number}" for number in range(1, 30)]
    assert len({claim.where for claim in claims.values() if claim.id in first}) == 1


def test_other_claims_are_many_and_of_many_pages(claims):
    others = [claim for claim in claims.values() if claim.page != "audit/which-claims-are-wrong"]
    assert len(others) >= 50
    assert len({urlsplit(claim.where).netloc for claim in others}) >= 30
    assert {claim.verdict for claim in others} >= set(VERDICTS[:3])


def test_every_claim_was_opened_and_is_quoted_in_a_few_words(claims):
    for claim in claims.values():
        assert date(2026, 11, 23) <= claim.opened, claim.id
        for lang in LANGUAGES:
            words = claim.words[lang]
            assert all((claim.who[lang], words.says, words.holds, words.shows)), claim.id
            for quote in QUOTED.findall(words.says):
                assert len(quote.split()) <= LONGEST_QUOTE["words"] or len(quote) <= LONGEST_QUOTE["characters"], quote


def test_both_languages_ask_for_the_same_numbers(claims):
    for claim in claims.values():
        asked = [sorted(re.findall(r"\{\{([\w.]+)", " ".join(vars(claim.words[lang]).values()))) for lang in LANGUAGES]
        assert asked[0] == asked[1], claim.id


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("opened = 2026-12-01", "", "one has no opened"),
        ("opened = 2026-12-01", "opened = 2026-12-01T10:00:00", "one has opened datetime.datetime(2026, 12, 1, 10"),
        (
            'where = "https://example.org/page"',
            'where = "somebody told me"',
            "one has where or a source 'somebody told",
        ),
        ('where = "https://example.org/page"', "where = 3", "one has where 3; write it as text"),
        ('evidence = "cache.off"', "evidence = 3", "one has evidence 3; write it as text"),
        ('who = "somebody"', 'who = {en = "somebody"}', "one has who in en; write one text, or one for each"),
        ('who = "somebody"', "who = 3", "one has the who 3; write it as a table of texts"),
        ('holds = "b"', "holds = 3", "one.en has holds 3; write it as text"),
        ("c {{cache.off}}", "c", "one.en shows no computed number; write {{cache.off}} in it"),
        ('page = "audit/page"', "", "about has no page; name the page that shows these claims"),
        ("[about]", "x = 1\n[about]", "x belongs to no claim; put it below the heading of one"),
        ('verdict = "wrong"', "verdict = wrong", "not TOML: Invalid value (at line 10"),
        ('verdict = "wrong"', 'verdict = "mostly"', "one has the verdict 'mostly'; write one of correct"),
        ('topic = "cache"', 'topic = "weather"', "one has the topic 'weather'"),
        ('evidence = "cache.off"', "", "one has no evidence; name the quantity that decides it"),
        ('evidence = "cache.off"', 'evidence = "8x"', "one has the evidence '8x'; write name.quantity"),
        ('holds = "b"', "", "one.en has no holds"),
        ('holds = "b"', 'holds = "b"\nshow = "d"', "one.en has show, which nothing reads"),
        ("[one]", "[one]\ncolour = 1", "one has colour, which nothing reads"),
    ],
)
def test_what_breaks_the_rules_is_refused_by_name(tmp_path, old, new, message):
    assert old in WHOLE
    (tmp_path / "a.toml").write_text(WHOLE.replace(old, new), encoding="utf-8")
    with pytest.raises(ClaimError, match=re.escape(f"a.toml: {message}")):
        load_claims(tmp_path)


def test_an_id_stands_once(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.toml").write_text(WHOLE, encoding="utf-8")
    with pytest.raises(ClaimError, match=r"b.toml: one is also a claim of audit/page"):
        load_claims(tmp_path)


def test_claims_without_public_evidence_are_beyond_checking(tmp_path):
    text = WHOLE.replace('evidence = "cache.off"', "").replace('"wrong"', '"unverifiable"')
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    assert load_claims(tmp_path)["one"].evidence == ""
