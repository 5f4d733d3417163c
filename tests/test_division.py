"""From coefficients alone a model costs on its chips what it costs layer by layer."""

from dataclasses import replace
from itertools import product

import pytest

from llmnotes.cost import cost_profile
from llmnotes.cost.inverses import chip_free_bytes, context_is_unlimited, fewest_chips, largest_batch, longest_context
from llmnotes.cost.parallel import (
    chip_activation_bytes,
    chip_cache_bytes,
    chip_room_bytes,
    chip_weight_bytes,
    prompt_seconds,
    step_seconds,
)
from llmnotes.division import division
from llmnotes.fitting import fit_memory
from llmnotes.placement import Engine, Precision
from llmnotes.registry import find_chip, load_model, model_ids
from llmnotes.speed import decode_step, prefill

# Chips, tokens, batch, bits of weights, of experts and of the cache.
CASES = [
    (1, 8192, 1, 16, 16, 16),
    (8, 131_075, 3, 8.5, 4.25, 8),
    (3, 100, 64, 4.5, 4.5, 16),
    (16, 1_000_000, 2, 8, 8, 8),
]
CHIP = "h100-sxm-80gb"
CLOSE = 1e-12


def settings(case):
    n_chips, n_tokens, batch, weight_bits, expert_bits, kv_bits = case
    memory_bytes = find_chip(CHIP).memory_bytes
    engine = {"memory_bytes": memory_bytes, "usable_share": 0.92, "prefill_chunk": 2048}
    bits = {"weight_bits": weight_bits, "expert_bits": expert_bits}
    return n_chips, n_tokens, batch, bits, kv_bits, engine


def reserving(profile, shares):
    """Coefficients of the same model on an engine whose windowed layers keep every token, as the page makes them."""
    whole = replace(profile, growing_elements=shares.reserved_elements, capped_elements=())
    return whole, replace(shares, heads=tuple(replace(group, cap=0) for group in shares.heads))


@pytest.mark.parametrize("model_id", model_ids())
def test_fits_as_its_layers_do(model_id):
    model = load_model(model_id)
    plain = cost_profile(model), division(model)
    for case in CASES:
        n_chips, n_tokens, batch, bits, kv_bits, engine = settings(case)
        precision = Precision(bits["weight_bits"], bits["expert_bits"], kv_bits)
        found = fit_memory(model, engine["memory_bytes"], n_chips, n_tokens, batch, precision, Engine())
        for pair, room in ((plain, found.ideal), (reserving(*plain), found.reserved)):
            profile, shares = pair
            cache = {"n_chips": n_chips, "batch_size": batch, "kv_bits": kv_bits}
            room_bytes = chip_room_bytes(profile, n_chips=n_chips, batch_size=batch, **bits, **engine)
            free = chip_free_bytes(profile, shares, n_tokens=n_tokens, **cache, **bits, **engine)
            unlimited = context_is_unlimited(profile, shares, room_bytes=room_bytes, **cache)
            longest = None if unlimited else longest_context(profile, shares, room_bytes=room_bytes, **cache)
            fit = {"n_tokens": n_tokens, "kv_bits": kv_bits, **bits, **engine}
            batch_found = largest_batch(profile, shares, n_chips=n_chips, **fit)
            fewest = fewest_chips(profile, shares, batch_size=batch, **fit) or None
            sizes = [
                n_chips * chip_weight_bytes(profile, n_chips=n_chips, **bits),
                n_chips * chip_activation_bytes(profile, n_chips=n_chips, batch_size=batch, prefill_chunk=2048),
                n_chips * chip_cache_bytes(profile, shares, n_tokens=n_tokens, **cache),
                n_chips * free,
            ]
            wanted = [found.weight_bytes, found.activation_bytes, room.cache_bytes, room.free_bytes]
            assert sizes == pytest.approx(wanted, rel=CLOSE), case
            assert (longest, batch_found, fewest) == (
                room.longest_context,
                room.largest_batch,
                room.fewest_chips,
            ), case


@pytest.mark.parametrize("model_id", model_ids())
def test_is_as_fast_as_its_layers_are(model_id):
    model, chip = load_model(model_id), find_chip(CHIP)
    profile, shares = cost_profile(model), division(model)
    peaks = {"flops_per_s": chip.peak_flops_per_s["bf16"], "bytes_per_s": chip.bandwidth_bytes_per_s}
    for case, few in product(CASES, (False, True)):
        n_chips, n_tokens, batch, bits, kv_bits, _ = settings(case)
        batch = 1 if few else batch
        precision = Precision(bits["weight_bits"], bits["expert_bits"], kv_bits)
        how = {"n_chips": n_chips, "batch_size": batch, **bits, **peaks}
        step = decode_step(model, CHIP, n_chips, n_past=n_tokens, batch_size=batch, precision=precision)
        assert step_seconds(profile, shares, n_past=n_tokens, kv_bits=kv_bits, **how) == pytest.approx(
            step.seconds, rel=CLOSE
        )
        prompt = prefill(model, CHIP, n_chips, n_tokens=n_tokens, batch_size=batch, precision=precision)
        assert prompt_seconds(profile, n_tokens=n_tokens, **how) == pytest.approx(prompt.seconds, rel=CLOSE)
