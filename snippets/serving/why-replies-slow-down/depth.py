"""Published speeds of llama.cpp on one machine, empty and after 65,536 tokens, beside the bytes that a token reads."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.figures import dumbbells, label, name
from llmnotes.quantities import bytes_of, number, ratio, seconds, share, tokens
from llmnotes.registry import find_chip
from llmnotes.timing.compare import chip_of, precision_of_point
from llmnotes.timing.points import DECODE, load_points
from llmnotes.timing.terms import dense_bytes, expert_bytes

KIND = "reported"
CHIP, BUILD, DEEP = "ryzen-ai-max-395-128gb", "vulkan_radv", 65_536
ROWS = {
    "llama2": ("llama-2-7b", "Q4_0", "Llama 2 7B"),
    "ministral": ("ministral-3-14b", "bf16", "Ministral 3 14B"),
    "oss": ("gpt-oss-20b", "MXFP4_MOE", "gpt-oss-20b"),
    "glm": ("glm-4.7-flash", "UD-Q8_K_XL", "GLM-4.7-Flash"),
    "qwen": ("qwen3.6-27b", "UD-Q8_K_XL", "Qwen3.6 27B"),
}


# --8<-- [start:compute]
def points(model_id, form):
    """Measurements of one model and file with one build on one machine, by what was held."""
    wanted = (DECODE, model_id, form, CHIP, BUILD)
    return {
        one.n_past: one for one in load_points() if (one.kind, one.model, one.format, one.chip, one.version) == wanted
    }


def read_bytes(point, n_past):
    """Bytes of weights and cache of the token that comes after `n_past`."""
    profile, bits = cost_profile(load_model(point.model)), precision_of_point(point)
    weights = dense_bytes(profile, weight_bits=bits.weights)
    weights += expert_bytes(profile, n_tokens=1, expert_bits=bits.expert_bits)
    return weights, ideal_cache_bytes(profile, n_tokens=n_past)


def row(model_id, form):
    found = points(model_id, form)
    empty, deep = found[0], found[DEEP]
    (weights, state), (_, cache) = read_bytes(empty, 0), read_bytes(deep, DEEP)
    added = deep.seconds - empty.seconds
    said = {"kind": KIND, "source": deep.address}
    return {
        "cache": bytes_of(cache - state),
        **number({"empty": empty.value, "deep": deep.value}, **said),
        **seconds({"added": added}, **said),
        "slower": ratio(empty.value / deep.value, **said),
        "by_bytes": ratio((weights + cache) / (weights + state)),
        "rate": bytes_of((cache - state) / added) / seconds(1),
        "of_peak": share((cache - state) / added / chip_of(CHIP).bandwidth_bytes_per_s),
    }


def compute():
    return {
        **{key: row(model_id, form) for key, (model_id, form, _) in ROWS.items()},
        "deep": tokens(DEEP),
        "bandwidth": bytes_of(find_chip(CHIP).bandwidth_bytes_per_s) / seconds(1),
    }


# --8<-- [end:compute]


def draw(result):
    return dumbbells(
        {name(title): (result[key]["slower"], result[key]["by_bytes"]) for key, (_, _, title) in ROWS.items()},
        x=label(zh="64K 个 token 之后一步的时间，空对话是 1", en="time of a step at 64K tokens (empty = 1)"),
        solid="measured",
        hollow=label(zh="按字节算", en="by the bytes"),
        rows="model",
        log=True,
    )
