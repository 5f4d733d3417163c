"""What engines set aside: their rules against lines that they logged, elsewhere, for other people."""

import json

import pytest

from llmnotes import engines
from llmnotes.engines import compressed, llamacpp, sglang, tensorrt_llm, vllm
from llmnotes.engines.capacity import capacity
from llmnotes.engines.outline import outline_of
from llmnotes.engines.parts import EngineError, Parallel
from llmnotes.registry import load_model

UNITS = {"B": 1, "MiB": 2**20, "GiB": 2**30}


def measured(engine):
    from pathlib import Path

    rows = json.loads((Path(__file__).parent / "data" / "engine_measurements.json").read_text())
    return [
        pytest.param(row, id=f"{row['model']}-{row['what']}-{row['said']}") for row in rows if row["engine"] == engine
    ]


def printed(text):
    """A printed size, and half of its last digit."""
    number, unit = text.split()
    places = len(number.partition(".")[2])
    return float(number) * UNITS[unit], 0.501 * 10**-places * UNITS[unit]


@pytest.mark.parametrize("row", measured("llama.cpp"))
def test_llama_cpp_sets_aside_what_it_logged(row):
    model = outline_of(load_model(row["model"]))
    options = {name: row[name] for name in ("type_k",) if name in row}
    settings = llamacpp.Settings(n_ctx=row["n_ctx"], n_seq_max=row["n_seqs"], **options)
    value, half = printed(row["said"])
    if row["what"] == "conv":
        found = llamacpp.conv_state_bytes(model, settings)
    else:
        found = llamacpp.allocate(model, settings).bytes_of(row["what"])
    assert found == pytest.approx(value, abs=half)


@pytest.mark.parametrize("row", measured("vllm"))
def test_vllm_cuts_its_pool_as_it_logged(row):
    model = outline_of(load_model(row["model"]))
    options = {name: row[name] for name in ("state_bits", "prefix_caching", "max_num_batched_tokens") if name in row}
    settings = vllm.Settings(
        max_model_len=row["max_model_len"],
        kv_cache_dtype=row["kv"],
        parallel=Parallel(tensor=row.get("tensor", 1)),
        **options,
    )
    pool = vllm.pool(model, settings)
    if row["what"] == "needed":
        value, half = printed(row["said"])
        assert pool.blocks(row["max_model_len"], settings) * pool.block_bytes == pytest.approx(value, abs=half)
    elif row["what"] == "block":
        assert pool.block_size == row["said"]
        assert 100 * (pool.page_bytes / pool.state_bytes - 1) == pytest.approx(row["padding"], abs=0.005)
    else:
        value, half = printed(row["available"])
        counted = pool.tokens_by_concurrency if row["what"] == "tokens" else pool.longest_request
        least, most = (counted(pool.n_blocks(value + error), settings) for error in (-half, half))
        assert least <= row["said"] <= most + pool.block_size


@pytest.mark.parametrize(
    ("n_tokens", "activation", "pool", "n_blocks"),
    [(20_000, 17.06 - 14.99, 3.81, 1952), (29_000, 17.98 - 14.99, 2.89, 1478)],
)
def test_vllm_leaves_the_pool_that_it_logged_on_an_rtx_3090(n_tokens, activation, pool, n_blocks):
    """https://github.com/vllm-project/vllm/issues/10517, 2024-12-02: Llama 3.1 8B, 14.9888 GiB, utilization 0.9."""
    model = outline_of(load_model("llama-3.1-8b"))
    settings = vllm.Settings(max_model_len=n_tokens, max_num_batched_tokens=n_tokens)
    assert vllm.activation_bytes(model, settings) / 2**30 == pytest.approx(activation, abs=0.02)
    found = vllm.available_bytes(
        model, settings, memory_bytes=24 * 2**30, weight_bytes=14.9888 * 2**30, utilization=0.9
    )
    assert found / 2**30 == pytest.approx(pool, rel=0.05)
    assert vllm.pool(model, settings).n_blocks(found) == pytest.approx(n_blocks, rel=0.05)


@pytest.mark.parametrize("row", measured("sglang"))
def test_sglang_sets_aside_what_it_logged(row):
    model = outline_of(load_model(row["model"]))
    settings = sglang.Settings(parallel=Parallel(tensor=row.get("tensor", 1)), page_size=row.get("page_size", 1))
    value, half = printed(row["said"])
    if row["what"] == "keys":
        found, other = sglang.key_value_bytes(model, settings, row["n_tokens"])
        assert found == other
    else:
        found = sglang.latent_bytes(model, settings, row["n_tokens"])
    assert found == pytest.approx(value, abs=half)


@pytest.mark.parametrize("row", measured("tensorrt-llm"))
def test_tensorrt_llm_sets_aside_what_it_logged(row):
    settings = tensorrt_llm.Settings(tokens_per_block=64)
    value, half = printed(row["said"])
    found = tensorrt_llm.pages_bytes(outline_of(load_model(row["model"])), settings, row["n_tokens"])
    assert found == pytest.approx(value, abs=half)


def test_a_further_engine_sets_aside_what_it_logged(root):
    """An engine without a test of its own is held to its lines through `allocate`, as readers ask it."""
    for row in json.loads((root / "tests/data/engine_measurements.json").read_text()):
        if row["engine"] not in ("llama.cpp", "vllm", "sglang", "tensorrt-llm"):
            value, half = printed(row["said"])
            found = engines.allocate(
                load_model(row["model"]), engine=row["engine"], n_tokens=row["n_tokens"], n_seqs=row.get("n_seqs", 1)
            )
            assert found.bytes_of(row["what"]) == pytest.approx(value, abs=half), row


@pytest.mark.parametrize("engine", engines.ENGINES)
@pytest.mark.parametrize("model", ["llama-3.1-8b", "deepseek-v3.2", "jamba-v0.1", "gemma-3-27b", "kimi-linear-48b-a3b"])
def test_every_engine_sets_aside_no_less_than_the_architecture_must_keep(engine, model):
    """Beyond the window of every layer the ideal is a floor: an engine rounds up and holds more."""
    from llmnotes.report import kv_cache

    spec = load_model(model)
    n_tokens = 8192
    found = engines.allocate(spec, engine=engine, n_tokens=n_tokens, n_seqs=2, state_bits=32)
    ideal = kv_cache(spec, n_tokens=n_tokens, batch_size=2, kv_bits=16, state_bits=32)
    # The ideal counts as many columns of a convolution as most implementations keep; engines keep one fewer.
    convolution = 2 * sum(state.conv_channels * 4 for state in outline_of(spec).states)
    index = 2 * n_tokens * sum(128 * 2 for entry in outline_of(spec).entries if entry.kind == "index")
    assert found.bytes_of("cache", "state") >= ideal.ideal_bytes - convolution - index


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_more_tokens_never_take_less(engine):
    spec = load_model("gemma-3-27b")
    sizes = [engines.allocate(spec, engine=engine, n_tokens=n).bytes_of("cache") for n in range(256, 40_000, 997)]
    assert sizes == sorted(sizes)


def test_heads_divide_and_latents_are_copied():
    """Eight cards hold an eighth of eight KV heads each, and a whole latent each; groups of attention hold a request
    once."""

    def cache(model, **cards):
        return engines.allocate(
            load_model(model), engine="sglang", n_tokens=65_536, parallel=Parallel(**cards)
        ).bytes_of("cache")

    assert cache("llama-3.1-70b", tensor=8) * 8 == cache("llama-3.1-70b")
    assert cache("llama-3.1-70b", tensor=16) == cache("llama-3.1-70b", tensor=8)
    assert cache("deepseek-v3", tensor=8) == cache("deepseek-v3")
    # DP attention: a card holds the whole cache of the requests of its group, an eighth of all requests.
    assert cache("llama-3.1-70b", tensor=8, data=8) == cache("llama-3.1-70b")


def test_context_parallelism_divides_tokens():
    spec = load_model("deepseek-v3")
    one, four = (
        engines.allocate(spec, engine="vllm", n_tokens=131_072, parallel=Parallel(tensor=8, context=n)) for n in (1, 4)
    )
    assert four.total_bytes * 4 == one.total_bytes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"engine": "exllama"}, "'exllama' is not an engine"),
        ({"engine": "vllm", "key_type": "q8_0"}, "'q8_0' is not a cache format"),
        ({"engine": "llama.cpp", "key_type": "fp8"}, "'fp8' is not a cache type"),
        ({"engine": "vllm", "key_type": "fp8", "value_type": "auto"}, "one format"),
        ({"engine": "llama.cpp", "parallel": Parallel(tensor=2)}, "llama.cpp splits layers"),
    ],
)
def test_a_setting_that_an_engine_does_not_have_is_refused(arguments, words):
    with pytest.raises(EngineError, match=words):
        engines.allocate(load_model("llama-3.1-8b"), n_tokens=1024, **arguments)


def test_an_indexer_beside_recurrent_states_is_not_modelled_in_vllm():
    """Its keys need a pool of their own there; SGLang's bytes are those of the entries."""
    for model_id in ("glm-5.3-flash", "qwen3.8-flash-next"):
        with pytest.raises(EngineError, match="not modelled; ask for the ideal"):
            engines.allocate(load_model(model_id), engine="vllm", n_tokens=1024)
        assert engines.allocate(load_model(model_id), engine="sglang", n_tokens=1024).total_bytes


def test_groups_of_data_parallel_attention_hold_as_many_requests_as_there_are():
    """A latent cache is whole on every card: eight groups hold eight times the requests (vllm#51454 measured 7.7)."""
    model = outline_of(load_model("deepseek-v3"))

    def most(groups: int) -> int:
        parallel = Parallel(tensor=8, data=groups)
        found = capacity(model, engine="vllm", parallel=parallel, room_bytes=40 * 2**30, n_tokens=32_768, n_seqs=1)
        return found.most_sequences

    assert most(8) == 8 * most(1) > 0


def fit_of(capsys, *words):
    from llmnotes.cli import main

    status = main(["fit", *words, "--json"])
    streams = capsys.readouterr()
    return status, json.loads(streams.out) if streams.out else streams.err


def test_vllm_multiplies_cards_by_groups_and_sglang_divides_them(capsys):
    """`vllm serve --data-parallel-size 8` starts eight engines of `--tensor-parallel-size` cards each (data parallel
    deployment, "DP × TP"); SGLang's `--dp 8 --enable-dp-attention` divides the cards of `--tp`."""
    words = ["deepseek-v3", "--chip", "h200-sxm-141gb", "--tokens", "8k", "--dp", "8"]
    found = {}
    for engine, cards in (("vllm", []), ("vllm", ["--chips", "8"]), ("sglang", []), ("sglang", ["--tp", "8"])):
        status, facts = fit_of(capsys, *words, "--engine", engine, *cards)
        assert status == 0
        assert facts["n_chips"] == 8
        found[engine, bool(cards)] = facts["engine_most_sequences"]
    assert found["vllm", False] == found["vllm", True]
    assert found["sglang", False] == found["sglang", True]
    assert fit_of(capsys, *words, "--engine", "vllm", "--tp", "2")[1]["n_chips"] == 16
    status, err = fit_of(capsys, *words, "--engine", "vllm", "--tp", "8", "--chips", "8")
    assert status == 2
    assert "64 cards" in err


def test_every_group_holds_what_is_not_routed():
    """DeepSeek-V3 (arXiv:2412.19437): of 671e9 parameters 654e9 are routed; eight groups hold 17 + 82, one 84."""
    dense, routed = 17e9, 654e9
    whole, groups = (
        Parallel(tensor=8, data=n).weight_bytes_on_one_card(dense_bytes=dense, routed_bytes=routed) for n in (1, 8)
    )
    assert whole == pytest.approx(671e9 / 8)
    assert groups == pytest.approx(17e9 + 654e9 / 8)


def test_cards_that_do_not_divide_are_refused():
    with pytest.raises(EngineError, match="must divide tensor parallelism"):
        Parallel(tensor=4, data=3)


def test_an_8_bit_latent_beside_an_indexer_takes_656_bytes_and_its_key_132():
    """https://github.com/vllm-project/vllm/issues/47716: 512 bytes, four scales of 4 and 64 rotary numbers of 2."""
    model = outline_of(load_model("deepseek-v3.2"))
    for kv in ("fp8", "fp8_ds_mla"):
        settings = vllm.Settings(max_model_len=1024, kv_cache_dtype=kv)
        found = {entry.kind: vllm.entry_bytes(entry, settings, indexed=True) for entry in model.entries}
        assert found == {"latent": 512 + 4 * 4 + 64 * 2, "index": 128 + 4}
        assert vllm.allocate(model, settings, n_tokens=1024).total_bytes == 61 * 1024 * (656 + 132)


@pytest.mark.parametrize(
    ("n_layers", "printed"),
    [(60, (7, 7, 7, 8, 8, 8, 8, 7)), (78, (19, 20, 20, 19)), (43, (22, 21))],
)
def test_layers_are_dealt_to_stages_as_vllm_prints_it(n_layers, printed):
    """“Hidden layers were unevenly partitioned”: vllm#37972, vllm#38476, SystemPanic/vllm-windows#71."""
    assert vllm.stage_sizes(n_layers, len(printed)) == printed


def test_a_partition_that_does_not_deal_all_layers_is_refused():
    settings = vllm.Settings(max_model_len=4096, parallel=Parallel(pipeline=2), partition=(20, 20))
    with pytest.raises(EngineError, match="36 layers"):
        vllm.pool(outline_of(load_model("qwen3-8b")), settings)


def test_groups_of_a_pipeline_are_those_of_the_whole_model():
    """gpt-oss has as many windowed layers as full ones: each of two stages holds half of both groups."""
    model = outline_of(load_model("gpt-oss-20b"))
    one, two = (vllm.pool(model, vllm.Settings(max_model_len=131_072, parallel=Parallel(pipeline=n))) for n in (1, 2))
    assert len(one.groups) == len(two.groups) == 2
    assert two.block_bytes == one.block_bytes / 2


@pytest.mark.parametrize("model", ["deepseek-v3", "gemma-3-27b", "qwen3.5-397b-a17b"])
def test_the_stages_hold_the_model_and_a_tied_table_twice(model):
    spec = load_model(model)
    outline = outline_of(spec)
    sizes = vllm.stage_sizes(len(outline.layers), 4)
    held = sum(outline.stage_params(sizes, stage) for stage in range(4))
    twice = spec.embedding.params()["embedding_token"] if spec.embedding.tied else 0
    assert held == outline.n_params + twice


def test_groups_of_compressed_attention_have_the_pages_that_were_printed():
    """Layers, bytes of a block and its tokens in each group of DeepSeek-V4-Flash, as read out of vLLM 0.28.1 while it
    started (vllm#54703)."""
    model = outline_of(load_model("deepseek-v4-flash"))
    groups = compressed.groups_of(compressed.families(model, [0] * len(model.layers)))
    assert [(len(each.pages), each.bytes_on(0), each.block_size) for each in groups] == [
        (62, 1_002_240, 256),
        (22, 823_680, 64),
        (21, 786_240, 64),
        (42, 870_912, 4),
        (20, 656_640, 8),
    ]


def test_a_request_of_compressed_attention_takes_the_blocks_that_were_counted():
    """DeepSeek-V4-Flash-0731 on four cards: 132, 4,227 and 2,129 pages of three groups, 13,270 blocks in all, 63,859
    tokens of 33,792 (vllm#52495); such pages are those of twice 8,448 tokens under way."""
    model = outline_of(load_model("deepseek-v4-flash"))
    settings = vllm.Settings(max_model_len=33_792, kv_cache_dtype="fp8", max_num_batched_tokens=8448, n_passes=2)
    pool = vllm.pool(model, settings)
    pages = [group.blocks(33_792, settings) for group in pool.groups]
    assert {132, 4227, 2129} <= set(pages)
    assert pool.tokens_by_concurrency(13_270, settings) == 63_859
    assert abs(pool.n_blocks(12.39 * 2**30) - 13_270) <= 6


def test_compressed_attention_at_16_bits_is_not_modelled_in_vllm():
    with pytest.raises(EngineError, match="fp8"):
        engines.allocate(load_model("deepseek-v4-flash"), engine="vllm", n_tokens=65_536)
