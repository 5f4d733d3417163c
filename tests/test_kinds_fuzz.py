"""Files of every kind with something broken in them: answered or refused in one line, in a second, by every verb."""

import contextlib
import io
import json
import os
import random
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from llmnotes.cli import main
from tests.test_headers import gguf_bytes, llama, safe, tensors
from tests.test_whole import PUBLISHED

N_EXAMPLES = int(os.environ.get("LLMNOTES_FUZZ", "400"))
SECONDS = 1  # of processor time: a neighbour's load is no hang
KINDS = Path(__file__).parent / "data" / "kinds"
FILES = [json.loads(path.read_text()) for path in sorted(KINDS.glob("*.json"))]
FILES += [
    case["config"]
    for name in ("encoders", "towers")
    for case in json.loads((KINDS.parent / f"{name}.json").read_text())["cases"][::7]
]
FILES += [config | {"text_config": {"model_type": "gemma3_text"}} for config in PUBLISHED.values()]
JUNK = (None, 0, -1, 1, 2, 7, 10**12, 2**63, 0.5, True, False, "", "7", [], [1], {}, {"a": 1}, ["x"], [[]], "(a+)+$")
BINARY = [
    gguf_bytes(llama(), tensors()),
    gguf_bytes(llama(), tensors(tied=True), kind=8, version=2),
    safe({name: {"dtype": "F16", "shape": list(shape), "data_offsets": [0, 0]} for name, shape in tensors().items()}),
]
VERBS = (
    ("params",),
    ("kv", "--tokens", "17"),
    ("flops", "--tokens", "17"),
    ("show",),
    ("weights",),
    ("fit", "--memory", "24GiB", "--tokens", "17"),
    ("compare", "gpt2", "--tokens", "17"),
    ("params", "--base", "qwen3-0.6b"),
)


def broken(config, rng: random.Random):
    """The same with one key lost, spoilt or added, at any depth."""
    if isinstance(config, dict) and config:
        new, key = dict(config), rng.choice(sorted(config))
        if isinstance(config[key], dict) and rng.random() < 0.6:
            new[key] = broken(config[key], rng)
        elif rng.random() < 0.3:
            del new[key]
        else:
            new[key] = rng.choice(JUNK)
        return new
    return config


def spoilt(data: bytes, rng: random.Random) -> bytes:
    """The same cut short, or with some bytes changed."""
    if rng.random() < 0.3:
        return data[: rng.randrange(len(data))]
    new = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        new[rng.randrange(len(new))] = rng.choice((0, 1, 9, 127, 255, rng.randrange(256)))
    return bytes(new)


def answered(path: Path, verb: tuple[str, ...], lang: str, as_json: bool) -> None:
    out, err = io.StringIO(), io.StringIO()
    arguments = [verb[0], str(path), *verb[1:], "--lang", lang, *(["--json"] if as_json else [])]
    start = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    assert time.process_time() - start < SECONDS
    if status:
        assert status == 2
        assert out.getvalue() == ""
        assert err.getvalue().count("\n") == 1
    else:
        assert err.getvalue() == ""


@settings(max_examples=N_EXAMPLES, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(VERBS), st.sampled_from(["en", "zh"]), st.booleans())
def test_no_verb_answers_a_broken_file_of_any_kind_with_a_traceback(tmp_path_factory, rng, verb, lang, as_json):
    config = rng.choice(FILES)
    for _ in range(rng.randint(0, 3)):
        config = broken(config, rng)
    path = tmp_path_factory.mktemp("kinds") / "file.json"
    path.write_text(json.dumps(config))
    answered(path, verb, lang, as_json)


@settings(max_examples=N_EXAMPLES, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(VERBS), st.booleans())
def test_no_verb_answers_a_broken_weight_file_with_a_traceback(tmp_path_factory, rng, verb, as_json):
    index = rng.randrange(len(BINARY))
    path = tmp_path_factory.mktemp("kinds") / ("model.safetensors" if index == 2 else "model.gguf")
    path.write_bytes(spoilt(BINARY[index], rng))
    answered(path, verb, "en", as_json)
