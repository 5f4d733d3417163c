"""What the page says of an answer is what Python computed: every case of every exercise, and what people type."""

from __future__ import annotations

import json
import runpy
from typing import Any

import pytest
from py_mini_racer import MiniRacer

from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.figures.labels import Speaker
from llmnotes.quantities import bytes_of, count, number, tokens
from llmnotes.site.script import ask_part
from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.labels import Labels
from llmnotes.site.snippets.snippet import LANGUAGES

GIB = 2**30


def speaker(lang: str, root=None) -> Speaker:
    return Speaker(lang, Labels(root, lang).term if root else lambda _: None)


def data_of(root, name: str, lang: str) -> dict:
    module = runpy.run_path(str(root / "snippets" / f"{name}.py"))
    taken = [module["compute"]()] if module["ask"].__code__.co_argcount else []
    return ask_part.page_data(module["ask"](*taken), speaker(lang, root))


@pytest.fixture(scope="module")
def grade(root):
    """Ask the page about answers to one exercise: `grade(data, [(case, text), …])`."""
    with MiniRacer() as context:
        context.eval((root / "docs" / "theme" / "assets" / "grade.js").read_text(encoding="utf-8"))

        def ask(data: Any, typed: Any) -> Any:
            given = "((ask, typed) => typed.map(([at, text]) => llmnotes.grade.grade(ask, at, text)))"
            return json.loads(str(context.eval(f"JSON.stringify({given}({json.dumps(data)}, {json.dumps(typed)}))")))

        ask.context = context  # ty: ignore[missing-attribute] - for what is no answer
        yield ask


def test_every_case_takes_its_answer_as_the_page_writes_it_and_knows_its_mistakes(root, grade):
    names = [name for name in snippet.names(root) if "ask" in snippet.load(root, name).lines]
    assert len(names) >= 12
    for name in names:
        for lang in LANGUAGES:
            data = data_of(root, name, lang)
            right = data["names"].index("answer")
            written = [(at, texts[right]) for at, texts in enumerate(data["texts"])]
            assert {one["verdict"] for one in grade(data, written)} == {"right"}, (name, lang)
            found = set()
            for place in range(len(data["mistakes"])):
                # Mistakes stand last among what `solve` gives, in the order of the hints or not: asked by value.
                typed = [(at, suited(data["unit"], given)) for at, given in enumerate(data["mistakes"][place][1])]
                verdicts = grade(data, typed)
                found |= {one["mistake"] for one in verdicts if one["verdict"] == "mistake"}
                assert "unread" not in {one["verdict"] for one in verdicts}, (name, lang)
                # What is said is of the mistake that was made, however close another lies.
                for at, one in enumerate(verdicts):
                    if one["verdict"] == "mistake":
                        told = data["mistakes"][one["mistake"]][1][at]
                        assert told == pytest.approx(data["mistakes"][place][1][at], rel=1e-9), (name, lang, at)
            assert found == {*range(len(data["mistakes"]))}, (name, lang)


def suited(unit: str, value: float) -> str:
    """A value in full with the unit that it needs."""
    unit_of = {"bytes": " B", "seconds": " s", "flops": " FLOPs", "share": "%"}
    return f"{value * 100 if unit == 'share' else value:.12g}{unit_of.get(unit, '')}"


def example(**changed: Any) -> Ask:
    def solve(*, n_tokens, bits):
        return {"answer": bytes_of(n_tokens * bits * 2**17), "half": bytes_of(n_tokens * bits * 2**16)}

    given: dict[str, Any] = {
        "draws": {"n_tokens": tokens([1024, 2048, 4096]), "bits": number([8, 4])},
        "solve": solve,
        "hints": {"half": label(zh="漏了一半，{{bits}} 位", en="Half is missing at {{bits}} bits")},
    }
    return Ask(**(given | changed))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("1 GiB", "right"),
        ("1.01gib", "right"),
        ("1.03 GiB", "large"),
        ("0.97 GiB", "small"),
        ("1,073,741,824 B", "right"),
        ("1.0737 GB", "right"),
        ("1024 MiB", "right"),
        ("１ GiB", "right"),
        ("≈ 1 GiB", "right"),
        ("1e0 GiB", "right"),
        ("1 GB", "base"),
        ("512 MiB", "mistake"),
        ("1", "unit"),
        ("1 s", "unit"),
        ("one GiB", "unread"),
        ("", "unread"),
        ("-1 GiB", "unread"),
    ],
)
def test_what_people_type(grade, text, verdict):
    assert grade(ask_part.page_data(example(), speaker("en")), [(0, text)])[0]["verdict"] == verdict


@pytest.mark.parametrize(
    ("unit", "value", "texts"),
    [
        ("count", 8_030_261_248, ["8.03 B", "80.3 亿", "8030261248", "8.03 billion", "8,030,261,248 个"]),
        ("tokens", 131_072, ["128K", "131072", "131,072 tokens", "131.072k", "13.1 万个 token"]),
        ("seconds", 0.0123, ["12.3 ms", "0.0123 s", "12.3 毫秒", "12300 µs", "12300us"]),
        ("flops", 14.4e12, ["14.4 TFLOPs", "14.4 tflop", "14400 GFLOPs", "14.4 万亿"]),
        ("ratio", 3.16, ["3.16", "3.16×", "3.16x", "3.16 倍", "316%"]),
        ("share", 0.182, ["18.2%", "18.2 percent", "18.2％"]),
        ("usd", 0.35, ["$0.35", "0.35", "35 cents", "0.35 美元"]),
    ],
)
def test_units_as_people_write_them(grade, unit, value, texts):
    data = {"unit": unit, "answers": [value], "mistakes": [], "tolerance": 0.005}
    assert [one["verdict"] for one in grade(data, [(0, text) for text in texts])] == ["right"] * len(texts)


GIVEN = {
    "memory/will-it-fit/exercise": lambda c: (
        (c["memory"] - c["headroom"] - c["weights"] - c["activations"]) / c["per_token"]
    ),
    "memory/quantize-weights-or-cache/exercise": lambda c: c["weights"] / c["per_token"] / c["users"],
    "serving/why-replies-slow-down/exercise_knee": lambda c: c["weights"] / c["per_token"] / c["people"],
    "serving/how-many-users/exercise_people": lambda c: c["per_s"] * (c["whole"] + c["pause"]),
    "training/will-fine-tuning-fit/exercise_longest": lambda c: (
        (c["usable"] - c["state"]) / (2 * c["layers"] * c["d"] + 12 * c["vocab"])
    ),
}
MEANT = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "ms": 1e-3, "min": 60}


@pytest.mark.parametrize("name", GIVEN)
def test_whoever_computes_with_the_numbers_that_a_question_states_is_right(root, grade, name):
    data, typed = data_of(root, name, "en"), []
    for at, texts in enumerate(data["texts"]):
        stated = {}
        for key, text in zip(data["names"], texts, strict=True):
            number, _, unit = text.partition(" ")
            if number[0].isdigit():
                stated[key] = float(number.replace(",", "")) * MEANT.get(unit, 1)
        typed.append((at, f"{GIVEN[name](stated):.6g}"))
    assert {one["verdict"] for one in grade(data, typed)} == {"right"}


def test_a_context_may_be_answered_in_k_of_either_kind(root, grade):
    for name in ("memory/will-it-fit/exercise", "serving/why-replies-slow-down/exercise_knee"):
        data = data_of(root, name, "en")
        for size in (1000, 1024):
            typed = [(at, f"{answer / size:.4g}K") for at, answer in enumerate(data["answers"])]
            assert {one["verdict"] for one in grade(data, typed)} == {"right"}


def test_two_mistakes_of_a_case_are_hardly_ever_the_same_number(root):
    """Which of them a reader made could not be told."""
    for name in (name for name in snippet.names(root) if "ask" in snippet.load(root, name).lines):
        data, ties = data_of(root, name, "en"), 0
        for at, right in enumerate(data["answers"]):
            given = [each[at] for _, each in data["mistakes"] if each[at] != pytest.approx(right, rel=1e-9)]
            ties += len({*given}) < len(given)
        assert 4 * ties < len(data["answers"]), name


def test_a_seed_draws_the_same_case_again_and_seeds_draw_all_of_them(grade):
    draw = "((n) => [...Array(n)].map((_, seed) => llmnotes.grade.drawn(seed, 'kvcache/how-big/exercise', 24)))"
    once, twice = (json.loads(str(grade.context.eval(f"JSON.stringify({draw}(500))"))) for _ in range(2))
    assert once == twice
    assert {*once} == {*range(24)}


def test_the_first_of_everything_stands_on_the_page():
    data = ask_part.page_data(example(), speaker("zh"))
    assert dict(zip(data["names"], data["texts"][0], strict=True)) == {
        "n_tokens": "1K",
        "bits": "8",
        "answer": "1 GiB",
        "half": "512 MiB",
    }
    assert data["mistakes"][0][0] == "漏了一半，{{bits}} 位"
    assert data["answers"][0] == GIB


def lacks_answer(**_):
    return {"right": count(1)}


def plain(**_):
    return {"answer": 1}


def empty(**_):
    return {"answer": count(0)}


def other_unit(**_):
    return {"answer": count(1), "half": bytes_of(1)}


def no_mistake(**_):
    return {"answer": bytes_of(10), "half": bytes_of(10)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"draws": {"n_tokens": [1024], "bits": number([8])}}, "draws n_tokens = 1024"),
        ({"draws": {"n_tokens": tokens([1024]), "bits": number([8])}}, "has 1 cases"),
        ({"draws": {"n_tokens": tokens([*range(1, 400)]), "bits": number([8, 4])}}, "has 798 cases"),
        ({"draws": {"answer": tokens([1024]), "bits": number([8])}}, "draws 'answer'"),
        ({"draws": {"n_tokens": "1024", "bits": number([8])}}, "draws n_tokens from '1024'"),
        ({"solve": 7}, "has 7 for solve"),
        ({"solve": lacks_answer}, "gives no answer"),
        ({"solve": plain}, "gives answer as int"),
        ({"solve": empty, "hints": {}}, "the answer is 0"),
        ({"solve": other_unit}, "gives half as bytes"),
        ({"solve": no_mistake}, "'half' is the answer in 6 of 6"),
        ({"hints": {"third": "x"}}, "gives no third"),
        ({"hints": {"half": "see {{heads}}"}}, "states {{heads}}"),
        ({"tolerance": 2}, "the tolerance 2"),
    ],
)
def test_what_cannot_be_graded_is_refused_with_a_remedy(changed, said):
    with pytest.raises(ask_part.AskError, match=said.replace("{", r"\{").replace("}", r"\}")) as refused:
        ask_part.page_data(example(**changed), speaker("en"))
    assert refused.value.remedy
