"""Sequences of each length that fit one H100, for four models, and what vLLM is expected to make of a full card."""

from llmnotes import fit, load_model
from llmnotes.equations.serving import request_hours, sequences_in_flight
from llmnotes.figures import label, lines, name
from llmnotes.quantities import bytes_of, count, number, seconds, tokens
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.formats import precision_of
from llmnotes.timing.runtimes import find_runtime
from llmnotes.weights.sizes import memory_precision, stored_weights

CHIP, PROMPT, OUTPUT, PAUSE = "h100-sxm-80gb", 3_584, 512, 60
LENGTHS = [2**exponent for exponent in range(10, 18)]
MODELS = {
    "llama": ("llama-3.1-8b", "bf16", "Llama 3.1 8B"),
    "qwen": ("qwen3-30b-a3b", "bf16", "Qwen3 30B-A3B"),
    "gemma": ("gemma-3-27b", "bf16", "Gemma 3 27B"),
    "oss": ("gpt-oss-120b", "mxfp4", "gpt-oss-120b"),
}


# --8<-- [start:compute]
def slots(model_id, n_tokens):
    """Sequences beside the weights as they are published."""
    model = load_model(model_id)
    bits = memory_precision(stored_weights(model, None))
    return fit(model, CHIP, weight_bits=bits.weights, expert_bits=bits.experts, n_tokens=n_tokens).ideal.largest_batch


def row(model_id, form):
    model, batch = load_model(model_id), slots(model_id, PROMPT + OUTPUT)
    setup = Setup(find_chip(CHIP), find_runtime("vllm"), precision=precision_of(model, form))
    step = decode_timing(model, setup, n_past=PROMPT + OUTPUT // 2, batch_size=batch).expected
    prompt = prefill_timing(model, setup, n_new=PROMPT).expected
    hours = request_hours(prompt_seconds=prompt, step_seconds=step, n_output=OUTPUT, n_sequences=batch)
    each = 3_600 * hours
    return {
        "curve": [count(found) if (found := slots(model_id, n)) else None for n in LENGTHS],
        "slots": count(batch),
        "long": count(slots(model_id, 32_768)),
        "step": seconds(step),
        "per_s": number(1 / each),
        "speed": number(OUTPUT / (batch * each)),
        "people": count(int(sequences_in_flight(requests_per_s=1 / each, seconds_each=PAUSE + batch * each))),
        "weights": bytes_of(
            fit(model, CHIP, weight_bits=setup.precision.weights, expert_bits=setup.precision.expert_bits).weight_bytes
        ),
    }


def compute():
    return {**{key: row(model_id, form) for key, (model_id, form, _) in MODELS.items()}, "lengths": tokens(LENGTHS)}


# --8<-- [end:compute]


def draw(result):
    return lines(
        result["lengths"],
        {name(title): result[key]["curve"] for key, (_, _, title) in MODELS.items()},
        x="context-length",
        y=label(zh="空位", en="slots"),
        log="xy",
        key=True,
        height=400,
    )
