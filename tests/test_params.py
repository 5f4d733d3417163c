"""Counts against arrays: an independent builder makes every weight of a model and adds up their sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import llmnotes as ln
from llmnotes.equations.params import expected_experts


class Arrays:
    """Weights by component, as zero-stride arrays: a shape and a size, no memory."""

    def __init__(self):
        self.sizes: dict[str, int] = {}

    def add(self, component: str, *shapes: tuple[int, ...]) -> None:
        for shape in shapes:
            weight = np.broadcast_to(np.float32(0), shape)
            self.sizes[component] = self.sizes.get(component, 0) + weight.size


def build_llama_like(c: dict) -> dict[str, int]:
    """Llama, Mistral, Qwen2 and Qwen3, weight by weight, from the published modelling code's shapes."""
    w = Arrays()
    d, dh, h, kv = c["hidden_size"], c["head_dim"], c["num_attention_heads"], c["num_key_value_heads"]
    w.add("embedding_token", (c["vocab_size"], d))
    for _ in range(c["num_hidden_layers"]):
        w.add("attention", (h * dh, d), (kv * dh, d), (kv * dh, d), (d, h * dh))
        if c["model_type"] == "qwen2":
            w.add("attention", (h * dh,), (kv * dh,), (kv * dh,))
        if c["model_type"] == "qwen3":
            w.add("norm_qk", (dh,), (dh,))
        if c.get("attention_bias"):
            w.add("attention", (h * dh,), (kv * dh,), (kv * dh,), (d,))
        w.add("norm", (d,), (d,))
        add_mlp(w, "mlp", d, c["intermediate_size"])
        if c.get("mlp_bias"):
            w.add("mlp", (c["intermediate_size"],), (c["intermediate_size"],), (d,))
    w.add("norm", (d,))
    if not c["tie_word_embeddings"]:
        w.add("lm_head", (c["vocab_size"], d))
    return w.sizes


def build_deepseek_v3(c: dict) -> dict[str, int]:
    w = Arrays()
    d, h, rank = c["hidden_size"], c["num_attention_heads"], c["kv_lora_rank"]
    nope, rope, v = c["qk_nope_head_dim"], c["qk_rope_head_dim"], c["v_head_dim"]
    w.add("embedding_token", (c["vocab_size"], d))
    for layer in range(c["num_hidden_layers"]):
        if c["q_lora_rank"]:
            w.add("attention", (c["q_lora_rank"], d), (h * (nope + rope), c["q_lora_rank"]))
            w.add("norm_mla_latent", (c["q_lora_rank"],))
        else:
            w.add("attention", (h * (nope + rope), d))
        w.add("attention", (rank + rope, d), (h * (nope + v), rank), (d, h * v))
        w.add("norm_mla_latent", (rank,))
        w.add("norm", (d,), (d,))
        if layer < c["first_k_dense_replace"]:
            add_mlp(w, "mlp", d, c["intermediate_size"])
            continue
        w.add("router", (c["n_routed_experts"], d))
        for _ in range(c["n_routed_experts"]):
            add_mlp(w, "experts_routed", d, c["moe_intermediate_size"])
        for _ in range(c["n_shared_experts"]):
            add_mlp(w, "experts_shared", d, c["moe_intermediate_size"])
    w.add("norm", (d,))
    if not c["tie_word_embeddings"]:
        w.add("lm_head", (c["vocab_size"], d))
    return w.sizes


def build_gpt2(c: dict) -> dict[str, int]:
    w = Arrays()
    d = c["n_embd"]
    w.add("embedding_token", (c["vocab_size"], d))
    w.add("embedding_position", (c["n_positions"], d))
    for _ in range(c["n_layer"]):
        w.add("norm", (2, d), (2, d))
        w.add("attention", (d, 3 * d), (3 * d,), (d, d), (d,))
        w.add("mlp", (d, 4 * d), (4 * d,), (4 * d, d), (d,))
    w.add("norm", (2, d))
    return w.sizes


def add_mlp(w: Arrays, component: str, d: int, d_ff: int) -> None:
    w.add(component, (d_ff, d), (d_ff, d), (d, d_ff))


width = st.integers(1, 97)
few = st.integers(1, 5)


@st.composite
def llama_like(draw) -> dict:
    kv = draw(few)
    family = draw(st.sampled_from(["llama", "mistral", "qwen2", "qwen3"]))
    config = {
        "model_type": family,
        "vocab_size": draw(width),
        "hidden_size": draw(width),
        "head_dim": draw(width),
        "num_key_value_heads": kv,
        "num_attention_heads": kv * draw(few),
        "num_hidden_layers": draw(few),
        "intermediate_size": draw(width),
        "tie_word_embeddings": draw(st.booleans()),
    }
    if family == "llama":
        config |= {"attention_bias": draw(st.booleans()), "mlp_bias": draw(st.booleans())}
    return config


@st.composite
def deepseek_like(draw) -> dict:
    experts = draw(few)
    return {
        "model_type": "deepseek_v3",
        "vocab_size": draw(width),
        "hidden_size": draw(width),
        "num_attention_heads": draw(few),
        "num_hidden_layers": draw(few),
        "intermediate_size": draw(width),
        "moe_intermediate_size": draw(width),
        "n_routed_experts": experts,
        "num_experts_per_tok": draw(st.integers(1, experts)),
        "n_shared_experts": draw(st.integers(0, 3)),
        "first_k_dense_replace": draw(st.integers(0, 6)),
        "q_lora_rank": draw(st.none() | width),
        "kv_lora_rank": draw(width),
        "qk_nope_head_dim": draw(width),
        "qk_rope_head_dim": draw(width),
        "v_head_dim": draw(width),
        "tie_word_embeddings": draw(st.booleans()),
    }


@given(llama_like())
def test_llama_like_counts_are_the_sizes_of_its_arrays(config):
    assert ln.count_params(ln.from_config(config)).components == build_llama_like(config)


@given(deepseek_like())
def test_deepseek_counts_are_the_sizes_of_its_arrays(config):
    assert ln.count_params(ln.from_config(config)).components == build_deepseek_v3(config)


@given(vocab=width, positions=width, heads=few, per_head=few, layers=few)
def test_gpt2_counts_are_the_sizes_of_its_arrays(vocab, positions, heads, per_head, layers):
    config = {"model_type": "gpt2", "vocab_size": vocab, "n_positions": positions, "n_embd": heads * per_head}
    config |= {"n_head": heads, "n_layer": layers}
    assert ln.count_params(ln.from_config(config)).components == build_gpt2(config)


def test_gpt3_from_its_published_table():
    # arXiv:2005.14165, Table 2.1 and section 2.1; vocabulary from arXiv:2001.08361, section 2. Nominal: 175 B.
    gpt3 = ln.from_config(
        {
            "model_type": "gpt2",
            "vocab_size": 50_257,
            "n_positions": 2048,
            "n_embd": 12_288,
            "n_layer": 96,
            "n_head": 96,
        }
    )
    counted = ln.count_params(gpt3)
    assert counted.total == 174_604_259_328
    assert counted.components["embedding_position"] == 2048 * 12_288


def test_a_longer_context_adds_parameters_only_where_positions_are_learned():
    llama = {"model_type": "llama", "vocab_size": 7, "hidden_size": 12, "num_attention_heads": 3}
    llama |= {"num_hidden_layers": 2, "intermediate_size": 5}
    gpt2 = {"model_type": "gpt2", "vocab_size": 7, "n_embd": 12, "n_head": 3, "n_layer": 2}
    totals = [
        ln.count_params(ln.from_config(config | {key: n})).total
        for config, key in ((llama, "max_position_embeddings"), (gpt2, "n_positions"))
        for n in (100, 101)
    ]
    assert totals[1] - totals[0] == 0
    assert totals[3] - totals[2] == 12


@pytest.mark.parametrize("n_tokens", [1, 7, 64])
def test_expected_experts_are_those_that_drawn_tokens_visit(n_tokens):
    n_experts, top_k, rng = 31, 3, np.random.default_rng(7)
    drawn = [
        len({expert for _ in range(n_tokens) for expert in rng.choice(n_experts, top_k, replace=False)})
        for _ in range(400)
    ]
    expected = expected_experts(n_experts=n_experts, top_k=top_k, n_tokens=n_tokens)
    # Four standard errors of the drawn mean.
    assert abs(np.mean(drawn) - expected) <= 4 * np.std(drawn) / 20 + 1e-9


def test_more_experts_visited_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="more experts than there are"):
        expected_experts(n_experts=2, top_k=3, n_tokens=1)
