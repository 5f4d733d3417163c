"""The longest context for each number of sequences: the fit solved backwards, on three cards."""

from llmnotes import fit, load_model
from llmnotes.figures import label, lines
from llmnotes.quantities import bytes_of, count, ratio, share, tokens
from llmnotes.weights.sizes import memory_precision, stored_weights

N_TOKENS, BATCHES = 131_072, (1, 2, 4, 8, 16, 32)


# --8<-- [start:compute]
def fits(model_id, card, form=None, *, n_tokens=N_TOKENS, batch_size=1, n_chips=1, kv_bits=16):
    """Fit with the weights as the model's own file has them, or in another form."""
    model = load_model(model_id)
    bits = memory_precision(stored_weights(model, form))
    return fit(model, card, n_chips, bits.weights, kv_bits, n_tokens, batch_size, expert_bits=bits.experts)


def line(*case, full=False):
    found = [fits(*case, batch_size=batch) for batch in BATCHES]
    return tokens([(one.reserved if full else one.ideal).longest_context or 0 for one in found])


def compute():
    gemma = ("gemma-3-27b", "l40s-48gb", "Q8_0")
    drawn = {
        "llama8": line("llama-3.1-8b", "rtx-4090"),
        "gemma27": line(*gemma),
        "gemma27_full": line(*gemma, full=True),
        "oss120": line("gpt-oss-120b", "h100-sxm-80gb"),
    }
    at = BATCHES.index(8)
    return {
        "batches": count(list(BATCHES)),
        "lines": drawn,
        "gemma_share": share(drawn["gemma27_full"][0].value / drawn["gemma27"][0].value),
        "many": count(BATCHES[at]),
        "llama8_many": count(drawn["llama8"][at].value),
        "short": tokens(8_192),
        "short_batch": count(fits("llama-3.1-8b", "rtx-4090", n_tokens=8_192).ideal.largest_batch),
        **exercises(),
    }


def exercises():
    def longest(*case, **asked):
        return count(fits(*case, **asked).ideal.longest_context or 0)

    one, both = longest("llama-3.1-8b", "rtx-4090"), longest("llama-3.1-8b", "rtx-4090", "Q8_0", kv_bits=8)
    large = ("llama-3.1-70b", "h100-sxm-80gb")
    return {
        "kv8": longest("llama-3.1-8b", "rtx-4090", kv_bits=8),
        "both8_over": ratio(both.value / one.value),
        "pair": longest("llama-3.1-8b", "rtx-4090", n_chips=2),
        "chips": count(fits("llama-3.1-8b", "rtx-4090").ideal.fewest_chips or 0),
        "qwen": longest("qwen3-32b", "rtx-5090", "Q4_K_M"),
        "qwen_positions": count(load_model("qwen3-32b").n_ctx),
        "qwen_weights": bytes_of(fits("qwen3-32b", "rtx-5090", "Q4_K_M").weight_bytes),
        "less_weight": bytes_of(-fits(*large, "Q4_K_S").ideal.free_bytes),
        "less_cache": bytes_of(fits(*large, "Q4_K_M", kv_bits=8).ideal.free_bytes),
    }


# --8<-- [end:compute]


def draw(result):
    names = {
        "llama8": "Llama 3.1 8B · 4090",
        "gemma27": "Gemma 3 27B · L40S",
        "gemma27_full": label(zh="Gemma 3 27B，全长", en="Gemma 3 27B, full length"),
        "oss120": "gpt-oss-120b · H100",
    }
    return lines(
        result["batches"],
        {names[key]: line for key, line in result["lines"].items()},
        x=label(zh="同时处理的序列", en="sequences at once"),
        y=label(zh="每个序列最长", en="longest context of each"),
        log="xy",
        height=430,
    )
