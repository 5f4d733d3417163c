"""Files that people have beside a decoder's `config.json`: counted, or named in one line that says what to give."""

import json
from pathlib import Path

import pytest

import llmnotes as ln

KINDS = Path(__file__).parent / "data" / "kinds"


def counted(name: str):
    return ln.count_params(ln.from_config(KINDS / name))


# Native files beside the parameters of the same models' published weight files, as their authors state them (registry).
SAME = {
    "llama-2-params.json": "llama-2-7b",
    "llama-3-70b-params.json": "llama-3.1-70b",
    "mistral-params.json": "mistral-7b-v0.1",
    "mixtral-params.json": "mixtral-8x7b",
    "deepseek-v3-inference.json": "deepseek-v3",
}


@pytest.mark.parametrize("name", SAME)
def test_a_native_file_counts_as_the_model_that_it_came_with(name):
    assert counted(name).total == ln.count_params(ln.load_model(SAME[name])).total


def test_native_caches_equal_those_of_the_same_models():
    for name, model_id in SAME.items():
        native, known = ln.from_config(KINDS / name), ln.load_model(model_id)
        assert ln.kv_cache(native, n_tokens=9000) == ln.kv_cache(known, n_tokens=9000), name


def test_further_native_files_hold_what_their_authors_state():
    assert counted("deepseek-v2-lite-inference.json").total == 15_706_484_224
    # https://huggingface.co/state-spaces/mamba-2.8b: 2,768,345,600 with a tied table of 50,280 rows.
    assert counted("mamba-config.json").total == 2_768_345_600
    assert counted("mamba2-config.json").total == 2_702_599_680
    assert counted("pixtral-params.json").whole == 12_682_739_712


# SpecForge's modules (modeling/draft at commit a6b6b02), added up tensor by tensor by hand.
HEADS = {
    "eagle3-config.json": (950_026_240, 424_689_664),
    "dflash-config.json": (1_048_626_432, 1_048_626_432),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_draft_head_is_no_model_of_its_own(name):
    head = counted(name)
    assert (head.total, head.checkpoint) == HEADS[name]
    assert any("larger model" in said for said in ln.from_config(KINDS / name).warnings)


def test_a_head_whose_family_says_llama_is_read_as_a_head():
    config = json.loads((KINDS / "eagle3-config.json").read_text())
    bare = config | {"architectures": ["LlamaForCausalLM"]}
    assert ln.count_params(ln.from_config(bare)).checkpoint == 424_689_664
    del bare["draft_vocab_size"]
    assert ln.from_config(bare).family == "llama"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("adapter_config.json", "LoRA adapter of rank 16"),
        ("adapter_config.json", "--base"),
        ("model.safetensors.index.json", "index of a model's weight files"),
        ("tokenizer_config.json", "settings of a tokenizer"),
        ("generation_config.json", "settings of generation"),
        ("preprocessor_config.json", "settings of an image processor"),
    ],
)
def test_a_file_without_a_size_is_named_in_one_line(name, said):
    with pytest.raises(ln.ConfigError) as refusal:
        ln.from_config(KINDS / name)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "change", "named"),
    [
        ("llama-2-params.json", {"dim": "4096"}, "dim"),
        ("llama-2-params.json", {"n_layers": 10**9}, "n_layers"),
        ("llama-2-params.json", {"some_new_width": 512}, "some_new_width"),
        ("llama-2-params.json", {"vision_chunk_size": 448}, "Llama 3.2 Vision"),
        ("mixtral-params.json", {"moe": {"num_experts": 2, "num_experts_per_tok": 3}}, "num_experts_per_tok"),
        ("deepseek-v3-inference.json", {"n_activated_experts": 0}, "n_activated_experts"),
        ("mamba2-config.json", {"attn_layer_idx": [3]}, "attn_layer_idx"),
        ("mamba2-config.json", {"ssm_cfg": {"layer": "Mamba9"}}, "layer"),
        ("eagle3-config.json", {"num_attention_heads": 33}, "num_attention_heads"),
        ("dflash-config.json", {"dflash_config": {"target_layer_ids": "all"}}, "target_layer_ids"),
        ("adapter_config.json", {"peft_type": "PREFIX_TUNING"}, "peft_type"),
        ("adapter_config.json", {"r": -1}, "r is -1"),
        ("adapter_config.json", {"target_modules": 7}, "target_modules"),
    ],
)
def test_an_impossible_file_is_refused_with_field_and_remedy(name, change, named):
    config = json.loads((KINDS / name).read_text()) | change
    with pytest.raises(ln.ConfigError) as refusal:
        ln.from_config(config)
    assert named in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_adapter_is_counted_beside_its_base():
    from llmnotes.adapters import with_adapter
    from llmnotes.config.kinds.adapter import parsed

    base, config = ln.load_model("llama-3.1-8b"), json.loads((KINDS / "adapter_config.json").read_text())
    shapes = [(4096, 4096), (1024, 4096), (1024, 4096), (4096, 4096), (14336, 4096), (14336, 4096), (4096, 14336)]
    pairs = 32 * 16 * sum(rows + columns for rows, columns in shapes)
    plain = ln.count_params(with_adapter(base, parsed(config, "adapter"), "adapter"))
    assert (plain.parts["adapter"], plain.checkpoint) == (pairs, pairs)
    assert plain.whole - plain.total == pairs == 41_943_040
    dora = ln.count_params(with_adapter(base, parsed(config | {"use_dora": True}, "adapter"), "adapter"))
    assert dora.checkpoint == pairs + 32 * sum(rows for rows, _ in shapes)
    some = config | {"layers_to_transform": [0, 5], "rank_pattern": {"q_proj": 4}}
    fewer = ln.count_params(with_adapter(base, parsed(some, "adapter"), "adapter")).checkpoint
    assert fewer == 2 * (16 * sum(rows + columns for rows, columns in shapes[1:]) + 4 * 8192)
    every = ln.count_params(with_adapter(base, parsed(config | {"target_modules": "all-linear"}, "a"), "a"))
    assert every.checkpoint == pairs
    expression = config | {"target_modules": ".*\\.(q|v)_proj"}
    assert ln.count_params(with_adapter(base, parsed(expression, "a"), "a")).checkpoint == 32 * 16 * (8192 + 5120)


def test_an_adapter_on_modules_that_are_not_there_is_refused():
    from llmnotes.adapters import with_adapter
    from llmnotes.config.kinds.adapter import parsed

    config = json.loads((KINDS / "adapter_config.json").read_text()) | {"target_modules": ["c_attn"]}
    with pytest.raises(ln.ConfigError, match="q_proj"):
        with_adapter(ln.load_model("llama-3.1-8b"), parsed(config, "adapter"), "adapter")


def test_an_index_beside_a_configuration_is_said(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    index = tmp_path / "model.safetensors.index.json"
    index.write_text((KINDS / "model.safetensors.index.json").read_text())
    for path in (index, tmp_path / "config.json"):
        assert any("16,060,522,496 bytes in 1 files" in said for said in ln.from_config(path).warnings)
    for spoilt in ("", "[]", "{}", '{"metadata": 1, "weight_map": {}}', '{"metadata": {"total_size": "1"}}'):
        index.write_text(spoilt)
        assert ln.from_config(tmp_path / "config.json").warnings == ()


ENCODERS = json.loads((Path(__file__).parent / "data" / "encoders.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ENCODERS])
def test_encoders_equal_the_measured_ones(case):
    assert ln.count_params(ln.from_config(case["config"])).total == case["total"]


def test_an_encoder_keeps_no_cache_and_has_no_flops():
    model = ln.from_config({"model_type": "bert"})
    assert ln.kv_cache(model, n_tokens=512).reserved_bytes == 0
    with pytest.raises(ValueError, match="encoder"):
        ln.forward_flops(model, n_new=1)


def test_whisper_keeps_its_source_once_and_its_target_as_it_grows():
    model = ln.from_config({"model_type": "whisper"})
    n_layers, d_model = 4, 384
    source, target = 2 * 1500 * d_model * n_layers, 2 * 10 * d_model * n_layers
    assert ln.kv_cache(model, n_tokens=10).ideal_bytes == 2 * (source + target)


def test_t5_keeps_source_and_target():
    model = ln.from_config({"model_type": "t5"})
    assert ln.kv_cache(model, n_tokens=10).ideal_bytes == 2 * 2 * 2 * 10 * 512 * 6
