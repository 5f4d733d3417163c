"""Files that people have beside a decoder's `config.json`: counted, or named in one line that says what to give."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import llmnotes as ln
from llmnotes.config.files import from_text
from llmnotes.weights.sizes import stored_weights
from llmnotes.wording.sentences import spoken

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


def test_files_of_remote_code_hold_what_their_indexes_add_up_to():
    """Shapes from config.json files of public repositories; totals from the indexes of the weights beside them."""
    shape = {"num_attention_heads": 28, "num_key_value_heads": 4, "num_hidden_layers": 28, "hidden_size": 3584}
    molmo = shape | {"model_type": "molmo", "intermediate_size": 37_888, "embedding_size": 152_064, "qkv_bias": True}
    # reubzdubz/Molmo7B_D_NF4Quant, total_parameters
    assert ln.count_params(ln.from_config(molmo | {"vocab_size": 152_064})).whole == 8_021_025_280
    pangu = {"model_type": "PanguEmbedded", "bias": True, "hidden_size": 4096, "intermediate_size": 12_800}
    pangu |= {"num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 34, "vocab_size": 153_376}
    # IDLEOAK/openpangu-lightweight-methods, total_size less 34 tables of rotary frequencies (64 float32 each)
    total = ln.count_params(ln.from_config(pangu | {"tie_word_embeddings": False})).total
    assert 2 * total == 16_061_784_576 - 34 * 64 * 4


def test_qwen_vl_is_counted_with_its_tower():
    """x1ngzai/Qwen-VL-Chat-Int4: 9,731,786,240 bytes, of which 32 x 30,208 x 2 are the zero biases that its quantizer
    wrote beside matrices without any."""
    config: dict = {"model_type": "qwen", "hidden_size": 4096, "intermediate_size": 22_016, "kv_channels": 128}
    config |= {"num_attention_heads": 32, "num_hidden_layers": 32, "vocab_size": 151_936, "no_bias": True}
    config |= {"tie_word_embeddings": False, "torch_dtype": "float16"}
    config["visual"] = {"heads": 16, "image_size": 448, "layers": 48, "mlp_ratio": 4.9231, "output_dim": 4096}
    config["visual"] |= {"patch_size": 14, "width": 1664}
    config["quantization_config"] = {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": False}
    stored = stored_weights(ln.from_config(config))
    assert stored.checkpoint_bytes == 9_731_786_240 - 32 * 30_208 * 2


def test_deepseek_v4_in_its_native_form_is_the_published_model():
    # canada-quant/dsv4-flash-nvfp4-fp8-mtp, vendor/dsv4-upstream/config.json; the last ratio is the module's.
    ratios = [0, 0, *(4 if index % 2 == 0 else 128 for index in range(41)), 0]
    native: dict = {"vocab_size": 129_280, "dim": 4096, "moe_inter_dim": 2048, "n_layers": 43, "n_heads": 64}
    native |= {"n_routed_experts": 256, "n_shared_experts": 1, "n_activated_experts": 6, "q_lora_rank": 1024}
    native |= {"head_dim": 512, "rope_head_dim": 64, "o_groups": 8, "o_lora_rank": 1024, "window_size": 128}
    native |= {"index_n_heads": 64, "index_head_dim": 128, "index_topk": 512, "hc_mult": 4, "dtype": "fp8"}
    native |= {"expert_dtype": "fp4", "compress_ratios": ratios, "n_hash_layers": 3, "rope_theta": 10_000}
    native |= {"swiglu_limit": 10.0}  # gpt-oss has that key too
    ours, known = ln.from_config(native), ln.load_model("deepseek-v4-flash")
    assert ln.count_params(ours).total == ln.count_params(known).total
    assert ln.kv_cache(ours, n_tokens=9000) == ln.kv_cache(known, n_tokens=9000)
    known = replace(known, parts=())
    assert stored_weights(ours).checkpoint_bytes == stored_weights(known).checkpoint_bytes


def test_latent_attention_that_is_switched_off_leaves_plain_heads():
    """DeepSeek-OCR 2's text model: 12 layers of 10 heads, experts from the second on, added up by hand."""
    config: dict = {
        "architectures": ["DeepseekV2ForCausalLM"],
        "use_mla": False,
        "kv_lora_rank": None,
        "q_lora_rank": None,
    }
    config |= {"hidden_size": 1280, "intermediate_size": 6848, "moe_intermediate_size": 896, "num_hidden_layers": 12}
    config |= {"num_attention_heads": 10, "num_key_value_heads": 10, "n_routed_experts": 64, "n_shared_experts": 2}
    config |= {"num_experts_per_tok": 6, "first_k_dense_replace": 1, "vocab_size": 129_280, "v_head_dim": 0}
    config |= {"qk_nope_head_dim": 0, "qk_rope_head_dim": 0, "lm_head": True, "tie_word_embeddings": False}
    ends, attention = 2 * 129_280 * 1280 + 1280, 12 * (4 * 1280**2 + 2 * 1280)
    experts = 11 * (64 * 1280 + 66 * 3 * 1280 * 896)
    assert ln.count_params(ln.from_config(config)).total == ends + attention + 3 * 1280 * 6848 + experts
    wrapped = {"model_type": "deepseek_vl_v2", "language_config": config}
    assert ln.count_params(ln.from_config(wrapped)).total == ends + attention + 3 * 1280 * 6848 + experts


def test_dflare_has_keys_and_values_of_its_own_for_the_large_model():
    """AngelSlim's configs/qwen3_dflare.json, added up module by module (qwen_dflare.py)."""
    config = json.loads((KINDS / "dflash-config.json").read_text()) | {"architectures": ["QwenDFlareDraftModel"]}
    n_layers, d, heads, kv_heads = (
        config[key] for key in ("num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads")
    )
    width, states = config["head_dim"], len(config["dflash_config"]["target_layer_ids"])
    attention = 2 * d * heads * width + 4 * d * kv_heads * width + 2 * width
    layer = attention + 3 * d * config["intermediate_size"] + 2 * d
    assert ln.count_params(ln.from_config(config)).total == n_layers * (layer + states) + 2 * d


def test_codegen_in_executorch_s_form_is_codegen():
    # CodeGen2 1B in Qualcomm's example of ExecuTorch: 16 layers of 2,048; a head with biases.
    config: dict = {
        "dim": 2048,
        "hidden_dim": 8192,
        "n_heads": 16,
        "n_kv_heads": 16,
        "n_layers": 16,
        "vocab_size": 51_200,
    }
    config |= {"model_architecture": "CodeGenModel", "norm_type": "layernorm", "output_bias": True}
    layer = 4 * 2048**2 + 2 * 2048 * 8192 + 8192 + 2048 + 2 * 2048
    expected = 16 * layer + 2 * 2048 + 2 * 51_200 * 2048 + 51_200
    assert ln.count_params(ln.from_config(config)).total == expected


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


# Keys of public files: rtp-llm's ViT, transformers' own distillation of DistilBERT, MiniMind, WavLM before a Llama.
OTHERS = [
    ({"model_type": "siglip2", "text_config": {}, "vision_config": {}}, "compares images with texts"),
    ({"model_type": "clip", "text_config": {}, "projection_dim": 512}, "compares images with texts"),
    ({"model_type": "vit", "hidden_size": 768, "image_size": 224, "patch_size": 16}, "reads images"),
    ({"dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "sinusoidal_pos_embds": True}, "distilbert"),
    ({"model_type": "maximind", "auto_map": {}, "dim": 768, "n_layers": 16}, "'maximind': this family is not known"),
    ({"model_type": "speech-encoder-decoder", "decoder": {"model_type": "llama"}}, "an encoder beside its decoder"),
]


@pytest.mark.parametrize(("config", "said"), OTHERS)
def test_what_is_no_decoder_is_refused_for_what_it_is(config, said):
    with pytest.raises(ln.ConfigError, match=said):
        ln.from_config(config)


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
        ("adapter_config.json", {"peft_type": "PREFIX_TUNING"}, "num_virtual_tokens"),
        ("adapter_config.json", {"peft_type": "LN_TUNING"}, "peft_type"),
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


# What PEFT 0.21.2 trains on random models of transformers 5.24.0 with this shape, at rank 4 (2026-12-02).
SPARSE = {"vocab_size": 211, "hidden_size": 48, "intermediate_size": 70, "num_hidden_layers": 3, "head_dim": 16}
SPARSE |= {"num_attention_heads": 6, "num_key_value_heads": 2, "num_experts": 8, "num_local_experts": 8}
SPARSE |= {"num_experts_per_tok": 3, "moe_intermediate_size": 22}
LATENT = {"n_routed_experts": 8, "n_shared_experts": 1, "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1}
LATENT |= {"kv_lora_rank": 16, "q_lora_rank": 24, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 16}
RECURRENT = {"shared_expert_intermediate_size": 30, "linear_num_key_heads": 2, "linear_num_value_heads": 4}
RECURRENT |= {"linear_key_head_dim": 8, "linear_value_head_dim": 8}
NOT_Q_V = ["k_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
STACKS = {"target_modules": ["q_proj"], "target_parameters": ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]}
TWO_STACKS = ["1.mlp.experts.gate_up_proj", "2.mlp.experts.down_proj"]
ONE_EACH = {"target_modules": ["v_proj"], "target_parameters": TWO_STACKS}
IN_ONE_LAYER = {"target_modules": ["q_proj", "v_proj"], "rank_pattern": {"layers.1.self_attn.q_proj": 8}}
TRAINED = [
    ("qwen3_moe", STACKS, 17_280),
    ("qwen3_moe", ONE_EACH, 6_144),
    ("qwen3_moe", IN_ONE_LAYER, 3_264),
    ("gpt_oss", STACKS, 31_104),
    ("gpt_oss", ONE_EACH, 10_752),
    ("gpt_oss", {"target_modules": r".*\.layers\.[12]\..*\.(q|o)_proj"}, 2_304),
    ("mixtral", STACKS, 31_104),
    ("deepseek_v3", STACKS, 10_368),
    ("deepseek_v3", ONE_EACH, 5_184),
    # Experts and routers that are parameters and no modules.
    *((family, {"target_modules": "all-linear"}, 5_376) for family in ("gpt_oss", "granitemoe", "granitemoeshared")),
    *((family, {"target_modules": ["gate_proj", "v_proj"]}, 960) for family in ("gpt_oss", "granitemoe")),
    ("llama4_text", {"target_modules": "all-linear"}, 10_296),
    ("llama4_text", {"target_modules": ["gate_proj", "v_proj"]}, 2_376),
    ("aria_text", {"target_modules": "all-linear"}, 12_144),
    ("qwen3_5_moe_text", {"target_modules": "all-linear"}, 7_908),
    ("qwen3_5_moe_text", {"target_modules": ["gate_proj", "v_proj"]}, 936),
]


@pytest.mark.parametrize(("family", "adapter", "trained"), TRAINED)
def test_an_adapter_of_a_sparse_model_is_what_peft_trains(family, adapter, trained):
    from llmnotes.adapters import with_adapter
    from llmnotes.config.kinds.adapter import parsed

    more = {"deepseek_v3": LATENT, "qwen3_5_moe_text": RECURRENT}.get(family, {})
    base = ln.from_config(SPARSE | more | {"model_type": family})
    found = with_adapter(base, parsed({"peft_type": "LORA", "r": 4, **adapter}, "adapter"), "adapter")
    assert ln.count_params(found).parts["adapter"] == trained


# What PEFT's own comparison trained on Llama 3.2 3B (huggingface/peft, method_comparison/MetaMathQA/results).
PUBLISHED = [
    ({"peft_type": "LORA", "r": 64, "target_modules": None}, 18_350_080),
    ({"peft_type": "LORA", "r": 32, "use_dora": True, "target_modules": None}, 9_289_728),
    ({"peft_type": "ADALORA", "r": 8, "init_r": 64, "target_r": 32, "target_modules": None}, 18_353_664),
    ({"peft_type": "LORA", "r": 10, "target_modules": ["gate_proj", "up_proj", "down_proj"]}, 9_461_760),
    ({"peft_type": "LORA", "r": 64, "target_modules": "all-linear", "exclude_modules": NOT_Q_V}, 18_350_080),
]


@pytest.mark.parametrize(("config", "trained"), PUBLISHED)
def test_an_adapter_is_as_large_as_peft_published(config, trained):
    from llmnotes.adapters import with_adapter
    from llmnotes.config.kinds.adapter import parsed

    found = with_adapter(ln.load_model("llama-3.2-3b"), parsed(config, "adapter"), "adapter")
    assert ln.count_params(found).parts["adapter"] == trained


@pytest.mark.parametrize("place", ["name", "_name_or_path"])
def test_one_layer_called_eagle_is_said_to_be_perhaps_a_draft_head(place):
    """EAGLE-1 publishes its head as a Llama of one layer and says no more of it."""
    one = LLAMA_OF_64 | {"num_hidden_layers": 1, "architectures": ["LlamaForCausalLM"]}
    named = one | {"_name_or_path": "yuhuili/EAGLE-Vicuna-7B-v1.3"} if place == "_name_or_path" else one
    found = ln.from_config(named, name="EAGLE-llama2-chat-7B" if place == "name" else "model")
    told = next(said for said in found.warnings if "draft head" in said)
    assert "EAGLE" in spoken(told, "zh")
    assert spoken(told, "zh") != told
    assert not any("draft head" in said for said in ln.from_config(one).warnings)
    assert not any("draft head" in said for said in ln.from_config(LLAMA_OF_64, name="EAGLE-7B").warnings)


LLAMA_OF_64 = {
    "model_type": "llama",
    "vocab_size": 96,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


@pytest.mark.parametrize(
    ("more", "stored", "kind"),
    [
        ({}, 4608, "a LoRA"),
        ({"lora_bias": True}, 4928, "a LoRA"),
        ({"trainable_token_indices": [1, 2, 3]}, 4800, "a LoRA"),
        ({"layers_to_transform": 1}, 2304, "a LoRA"),
        ({"init_lora_weights": "mica"}, 4608, "a MiCA"),  # one of a pair is frozen, both are stored
        ({"kasa_config": {"beta": 1e-4, "gamma": 1e-3}}, 4644, "a KaSA"),
        ({"use_dora": True}, 4928, "a DoRA"),
    ],
)
def test_an_adapter_holds_what_peft_stores(more, stored, kind):
    """`get_peft_model_state_dict` of PEFT's own source (stored 2026-12-02) on a Llama of transformers 5.24.0."""
    from llmnotes.adapters import with_adapter
    from llmnotes.config.kinds.adapter import parsed

    config = {"peft_type": "LORA", "r": 6, "target_modules": ["q_proj", "v_proj", "down_proj"]}
    found = with_adapter(ln.from_config(LLAMA_OF_64), parsed(config | more, "adapter"), "adapter")
    assert ln.count_params(found).parts["adapter"] == stored
    assert found.warnings[0].startswith(f"{kind} adapter of rank 6")


OF_MODULES = [
    ({"peft_type": "IA3", "feedforward_modules": ["down_proj"]}, 384, "an IA3 adapter on"),
    ({"peft_type": "VERA", "r": 6}, 1316, "a VeRA adapter of rank 6 on"),
    ({"peft_type": "VERA", "r": 6, "save_projection": False}, 356, "a VeRA"),
    ({"peft_type": "LOHA", "r": 6}, 9216, "a LoHa"),
    ({"peft_type": "LOKR", "r": 6}, 768, "a LoKr"),
    ({"peft_type": "LOKR", "r": 2, "decompose_both": True, "decompose_factor": 8}, 384, "a LoKr"),
    ({"peft_type": "LOKR", "r": 3, "decompose_factor": 4}, 672, "a LoKr"),
    ({"peft_type": "OFT", "oft_block_size": 32}, 6944, "an OFT adapter on"),
    ({"peft_type": "OFT", "r": 4, "oft_block_size": 0}, 4128, "an OFT"),
    ({"peft_type": "OFT", "oft_block_size": 32, "block_share": True}, 2976, "an OFT"),
    ({"peft_type": "OFT", "oft_block_size": 20}, 3360, "an OFT"),
    ({"peft_type": "HRA", "r": 6}, 2688, "an HRA"),
    ({"peft_type": "MISS", "r": 4}, 1280, "a MiSS"),
    ({"peft_type": "MISS", "r": 4, "init_weights": "bat"}, 1280, "a MiSS"),
    ({"peft_type": "FOURIERFT", "n_frequency": 10}, 60, "a FourierFT adapter on"),
]
OF_TOKENS = [
    ({"peft_type": "PROMPT_TUNING"}, 448, "prompt tuning of 7 tokens"),
    ({"peft_type": "PREFIX_TUNING"}, 896, "prefix tuning of 7 tokens"),
    ({"peft_type": "PREFIX_TUNING", "num_layers": 2, "token_dim": 32, "prefix_projection": True}, 896, "prefix"),
    ({"peft_type": "P_TUNING", "encoder_hidden_size": 50}, 448, "P-tuning"),
    ({"peft_type": "MULTITASK_PROMPT_TUNING", "num_tasks": 3, "num_ranks": 2}, 874, "multitask prompt tuning"),
]


# Names that end in `.bias`: GPT-2 (4 a layer, 2 norms, the last), Phi-2 (6, a norm, the last, the head), Qwen2.5 (3).
BIASES = [
    ("gpt2", "c_attn", 12 * 2304, 12 * (2304 + 768 + 3072 + 768 + 2 * 768) + 768),
    ("phi-2", "fc1", 32 * 10_240, 32 * (4 * 2560 + 10_240 + 2560 + 2560) + 2560 + 51_200),
    ("qwen2.5-0.5b", "k_proj", 24 * 128, 24 * (896 + 2 * 128)),
    ("llama-3.1-8b", "k_proj", 0, 0),
]


@pytest.mark.parametrize(("base", "target", "own", "every"), BIASES, ids=[case[0] for case in BIASES])
def test_biases_that_are_trained_stand_in_the_adapter(base, target, own, every):
    from llmnotes.adapters import with_adapter
    from llmnotes.config.kinds.adapter import parsed

    config = {"peft_type": "LORA", "r": 4, "target_modules": [target]}
    model = ln.load_model(base)

    def stored(**more) -> int:
        beside = with_adapter(model, parsed(config | more, "adapter"), "adapter")
        return next(part.n_params for part in beside.parts if part.name == "adapter")

    assert stored(bias="lora_only") - stored() == own
    assert stored(bias="all") - stored() == every
    with pytest.raises(ln.ConfigError, match="bias"):
        stored(bias="vera_only")


@pytest.mark.parametrize(("config", "stored", "told"), OF_MODULES + OF_TOKENS)
def test_other_adapters_hold_what_peft_stores(config, stored, told):
    """`get_peft_model_state_dict` of PEFT 0.21.2 on a Llama of transformers 5.24.0, summed."""
    from llmnotes.adapters import with_adapter
    from llmnotes.config.kinds.adapter import parsed

    usual = {"target_modules": ["q_proj", "v_proj", "down_proj"], "num_virtual_tokens": 7}
    found = with_adapter(ln.from_config(LLAMA_OF_64), parsed(usual | config, "adapter"), "adapter")
    assert ln.count_params(found).parts["adapter"] == ln.count_params(found).checkpoint == stored
    assert found.warnings[0].startswith(told)
    assert spoken(found.warnings[0], "zh") != found.warnings[0]


def test_learned_tokens_are_counted_without_the_model_where_the_file_says_their_width():
    config = {"peft_type": "PREFIX_TUNING", "num_virtual_tokens": 7, "num_layers": 2, "token_dim": 32}
    with pytest.raises(ln.ConfigError, match="prefix tuning of 7 tokens, 896 parameters; name the model"):
        ln.from_config(config)


@pytest.mark.parametrize(
    "config",
    [
        {"peft_type": "LN_TUNING"},
        {"peft_type": "MISS", "init_weights": "mini"},
        {"peft_type": "LOHA", "r": 0},
        {"peft_type": "OFT", "r": 0, "oft_block_size": 0},
        {"peft_type": "LOHA", "rank_pattern": {"q_proj": 4}},
        {"peft_type": "IA3", "feedforward_modules": ".*down_proj"},
        {"peft_type": "PREFIX_TUNING"},
        {"peft_type": 7},
    ],
)
def test_adapters_whose_size_does_not_follow_are_refused(config):
    with pytest.raises(ln.ConfigError) as refused:
        ln.from_config({"target_modules": ["q_proj"]} | config)
    assert "name the model" not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    [
        *("use_bdlora", "layer_replication", "trainable_token_indices", "lora_bias", "use_qalora"),
        *("velora_config", "monteclora_config", "arrow_config"),
    ],
)
def test_what_changes_an_adapter_in_ways_that_are_not_counted_is_refused(key):
    with pytest.raises(ln.ConfigError, match=key):
        ln.from_config({"peft_type": "LORA", "target_modules": ["q_proj"], key: {"nblocks": 2}})


def test_experts_that_transformers_5_stacks_are_said_to_be_counted_apart():
    from llmnotes.adapters import with_adapter
    from llmnotes.config.kinds.adapter import parsed

    base = ln.from_config(SPARSE | {"model_type": "qwen3_moe"})
    found = with_adapter(base, parsed({"peft_type": "LORA", "target_modules": ["up_proj", "q_proj"]}, "a"), "a")
    told = next(said for said in found.warnings if "transformers 5" in said)
    assert told.startswith("24 matrices of experts")
    assert "transformers 5" in spoken(told, "zh")
    assert spoken(told, "zh") != told


def test_an_adapter_on_other_bare_parameters_is_refused():
    with pytest.raises(ln.ConfigError, match="target_parameters"):
        ln.from_config({"peft_type": "LORA", "target_modules": ["q_proj"], "target_parameters": ["mlp.router.weight"]})


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


def test_a_tied_head_that_is_stored_twice_is_said_where_the_index_lists_it(tmp_path):
    """Alikhan13r/falcon-180B-chat at b872674: its total is the parameters and the table of tokens once more."""
    shape = {"model_type": "falcon", "hidden_size": 14_848, "num_attention_heads": 232, "num_kv_heads": 8}
    shape |= {"num_hidden_layers": 80, "vocab_size": 65_024, "new_decoder_architecture": True, "bias": False}
    (tmp_path / "config.json").write_text(json.dumps(shape | {"parallel_attn": True, "torch_dtype": "bfloat16"}))
    index = {"metadata": {"total_size": 359_045_130_240}, "weight_map": {"transformer.word_embeddings.weight": "a"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "once more" not in " ".join(ln.from_config(tmp_path / "config.json").warnings)
    index["weight_map"]["lm_head.weight"] = "b"
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    model = ln.from_config(tmp_path / "config.json")
    again = int(re.findall(r"once more: ([\d,]+) parameters", " ".join(model.warnings))[0].replace(",", ""))
    assert 2 * (ln.count_params(model).checkpoint + again) == index["metadata"]["total_size"]
    stored = stored_weights(model)
    assert stored.checkpoint_bytes == index["metadata"]["total_size"] == stored.running_bytes + 2 * again
    assert "又存了一遍" in spoken(model.warnings[-1], "zh")


# `metadata.total_size` and names of a layer from pytorch_model.bin.index.json in public repositories (2026-12-02).
BINS = [
    # rainbowhatrkn/DocChat at 4a1dad1, a Llama 3 8B whose configuration names no type: float32, and angles by layer.
    (
        {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32}
        | {"num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128_256, "tie_word_embeddings": False},
        32_121_053_184,
        ["model.layers.0.self_attn.rotary_emb.inv_freq"],
        32 * 64 * 4,
    ),
    # drcege/RedPajama-INCITE-7B-Base at aeccca0: an eighth of a byte for each of 2,048² flags of a mask, its filling
    # and angles of two bytes.
    (
        {"model_type": "gpt_neox", "hidden_size": 4096, "intermediate_size": 16_384, "num_hidden_layers": 32}
        | {"num_attention_heads": 32, "vocab_size": 50_432, "tie_word_embeddings": False, "torch_dtype": "float16"},
        13_731_385_408.0,
        [f"gpt_neox.layers.0.attention.{name}" for name in ("bias", "masked_bias", "rotary_emb.inv_freq")],
        32 * (2048 * 2048 // 8 + 2 + 64 * 2),
    ),
    # JakobJohannesson/mixtral_dolphin_v2.5 at 87c937c.
    (
        {"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32}
        | {"num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32_002, "num_local_experts": 8}
        | {"num_experts_per_tok": 2, "tie_word_embeddings": False, "torch_dtype": "bfloat16"},
        93_405_618_176,
        [],
        0,
    ),
]


@pytest.mark.parametrize(("config", "total", "names", "n_other"), BINS, ids=["float32", "masks", "exact"])
def test_the_index_of_pytorch_files_is_read_as_that_of_safetensors(tmp_path, config, total, names, n_other):
    """What it counts is what `weights` says, the tables that are no parameters in a row of their own."""
    (tmp_path / "config.json").write_text(json.dumps(config))
    index = tmp_path / "pytorch_model.bin.index.json"
    named = dict.fromkeys(["model.norm.weight", *names], "pytorch_model-00001-of-00002.bin")
    index.write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": named}))
    for path in (index, tmp_path / "config.json"):
        model = ln.from_config(path)
        stored = stored_weights(model)
        assert stored.checkpoint_bytes == total
        assert sum(group.n_bytes for group in stored.groups if group.component == "uncounted") == n_other
        assert stored.running_bytes == total
        assert len(stored.assumed) == bool(n_other)
        assert all("索引" in spoken(one, "zh") for one in stored.assumed)
        said = " ".join(model.warnings)
        assert f"{index.name} beside it counts {int(total):,} bytes in 1 files" in said
        assert (f"lists {len(names)} tables" in said) == bool(names)
        assert "index.json beside" not in " ".join(spoken(one, "zh") for one in model.warnings)


def test_what_no_configuration_describes_is_as_large_as_the_index_says(tmp_path):
    """alibaba/Logics-Thinking at 563b07f: a Qwen3 8B whose convolutions and SigLIP 2 stand in its code alone; and
    Arp1tMoga/fast_qwen, whose index has no prediction module. An index of other weights is said to be left out."""
    shape = json.loads((Path(__file__).parent / "data" / "example-config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(shape))
    plain = stored_weights(ln.from_config(tmp_path / "config.json"))
    index = tmp_path / "model.safetensors.index.json"

    def indexed(total):
        index.write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": {"a": "b"}}))
        return stored_weights(ln.from_config(tmp_path / "config.json"))

    more, less = indexed(18_938_237_760), indexed(15_000_000_000)
    assert (more.checkpoint_bytes, more.running_bytes) == (18_938_237_760, 18_938_237_760)
    assert (less.checkpoint_bytes, less.running_bytes) == (15_000_000_000, plain.running_bytes)
    for stored in (more, less):
        assert abs(stored.checkpoint_bytes - plain.checkpoint_bytes) == int(re.sub(r"\D", "", stored.assumed[-1])), (
            stored.assumed
        )
        assert "索引" in spoken(stored.assumed[-1], "zh")
    for total in (4096, 10**12):
        other = indexed(total)
        assert other.groups == plain.groups
        assert f"counts {total:,} bytes, as if of other weights: left out" in other.assumed[-1]
        assert "没有采用" in spoken(other.assumed[-1], "zh")


def test_a_bias_of_a_norm_is_no_mask_and_a_quantized_model_keeps_its_form(tmp_path):
    """Falcon-40B's index lists transformer.h.0.ln_attn.bias; four bytes a number are no type where some are packed."""
    config, total, _, _ = BINS[0]
    packed = {"quant_method": "bitsandbytes", "load_in_8bit": True}
    (tmp_path / "config.json").write_text(json.dumps(config | {"quantization_config": packed}))
    index = {"metadata": {"total_size": total}, "weight_map": {"transformer.h.0.ln_attn.bias": "a"}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    model = ln.from_config(tmp_path / "config.json")
    assert [said for said in model.warnings if "tables" in said or "a number" in said] == []


ENCODERS = json.loads((Path(__file__).parent / "data" / "encoders.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ENCODERS])
def test_encoders_equal_the_measured_ones(case):
    assert ln.count_params(ln.from_config(case["config"])).total == case["total"]


def test_the_authors_own_name_of_gte_is_the_same_model():
    """Their code calls it `new`; MTEB's table of models gives GTE base 1.5 as 137 M."""
    shape = {"vocab_size": 30_528, "type_vocab_size": 0, "architectures": ["NewModel"]}
    one, other = (ln.count_params(ln.from_config(shape | {"model_type": name})).total for name in ("new", "gte"))
    assert one == other
    assert round(one / 1e6) == 137


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


def test_t5gemma_may_have_two_widths():
    """A decoder over a wider encoder, as t5gemma-9b-2b has: 112,032 parameters, as transformers 5.24 instantiates."""
    common = {"vocab_size": 211, "head_dim": 16, "num_attention_heads": 4, "num_key_value_heads": 2}
    wide = common | {"hidden_size": 48, "intermediate_size": 70, "num_hidden_layers": 3}
    narrow = common | {"hidden_size": 32, "intermediate_size": 50, "num_hidden_layers": 2}
    model = ln.from_config({"model_type": "t5gemma", "encoder": wide, "decoder": narrow, "vocab_size": 211})
    assert ln.count_params(model).total == 112_032
    assert stored_weights(model, "f16").checkpoint_bytes == 2 * 112_032
    assert stored_weights(model, "int8").checkpoint_bytes < 1.6 * 112_032


def test_t5_keeps_source_and_target():
    model = ln.from_config({"model_type": "t5"})
    assert ln.kv_cache(model, n_tokens=10).ideal_bytes == 2 * 2 * 2 * 10 * 512 * 6


# Encoders and old decoders whose configurations name no type, and the numbers of four bytes in their files. Source:
# huggingface/safetensors, temp.md (types by the hub). GPT-2's have a mask of 1,024² in each layer, BERT's two rows of
# another head.
OLD = [
    ({"model_type": "t5"}, 60_506_880),
    ({"model_type": "t5", "d_model": 768, "d_kv": 64, "d_ff": 3072, "num_layers": 12, "num_heads": 12}, 222_903_936),
    ({"model_type": "gpt2"}, 137_022_720),
    ({"model_type": "gpt2", "n_embd": 1024, "n_layer": 24, "n_head": 16}, 379_988_992),
    ({"model_type": "gpt2", "n_embd": 1280, "n_layer": 36, "n_head": 20}, 811_778_816),
    ({"model_type": "gpt2", "n_layer": 6}, 88_204_032),
    ({"model_type": "openai-gpt"}, 119_680_512),
    ({"model_type": "distilbert", "architectures": ["DistilBertForMaskedLM"]}, 66_985_530),
    ({"model_type": "bert", "architectures": ["BertForMaskedLM"]}, 110_106_428),
    (
        {"model_type": "roberta", "architectures": ["RobertaForMaskedLM"], "vocab_size": 50_265, "type_vocab_size": 1}
        | {"max_position_embeddings": 514},
        124_697_433,
    ),
]


@pytest.mark.parametrize(("config", "n_numbers"), OLD, ids=[f"{c['model_type']} {n}" for c, n in OLD])
def test_what_is_older_than_the_key_of_its_type_is_float32(config, n_numbers):
    model = from_text(json.dumps(config))
    stored = stored_weights(model)
    assert abs(stored.checkpoint_bytes / (4 * n_numbers) - 1) < 0.007
    assert stored.assumed == ("dtype is absent; f32 assumed",)
    typed = stored_weights(from_text(json.dumps(config | {"torch_dtype": "float16"})))
    assert typed.checkpoint_bytes == stored.running_bytes / 2


PYTHIA: dict = {"model_type": "gpt_neox", "hidden_size": 5120, "intermediate_size": 20_480}
PYTHIA |= {"num_hidden_layers": 36, "num_attention_heads": 40, "vocab_size": 50_288, "max_position_embeddings": 2048}
PYTHIA |= {"torch_dtype": "float16", "tie_word_embeddings": False}
INCITE = PYTHIA | {"hidden_size": 4096, "intermediate_size": 16_384, "num_hidden_layers": 32, "vocab_size": 50_432}
INCITE |= {"num_attention_heads": 32}
# Version, bytes of all weight files by their LFS pointers (some hundred for each tensor are their frame).
SAVED = [
    (PYTHIA | {"transformers_version": "4.28.0.dev0"}, 23_835_137_461),  # kamgueblondin/testGPT
    (PYTHIA | {"transformers_version": "4.30.0.dev0", "torch_dtype": "float32", "vocab_size": 50_688}, 47_535_481_435),
    (INCITE | {"transformers_version": "4.28.1"}, 13_848_999_238),  # drcege/RedPajama-INCITE-7B-Base at 8e6f27e
]


def test_gpt_neox_was_saved_with_its_masks():
    """mickgel/OpenAssistantDemo at 7ab4042, a Pythia 12B: `total_size` of its index, with angles and a filling beside
    the masks in each of 36 layers; so not in later versions (Avent-IQ/pythia-410m-chatbot, by its LFS pointer)."""
    stored = stored_weights(ln.from_config(PYTHIA | {"transformers_version": "4.26.1"}))
    assert stored.checkpoint_bytes == 23_834_949_960 - 36 * (2 + 16 * 4)
    for version in ("4.31.0", "4.48.1", "5.0.0"):
        later = stored_weights(ln.from_config(PYTHIA | {"transformers_version": version}))
        assert later.checkpoint_bytes == stored.running_bytes == stored.checkpoint_bytes - 36 * 2048**2


@pytest.mark.parametrize(("config", "n_bytes"), SAVED, ids=["4.28", "4.30", "4.28 7B"])
def test_files_of_gpt_neox_are_as_long_as_their_pointers_say(config, n_bytes):
    stored = stored_weights(ln.from_config(config)).checkpoint_bytes
    assert 0 <= n_bytes - stored < 400 * 16 * config["num_hidden_layers"]


@pytest.mark.parametrize("config", [config for config, _ in OLD if "architectures" in config])
def test_a_file_of_before_model_type_is_read_by_its_class(config):
    old = {key: value for key, value in config.items() if key != "model_type"}
    assert ln.count_params(ln.from_config(old)) == ln.count_params(ln.from_config(config))


@pytest.mark.parametrize("name", ["ResNetForImageClassification", "Wav2Vec2ForCTC", "DetrForObjectDetection"])
def test_what_writes_no_text_is_named_for_what_it_is(name):
    with pytest.raises(ln.ConfigError, match=f"{name}.* writes no text; give the config"):
        ln.from_config({"model_type": "something", "architectures": [name]})


# Decentralised-AI/wizard-mega-13B-GPTQ at 37176e6 and CesarChaMal/Wizard-Vicuna-30B-Uncensored-GPTQ at 091e92a: Llamas,
# what quantize_config.json says beside them, bytes of the weight file by its LFS pointer, of which the header is up to
# 130 for each tensor.
BEFORE_AUTOGPTQ = [
    ((5120, 13_824, 40), 128, 7_454_797_240),
    ((6656, 17_920, 60), -1, 16_940_128_464),
]


def test_autogptq_saves_a_tied_head_once_more(tmp_path):
    """Decentralised-AI/WizardCoder-15B-1.0-GPTQ: bytes of its one file by its LFS pointer, less the header."""
    config = {"model_type": "gpt_bigcode", "n_embd": 6144, "n_inner": 24_576, "n_layer": 40, "n_head": 48}
    config |= {"n_positions": 8192, "vocab_size": 49_153, "multi_query": True, "torch_dtype": "float16"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    said: dict = {"bits": 4, "group_size": 128, "damp_percent": 0.01, "desc_act": False, "sym": True}
    said |= {"true_sequential": True, "model_name_or_path": None, "model_file_base_name": None}
    (tmp_path / "quantize_config.json").write_text(json.dumps(said))
    stored = stored_weights(ln.from_config(tmp_path / "config.json"))
    assert 0 < 9_198_428_896 - stored.checkpoint_bytes < 200_000
    assert stored.checkpoint_bytes - stored.running_bytes == 2 * 49_153 * 6144


@pytest.mark.parametrize(("shape", "group", "size"), BEFORE_AUTOGPTQ, ids=["13B", "30B"])
def test_gptq_for_llama_is_read_from_the_file_beside(tmp_path, shape, group, size):
    d_model, d_ff, n_layers = shape
    config = {"model_type": "llama", "hidden_size": d_model, "intermediate_size": d_ff, "num_hidden_layers": n_layers}
    config |= {"num_attention_heads": d_model // 128, "vocab_size": 32_000 + (group > 0), "torch_dtype": "float16"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    said = {"bits": 4, "group_size": group, "damp_percent": 0.01, "desc_act": group < 0, "sym": True}
    (tmp_path / "quantize_config.json").write_text(json.dumps(said))
    model = ln.from_config(tmp_path / "config.json")
    header = size - stored_weights(model).checkpoint_bytes
    assert 0 < header < 130 * n_layers * 31
    assert spoken(model.warnings[-1], "zh") != model.warnings[-1]
    # optimum's of ONNX says nothing of bits, and a later tool's has no such scales
    (tmp_path / "quantize_config.json").write_text(json.dumps({"per_channel": True, "reduce_range": True}))
    assert stored_weights(ln.from_config(tmp_path / "config.json")).form == "f16"
    with pytest.raises(ln.ConfigError, match=r"quantize_config\.json"):
        from_text(json.dumps(said))


def test_chatglms_own_four_bits():
    """Jerrykamier/blgarm at 1e40d96 is THUDM/chatglm-6b-int4: bytes of its one file by its LFS pointer."""
    config = {"model_type": "chatglm", "position_encoding_2d": True, "vocab_size": 130_528, "hidden_size": 4096}
    config |= {"inner_hidden_size": 16_384, "num_layers": 28, "num_attention_heads": 32, "quantization_bit": 4}
    stored = stored_weights(ln.from_config(config | {"torch_dtype": "float16"}))
    assert stored.form == "chatglm"
    assert 0 < 3_893_083_075 - stored.checkpoint_bytes < 0.0001 * 3_893_083_075


def test_the_form_of_weights_is_read_from_the_file_that_stands_beside_a_configuration(tmp_path, capsys):
    """ModelOpt wrote it into hf_quant_config.json alone, later into both; the same words say the same bytes. So it is
    for the 12 of 14 pairs of NVIDIA in ai-dynamo/aiconfigurator at 095f58a in which both say the same."""
    shape = json.loads((Path(__file__).parent / "data" / "example-config.json").read_text())
    from llmnotes.cli import main

    said = {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16, "exclude_modules": ["lm_head"]}
    both, beside = tmp_path / "both", tmp_path / "beside"
    for folder, config in (
        (both, shape | {"quantization_config": {"quant_method": "modelopt", **said}}),
        (beside, shape),
    ):
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config))
    found = {}
    (beside / "hf_quant_config.json").write_text(json.dumps({"producer": {"name": "modelopt"}, "quantization": said}))
    for folder in (both, beside):
        assert main(["weights", str(folder / "config.json"), "--json"]) == 0
        found[folder] = json.loads(capsys.readouterr().out)
    assert found[beside]["checkpoint_bytes"] == found[both]["checkpoint_bytes"]
    assert any("hf_quant_config.json" in note for note in found[beside]["warnings"])
    assert main(["weights", str(beside / "hf_quant_config.json")]) == 2
    assert "how the weights of a quantized file are stored" in capsys.readouterr().err
    (beside / "hf_quant_config.json").write_text('{"quantization": ')
    assert main(["weights", str(beside / "config.json"), "--json"]) == 0
    assert any("cannot be read" in note for note in json.loads(capsys.readouterr().out)["warnings"])
