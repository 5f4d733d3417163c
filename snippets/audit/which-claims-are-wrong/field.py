"""What tools and tutorials answer, by their own formulas, beside the right numbers."""

from llmnotes import count_params, forward_flops, from_config, kv_cache, load_model, registry
from llmnotes.figures import dumbbells, label
from llmnotes.quantities import bytes_of, count, flops, ratio

LONG = 131_072
WIDE, TOKENS = 100_000, 300_000_000_000  # its default number of training tokens, activations computed twice
# mlc-llm 79d603f0, python/mlc_llm/model/model_preset.py, the entry "phi-4".
PHI_4_PRESET = {
    "model_type": "phi3",
    "hidden_size": 3_072,
    "intermediate_size": 8_192,
    "num_attention_heads": 24,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "vocab_size": 200_064,
    "tie_word_embeddings": True,
    "max_position_embeddings": 131_072,
}


# --8<-- [start:wrong]
def cookbook_cache(config, n):
    """EleutherAI/cookbook calc_transformer_mem.py --infer: no 2 for key and value, and -kv is not used."""
    return 2 * config["hidden_size"] * config["num_hidden_layers"] * (n + 1)


def cookbook_params(config, n, factor=4):
    """calc_transformer_params.py: width x sequence length is added to every model."""
    d, n_layers = config["hidden_size"], config["num_hidden_layers"]
    kv_ratio = config["num_key_value_heads"] / config["num_attention_heads"]
    fixed = 2 * config["vocab_size"] * d + 8 * n_layers * d + 2 * d
    return fixed + d * n + 2 * (1 + kv_ratio) * n_layers * d**2 + 3 * factor * n_layers * d**2


def cookbook_ffn_flops(config, ffn_hidden_size, passes=4, factor=4):
    """calc_transformer_flops.py: --ffn-hidden-size is read and then not used."""
    return int(passes * 2 * 2 * factor) * config["num_hidden_layers"] * TOKENS * config["hidden_size"] ** 2


def gpu_poor_cache(config, n):
    """RahulSChand/gpu_poor App.js: 2 x n x 2 x 2 x width x layers."""
    return 2 * n * 2 * 2 * config["hidden_size"] * config["num_hidden_layers"]


def width_over_heads_cache(config, n):
    """head_dim = width / heads, KV heads respected; latents, windows and states are not."""
    head_dim = config["hidden_size"] // config["num_attention_heads"]
    return 2 * 2 * config["num_hidden_layers"] * config["num_key_value_heads"] * head_dim * n


def eight_widths(config):
    """scaling-book: attention dominates once T > 8 D."""
    return 8 * config["hidden_size"]


# --8<-- [end:wrong]


# --8<-- [start:compute]
def compute():
    llama8, gemma = config("llama-3.1-8b"), load_model("gemma-3-27b")
    right_ffn = 4 * 2 * (2 * llama8["hidden_size"] * WIDE) * llama8["num_hidden_layers"] * TOKENS
    gemma7 = registry.find("gemma-7b").context_advertised or 0
    one_token = kv_cache(gemma, 1).reserved_bytes, kv_cache(gemma, LONG).growing_bytes_per_token
    # Full squares of attention in every layer cost as much as all other products at that many tokens.
    one = forward_flops(load_model("gemma-2-27b"), 1, causal=False, logits="last")
    crossed = eight_widths(config("gemma-2-27b")), one.linear / one.attention
    pairs = {
        "mem_small": bytes_of([cookbook_cache(config("llama-2-7b"), 4096), cache("llama-2-7b", 4096)]),
        "mem_large": bytes_of([cookbook_cache(config("llama-3.1-70b"), LONG), cache("llama-3.1-70b")]),
        "params": count([cookbook_params(llama8, LONG), count_params(load_model("llama-3.1-8b")).total]),
        "ffn": flops([cookbook_ffn_flops(llama8, WIDE), right_ffn]),
        "poor": bytes_of([gpu_poor_cache(llama8, LONG), cache("llama-3.1-8b")]),
        "head": bytes_of([width_over_heads_cache(config("qwen3-0.6b"), LONG), cache("qwen3-0.6b")]),
        "plain": bytes_of([width_over_heads_cache(config("deepseek-v3"), LONG), cache("deepseek-v3")]),
        "crossover": count([round(tokens) for tokens in crossed]),
        "gallery": bytes_of(one_token),
        "preset": count([count_params(one).total for one in (from_config(PHI_4_PRESET), load_model("phi-4"))]),
    }
    off = {name: ratio(given.value / right.value) for name, (given, right) in pairs.items()}
    return {
        **{name: given for name, (given, _) in pairs.items()},
        **{f"{name}_right": right for name, (_, right) in pairs.items()},
        "off": off,
        "lowest": min(off.values()),
        "highest": max(off.values()),
        "params_short": count(cookbook_params(llama8, 2048)),
        "census": census(),
        "gallery_total": bytes_of(one_token[0] * LONG),
        "gallery_ideal": bytes_of(cache("gemma-3-27b")),
        "bloom": ratio((96 * 12_288) / (70 * 14_336)),
        "block": count({"given": 4_096, "right": gemma7}) | {"off": ratio(4_096 / gemma7)},
        "crossover_causal": count(round(2 * crossed[1])),
    }


def config(model_id):
    return registry.find(model_id).config


def cache(model_id, n=LONG):
    return kv_cache(load_model(model_id), n).ideal_bytes


def census():
    """For how many registered models the textbook formulas hold."""
    rows = [textbook(registry.find(model_id)) for model_id in registry.model_ids()]
    recent = [fails for _, fails, is_recent in rows if is_recent]
    counted = {"heads": sum(divides_wrongly for divides_wrongly, _, _ in rows), "failing": sum(row[1] for row in rows)}
    return count({"n": len(rows), "recent": len(recent), "recent_failing": sum(recent)} | counted)


def textbook(entry):
    """Whether head_dim differs from the quotient, whether the plain formula fails, and whether the model is recent."""
    given, spec = entry.config, entry.spec
    n_heads = given.get("num_attention_heads") or given.get("n_head") or 1
    n_kv = given.get("num_key_value_heads") or (1 if given.get("multi_query") else n_heads)
    quotient = spec.d_model // n_heads
    plain = 2 * 2 * spec.n_layers * n_kv * quotient * LONG
    fails = abs(plain / kv_cache(spec, LONG).ideal_bytes - 1) > 1e-9
    return given.get("head_dim", quotient) != quotient, fails, bool(entry.released and entry.released.year >= 2025)


# --8<-- [end:compute]


def draw(result):
    names = {
        "mem_small": label(zh="EleutherAI：Llama 2 7B 的缓存", en="EleutherAI: cache of Llama 2 7B"),
        "mem_large": label(zh="EleutherAI：Llama 3.1 70B 的缓存", en="EleutherAI: cache of Llama 3.1 70B"),
        "params": label(zh="EleutherAI：长度 128K 时的参数量", en="EleutherAI: parameters at 128K"),
        "ffn": label(zh="EleutherAI：前馈宽十万的运算量", en="EleutherAI: FLOPs, feed-forward 100,000"),
        "poor": label(zh="gpu_poor：Llama 3.1 8B 的缓存", en="gpu_poor: cache of Llama 3.1 8B"),
        "head": label(zh="隐藏维度 ÷ 头数：Qwen3 0.6B 的缓存", en="size ÷ heads: cache of Qwen3 0.6B"),
        "plain": label(zh="LLM-Viewer：DeepSeek-V3 的缓存", en="LLM-Viewer: cache of DeepSeek-V3"),
        "crossover": label(zh="scaling-book：Gemma 2 27B 的交叉长度", en="scaling-book: crossover of Gemma 2 27B"),
        "gallery": label(zh="“每 token 一个数”：Gemma 3 27B", en="one KiB figure: Gemma 3 27B"),
        "preset": label(zh="mlc-llm：预设 phi-4 的参数量", en="mlc-llm: parameters of its phi-4"),
    }
    return dumbbells(
        {words: (ratio(1), result["off"][name]) for name, words in names.items()},
        x=label(zh="工具的数 ÷ 对的数", en="tool over truth"),
        solid="right",
        hollow=label(zh="工具的数", en="the tool"),
        rows=label(zh="什么", en="what"),
        log=True,
        height=80 + 46 * len(names),
    )
