"""The registry's own files: every number traced, every count equal to what others measured or published."""

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from llmnotes import count_params, from_config, kv_cache, registry

# Model id -> parameters of the real class, summed: {"transformers": {...}, "litgpt": {...}}.
MEASURED = json.loads((Path(__file__).parent / "data" / "registry_counts.json").read_text())["params"]
SCALE = {"M": 10**6, "B": 10**9, "T": 10**12}

every_model = pytest.mark.parametrize("model_id", registry.model_ids())
every_file = pytest.mark.parametrize(
    "path",
    sorted(p for p in registry.DATA.glob("*/*.toml") if p.parent.name != "claims"),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)


def printed(count: float, published: str) -> str:
    """`count` with as many digits and the same unit as a published figure such as 1.23B."""
    number, unit = published[:-1], published[-1]
    digits = len(number.partition(".")[2])
    return f"{count / SCALE[unit]:.{digits}f}{unit}"


def test_prints_as_the_published_figure():
    assert printed(671_026_404_352, "671B") == "671B"
    assert printed(1_235_814_400, "1.23B") == "1.24B"


def test_there_are_enough_models():
    assert len(registry.model_ids()) >= 24


@every_file
def test_every_number_has_a_source_and_a_day(path):
    values = tomllib.loads(path.read_text())
    source = values.pop("source")
    assert date(2026, 1, 1) <= source.pop("checked") <= date(2099, 1, 1)
    for word, given in values.pop("variants", {}).items():
        assert re.match(r"https://[\w.-]+/\S+", given["source"]), f"{word} has no page"
    for key, value in values.items():
        if not isinstance(value, str):
            assert re.match(r"https://[\w.-]+/\S+", source.get(key, "")), f"{key} has no page"
    assert set(source) <= set(values)


@every_file
def test_is_named_by_an_id(path):
    assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", path.stem)


@every_file
def test_names_neither_a_registry_nor_this_machine(path):
    text = path.read_text()
    assert not re.search(r"/work/|/tmp/|/root/|pypi|npmjs|jsdelivr|unpkg", text)


@pytest.mark.parametrize("folder", ["models", "chips", "prices"])
def test_no_name_stands_for_two_ids(folder):
    names = [tomllib.loads(path.read_text())["name"] for path in (registry.DATA / folder).glob("*.toml")]
    assert len(names) == len(set(names))


@every_model
def test_counts_and_holds_a_cache(model_id):
    model = registry.load_model(model_id)
    assert not [warning for warning in model.warnings if "not understood" in warning]
    total = count_params(model)
    assert total.total >= total.active > 0
    short, long = kv_cache(model, n_tokens=1000), kv_cache(model, n_tokens=3000)
    assert 0 < short.ideal_bytes <= long.ideal_bytes <= long.reserved_bytes


@pytest.mark.parametrize(
    ("model_id", "measured"), [(model_id, n) for counts in MEASURED.values() for model_id, n in counts.items()]
)
def test_counts_what_was_measured_on_the_real_class(model_id, measured):
    assert count_params(registry.load_model(model_id)).total == measured


@every_model
def test_counts_what_was_published_or_says_why_not(model_id):
    entry = registry.find(model_id)
    count = count_params(entry.spec)
    if entry.n_params_published is not None:
        if entry.n_params_published_as is None:
            same = count.total == entry.n_params_published
        else:
            same = printed(count.total, entry.n_params_published_as) == entry.n_params_published_as
            assert printed(entry.n_params_published, entry.n_params_published_as) == entry.n_params_published_as
        assert same != bool(entry.n_params_published_note), f"counted {count.total:,}"


@every_model
def test_counts_what_the_weight_files_hold_to_the_last_parameter(model_id):
    """Where the files hold more, the note names each part that is left out, and the parts add up to the difference."""
    entry = registry.find(model_id)
    if entry.n_params_weights is None:
        assert entry.n_params_weights_note is None
        return
    parts = re.findall(r"(?:stored: |, )(\d{1,3}(?:,\d{3})*) ", entry.n_params_weights_note or "")
    left_out = sum(int(part.replace(",", "")) for part in parts)
    assert count_params(entry.spec).total + left_out == entry.n_params_weights
    assert bool(entry.n_params_weights_note) == bool(left_out)


@every_model
def test_active_parameters_are_those_published(model_id):
    entry = registry.find(model_id)
    if entry.n_params_active_published is None:
        return
    count = count_params(entry.spec)
    published = entry.n_params_active_published_as
    assert published is not None
    # Authors differ on whether the table that is only looked up is active: either way of counting may be meant.
    printed_ways = {printed(count.active, published), printed(count.active_without_embedding, published)}
    assert published in printed_ways or entry.n_params_active_published_note, printed_ways


def test_tables_of_ngrams_are_counted_and_are_not_active():
    """Public repositories give the GGUF file 176.9B parameters, 51.2B of them its table, and Qwen 6B active ones."""
    count = count_params(registry.load_model("qwen3.8-flash-next"))
    assert printed(count.total, "176.9B") == "176.9B"
    assert "of 51,200,245,760 parameters in tables" in "".join(registry.load_model("qwen3.8-flash-next").warnings)
    assert printed(count.active_without_embedding - count.components["lm_head"], "6B") == "6B"


def test_text_prediction_module_and_tower_are_what_the_file_holds():
    """Public repositories: 321.3B elements on disk, the 7.4B prediction module and the 0.56B tower among them."""
    tower = {"model_type": "glm5_next_vision", "out_hidden_size": 4096}
    config = {"model_type": "glm5_next", "text_config": registry.find("glm-5.3-flash").config, "vision_config": tower}
    count = count_params(from_config(config))
    assert printed(count.checkpoint, "321.3B") == "321.3B"
    assert printed(count.parts["mtp"], "7.4B") == "7.4B"


@every_model
def test_needs_neither_id_nor_published_total_to_count(model_id):
    entry = registry.find(model_id)
    bare = from_config(entry.published, name="x")
    assert count_params(bare) == count_params(entry.spec)


def test_pairs_with_equal_counts_differ_only_in_context():
    for short, long in (
        ("llama-2-7b", "llama-2-7b-32k"),
        ("llama-3-8b", "llama-3.1-8b"),
        ("phi-3-mini-4k", "phi-3-mini-128k"),
        ("kimi-k2", "kimi-k2.5"),
    ):
        a, b = registry.find(short), registry.find(long)
        assert count_params(a.spec).total == count_params(b.spec).total
        assert a.context_advertised is not None
        assert b.context_advertised is not None
        assert a.context_advertised < b.context_advertised


@every_model
def test_effective_context_is_at_most_the_advertised_one(model_id):
    entry = registry.find(model_id)
    if entry.context_effective is not None:
        assert entry.context_advertised is not None
        assert entry.context_effective <= entry.context_advertised
        assert "RULER" in entry.sources["context_effective"]


def test_every_chip_and_price_can_be_read():
    for chip_id in registry.chip_ids():
        chip = registry.find_chip(chip_id)
        # Nothing sold holds under 1 GB, streams its memory more than 1,000 times a second or less than once.
        assert 1e9 < chip.memory_bytes < 1e12
        assert 1 < chip.bandwidth_bytes_per_s / chip.memory_bytes < 1000
    for price_id in registry.price_ids():
        price = registry.find_price(price_id)
        assert price.usd_per_million_output_tokens > price.usd_per_million_input_tokens
        if price.usd_per_million_cached_tokens is not None:
            assert price.usd_per_million_cached_tokens < price.usd_per_million_input_tokens
        if price.context_advertised is not None and price.output_limit is not None:
            assert price.output_limit <= price.context_advertised


def test_waiting_is_cheaper_and_haste_and_keeping_are_dearer():
    """A price in the wrong field breaks the order of batch, list and fast prices, or of reading and keeping."""
    seen = set()
    for price in map(registry.find_price, registry.price_ids()):
        for kind in ("input", "output", "cached", "cache_write"):
            tiers = ["_batch", "", "_fast"]
            prices = [getattr(price, f"usd_per_million_{kind}_tokens{tier}", None) for tier in tiers]
            known = [one for one in prices if one is not None]
            assert known == sorted(set(known)), (price.id, kind)
            seen |= {f"{kind}{tier}" for tier, one in zip(tiers, prices, strict=True) if one is not None}
        for tier in ("", "_long", "_fast"):
            kept = getattr(price, f"usd_per_million_cache_write_tokens{tier}")
            if kept is not None:
                assert kept >= getattr(price, f"usd_per_million_input_tokens{tier}"), price.id
    assert {"input_batch", "output_batch", "input_fast", "output_fast", "cache_write", "cache_write_fast"} <= seen


def test_dense_peaks_double_as_the_bits_halve():
    """A sparse headline figure slipped in for a dense one shows as a ratio of four."""
    for chip_id in registry.chip_ids():
        peaks = registry.find_chip(chip_id).peak_flops_per_s
        if "bf16" in peaks and "fp8" in peaks:
            assert peaks["fp8"] / peaks["bf16"] == pytest.approx(2, rel=0.03), chip_id


def test_the_h100_holds_what_its_driver_reports():
    """81,559 MiB, 3.35 TB/s and 989 TFLOP/s: not the printed 80 GB and not the sparse 1,979."""
    chip = registry.find_chip("h100-sxm-80gb")
    assert chip.memory_bytes == 81_559 * 2**20
    assert chip.peak_flops_per_s["bf16"] == 989e12
    assert chip.bandwidth_bytes_per_s == 3.35e12
