"""What tools and tutorials answer, by their own formulas, beside the right numbers."""

from llmnotes import count_params, forward_flops, from_config, kv_cache, load_model, registry
from llmnotes.figures import SERIES, log2_axis, new_figure, paired_dots
from llmnotes.units import format_bytes, format_count, format_exact, format_flops, format_ratio

TEXT = {
    "zh": {
        "title": "工具给的数除以对的数：从 {{lowest}}到 {{highest}}",
        "caption": "空心是各工具的公式照源代码写出来算的，除以对的数；实心是 1，也就是对。",
        "description": "十行，每行一个空心点和一个实心点；空心点一半偏右，估高了；一半偏左，估低了。",
        "tool": "工具的数 ÷ 对的数（对数刻度）",
        "answer": "工具的数",
        "right": "对",
        "what": "什么",
        "given": "工具",
        "true": "对",
        "mem_small": "Llama 2 7B 的缓存",
        "mem_large": "Llama 3.1 70B 的缓存",
        "params": "换了序列长度的参数量",
        "ffn": "前馈加宽到十万的计算量",
        "poor": "Llama 3.1 8B 的缓存",
        "head": "Qwen3 0.6B 的缓存",
        "plain": "DeepSeek-V3 的缓存",
        "crossover": "Gemma 2 27B 的交叉点",
        "gallery": "Gemma 3 27B 多一个 token",
        "preset": "名叫 phi-4 的预设",
    },
    "en": {
        "title": "What tools say over what is right: from {{lowest}} to {{highest}}",
        "caption": "Hollow: each tool's own formula as in its source, over the right number. Solid: 1, which is right.",
        "description": "Ten rows with a hollow and a solid dot; half of the hollow ones lie to the right, too high, and half to the left, too low.",
        "tool": "tool over truth (log scale)",
        "answer": "the tool",
        "right": "right",
        "what": "what",
        "given": "tool",
        "true": "right",
        "mem_small": "cache of Llama 2 7B",
        "mem_large": "cache of Llama 3.1 70B",
        "params": "parameters at another length",
        "ffn": "FLOPs, feed-forward of 100,000",
        "poor": "cache of Llama 3.1 8B",
        "head": "cache of Qwen3 0.6B",
        "plain": "cache of DeepSeek-V3",
        "crossover": "crossover of Gemma 2 27B",
        "gallery": "one more token of Gemma 3 27B",
        "preset": "a preset called phi-4",
    },
}

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
def compute() -> dict:
    def config(model_id):
        return registry.find(model_id).config

    def cache(model_id, n=LONG):
        return kv_cache(load_model(model_id), n).ideal_bytes

    llama8, gemma = load_model("llama-3.1-8b"), load_model("gemma-3-27b")
    right_ffn = 4 * 2 * (2 * llama8.d_model * WIDE) * llama8.n_layers * TOKENS
    pairs = {
        "mem_small": (cookbook_cache(config("llama-2-7b"), 4096), cache("llama-2-7b", 4096)),
        "mem_large": (cookbook_cache(config("llama-3.1-70b"), LONG), cache("llama-3.1-70b")),
        "params": (cookbook_params(config("llama-3.1-8b"), LONG), count_params(llama8).total),
        "ffn": (cookbook_ffn_flops(config("llama-3.1-8b"), WIDE), right_ffn),
        "poor": (gpu_poor_cache(config("llama-3.1-8b"), LONG), cache("llama-3.1-8b")),
        "head": (width_over_heads_cache(config("qwen3-0.6b"), LONG), cache("qwen3-0.6b")),
        "plain": (width_over_heads_cache(config("deepseek-v3"), LONG), cache("deepseek-v3")),
        "crossover": (eight_widths(config("gemma-2-27b")), crossover("gemma-2-27b")),
        "gallery": (
            kv_cache(gemma, 1).reserved_bytes,
            kv_cache(gemma, LONG).growing_bytes_per_token,
        ),
        "preset": (count_params(from_config(PHI_4_PRESET)).total, count_params(load_model("phi-4")).total),
    }
    ratios = {name: given / true for name, (given, true) in pairs.items()}
    return {
        "pairs": {name: [float(given), float(true)] for name, (given, true) in pairs.items()},
        "ratios": ratios,
        "params_short": cookbook_params(config("llama-3.1-8b"), 2048),
        "census": census(),
        "gallery_total": kv_cache(gemma, 1).reserved_bytes * LONG,
        "gallery_ideal": cache("gemma-3-27b"),
        "bloom": (96 * 12_288) / (70 * 14_336),
        "crossover_causal": 2 * crossover("gemma-2-27b"),
    }


def crossover(model_id):
    """Tokens at which full squares of attention in every layer cost as much as all other products of the layers."""
    one = forward_flops(load_model(model_id), 1, causal=False, logits="last")
    return one.linear / one.attention


def census() -> dict:
    """For how many registered models the textbook formulas hold."""
    heads, failing, recent, recent_failing = 0, 0, 0, 0
    ids = registry.model_ids()
    for model_id in ids:
        entry = registry.find(model_id)
        config, spec = entry.config, entry.spec
        n_heads = config.get("num_attention_heads") or config.get("n_head") or 1
        n_kv = config.get("num_key_value_heads") or (1 if config.get("multi_query") else n_heads)
        quotient = spec.d_model // n_heads
        heads += config.get("head_dim", quotient) != quotient
        plain = 2 * 2 * spec.n_layers * n_kv * quotient * LONG
        fails = abs(plain / kv_cache(spec, LONG).ideal_bytes - 1) > 1e-9
        failing += fails
        if entry.released and entry.released.year >= 2025:
            recent, recent_failing = recent + 1, recent_failing + fails
    return {"n": len(ids), "heads": heads, "failing": failing, "recent": recent, "recent_failing": recent_failing}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {
        "lowest": format_ratio(min(result["ratios"].values()), lang),
        "highest": format_ratio(max(result["ratios"].values()), lang),
        "params_short": format_count(result["params_short"], lang),
        **{f"census_{name}": format_exact(count, lang) for name, count in result["census"].items()},
        "gallery_total": format_bytes(result["gallery_total"], lang),
        "gallery_ideal": format_bytes(result["gallery_ideal"], lang),
        "bloom": format_ratio(result["bloom"], lang),
        "crossover_causal": format_exact(round(result["crossover_causal"]), lang),
    }
    for name, pair in result["pairs"].items():
        say = SAY.get(name, format_bytes)
        found |= {name: say(pair[0], lang), f"{name}_right": say(pair[1], lang)}
    return found


def whole(value, lang):
    return format_exact(round(value), lang)


SAY = {"params": format_count, "preset": format_count, "ffn": format_flops, "crossover": whole}


def draw(result, text, width):
    ratios = result["ratios"]
    fig, ax = new_figure(width, height=80 + 46 * len(ratios))
    paired_dots(
        ax,
        names=[text[name] for name in ratios],
        solid=[1.0] * len(ratios),
        hollow=list(ratios.values()),
        labels=(text["right"], text["answer"]),
        colors=(SERIES[0], SERIES[1]),
        say=lambda ratio: "" if ratio == 1 else f"×{ratio:.3g}",
    )
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(xlabel=text["tool"], xlim=(0.02, 110))
    ax.legend()
    return fig


def table(result, text):
    rows = [[text[name], *pair, result["ratios"][name]] for name, pair in result["pairs"].items()]
    return {"columns": [text["what"], text["given"], text["true"], text["tool"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
