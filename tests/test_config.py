"""Published configurations in their several spellings lead to one spec."""

import json
from pathlib import Path

import pytest

import llmnotes as ln
from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN
from llmnotes.config import ALIASES, MODULES, REFUSED, dense, families, names, reader
from llmnotes.config.files import from_text
from llmnotes.config.kinds import ENCODERS, SEQ2SEQ
from llmnotes.config.reading import Dense
from llmnotes.config.wrappers import named_by, text_keys
from llmnotes.weights.sizes import stored_weights

QWEN = {
    "model_type": "qwen3",
    "vocab_size": 151_936,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "num_hidden_layers": 2,
    "intermediate_size": 96,
}


def counted(config: dict) -> dict[str, int]:
    return ln.count_params(ln.from_config(config)).components


def test_every_family_has_a_reader_of_its_name_and_every_alias_a_family():
    for family, module in families().items():
        assert callable(reader(family))
        assert module == "dense" or family in MODULES[module].split()
    assert set(ALIASES.values()) <= set(families())
    assert not set(ALIASES) & set(families())


def test_every_family_of_the_reference_is_read_or_refused_with_a_reason():
    # transformers 5.24.0: what its classes for causal and image-text generation build, listed by regenerate.py.
    listed = json.loads((Path(__file__).parent / "data" / "reference_families.json").read_text())["families"]
    known = {*families(), *ALIASES, *REFUSED, *ENCODERS, *SEQ2SEQ}
    text_of = {family: text_keys({"model_type": family}, family).config["model_type"] for family in listed}
    assert {family: text for family, text in text_of.items() if not {family, text} & known} == {}
    assert len(listed) > 250
    assert sum(text in {*families(), *ALIASES, *ENCODERS, *SEQ2SEQ} for text in text_of.values()) > 200


@pytest.mark.parametrize(
    ("architecture", "family"),
    [
        ("LlamaForCausalLM", "llama"),
        ("Qwen3MoeForCausalLM", "qwen3_moe"),
        ("MiniCPM3ForCausalLM", "minicpm3"),
        ("GPT2LMHeadModel", "gpt2"),
        ("QWenLMHeadModel", "qwen"),
        ("Gemma3ForCausalLM", "gemma3_text"),
        ("ChatGLMModel", "chatglm"),
        ("HunYuanDenseV1ForCausalLM", "hunyuan_v1_dense"),
        ("SomethingElseForCausalLM", None),
    ],
)
def test_architectures_name_the_family_where_model_type_is_missing(architecture, family):
    assert named_by([architecture]) == family


def test_families_are_named_without_loading_what_reads_them():
    assert sorted(names()) == sorted(families())


def test_one_row_makes_a_family_read(monkeypatch):
    monkeypatch.setitem(dense.FAMILIES, "tomorrow", Dense(qk_norm="head", n_norms=4))
    config = QWEN | {"model_type": "tomorrow"}
    assert counted(config)["norm"] == (2 * 4 + 1) * 64
    assert counted(config)["attention"] == counted(QWEN)["attention"]


@pytest.mark.parametrize("family", sorted(REFUSED))
def test_a_family_that_is_not_exact_is_refused_with_the_reason(family):
    with pytest.raises(ln.ConfigError, match="not counted: ") as refusal:
        ln.from_config(QWEN | {"model_type": family})
    assert REFUSED[family] in str(refusal.value)
    assert not set(REFUSED) & (set(families()) | set(ALIASES))


def test_both_spellings_of_rotary_settings_change_nothing():
    old = QWEN | {"rope_theta": 1e6, "rope_scaling": {"type": "yarn", "factor": 4.0}}
    new = QWEN | {"rope_parameters": {"rope_theta": 1e6, "rope_type": "yarn", "factor": 4.0}}
    assert ln.from_config(old).warnings == ln.from_config(new).warnings == ()
    assert counted(old) == counted(new) == counted(QWEN)


def test_a_multimodal_configuration_is_sized_by_its_text_model_and_says_so():
    text = {**QWEN, "model_type": "qwen3_vl_text"}
    whole = {"model_type": "qwen3_vl", "tie_word_embeddings": True, "text_config": text, "vision_config": {"depth": 3}}
    model = ln.from_config(whole)
    assert any("beside the text model: vision tower" in warning for warning in model.warnings)
    assert model.embedding.tied
    assert ln.count_params(model).components == counted(QWEN | {"tie_word_embeddings": True})


# Whether transformers 5.24.0 builds one table for both ends of a wrapper that says nothing of it, whatever its text
# model says (AutoModelForImageTextToText.from_config on the meta device, 2026-12-02).
TIED: dict[str, bool | None] = dict.fromkeys(
    ("mistral3", "gemma3", "gemma4", "internvl", "lfm2_vl", "ovis2", "kimi_k25"), True
)
TIED |= dict.fromkeys(
    ("qwen3_vl", "qwen3_5", "glm46v", "idefics3", "smolvlm", "llava_next", "mistral_large4", "step3p7"), False
)
AS_ITS_OWN = ("llava", "llava_onevision", "qwen2_vl", "qwen2_5_vl", "glm4v", "minimax_m3_vl")
TIED |= dict.fromkeys(AS_ITS_OWN)


@pytest.mark.parametrize(("family", "tied"), TIED.items())
@pytest.mark.parametrize("own", [True, False])
def test_a_wrapper_without_a_tie_has_that_of_its_class(family, tied, own):
    wrapper: dict = {"model_type": family, "text_config": {"tie_word_embeddings": own}}
    assert ln.from_config(wrapper | {"transformers_version": "5.24.0"}).embedding.tied is (
        own if tied is None else tied
    )
    # Files of version 4 hold what the text model says: it obeyed that.
    assert ln.from_config(wrapper | {"transformers_version": "4.57.1"}).embedding.tied is own


@pytest.mark.parametrize(
    ("family", "more", "said"),
    [
        ("olmo3", {}, "layer_types = [3 × sliding_attention, 1 × full_attention, …]"),
        ("gemma2", {"head_dim": 3}, "layer_types = [1 × sliding_attention, 1 × full_attention, …]"),
        ("cohere2", {}, "sliding_window_pattern = 4"),
    ],
    ids=["OLMo 3", "Gemma 2", "Command R7B"],
)
def test_a_pattern_of_windows_that_only_the_family_knows_is_said(family, more, said):
    shape = {"model_type": family, "vocab_size": 7, "hidden_size": 12, "num_attention_heads": 2, **more}
    shape |= {"num_key_value_heads": 1, "num_hidden_layers": 8, "intermediate_size": 5, "sliding_window": 9}
    assumed = ln.from_config(shape).assumed
    assert any(sentence.startswith(said) for sentence in assumed)
    named = ["sliding_attention", "full_attention"] * 4
    told = ln.from_config(shape | {"layer_types": named})
    mixers = [layer.mixer for layer in told.layers]
    assert [mixer.span != EVERY_TOKEN for mixer in mixers if isinstance(mixer, Attention)] == [True, False] * 4
    assert not any(said in sentence for sentence in told.assumed)


def test_a_text_model_without_a_family_takes_the_one_around_it():
    gemma = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 6, "sliding_window": 8}
    model = ln.from_config({"model_type": "gemma3", "text_config": gemma})
    assert model.family == "gemma3_text"
    assert any("head_dim = 256" in sentence for sentence in model.assumed)


@pytest.mark.parametrize(
    ("listed", "interval"),
    [
        (["linear_attention"] * 3 + ["full_attention"], {"full_attention_interval": 4}),
        (["full_attention"] * 4, {"full_attention_interval": 1}),
    ],
    ids=["one in four", "all"],
)
def test_layer_types_and_intervals_say_the_same(listed, interval):
    shape = QWEN | {
        "model_type": "qwen3_5_text",
        "num_hidden_layers": 4,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
        "linear_conv_kernel_dim": 4,
    }
    by_list, by_interval = ln.from_config(shape | {"layer_types": listed}), ln.from_config(shape | interval)
    assert by_list.runs == by_interval.runs


def test_zeros_and_ones_name_layers_as_words_do():
    names: dict = {"layer_types": ["full_attention", "minimax_m3_sparse"], "mlp_layer_types": ["dense", "sparse"]}
    names |= {"index_n_heads": 2, "index_head_dim": 8, "index_topk_blocks": 2, "index_block_size": 4}
    numbers = {
        "moe_layer_freq": [0, 1],
        "sparse_attention_config": {
            "sparse_attention_freq": [0, 1],
            "sparse_num_index_heads": 2,
            "sparse_index_dim": 8,
            "sparse_topk_blocks": 2,
            "sparse_block_size": 4,
        },
    }
    shape = QWEN | {"model_type": "minimax_m3_vl_text", "num_local_experts": 4, "num_experts_per_tok": 2}
    shape |= {"dense_intermediate_size": 80, "shared_intermediate_size": 24, "n_shared_experts": 1}
    assert ln.from_config(shape | names).runs == ln.from_config(shape | numbers).runs


def test_hub_letters_and_block_types_say_the_same():
    shape = {"model_type": "nemotron_h", "vocab_size": 64, "hidden_size": 32, "num_attention_heads": 4}
    shape |= {"num_key_value_heads": 2, "head_dim": 8, "mamba_num_heads": 4, "mamba_head_dim": 8, "n_groups": 1}
    shape |= {"ssm_state_size": 8, "conv_kernel": 4, "chunk_size": 8, "intermediate_size": 40}
    letters = ln.from_config(shape | {"num_hidden_layers": 3, "hybrid_override_pattern": "M*-"})
    words = ln.from_config(shape | {"layers_block_type": ["mamba", "attention", "mlp"]})
    assert letters.runs == words.runs


def test_text_bytes_and_mapping_are_read_alike(tmp_path):
    text = json.dumps(QWEN)
    path = tmp_path / "config.json"
    path.write_text(text)
    specs = {from_text(text).runs, from_text(text.encode()).runs, ln.from_config(path).runs, ln.from_config(QWEN).runs}
    assert len(specs) == 1


QWEN_1 = {"model_type": "qwen", "kv_channels": 128, "no_bias": True, "tie_word_embeddings": False}
CHATGLM = {"model_type": "chatglm", "kv_channels": 128, "add_qkv_bias": True, "add_bias_linear": False}
M2M_LAYERS = {"layers": 24, "attention_heads": 16, "ffn_dim": 8192}
DEEPSEEK_OCR = {
    "architectures": ["DeepseekV2ForCausalLM"],
    "hidden_size": 1280,
    "intermediate_size": 6848,
    "moe_intermediate_size": 896,
    "first_k_dense_replace": 1,
    "num_hidden_layers": 12,
    "num_attention_heads": 10,
    "num_key_value_heads": 10,
    "n_routed_experts": 64,
    "n_shared_experts": 2,
    "num_experts_per_tok": 6,
    "use_mla": False,
    "vocab_size": 129_280,
    **dict.fromkeys(("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"), 0),
}


@pytest.mark.parametrize(
    ("shape", "size_bytes"),
    [
        # `total_size` of model.safetensors.index.json in stvlynn/Qwen-7B-Chat-Cantonese at 83aed4a (bfloat16).
        (
            QWEN_1
            | {"vocab_size": 151_936, "hidden_size": 4096, "intermediate_size": 22_016}
            | {"num_attention_heads": 32, "num_hidden_layers": 32},
            15_442_649_088,
        ),
        # The same in mapengAdam/qianwen-72B at c677f29.
        (
            QWEN_1
            | {"vocab_size": 152_064, "hidden_size": 8192, "intermediate_size": 49_152}
            | {"num_attention_heads": 64, "num_hidden_layers": 80},
            144_575_840_256,
        ),
        # The same in sophgo/LLM-TPU, chatglm3-6b-32k at d581e7b: with 32 rotary frequencies beside the parameters.
        (
            CHATGLM
            | {"padded_vocab_size": 65_024, "hidden_size": 4096, "ffn_hidden_size": 13_696, "num_layers": 28}
            | {"num_attention_heads": 32, "multi_query_attention": True, "multi_query_group_num": 2},
            12_487_168_064,
        ),
        # The same in samson-wang/chatglm-6b-huggingface: norms take four bytes a number there, and each layer has 32
        # rotary frequencies of two.
        (
            {"model_type": "chatglm", "position_encoding_2d": True, "vocab_size": 150_528, "hidden_size": 4096}
            | {"inner_hidden_size": 16_384, "num_layers": 28, "num_attention_heads": 32},
            13_744_473_856,
        ),
        # Decentralised-AI/falcon-40b, in its first form; the file holds the tied table a second time, as its head.
        (
            {"model_type": "RefinedWeb", "hidden_size": 8192, "n_head": 128, "n_head_kv": 8, "n_layer": 60}
            | {"vocab_size": 65_024, "bias": False, "parallel_attn": True},
            83_671_941_120,
        ),
        # renegade-studio/beta-O1, a MiniMax-M1: routers take four bytes a number there.
        (
            {"model_type": "minimax_m1", "hidden_size": 6144, "intermediate_size": 9216, "num_hidden_layers": 80}
            | {"attn_type_list": [0, 0, 0, 0, 0, 0, 0, 1] * 10, "head_dim": 128, "num_attention_heads": 64}
            | {"num_key_value_heads": 8, "num_local_experts": 32, "num_experts_per_tok": 2, "vocab_size": 200_064},
            912_210_767_872,
        ),
        # bacoco/Phi-2, in its first form (float32).
        (
            {"model_type": "mixformer-sequential", "n_embd": 2560, "n_head": 32, "n_head_kv": None, "n_inner": None}
            | {"n_layer": 32, "vocab_size": 51_200, "tie_word_embeddings": False, "torch_dtype": "float32"},
            11_118_735_360,
        ),
        # wangyantong2000/MLLM, an InternLM 7B: 64 rotary frequencies of four bytes in each layer.
        (
            {"model_type": "internlm", "hidden_size": 4096, "intermediate_size": 11_008, "num_attention_heads": 32}
            | {"num_hidden_layers": 32, "vocab_size": 103_168, "bias": True, "tie_word_embeddings": False},
            14_643_904_512,
        ),
        # GatDeguin/SLT_v2, an NLLB 1.3B (float32).
        (
            {"model_type": "m2m_100", "d_model": 1024, "vocab_size": 256_206, "torch_dtype": "float32"}
            | {f"{part}_{key}": n for part in ("encoder", "decoder") for key, n in M2M_LAYERS.items()},
            5_482_553_344,
        ),
        # EmotioTech/EmotioLocal, a MiniCPM-V 2, with tower and resampler.
        (
            {"model_type": "minicpmv", "hidden_size": 2304, "intermediate_size": 5760, "num_attention_heads": 36}
            | {"num_hidden_layers": 40, "vocab_size": 122_753, "query_num": 64, "drop_vision_last_layer": True}
            | {"tie_word_embeddings": False, "vision_encoder": "vit_so400m_patch14_siglip_384.webli"},
            6_869_931_584,
        ),
        # wxiangqi1202-cpu/deskocr2-ascend, a DeepSeek-OCR with its towers.
        (
            DEEPSEEK_OCR
            | {"model_type": "deepseek_vl_v2", "architectures": ["DeepseekOCRForCausalLM"]}
            | {"vision_config": {"model_type": "vision"}, "language_config": DEEPSEEK_OCR},
            6_672_212_480,
        ),
        # oguzaybilir/LocateAnything-3B-FineTuning at 1f55ca0, with the tied table that it lists as lm_head once more.
        (
            {"model_type": "locateanything", "torch_dtype": "bfloat16"}
            | {
                "text_config": {"model_type": "qwen2", "hidden_size": 2048, "intermediate_size": 11_008}
                | {"num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 152_681}
                | {"tie_word_embeddings": True}
            }
            | {
                "vision_config": {"model_type": "moonvit", "hidden_size": 1152, "intermediate_size": 4304}
                | {"num_hidden_layers": 27, "patch_size": 14, "init_pos_emb_height": 64, "init_pos_emb_width": 64}
            },
            7_661_331_936,
        ),
        # LiamZhao326/CogStream at 5f1d60d: VideoLLaMA 3 by its authors' own code, a tower without positions.
        (
            {"model_type": "videollama3_qwen2", "torch_dtype": "bfloat16", "hidden_size": 3584, "vocab_size": 152_064}
            | {"intermediate_size": 18_944, "num_hidden_layers": 28, "num_attention_heads": 28}
            | {"num_key_value_heads": 4, "tie_word_embeddings": False}
            | {
                "vision_encoder_config": {"model_type": "videollama3_vision_encoder", "hidden_size": 1152}
                | {"intermediate_size": 4304, "num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14}
            },
            16_089_489_888,
        ),
        # st156680/Instruct-ADS at c482e59: LLaVA-OneVision 1.5, a Qwen3 8B and RICE.
        (
            {"architectures": ["LLaVAOneVision1_5_ForConditionalGeneration"], "torch_dtype": "bfloat16"}
            | {
                "text_config": {"model_type": "LLaVAOneVision1_5_text", "hidden_size": 4096, "head_dim": 128}
                | {"intermediate_size": 12_288, "num_hidden_layers": 36, "num_attention_heads": 32}
                | {"num_key_value_heads": 8, "vocab_size": 151_936, "tie_word_embeddings": False}
            }
            | {
                "vision_config": {"model_type": "rice_vit", "depth": 24, "embed_dim": 1024, "hidden_size": 1024}
                | {"in_channels": 3, "intermediate_size": 4096, "num_heads": 16, "patch_size": 14}
                | {"spatial_merge_size": 2, "text_hidden_size": 4096}
            },
            17_054_429_248,
        ),
        # Alikhan13r/falcon-180B-chat at 50071b0, under its later name: the table stands a second time there too.
        (
            {"model_type": "falcon", "hidden_size": 14_848, "num_attention_heads": 232, "num_kv_heads": 8}
            | {"num_hidden_layers": 80, "vocab_size": 65_024, "bias": False, "parallel_attn": True}
            | {"new_decoder_architecture": True, "torch_dtype": "bfloat16", "transformers_version": "4.32.0"},
            359_045_130_240,
        ),
        # AIDASLab/VIRST at 6c82a44, a VideoChat-Flash: a Qwen2 7B, UMT-L and two layers between.
        (
            {"model_type": "videochat_flash_qwen", "hidden_size": 3584, "intermediate_size": 18_944}
            | {"num_attention_heads": 28, "num_hidden_layers": 28, "num_key_value_heads": 4, "vocab_size": 152_064}
            | {"mm_hidden_size": 1024, "mm_projector_type": "tome16_mlp_hd64", "mm_vision_tower": "umt-hd-large"}
            | {"mm_tunable_parts": "mm_vision_tower,mm_mlp_adapter", "tie_word_embeddings": False},
            15_845_235_712,
        ),
        # gpt-oss-20b as its authors' own code reads it, beside the same weights as openai/gpt-oss-20b's index counts.
        (
            {"num_hidden_layers": 24, "num_experts": 32, "experts_per_token": 4, "vocab_size": 201_088}
            | {"hidden_size": 2880, "intermediate_size": 2880, "swiglu_limit": 7.0, "head_dim": 64}
            | {"num_attention_heads": 64, "num_key_value_heads": 8, "sliding_window": 128, "rope_theta": 150_000}
            | {"initial_context_length": 4096, "rope_scaling_factor": 32.0, "rope_ntk_alpha": 1, "rope_ntk_beta": 32},
            13_761_264_768,
        ),
    ],
    ids=[
        *("Qwen 7B", "Qwen 72B", "ChatGLM3 6B", "ChatGLM 6B", "Falcon 40B", "MiniMax-M1", "Phi-2", "InternLM 7B"),
        *("NLLB 1.3B", "MiniCPM-V 2", "DeepSeek-OCR", "LocateAnything", "VideoLLaMA 3"),
        *("LLaVA-OneVision 1.5", "Falcon 180B", "VideoChat-Flash", "gpt-oss 20B"),
    ],
)
def test_remote_code_families_are_as_large_as_their_weight_files(shape, size_bytes):
    assert stored_weights(ln.from_config(shape)).checkpoint_bytes == size_bytes


def test_deepseek_ocr_2_is_as_large_as_its_weight_file_but_for_what_is_float32_there():
    """sen-ye/DeepSeek-OCR2-query-ablation at 4d6bcc9: two bytes for each number and two more for half a million."""
    shape = {
        "model_type": "deepseek_vl_v2",
        "architectures": ["DeepseekOCR2ForCausalLM"],
        "vision_config": {"model_type": "vision", "mlp_ratio": 3.7362, "model_name": "deepencoderv2"},
        "language_config": DEEPSEEK_OCR,
    }
    model = ln.from_config(shape)
    assert ln.count_params(model).parts == {"vision_tower": 453_235_840, "projector": 1_149_440}  # as its class's
    assert 0 <= 6_779_249_408 - stored_weights(model).checkpoint_bytes < 0.0002 * 6_779_249_408


def test_the_largest_of_2026_fits_its_weight_file_with_room_for_its_tower():
    # Kimi K3: 896 experts of rank 3584 at 4.25 bits (MXFP4), all else at 16; the index of its weight files says
    # 1,560,860,324,864 bytes with its vision tower. Full attention stands in every fourth layer and in the last.
    full = [*range(4, 93, 4), 93]
    shape = {
        "model_type": "kimi_linear",
        "vocab_size": 163_840,
        "hidden_size": 7168,
        "intermediate_size": 33_792,
        "num_hidden_layers": 93,
        "num_attention_heads": 96,
        "q_lora_rank": 1536,
        "kv_lora_rank": 512,
        "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64,
        "v_head_dim": 128,
        "mla_use_output_gate": True,
        "num_experts": 896,
        "num_experts_per_token": 16,
        "num_shared_experts": 2,
        "moe_intermediate_size": 3072,
        "routed_expert_hidden_size": 3584,
        "latent_moe_use_norm": True,
        "first_k_dense_replace": 1,
        "attn_res_block_size": 12,
        "tie_word_embeddings": False,
        "linear_attn_config": {
            "num_heads": 96,
            "head_dim": 128,
            "short_conv_kernel_size": 4,
            "use_full_rank_gate": True,
            "full_attn_layers": full,
            "kda_layers": [layer for layer in range(1, 94) if layer not in full],
        },
    }
    found = ln.count_params(ln.from_config(shape))
    routed = found.components["experts_routed"]
    tower = 1_560_860_324_864 - routed * 4.25 / 8 - 2 * (found.total - routed)
    assert 0.8e9 < tower < 1.0e9
    assert found.total == pytest.approx(2.78e12, rel=0.001)


def test_longcat_counts_near_its_published_total():
    # Meituan, LongCat-Flash technical report, arXiv:2509.01322: 560 B in total, 18.6 to 31.3 B active, 27 B on average.
    longcat = {
        "model_type": "longcat_flash",
        "vocab_size": 131_072,
        "hidden_size": 6144,
        "num_layers": 28,
        "num_attention_heads": 64,
        "ffn_hidden_size": 12_288,
        "expert_ffn_hidden_size": 2048,
        "n_routed_experts": 512,
        "zero_expert_num": 256,
        "moe_topk": 12,
        "q_lora_rank": 1536,
        "kv_lora_rank": 512,
        "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64,
        "v_head_dim": 128,
    }
    counted = ln.count_params(ln.from_config(longcat))
    assert counted.total == pytest.approx(560e9, rel=0.01)
    assert counted.active == pytest.approx(31.3e9, rel=0.05)


# MiniMind 2 as jingyaogong/minimind publishes it (docs/index.en.md): 104M, 26M and, with experts, 145M, in the keys of
# HYanChen/MiniMind2.
MINIMIND = {
    "model_type": "minimind",
    "architectures": ["MiniMindLM"],
    "vocab_size": 6400,
    "n_heads": 8,
    "n_kv_heads": 2,
    "hidden_dim": None,
}
MINIMIND |= {"multiple_of": 64, "n_routed_experts": 4, "n_shared_experts": True, "num_experts_per_tok": 2}


@pytest.mark.parametrize(
    ("shape", "millions"),
    [
        ({"dim": 768, "n_layers": 16, "hidden_dim": 2048, "use_moe": False}, 104),
        ({"dim": 512, "n_layers": 8, "use_moe": False}, 26),
        ({"dim": 640, "n_layers": 8, "use_moe": True}, 145),
    ],
)
def test_minimind_has_as_many_parameters_as_published(shape, millions):
    model = ln.from_config(MINIMIND | shape)
    assert round(ln.count_params(model).total / 1e6) == millions
    assert not [said for said in model.warnings if "left out" in said]


def test_minimind_of_2025_is_as_large_as_its_trainer_prints():
    """95.052 million, by trainer/train_pretrain.py with experts (a public note on it, found 2026-12-02)."""
    shape = {"model_type": "minimind", "hidden_size": 512, "num_hidden_layers": 8, "num_attention_heads": 8}
    shape |= {"num_key_value_heads": 2, "vocab_size": 6400, "use_moe": True}
    shape |= {"n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2}
    assert round(ln.count_params(ln.from_config(shape)).total / 1e3) == 95_052


def test_minimind_in_the_keys_of_a_params_json_needs_no_class_named():
    shape = {"model_type": "minimind", "dim": 512, "n_layers": 8, "n_heads": 8, "n_kv_heads": 2, "vocab_size": 6400}
    named = ln.from_config(shape | {"architectures": ["MiniMindLM"]})
    assert ln.count_params(ln.from_config(shape)) == ln.count_params(named)


def test_minimind_of_today_has_norms_on_queries_and_keys():
    """Written out from model_minimind.py at 0074dcf: two layers, no shared expert."""
    shape = {"model_type": "minimind", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 100, "head_dim": 16}
    shape |= {"num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 128, "moe_intermediate_size": 96}
    shape |= {"tie_word_embeddings": True, "num_experts": 4, "num_experts_per_tok": 1, "use_moe": False}
    attention = 64 * 64 + 2 * 32 * 64 + 64 * 64 + 2 * 16 + 2 * 64
    dense = 2 * (attention + 3 * 64 * 128) + 64 + 6400
    assert ln.count_params(ln.from_config(shape)).total == dense
    experts = 2 * (attention + 4 * 64 + 4 * 3 * 64 * 96) + 64 + 6400
    assert ln.count_params(ln.from_config(shape | {"use_moe": True})).total == experts
