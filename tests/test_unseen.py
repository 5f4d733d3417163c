"""Configurations that strangers committed, of kinds once refused or counted wrong, beside what is published."""

import json
import re
from typing import Any

import pytest

import llmnotes as ln
from llmnotes.cli import main
from llmnotes.config.keys import ConfigError
from llmnotes.weights.sizes import stored_weights
from llmnotes.wording.sentences import spoken

LLADA = {"architectures": ["LLaDAModelLM"], "model_type": "llada", "d_model": 4096, "n_layers": 32, "n_heads": 32}
LLADA |= {"n_kv_heads": 32, "mlp_ratio": 4, "mlp_hidden_size": 12288, "vocab_size": 126464, "embedding_size": 126464}
LLADA |= {"activation_type": "silu", "block_type": "llama", "layer_norm_type": "rms", "weight_tying": False}
LLADA |= {"include_bias": False, "include_qkv_bias": False, "alibi": False, "rope": True, "block_group_size": 1}
DREAM = {"model_type": "Dream", "hidden_size": 3584, "num_hidden_layers": 28, "num_attention_heads": 28}
DREAM |= {"num_key_value_heads": 4, "intermediate_size": 18944, "vocab_size": 152064, "tie_word_embeddings": False}
REPLIT: dict[str, Any] = {
    "model_type": "mpt",
    "d_model": 3072,
    "n_heads": 24,
    "n_layers": 32,
    "expansion_ratio": 4,
    "no_bias": True,
}
REPLIT |= {"vocab_size": 32768, "norm_type": "low_precision_layernorm", "max_seq_len": 4096}
REPLIT |= {"attn_config": {"attn_type": "grouped_query_attention", "kv_n_heads": 8, "alibi": True, "qk_ln": False}}
SMALL = {"model_type": "phi3small", "hidden_size": 4096, "ff_intermediate_size": 14336, "num_attention_heads": 32}
SMALL |= {"num_key_value_heads": 8, "num_hidden_layers": 32, "vocab_size": 100352, "dense_attention_every_n_layers": 2}
PLAMO = {"model_type": "plamo", "hidden_size": 5120, "intermediate_size": 16640, "num_hidden_layers": 40}
PLAMO |= {"n_shared_head": 8, "num_attention_heads": 40, "num_key_value_heads": 40, "vocab_size": 50432}
TELECHAT = {"model_type": "telechat3", "hidden_size": 6144, "intermediate_size": 24576, "num_hidden_layers": 64}
TELECHAT |= {"num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 131072}
ERNIE: dict[str, Any] = {
    "model_type": "ernie4_5_moe_vl",
    "hidden_size": 2560,
    "intermediate_size": 12288,
    "num_hidden_layers": 28,
}
ERNIE |= {"num_attention_heads": 20, "num_key_value_heads": 4, "moe_num_experts": [64, 64], "vocab_size": 103424}
ERNIE |= {"moe_intermediate_size": [1536, 512], "moe_k": 6, "moe_num_shared_experts": 2, "tie_word_embeddings": True}
ERNIE |= {"vision_config": {"depth": 32, "embed_dim": 1280, "hidden_size": 1280, "mlp_ratio": 4, "patch_size": 14}}


@pytest.mark.parametrize(
    ("config", "published"),
    [
        (LLADA, "8.02"),  # GSAI-ML/LLaDA-8B-Base: 8,015,581,184 in its authors' code
        (DREAM, "7.62"),  # as Qwen2.5-7B, from which it was trained on
        (REPLIT, "3.32"),  # replit-code-v1_5-3b: 3.3B
        (SMALL, "7.39"),  # microsoft/Phi-3-small-8k-instruct: 7.39B
        (PLAMO, "13.10"),  # pfnet/plamo-13b: 13B
        (TELECHAT, "36.24"),  # Telechat3-36B
        (ERNIE, "29.40"),  # as the same model in transformers' own form, which `encoders` of that form are held to
    ],
    ids=lambda value: value["model_type"] if isinstance(value, dict) else value,
)
def test_a_family_is_as_large_as_its_authors_say(config, published):
    assert f"{ln.count_params(ln.from_config(config)).whole / 1e9:.2f}" == published


def test_llada_is_counted_to_the_last_parameter():
    # Its authors' class, as two projects that load it print: 8,015,581,184.
    assert ln.count_params(ln.from_config(LLADA)).total == 8_015_581_184
    assert ln.count_params(ln.from_config(DREAM)).total == ln.load_model("qwen2.5-7b").held_params


@pytest.mark.parametrize("config", [LLADA, DREAM], ids=["llada", "dream"])
def test_a_model_that_writes_in_passes_keeps_no_cache(config, tmp_path, capsys):
    model = ln.from_config(config)
    assert ln.kv_cache(model, n_tokens=1000).ideal_bytes == 0
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    assert main(["flops", str(file)]) == 2
    assert "several passes" in capsys.readouterr().err
    assert main(["weights", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checkpoint_bytes"] == 2 * model.held_params


def test_grouped_heads_of_mpt_shrink_its_cache():
    eight, one = ln.from_config(REPLIT), REPLIT | {"attn_config": {"attn_type": "multiquery_attention"}}
    assert ln.kv_cache(eight, n_tokens=1).ideal_bytes == 2 * 2 * 8 * 128 * 32
    assert ln.kv_cache(ln.from_config(one), n_tokens=1).ideal_bytes == 2 * 2 * 1 * 128 * 32
    with pytest.raises(ConfigError, match="known here: multihead_attention"):
        ln.from_config(REPLIT | {"attn_config": {"attn_type": "other"}})


INTERNLM = {"model_type": "internlm", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32}
INTERNLM |= {"num_attention_heads": 32, "vocab_size": 103168, "bias": True, "tie_word_embeddings": False}
INTERNLM |= {"torch_dtype": "float16"}


def test_a_classifier_has_a_head_of_its_labels_and_none_over_the_vocabulary():
    """19ShengSheng/Flames at 925a96b: pytorch_model.bin.index.json counts 13,798,854,656 bytes, in them 13 rows of
    five heads and the angles of each layer in 16 bits, where a model that writes stores them in 32."""
    named = {"architectures": ["InternLMForSequenceClassification"]}
    model = ln.from_config(INTERNLM | named | {"id2label": {str(index): "x" for index in range(13)}})
    angles = 32 * 64 * 2
    weights = sum(group.n_bytes for group in stored_weights(model).groups)
    assert weights - 2 * angles + angles == 13_798_854_656
    assert ln.from_config(INTERNLM | named).embedding.params()["lm_head"] == 2 * 4096
    tokens = ln.from_config(INTERNLM | {"architectures": ["InternLMForTokenClassification"], "num_labels": 5})
    assert sum(tokens.embedding.params()[name] for name in ("lm_head", "other")) == 5 * 4096 + 5


SHAPE = {"hidden_size": 6144, "intermediate_size": 32768, "num_hidden_layers": 64, "num_attention_heads": 48}
SHAPE |= {"num_key_value_heads": 8, "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": 131072}


def test_a_file_whose_two_names_disagree_says_which_was_taken():
    """kvcache-ai/sglang_awq publishes Grok 1 as a `mixtral`; in 283 other public files the two never disagree."""
    model = ln.from_config(SHAPE | {"model_type": "mixtral", "architectures": ["Grok1ModelForCausalLM"]})
    told = "architectures is Grok1ModelForCausalLM, which is no mixtral; counted as mixtral"
    assert told in model.warnings
    assert "按 mixtral 算" in spoken(told, "zh")
    same = ln.from_config(SHAPE | {"model_type": "mixtral", "architectures": ["MixtralForCausalLM"]})
    assert not [said for said in same.warnings if "architectures" in said]


@pytest.mark.parametrize("value", [7, True, "LlamaForCausalLM", [7, None], {}, [["x"]]])
def test_architectures_that_are_no_names_are_passed_over(value):
    inner: dict[str, Any] = {
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    inner |= {"num_key_value_heads": 2, "vocab_size": 128, "model_type": "llama"}
    assert ln.from_config(inner | {"architectures": value}).held_params == ln.from_config(inner).held_params
    assert ln.count_params(ln.from_config({"model_type": "t5", "architectures": value})).total > 0


def test_a_text_model_that_names_no_family_is_of_the_one_around_it():
    inner = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    inner |= {"num_key_value_heads": 2}
    whole = ln.from_config({"model_type": "qwen2", "text_config": inner | {"vocab_size": 128}})
    assert whole.held_params == ln.from_config({"model_type": "qwen2", **inner, "vocab_size": 128}).held_params


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"model_type": "gemma4_vision", "hidden_size": 768}, "reads images and writes no text"),
        ({"model_type": "siglip_vision_model", "hidden_size": 1152}, "reads images and writes no text"),
        ({"model_type": "codet5p", "decoder": {"n_layer": 20}}, "an encoder beside its decoder"),
        ({"model_type": "vibevoice", "decoder_config": {}}, "sound"),
        ({"model_type": "wav2vec2", "feat_extract_norm": "layer", "vocab_size": 32}, "hears or makes sound"),
        ({"model_type": "dac", "codebook_size": 1024}, "hears or makes sound"),
        ({"model_type": "cohere_asr", "encoder": {"n_layers": 48}}, "sound"),
        ({"model_type": "SentenceTransformer", "prompts": {}}, "the settings of sentence-transformers"),
    ],
)
def test_what_is_not_counted_is_named_for_what_it_is(config, reason):
    with pytest.raises(ConfigError, match=re.escape(reason)):
        ln.from_config(config)


LLAVA = {"model_type": "llava_qwen", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2}
LLAVA |= {"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 128, "mm_hidden_size": 1152}
LLAVA |= {"mm_projector_type": "mlp2x_gelu", "mm_vision_tower": "google/siglip-so400m-patch14-384"}
LLAVA |= {"mm_tunable_parts": "mm_vision_tower,mm_mlp_adapter,mm_language_model"}
# `SiglipVisionModel` and `CLIPVisionModel` of transformers 5.24.0 with those towers' own sizes, SigLIP's without its
# last layer and its head.
SIGLIP_26, CLIP_336 = 397_747_744, 303_507_456


@pytest.mark.parametrize(
    ("more", "parts"),
    [
        ({}, {"vision_tower": SIGLIP_26, "projector": 1153 * 64 + 65 * 64}),
        ({"mm_patch_merge_type": "spatial_unpad"}, {"vision_tower": SIGLIP_26, "projector": 1153 * 64 + 66 * 64}),
        ({"mm_projector_type": "linear"}, {"vision_tower": SIGLIP_26, "projector": 1153 * 64}),
        ({"mm_projector_type": "mlp3x_gelu"}, {"vision_tower": SIGLIP_26, "projector": 1153 * 64 + 2 * 65 * 64}),
        ({"mm_tunable_parts": "mm_mlp_adapter"}, {"projector": 1153 * 64 + 65 * 64}),
        ({"mm_vision_tower": "openai/clip-vit-large-patch14-336"}, {"vision_tower": CLIP_336, "projector": 77_952}),
    ],
)
def test_llava_by_its_own_keys_has_its_projector_and_a_tower_that_was_trained(more, parts):
    found = ln.from_config(LLAVA | more)
    assert ln.count_params(found).parts == parts
    for said in found.warnings:
        assert spoken(said, "zh") != said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mm_tunable_parts": None}, "loaded from its own files"),
        ({"mm_vision_tower": "someone/tower"}, "not described"),
        ({"mm_projector_type": "ldpnetv2"}, "the projector (mm_projector_type: ldpnetv2) is not understood"),
        ({"mm_resampler_type": "perceiver"}, "the projector"),
    ],
)
def test_what_llava_leaves_open_is_said(more, said):
    told = next(one for one in ln.from_config(LLAVA | more).warnings if said in one)
    assert spoken(told, "zh") != told


def test_glm_asr_by_its_authors_keys_has_its_tower_and_projector():
    inner = {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2}
    inner |= {"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 128}
    tower = {"model_type": "whisper", "d_model": 32, "encoder_layers": 2, "encoder_ffn_dim": 128, "num_mel_bins": 80}
    found = ln.from_config({"model_type": "glmasr", "lm_config": inner, "whisper_config": tower, "merge_factor": 4})
    # `WhisperEncoder` of transformers 5.24.0 of that shape.
    assert ln.count_params(found).parts == {"audio_tower": 84_224, "projector": 129 * 128 + 129 * 64}
    assert ln.count_params(found).total == ln.count_params(ln.from_config(inner)).total


EMBEDDER = {"model_type": "mistral", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2}
EMBEDDER |= {"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 1000, "tie_word_embeddings": False}


@pytest.mark.parametrize(
    ("more", "n_params"),
    [  # the classes of transformers 5.24.0; the bidirectional one of NVIDIA's files is its family's base class
        ({"architectures": ["MistralForCausalLM"]}, 189_760),
        ({"architectures": ["MistralModel"]}, 125_760),
        ({"architectures": ["Qwen3Model"], "model_type": "qwen3"}, 298_304),
        ({"architectures": ["LlamaBidirectionalModel"], "model_type": "llama_bidirec"}, 125_760),
        ({"architectures": ["MistralForQuestionAnswering"]}, 125_890),
        ({"architectures": ["MistralForTokenClassification"], "num_labels": 5}, 126_085),
    ],
)
def test_a_model_saved_without_its_head_holds_none(more, n_params):
    found = ln.from_config(EMBEDDER | more)
    assert ln.count_params(found).checkpoint == n_params
    assert stored_weights(found).checkpoint_bytes == 2 * n_params
    for said in found.warnings:
        assert spoken(said, "zh") != said


def test_the_base_class_of_remote_code_may_have_a_head():
    """THUDM's ChatGLMModel holds the output layer, as the index of chatglm3-6b-32k counts it."""
    glm = {"model_type": "chatglm", "hidden_size": 64, "ffn_hidden_size": 96, "num_layers": 2, "num_attention_heads": 4}
    glm |= {"padded_vocab_size": 128, "multi_query_attention": True, "multi_query_group_num": 2, "kv_channels": 16}
    plain = ln.count_params(ln.from_config(glm))
    assert ln.count_params(ln.from_config(glm | {"architectures": ["ChatGLMModel"]})).checkpoint == plain.checkpoint


def test_an_embedding_model_that_names_a_whole_class_is_said_to_lack_its_head_perhaps():
    told = next(one for one in ln.from_config(EMBEDDER, name="Qwen3-Embedding-8B").warnings if "embedding" in one)
    assert "64,000 parameters less" in told
    assert spoken(told, "zh") != told
    assert not any("in its name" in one for one in ln.from_config(EMBEDDER).warnings)
    bare = EMBEDDER | {"architectures": ["MistralModel"]}
    assert not any("in its name" in one for one in ln.from_config(bare, name="e5-mistral-embedding").warnings)


def test_dots_ocr_has_the_tower_that_vllm_builds():
    """Shape by shape, from vLLM's `model_executor/models/dots_ocr.py` at 0146307."""
    text = {"model_type": "dots_ocr", "architectures": ["DotsOCRForCausalLM"], "hidden_size": 1536}
    text |= {"intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12, "num_key_value_heads": 2}
    text |= {"vocab_size": 151_936, "tie_word_embeddings": False, "torch_dtype": "bfloat16"}
    tower = {"embed_dim": 1536, "hidden_size": 1536, "intermediate_size": 4224, "num_hidden_layers": 42}
    tower |= {"num_attention_heads": 12, "patch_size": 14, "spatial_merge_size": 2, "use_bias": False}
    counted = ln.count_params(ln.from_config(text | {"vision_config": tower}))
    each = 4 * 1536**2 + 3 * 1536 * 4224 + 2 * 1536
    ends = (3 * 14 * 14 + 1) * 1536 + 4 * 1536 + (6144 + 1) * 6144 + (6144 + 1) * 1536
    assert counted.parts == {"vision_tower": 42 * each + ends}
    assert counted.total == ln.count_params(ln.from_config(text | {"model_type": "qwen2"})).total


def test_tencents_own_type_is_read_by_the_class_that_is_named():
    """tianyu1412/Hunyuan-A13B at 2798f3c: the registry's model in the keys of its authors' code."""
    own: dict[str, Any] = {
        "model_type": "hunyuan",
        "architectures": ["HunYuanMoEV1ForCausalLM"],
        "attention_head_dim": 128,
    }
    own |= {"hidden_size": 4096, "intermediate_size": 3072, "num_hidden_layers": 32, "num_attention_heads": 32}
    own |= {"num_key_value_heads": 8, "num_experts": 64, "moe_topk": [8] * 32, "num_shared_expert": [1] * 32}
    own |= {"moe_intermediate_size": [3072] * 32, "tie_word_embeddings": True, "vocab_size": 128_167}
    own |= {"use_cla": False, "use_mla": False, "moe_layer_num_skipped": 0, "vit_patch": 1, "text_start_id": 7}
    found = ln.from_config(own)
    # `HunYuanMoEV1ForCausalLM` of transformers 5.24.0, on the meta device.
    assert ln.count_params(found).total == ln.count_params(ln.load_model("hunyuan-a13b")).total == 80_393_183_232
    assert not [said for said in found.warnings if "not understood" in said]
    for refused in ({"use_cla": True}, {"moe_layer_num_skipped": 2}):
        with pytest.raises(ConfigError):
            ln.from_config(own | refused)


BERT = {"model_type": "bert", "vocab_size": 28_996}
CASED_BASE = 28_996 * 768 + (512 + 2) * 768 + 2 * 768 + 12 * (12 * 768**2 + 13 * 768)  # the encoder without a pooler
DENSE = 768 * 769
ENCODERS: list[tuple[dict[str, Any], int]] = [
    # VetaSolo/transformers_overall at 318bd82: `total_size` of its index, 267,820,040 bytes of float32.
    ({"model_type": "distilbert", "architectures": ["DistilBertForSequenceClassification"]}, 66_955_010),
    # maxma233/timelyMeal at ca28661: 430,917,436 bytes by its LFS pointer, 23,336 of them the header.
    (BERT | {"architectures": ["BertForTokenClassification"], "id2label": dict.fromkeys("01234", "")}, 107_723_525),
    (BERT | {"architectures": ["BertForSequenceClassification"], "num_labels": 3}, CASED_BASE + DENSE + 3 * 769),
    (BERT | {"architectures": ["BertForQuestionAnswering"], "num_labels": 3}, CASED_BASE + 2 * 769),
    (BERT | {"architectures": ["BertForMultipleChoice"]}, CASED_BASE + DENSE + 769),
]


@pytest.mark.parametrize(("config", "n_params"), ENCODERS, ids=[case["architectures"][0] for case, _ in ENCODERS])
def test_an_encoder_that_labels_has_the_head_of_its_class(config, n_params):
    found = ln.from_config(config)
    assert ln.count_params(found).checkpoint == n_params
    assert len(found.warnings) == 1


def test_what_tencent_pretrain_describes_is_said_to_be_that():
    """Tencent/TencentPretrain, models/llama/7b_config.json and models/t5/base_config.json in their words."""
    llama = {"emb_size": 4096, "feedforward_size": 11_008, "heads_num": 32, "layers_num": 32, "encoder": "transformer"}
    for config in (llama, llama | {"decoder": "transformer", "decoder_layers_num": 12}):
        with pytest.raises(ConfigError, match="described for TencentPretrain"):
            ln.from_config(config)
