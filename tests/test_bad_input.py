"""A broken configuration is one line that names field, value and remedy: no traceback, no hang, no silent guess."""

import json
import math
import subprocess
import sys

import pytest

import llmnotes as ln
from llmnotes.config.files import from_text

LLAMA = {
    "model_type": "llama",
    "vocab_size": 32_000,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 96,
}


def message(config) -> str:
    with pytest.raises(ln.ConfigError) as caught:
        ln.from_config(config) if not isinstance(config, str | bytes) else from_text(config)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("num_attention_heads", 0, "0"),
        ("num_hidden_layers", -3, "-3"),
        ("num_hidden_layers", 10**9, "1000000000"),
        ("hidden_size", 10**30, "1000000000000000000000000000000"),
        ("vocab_size", "32000", "'32000'"),
        ("vocab_size", math.inf, "inf"),
        ("vocab_size", math.nan, "nan"),
        ("intermediate_size", 96.5, "96.5"),
        ("intermediate_size", True, "true"),
        ("intermediate_size", [96], "[96]"),
        ("num_key_value_heads", 3, "3"),
        ("head_dim", 0, "0"),
        ("tie_word_embeddings", 1, "1"),
        ("attention_bias", "false", "'false'"),
        ("max_position_embeddings", -1, "-1"),
    ],
)
def test_a_bad_value_is_named(field, value, shown):
    text = message(LLAMA | {field: value})
    assert field in text
    assert shown in text


@pytest.mark.parametrize("config", [[], None, 7, "llama", True], ids=str)
def test_what_is_not_an_object_is_refused(config):
    assert "JSON object" in message(json.dumps(config))


@pytest.mark.parametrize(
    "text", ["", "{", "{'model_type': 'llama'}", "[" * 100_000, b"\xff\xfe\x00\x01", b"\x80abc"], ids=range(6)
)
def test_what_is_not_json_is_refused(text):
    assert "JSON" in message(text) or "config.json" in message(text)


def test_infinities_where_they_do_not_matter_are_read():
    text = json.dumps(
        LLAMA | {"rope_parameters": [0.0, math.inf, -math.inf, math.nan], "_name_or_path": 'NaN "Infinity'}
    )
    assert from_text(text).warnings == ()
    assert from_text(text.encode("utf-16")).n_layers == 2
    assert "vocab_size is inf" in message(text.replace("32000", "Infinity"))
    assert "vocab_size is 'NaN'" in message(text.replace("32000", "NaN"))


def test_exponents_with_a_sign_are_read_and_left_alone_in_words():
    text = json.dumps(LLAMA | {"rope_theta": 1e30, "_name_or_path": "tulu e+1"})
    assert "1e+30" in text
    assert from_text(text) == ln.from_config(json.loads(text), name="config.json")
    assert "vocab_size is 3.2e+20" in message(text.replace("32000", "3.2E+20"))


def test_an_unknown_family_is_told_apart_by_more_than_its_spelling():
    assert "did you mean qwen3_next" in message(LLAMA | {"model_type": "Qwen3-Next"})
    for other in ("phi5", "qwen9", "bart9"):  # one letter away from a family, and another one
        assert "did you mean" not in message(LLAMA | {"model_type": other})
    assert "model_type is missing" in message({k: v for k, v in LLAMA.items() if k != "model_type"})
    assert "model_type" in message(LLAMA | {"model_type": ["llama"]})


def test_an_absent_key_takes_the_default_of_the_familys_class_and_the_answer_says_so():
    # transformers 5.24.0: LlamaConfig has hidden_size 4096 and 32 layers, Qwen3Config 32 KV heads.
    for key, said in (("hidden_size", "hidden_size = 4096"), ("num_hidden_layers", "num_hidden_layers = 32")):
        model = ln.from_config({k: v for k, v in LLAMA.items() if k != key})
        assert f"{said} (the family's default)" in model.assumed
    qwen = LLAMA | {"model_type": "qwen3", "num_attention_heads": 64, "head_dim": 2}
    assert "num_key_value_heads = 32 (the family's default)" in ln.from_config(qwen).assumed
    assert (
        "num_key_value_heads = 64 (as many as query heads)"
        in ln.from_config(qwen | {"num_key_value_heads": None}).assumed
    )


def test_no_default_is_taken_where_the_file_says_the_size_in_words_of_its_own():
    summary = {"model_type": "opt", "num_layers": 64, "n_head": 72, "hidden_dim": 9216, "vocab_size": 50_272}
    text = message(summary)
    assert "hidden_size is missing" in text
    assert "hidden_dim" in text


def test_a_misspelt_key_is_pointed_at():
    config = {k: v for k, v in LLAMA.items() if k != "intermediate_size"} | {"intermediate_sizes": 96}
    assert "found intermediate_sizes" in message(config)


def test_a_key_that_is_not_understood_is_a_named_warning():
    model = ln.from_config(LLAMA | {"number_of_secret_layers": 4})
    assert [w for w in model.warnings if "number_of_secret_layers" in w]
    assert ln.from_config(LLAMA).warnings == ()


def test_a_default_is_told():
    assert any("num_key_value_heads" in sentence for sentence in ln.from_config(LLAMA).assumed)


def test_more_experts_visited_than_there_are_is_refused():
    mixtral = LLAMA | {
        "model_type": "mixtral",
        "num_key_value_heads": 2,
        "num_local_experts": 4,
        "num_experts_per_tok": 5,
    }
    assert "only 4 experts" in message(mixtral)


def test_layer_types_must_name_every_layer():
    gemma = LLAMA | {"model_type": "gemma2", "sliding_window": 8}
    assert "1 entries for 2 layers" in message(gemma | {"layer_types": ["full_attention"]})
    assert "full_attention" in message(gemma | {"layer_types": ["full_attention", "half_attention"]})


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(ln.ConfigError, match="cannot be read"):
        ln.from_config(tmp_path / "nothing.json")
    with pytest.raises(ln.ConfigError, match="cannot be read"):
        ln.from_config(tmp_path)
    with pytest.raises(ln.ConfigError, match="mapping or the path"):
        ln.from_config(7)  # ty: ignore[invalid-argument-type] - that is the point


@pytest.mark.parametrize(
    "call", [{"n_tokens": -1}, {"n_tokens": 1.5}, {"n_tokens": True}, {"n_tokens": 1, "batch_size": -1}]
)
def test_sizes_that_are_not_sizes_are_refused(call):
    with pytest.raises(ValueError, match="whole number"):
        ln.kv_cache(ln.from_config(LLAMA), **call)


@pytest.mark.parametrize("call", [{"n_new": 1, "logits": "some"}, {"n_new": 1, "latent": "folded"}], ids=str)
def test_conventions_that_do_not_exist_are_refused(call):
    with pytest.raises(ValueError, match="must be"):
        ln.forward_flops(ln.from_config(LLAMA), **call)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["kv", "nowhere.json"], "nowhere.json: cannot be read"),
        (["kv", "-"], "not JSON"),
        (["kv", "tests/data/example-config.json", "--tokens", "many"], "'many' is not a number of tokens"),
        (["kv", "tests/data/example-config.json", "--batch", "0"], "'0' is not a number of sequences"),
        (["kv"], "MODEL"),
        (["weigh", "x"], "weigh"),
    ],
    ids=["no file", "no JSON", "tokens", "batch", "no model", "no verb"],
)
def test_the_command_line_answers_in_one_line_with_status_2(root, arguments, text):
    run = subprocess.run(
        [sys.executable, "-m", "llmnotes", *arguments], cwd=root, capture_output=True, text=True, input="{"
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert text in run.stderr


@pytest.mark.parametrize(
    "said",
    [
        {"architectures": ["BailingMoeV2_5ForCausalLM"], "group_norm_size": 8},  # as in vLLM's tests of the family
        {"group_norm_size": 4, "layer_group_size": 2},
        {"architectures": ["BailingMoeV3ForCausalLM"], "no_kda_lora": False},
    ],
)
def test_a_model_that_has_the_name_of_another_is_not_counted_as_that(said):
    """Ling 2.5 calls itself bailing_hybrid, as Ling 3 does, whose linear layers are of another kind."""
    assert ln.from_config({"model_type": "bailing_hybrid", "short_conv_kernel_size": 4, "no_kda_lora": True}).n_layers
    with pytest.raises(ln.ConfigError, match=r"model_type|no_kda_lora"):
        ln.from_config({"model_type": "bailing_hybrid", **said})
