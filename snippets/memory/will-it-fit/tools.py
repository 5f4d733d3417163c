"""What three widely used answers say about the same model at the same length, beside the parts added up."""

from llmnotes import count_params, fit, load_model, registry
from llmnotes.cost import cost_profile, inverses
from llmnotes.equations import memory
from llmnotes.figures import grouped_bars, label, name
from llmnotes.quantities import bytes_of, count, ratio, tokens
from llmnotes.registry import find_chip
from llmnotes.units import GIB

N_TOKENS = 131_072
MODELS = {"llama8": "llama-3.1-8b", "gemma27": "gemma-3-27b", "llama70": "llama-3.1-70b"}


# --8<-- [start:tools]
def weights_and_a_fifth(weight_bytes):
    """P x Q/8 x 1.2: the context is not in it."""
    return 1.2 * weight_bytes


def cookbook_infer(config, n):
    """EleutherAI/cookbook 827ee3b, calc_transformer_mem.py --infer with -ff, -nl 3, -kv and -s n."""
    d, n_layers, vocab = config["hidden_size"], config["num_hidden_layers"], config["vocab_size"]
    kv_ratio = config["num_key_value_heads"] / config["num_attention_heads"]
    params = 2 * vocab * d + d * n + 8 * d * n_layers + 2 * d
    params += 2 * (1 + kv_ratio) * n_layers * d**2 + 3 * n_layers * d * config["intermediate_size"]
    one_layer = n * d * (16 * 2 + 2)
    cache = 2 * d * n_layers * (n + 1)  # bytes per number; the 2 for key and value is missing, and so are KV heads
    return 2 * params + one_layer + cache


def gpu_poor(config, n):
    """RahulSChand/gpu_poor 24f6c5f, src/App.js, inference without quantisation."""
    d, n_layers, heads = config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"]
    params = 2 * config["vocab_size"] * d + 4 * n_layers * d**2 + 3 * n_layers * d * config["intermediate_size"]
    cache = 2 * n * 2 * 2 * d * n_layers  # one factor of 2 too many, and the width of all query heads
    scores = 5 * 2 * n * d + 2 * n**2 * heads  # the whole table of scores of a layer
    return 2 * params + cache + scores + 650 * 2**20


# --8<-- [end:tools]


# --8<-- [start:compute]
def row(model_id):
    entry = registry.find(model_id)
    found = fit(entry.spec, "h100-sxm-80gb", n_tokens=N_TOKENS)
    parts = found.weight_bytes + found.activation_bytes + found.ideal.cache_bytes
    answers = {
        "parts": parts,
        "fifth": weights_and_a_fifth(found.weight_bytes),
        "cookbook": cookbook_infer(entry.config, N_TOKENS),
        "gpu_poor": gpu_poor(entry.config, N_TOKENS),
    }
    over = ratio(answers["cookbook"] / parts)
    return {"name": entry.name, **bytes_of(answers), "cookbook_over": over, "right_at": right_at(model_id)}


def right_at(model_id):
    """Tokens at which weights and a fifth are just enough for the parts."""
    model = load_model(model_id)
    found = fit(model, "h100-sxm-80gb", n_tokens=N_TOKENS)
    return longest(model, weights_and_a_fifth(found.weight_bytes) - found.weight_bytes - found.activation_bytes)


def longest(model, n_bytes):
    room = {"room_bytes": n_bytes, "n_chips": 1, "batch_size": 1, "kv_bits": 16}
    return count(inverses.longest_context(cost_profile(model), **room))


def compute():
    real, heads = find_chip("l40s-48gb").memory_bytes, registry.find("llama-3.1-8b").config["num_attention_heads"]
    active = count_params(load_model("gpt-oss-120b")).active
    return {
        **{key: row(model_id) for key, model_id in MODELS.items()},
        "length": tokens(N_TOKENS),
        "scores": bytes_of(2 * N_TOKENS**2 * heads),
        "llama2_right_at": right_at("llama-2-7b"),
        "next_right_at": right_at("qwen3-next-80b-a3b"),
        "ecc": bytes_of({"shown": real, "gone": 48 * GIB - real}),
        "ecc_tokens": longest(load_model("llama-3.1-70b"), 48 * GIB - real),
        "active_only": bytes_of(memory.weight_bytes(n_params=active, weight_bits=4.25)),
    }


# --8<-- [end:compute]


def draw(result):
    answers = {
        "parts": label(zh="各部分相加", en="parts added up"),
        "fifth": label(zh="权重加两成", en="weights and a fifth"),
        "cookbook": label(zh="cookbook 脚本", en="cookbook script"),
    }
    rows = {name(result[key]["name"]): result[key] for key in MODELS}
    values = {title: {words: one[key] for key, words in answers.items()} for title, one in rows.items()}
    return grouped_bars(values, x=label(zh="需要的显存", en="memory needed"), rows="model")
