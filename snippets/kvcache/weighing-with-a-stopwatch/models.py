"""Seven models weighed on one machine with one driver, beside what they keep and what another design would keep."""

from typing import Any

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.cost.weighing import weighed_bytes
from llmnotes.figures import dumbbells, label, name
from llmnotes.quantities import bytes_of, count, ratio
from llmnotes.registry import find_chip
from llmnotes.timing.curves import depth_curve, line_of, line_through

KIND = "reported"
CHIP, BUILD = "ryzen-ai-max-395-128gb", "vulkan_radv"
RUNS = {
    "ministral": ("ministral-3-14b", "bf16", "Ministral 3 14B"),
    "oss": ("gpt-oss-20b", "MXFP4_MOE", "gpt-oss-20b"),
    "qwen": ("qwen3.6-27b", "UD-Q8_K_XL", "Qwen3.6 27B"),
    "minimax": ("minimax-m2.7", "UD-Q3_K_S", "MiniMax-M2.7"),
    "llama2": ("llama-2-7b", "Q4_0", "Llama 2 7B"),
    "gemma": ("gemma-4-31b", "bf16", "Gemma 4 31B"),
    "glm": ("glm-4.7-flash", "UD-Q8_K_XL", "GLM-4.7-Flash"),
}


# --8<-- [start:compute]
def row(model_id, form):
    curve, spec = depth_curve(model=model_id, format=form, chip=CHIP, version=BUILD), load_model(model_id)
    depths, profile = [*curve], cost_profile(spec)
    line = line_through(depths, [one.seconds for one in curve.values()])
    kept = line_of(depths, lambda n: ideal_cache_bytes(profile, n_tokens=n)).slope
    bandwidth = find_chip(CHIP).bandwidth_bytes_per_s
    weighed = weighed_bytes(slope_s=line.slope, bandwidth_bytes_per_s=bandwidth)
    return {
        "weighed": bytes_of(weighed),
        "kept": bytes_of(kept),
        "heavy": ratio(weighed / kept),
        "plain": bytes_of(plain_bytes(spec)),
        "beyond": ratio(plain_bytes(spec) / weighed),
    }


def plain_bytes(spec):
    """Cache of a token if each query head of every layer kept keys and values of its own, in 16 bits."""
    total, widest = 0, max((width(layer.mixer) for layer in spec.layers), default=0)
    for layer in spec.layers:
        total += 2 * (width(layer.mixer) or widest)
    return total


def width(mixer: Any) -> int:
    """Numbers that its query heads would keep for a token; 0 where it has none."""
    key = getattr(mixer, "head_dim", 0) or getattr(mixer, "qk_nope_head_dim", 0) + getattr(mixer, "qk_rope_head_dim", 0)
    return getattr(mixer, "n_heads", 0) * (key + mixer.v_head_dim) if key else 0


def compute():
    rows = {key: row(model_id, form) for key, (model_id, form, _) in RUNS.items()}
    factors = {key: one["heavy"].value for key, one in rows.items()}
    return {**rows, "n": count(len(rows)), "least": ratio(min(factors.values())), "most": ratio(max(factors.values()))}


# --8<-- [end:compute]


def draw(result):
    return dumbbells(
        {name(title): (result[key]["weighed"], result[key]["kept"]) for key, (_, _, title) in RUNS.items()},
        x=label(zh="每个 token 的缓存", en="cache of a token"),
        solid=label(zh="秒表称出", en="by the stopwatch"),
        hollow=label(zh="按结构算", en="by the shape"),
        rows="model",
        log=True,
    )
