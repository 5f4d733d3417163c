"""One line of a public log as the page explains it, the requests that it seems to hold, and those that fit."""

from pathlib import Path

from llmnotes import kv_cache, load_model, registry
from llmnotes.blocks.attention import Attention
from llmnotes.engines import vllm
from llmnotes.engines.logs import explain, state_bits_of
from llmnotes.engines.outline import outline_of
from llmnotes.quantities import bytes_of, count, number
from llmnotes.units import GIB, MIB

LOGS = Path(__file__).parents[2] / "tests/data/logs"
ISSUE = "https://github.com/noonghunna/club-3090/issues/612"
MODEL, POOL_GIB, LONGEST, SHORT = "qwen3.6-35b-a3b", 5.98, 131_072, 16_384
# llama.cpp, issue 15009: cells of a cache that a card of 24 GB was asked for.
HOME, CELLS = "qwen3-30b-a3b", 70_016


# --8<-- [start:compute]
def compute():
    bits = state_bits_of(registry.find(MODEL).config) or 16
    report = explain((LOGS / f"vllm-{MODEL}.log").read_text(), model=load_model(MODEL), state_bits=bits)
    said = next(found for found in report.findings if found.subject == "tokens")
    settings = vllm.Settings(LONGEST, kv_cache_dtype="fp8", state_bits=bits)
    pool = vllm.pool(outline_of(load_model(MODEL)), settings)
    blocks = pool.n_blocks(POOL_GIB * GIB)
    each, short = pool.blocks(LONGEST, settings), pool.blocks(SHORT, settings)
    assert said.formula == f"{blocks} / {each} × {LONGEST:,}"
    home, spec = kv_cache(load_model(HOME), CELLS).ideal_bytes, load_model(HOME)
    heads = spec.layers[0].mixer
    assert isinstance(heads, Attention)
    return {
        "logged": count(int(said.said.value), kind="reported", source=ISSUE),
        "pool": number(POOL_GIB, kind="reported", source=ISSUE),
        **count({"blocks": blocks, "each": each, "length": LONGEST, "short": SHORT, "short_each": short}),
        **shares(pool, settings),
        "requests": number(blocks / each),
        "seem": count(int(said.said.value) // SHORT),
        "fit": count(blocks // short),
        "alone": count(pool.longest_request(blocks, settings)),
        "home": {
            "model": spec.name,
            **count({"cells": CELLS, "layers": spec.n_layers, "width": 2 * heads.n_kv_heads * heads.head_dim}),
            **count({"kv_heads": heads.n_kv_heads, "head_dim": heads.head_dim}),
            "mib": count(round(home / MIB)),
            "token": bytes_of(home / CELLS),
        },
    }


def shares(pool, settings):
    """Blocks of a short request: of the full layers, and of each group of layers with a state."""
    states = [group for group in pool.groups if group.kind == vllm.STATE]
    full = next(group for group in pool.groups if group.kind == vllm.FULL)
    return count(
        {
            "full": full.blocks(SHORT, settings),
            "state": states[0].blocks(SHORT, settings),
            "groups": len(states),
            "states": states[0].blocks(SHORT, settings) * len(states),
        }
    )


# --8<-- [end:compute]
