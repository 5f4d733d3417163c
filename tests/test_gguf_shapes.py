"""The shape that a GGUF file states, against the configuration from which llama.cpp's own converter wrote it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import pytest

import llmnotes as ln
from llmnotes.headers.architectures import FAMILIES
from llmnotes.headers.bounded import StoredTensor
from llmnotes.headers.gguf import GGUF
from llmnotes.headers.models import from_gguf

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent / "data" / "gguf_headers.json").read_text())["headers"]
}
# What no GGUF file says: the length of a chunk, for which every published model has its family's default.
UNSAID = {"chunk_size", "mamba_chunk_size", "attention_chunk_size"}
# Which layers have a window is not in the file, and llama.cpp has one pattern for the family: these random ones differ.
OWN_PATTERN = {
    "own-gemma3_text",
    "rand-cohere2-3",
    "rand-gemma3_text-0",
    "rand-gemma3_text-3",
    "rand-gemma3_text-4",
    "rand-gpt_oss-2",
    "rand-qwen2-8",
}
# The converter leaves out a head that Gemma would have to share, and pads the narrow embeddings of Gemma 3n.
OWN_TABLES = {"rand-gemma-1", "own-gemma3n_text"}


def header(case: dict[str, Any], **more: Any) -> GGUF:
    """The file's header, and what is added to its metadata."""
    tensors = []
    for name, shape, layers in case["tensors"]:
        names = [f"blk.{index}.{name}" for index in layers] or [name]
        tensors += [StoredTensor(one, tuple(shape), "F32", 4 * prod(shape)) for one in names]
    return GGUF(version=3, metadata={**case["keys"], **more}, tensors=tuple(tensors))


def text_params(model: ln.ModelSpec) -> int:
    return sum(model.embedding.params().values()) + sum(run.count * run.layer.n_params for run in model.runs)


def cache(model: ln.ModelSpec) -> list[float]:
    return [ln.kv_cache(model, n_tokens=n).ideal_bytes for n in (1, 7, 40, 100, 250)]


def visible_flops(model: ln.ModelSpec) -> float:
    return ln.forward_flops(model, n_new=40, causal=True).total


@pytest.mark.parametrize("case_id", sorted(CASES))
def test_a_converted_model_is_the_one_that_was_converted(case_id):
    case = CASES[case_id]
    config = {key: value for key, value in case["config"].items() if key not in UNSAID}
    meant, found = ln.from_config(config), from_gguf(header(case), case_id)
    assert bool(found.uncounted_flops) == bool(meant.uncounted_flops)
    if meant.uncounted_flops:  # an encoder, or a text in several passes
        assert text_params(found) == text_params(meant)
    elif case_id not in OWN_TABLES:
        assert text_params(found) == text_params(meant)
        assert ln.forward_flops(found, n_new=16).total == ln.forward_flops(meant, n_new=16).total
        if case_id not in OWN_PATTERN:  # what a window or an indexer leaves out
            assert visible_flops(found) == visible_flops(meant)
    if case_id not in OWN_PATTERN:
        assert cache(found) == cache(meant)
    assert not [said for said in found.warnings if "its tensors" in said]
    if case_id not in OWN_TABLES:  # all tensors are counted, so nothing is left out
        assert not [said for said in found.warnings if "left out" in said]
    named = f"{case['keys']['general.architecture']}.context_length"
    assert found.n_ctx == (None if "t5" in found.family else case["keys"].get(named))  # T5 has distances alone


def test_layers_that_predict_ahead_are_no_layers_of_the_text_model():
    """llama.cpp counts them in block_count and keeps them behind the last (conversion/qwen.py, since August 2026)."""
    case = CASES["rand-qwen3_5_text-0"]
    plain = from_gguf(header(case), "plain")
    more = header(case, **{"qwen35.block_count": 5, "qwen35.nextn_predict_layers": 1})
    last = [one for one in more.tensors if one.name.startswith("blk.3.")]
    ahead = [StoredTensor(one.name.replace("blk.3.", "blk.4."), one.shape, one.type, one.n_bytes) for one in last]
    ahead.append(StoredTensor("blk.4.nextn.eh_proj.weight", (48, 96), "F32", 4 * 48 * 96))
    found = from_gguf(GGUF(3, more.metadata, (*more.tensors, *ahead), 0), "ahead")
    assert (text_params(found), cache(found)) == (text_params(plain), cache(plain))
    assert not [said for said in found.warnings if "its tensors" in said]


@pytest.mark.parametrize("case_id", ["rand-qwen3_5_text-0", "rand-lfm2-0", "rand-nemotron_h-1"])
def test_a_part_of_a_model_whose_layers_differ_says_that_all_are_needed(case_id):
    whole = header(CASES[case_id])
    part = GGUF(3, whole.metadata, tuple(one for one in whole.tensors if not one.name.startswith("blk.3.")), 0)
    with pytest.raises(ln.ConfigError, match="all parts"):
        from_gguf(part, "part")


def test_every_family_named_is_read_from_a_file_of_it_or_shares_its_shape():
    """Each architecture stands in a header above, or its files are told apart from one that does by name alone."""
    alike = {
        "gptneox",
        "hunyuan-dense",
        "hunyuan_vl",
        "llama-embed",
        "nemotron_h",
        "paddleocr",
        "qwen2vl",
        "qwen3vl",
        "qwen3vlmoe",
        "seed_oss",
    }
    read = {case["keys"]["general.architecture"] for case in CASES.values()}
    assert set(FAMILIES) - read - alike == set()


ODD = [0, -1, None, True, "x", [], [0], [1, 2], 2**63, 1.5, float("nan"), [None], {"a": 1}, 10**9, [3] * 300]
SHAPES = [(), (0,), (1,), (0, 0), (5, 7), (2, 3, 4), (2**40, 2)]


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_header_is_one_line_or_a_model(seed):
    """One to three faults: a value of another kind, a key or tensor gone, a shape that cannot be."""
    chance = random.Random(seed)
    whole = header(CASES[chance.choice(sorted(CASES))])
    metadata, tensors = dict(whole.metadata), list(whole.tensors)
    for _ in range(chance.randint(1, 3)):
        key, place, fault = chance.choice(sorted(metadata)), chance.randrange(len(tensors)), chance.random()
        if fault < 0.5:
            metadata[key] = chance.choice(ODD)
        elif fault < 0.65:
            del metadata[key]
        elif fault < 0.8:
            del tensors[place]
        else:
            tensors[place] = replace(tensors[place], shape=chance.choice(SHAPES))
    try:
        model = from_gguf(GGUF(3, metadata, tuple(tensors), 0), "file")
    except ln.ConfigError as refused:
        said = str(refused)
    else:
        said = f"file: {text_params(model)} parameters"
    assert said.startswith("file: ")
    assert "\n" not in said
