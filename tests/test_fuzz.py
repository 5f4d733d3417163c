"""Real configurations with something broken in them: counted or refused in one line, in a second, never in silence.

The suite tries two hundred; `make fuzz` tries ten thousand (`LLMNOTES_FUZZ` is how many).
"""

import contextlib
import io
import json
import math
import os
import random
import time
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

import llmnotes as ln
from llmnotes import registry
from llmnotes.cli import main
from llmnotes.spec import ModelSpec
from tests.truth.cases import KNOWN

N_EXAMPLES = int(os.environ.get("LLMNOTES_FUZZ", "200"))
SECONDS = 1  # of processor time: a neighbour's load is no hang
DATA = Path(__file__).parent / "data"
WRAPPERS = [case["config"] for case in json.loads((DATA / "wrappers.json").read_text())["wrappers"]]
REAL = [case["config"] for case in KNOWN] + [dict(registry.find(name).config) for name in registry.model_ids()]
REAL += WRAPPERS
JUNK = (None, 0, -1, 1, 2, 3, 7, 10**12, 0.5, math.nan, math.inf, True, False, "", "7", [], [1], {}, {"a": 1}, ["x"])
INSERTED = ("num_experts", "head_dim", "sliding_window", "layer_types", "n_layer", "text_config", "rope_scaling")
VERBS = (
    ("params",),
    ("kv", "--tokens", "17"),
    ("flops", "--tokens", "17"),
    ("show",),
    ("fit", "--memory", "24GiB", "--tokens", "17"),
    ("compare", "gpt2", "--tokens", "17"),
)


def broken(rng: random.Random) -> tuple[dict, dict]:
    """A real configuration, and the same with one to three keys lost, spoilt or added."""
    whole = rng.choice(REAL)
    config = dict(whole)
    for _ in range(rng.randint(1, 3)):
        action = rng.randrange(3)
        key = rng.choice(INSERTED) if action == 2 else rng.choice(sorted(config))
        if action == 0:
            del config[key]
        else:
            config[key] = rng.choice(JUNK)
        if not config:
            break
    return whole, config


def read(config: dict) -> tuple[str, ModelSpec | None]:
    """The refusal, or the model."""
    try:
        return "", ln.from_config(config)
    except ln.ConfigError as error:
        return str(error), None


def answers(model: ModelSpec) -> tuple:
    """What the package says of a model, held to what must be true of any."""
    counted = ln.count_params(model)
    assert 0 < counted.active <= counted.total
    cache = ln.kv_cache(model, n_tokens=17)
    assert 0 <= cache.ideal_bytes <= cache.reserved_bytes
    causal = ln.forward_flops(model, n_new=3, n_past=14, causal=True).total
    full = ln.forward_flops(model, n_new=3, n_past=14, causal=False).total
    assert 0 < causal <= full
    return counted.components, counted.active, cache, causal, full


def could_be_published(key: str, config: dict) -> bool:
    """Whether the new state of a key is one that authors publish: a count, a flag, none, or left to another key."""
    if key not in config:
        # Heads share the width evenly unless head_dim is given; one key's pattern stands in for the list of kinds.
        # Nearly no file has this switch on, and one without it has it off.
        instead = {"mlp_layer_types": ("first_k_dense_replace",), "use_bidirectional_attention": ("model_type",)}
        instead["layer_types"] = ("sliding_window_pattern", "no_rope_layers", "layer_group_size")
        return key == "head_dim" or any(other in config for other in instead.get(key, ()))
    value = config[key]
    return value is None or value == [] or (isinstance(value, int) and value >= 0)


@settings(max_examples=N_EXAMPLES)
@given(st.randoms(use_true_random=False))
def test_a_broken_configuration_is_counted_or_refused_in_one_line(rng):
    whole, config = broken(rng)
    start = time.process_time()
    refusal, model = read(config)
    if model is None:
        assert time.process_time() - start < SECONDS
        assert "\n" not in refusal
        assert len(refusal) < 2000
        return
    answer = answers(model)
    assert time.process_time() - start < SECONDS
    original = ln.from_config(whole)
    changed = [key for key in {*whole, *config} if repr(whole.get(key, ...)) != repr(config.get(key, ...))]
    if answer != answers(original) and not any(could_be_published(key, config) for key in changed):
        said = {*model.assumed, *model.warnings} - {*original.assumed, *original.warnings}
        assert said, f"a silent guess about {changed}"


@settings(max_examples=N_EXAMPLES)
@given(st.randoms(use_true_random=False), st.sampled_from(VERBS), st.sampled_from(["en", "zh"]), st.booleans())
def test_no_verb_answers_a_broken_configuration_with_a_traceback(rng, verb, lang, as_json):
    _, config = broken(rng)
    piped = SimpleNamespace(buffer=io.BytesIO(json.dumps(config).encode()))
    out, err = io.StringIO(), io.StringIO()
    start = time.process_time()
    with mock.patch("sys.stdin", piped), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([verb[0], "-", *verb[1:], "--lang", lang, *(["--json"] if as_json else [])])
    assert time.process_time() - start < SECONDS
    if status:
        assert status == 2
        assert out.getvalue() == ""
        assert err.getvalue().count("\n") == 1
    else:
        assert err.getvalue() == ""
        assert out.getvalue()
