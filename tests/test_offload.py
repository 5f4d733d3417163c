"""What llama.cpp leaves in RAM, against published tables of VRAM and speed by flags."""

from itertools import pairwise
from statistics import median

import pytest

from llmnotes import load_model
from llmnotes.cost.assumptions import Precision
from llmnotes.registry import find_chip
from llmnotes.timing.formats import precision_of
from llmnotes.timing.offload import offloaded, place, placed, weigh
from llmnotes.weights.sizes import stored_weights

INVENTIVE = "https://inventivehq.com/blog/vram-offload-cliff-gpu-layers-benchmark (read 2026-11-30)"
"""Qwen2.5-Coder-14B Q4_K_M on an RTX 5060 Ti; `-ngl`, tokens/s, MB of VRAM. The RAM is not named: two channels of
DDR4-3200, 51.2 GB/s, are what its own speed without a card says."""
SWEEP = ((0, 2.89, 265), (8, 3.58, 2161), (16, 4.24, 3509), (24, 5.61, 4875), (32, 7.26, 6241), (40, 12.5, 7593))

# Model, chip, -ngl, --n-cpu-moe, RAM [GB/s], tokens/s, where it was read on 2026-11-30.
ROWS = (
    ("qwen3-30b-a3b", "rtx-2080", 99, 36, 102, 36.7, "https://github.com/AlexsJones/llmfit/pull/755"),
    ("deepseek-v2-lite", "rtx-2080", 99, 16, 102, 49.6, "https://github.com/AlexsJones/llmfit/pull/778"),
    ("gemma-2-9b", "rtx-2080", 36, 0, 102, 23.7, "https://github.com/AlexsJones/llmfit/pull/778"),
    ("qwen2.5-14b", "rtx-2080", 42, 0, 102, 20.8, "https://github.com/AlexsJones/llmfit/pull/778"),
    ("qwen3.5-35b-a3b", "rtx-4070", 99, 40, 83, 34.6, "https://kenimoto.dev/blog/rtx-4070-cpu-moe-flag-2-8x-tokens/"),
)


def speed(model_id, chip, n_gpu_layers, n_cpu_moe, ram_gb_per_s, n_past=512):
    flags, ram = (n_gpu_layers, n_cpu_moe), ram_gb_per_s * 1e9
    found, timing = offloaded(
        load_model(model_id), find_chip(chip), "Q4_K_M", n_past=n_past, ram_bytes_per_s=ram, flags=flags
    )
    return timing, found


def cases():
    for n_gpu_layers, tokens_per_s, _ in SWEEP:
        yield "qwen2.5-14b", "rtx-5060-ti-16gb", n_gpu_layers, 0, 51.2, tokens_per_s
    yield from (row[:6] for row in ROWS)


def test_published_speeds_by_flags_are_met():
    ratios = {}
    covered = []
    for *settings, measured in cases():
        timing, _ = speed(*settings)
        ratios[tuple(settings[:4])] = 1 / timing.expected / measured
        covered.append(timing.low <= 1 / measured <= timing.high)
    errors = [abs(ratio - 1) for ratio in ratios.values()]
    assert median(errors) < 0.2, ratios
    assert sum(error < 0.4 for error in errors) >= 0.9 * len(errors), ratios
    assert sum(covered) >= 0.75 * len(covered), ratios


def test_each_further_layer_takes_the_video_memory_that_was_measured():
    """Between two settings of -ngl the table's VRAM grows by what eight layers and their cache take."""
    grown = [(later[2] - before[2]) * 1e6 for before, later in pairwise(SWEEP[1:])]
    _, few = speed("qwen2.5-14b", "rtx-5060-ti-16gb", 8, 0, 51.2, n_past=4096)
    _, more = speed("qwen2.5-14b", "rtx-5060-ti-16gb", 40, 0, 51.2, n_past=4096)
    assert (more.card_bytes - few.card_bytes) / 4 == pytest.approx(median(grown), rel=0.12)


@pytest.mark.parametrize("model_id", ["qwen3-30b-a3b", "llama-3.1-8b", "gemma-2-9b"])
def test_parts_add_up_to_the_file_wherever_they_stand(model_id):
    model = load_model(model_id)
    precision = precision_of(model, "Q4_K_M")
    weighed = weigh(model, "Q4_K_M", precision)
    whole = stored_weights(model, "Q4_K_M").running_bytes
    tied = weighed.table if model.embedding.tied else 0
    for flags in ((99, 0), (99, 7), (10, 0), (0, 0)):
        found = placed(model, weighed, precision, 1024, *flags)
        weights = sum(sum(found.parts[name]) for name in ("experts", "weights"))
        assert weights - tied == pytest.approx(whole, rel=1e-9), flags


def test_the_least_leaves_the_card_that_makes_it_fit():
    model = load_model("qwen3-30b-a3b")
    precision = precision_of(model, "Q4_K_M")
    weighed = weigh(model, "Q4_K_M", precision)
    found = place(model, weighed, precision, n_past=8192, room_bytes=12 * 2**30)
    assert found.fits
    assert found.n_gpu_layers == 99
    assert 0 < found.n_cpu_moe < 48
    one_less = placed(model, weighed, precision, 8192, 99, found.n_cpu_moe - 1)
    assert one_less.card_bytes > 12 * 2**30
    assert found.override.count("|") >= found.n_cpu_moe - 1
    assert place(model, weighed, precision, n_past=8192, room_bytes=80 * 2**30).flags == "-ngl 99"


def test_a_dense_model_gives_up_layers():
    model = load_model("llama-3.3-70b")
    precision = precision_of(model, "Q4_K_M")
    found = place(model, weigh(model, "Q4_K_M", precision), precision, n_past=4096, room_bytes=22 * 2**30)
    assert 35 <= found.n_gpu_layers <= 46  # guides for 24 GB say 40 to 45
    assert found.override == ""


def test_what_is_in_ram_is_slower_the_slower_the_ram():
    slow, _ = speed("qwen3-30b-a3b", "rtx-2080", 99, 36, 50)
    fast, _ = speed("qwen3-30b-a3b", "rtx-2080", 99, 36, 100)
    assert slow.expected > fast.expected
    assert Precision().cache == 16
