"""Reading a prompt and writing a token: bytes and operations of both, for three models on one card."""

from typing import Any

from llmnotes import count_params, kv_cache, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import causal_flops, ideal_cache_bytes, read_weight_bytes
from llmnotes.equations.serving import roofline_seconds
from llmnotes.figures import SERIES, new_figure
from llmnotes.figures.play import Bar, Number, Play, chip, model, tokens
from llmnotes.registry import find_chip
from llmnotes.report import next_token_bytes
from llmnotes.units import (
    format_bytes,
    format_count,
    format_exact,
    format_flops,
    format_ratio,
    format_seconds,
    format_tokens,
)

TEXT = {
    "zh": {
        "title": "{{model}}：读提示词时平均每个 token 至少 {{read_each}}，写一个至少 {{write}}，后者是前者的 {{ratio}}",
        "caption": "H100 SXM 一张卡，bf16，一个序列，提示 {{n_tokens}} 个 token。按芯片公布的算力和带宽算出的下限；实际引擎更慢。",
        "description": "两根横条：预填充时每个 token 的时间很短，解码时每个 token 的时间长得多。",
        "read": "预填充，每个 token",
        "write": "解码，每个 token",
        "x": "毫秒",
        "model": "模型",
        "params": "参数（个）",
        "weights": "权重",
        "cache": "每个 token 的缓存",
        "says": "{{model}}，{{chip}}，{{n_tokens}} 个 token：读完整段至少 {{prefill}}，之后每写一个 token 至少 {{write}}，这时缓存 {{cache}}。",
    },
    "en": {
        "title": "{{model}}: a token takes at least {{read_each}} to read and {{write}} to write, {{ratio}} as long",
        "caption": "One H100 SXM, bf16, one sequence, a prompt of {{n_tokens}} tokens. Lower bounds from the published "
        "compute and bandwidth of the chip; real engines are slower.",
        "description": "Two bars: the time per token is short in prefill and much longer in decode.",
        "read": "prefill, per token",
        "write": "decode, per token",
        "x": "milliseconds",
        "model": "model",
        "params": "parameters",
        "weights": "weights",
        "cache": "cache per token",
        "says": "{{model}} on {{chip}}, {{n_tokens}} tokens: at least {{prefill}} to read them all, then at least "
        "{{write}} for each token written; the cache is {{cache}} by then.",
    },
}
CARD, MODEL, N_TOKENS = "h100-sxm-80gb", "qwen3-8b", 8_192
SMALL_CARD = "rtx-4090"
OTHERS = {"llama": "llama-3.1-8b", "oss": "gpt-oss-20b"}


# --8<-- [start:formulas]
def prefill_seconds(
    profile: CostProfile, *, n_tokens: int, peak_flops_per_s: float, bandwidth_bytes_per_s: float
) -> float:
    """Read the whole prompt at once: the weights once, all the arithmetic."""
    return roofline_seconds(
        n_flops=causal_flops(profile, n_new=n_tokens, n_past=0, n_logits=1),
        n_bytes=read_weight_bytes(profile, n_tokens=n_tokens),
        flops_per_s=peak_flops_per_s,
        bytes_per_s=bandwidth_bytes_per_s,
    )


def decode_seconds(
    profile: CostProfile, *, n_tokens: int, peak_flops_per_s: float, bandwidth_bytes_per_s: float
) -> float:
    """Write one token after them: the weights once more, and the cache."""
    return roofline_seconds(
        n_flops=causal_flops(profile, n_new=1, n_past=n_tokens, n_logits=1),
        n_bytes=read_weight_bytes(profile, n_tokens=1) + ideal_cache_bytes(profile, n_tokens=n_tokens),
        flops_per_s=peak_flops_per_s,
        bytes_per_s=bandwidth_bytes_per_s,
    )


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute() -> dict:
    card = find_chip(CARD)
    speeds = {
        "peak_flops_per_s": card.peak_flops_per_s["bf16"],
        "bandwidth_bytes_per_s": card.bandwidth_bytes_per_s,
    }
    found: dict[str, dict[str, Any]] = {}
    for name, model_id in {"main": MODEL, **OTHERS}.items():
        spec = load_model(model_id)
        profile, counted = cost_profile(spec), count_params(spec)
        prefill = prefill_seconds(profile, n_tokens=N_TOKENS, **speeds)
        write = decode_seconds(profile, n_tokens=N_TOKENS, **speeds)
        found[name] = {
            "name": spec.name,
            "layers": spec.n_layers,
            "rows": spec.vocab_size,
            "params": counted.total,
            "weights": 2 * counted.total,
            "per_token": next_token_bytes(spec, N_TOKENS),
            "cache": kv_cache(spec, n_tokens=N_TOKENS).ideal_bytes,
            "token_flops": causal_flops(profile, n_new=1, n_past=N_TOKENS, n_logits=1),
            "prefill_flops": causal_flops(profile, n_new=N_TOKENS, n_past=0, n_logits=1),
            "prefill": prefill,
            "read_each": prefill / N_TOKENS,
            "write": write,
            "ratio": write / (prefill / N_TOKENS),
            "all_written": 500 * write,
            "doubled": kv_cache(spec, n_tokens=4 * N_TOKENS).ideal_bytes,
        }
    small = find_chip(SMALL_CARD)
    slow = {
        "peak_flops_per_s": small.peak_flops_per_s["bf16"],
        "bandwidth_bytes_per_s": small.bandwidth_bytes_per_s,
    }
    main = cost_profile(load_model(MODEL))
    slower_read = prefill_seconds(main, n_tokens=N_TOKENS, **slow) / found["main"]["prefill"]
    slower_write = decode_seconds(main, n_tokens=N_TOKENS, **slow) / found["main"]["write"]
    return {
        "slower_read": slower_read,
        "slower_write": slower_write,
        "n_tokens": N_TOKENS,
        "long": 4 * N_TOKENS,
        "n_written": 500,
        "peak": card.peak_flops_per_s["bf16"],
        "bandwidth": card.bandwidth_bytes_per_s,
        "embedding": count_params(load_model(MODEL)).components["embedding_token"],
        "models": found,
    }


# --8<-- [end:compute]

UNITS = {
    "layers": format_exact,
    "rows": format_exact,
    "params": format_exact,
    "weights": format_bytes,
    "per_token": format_bytes,
    "cache": format_bytes,
    "doubled": format_bytes,
    "token_flops": format_flops,
    "prefill_flops": format_flops,
    "prefill": format_seconds,
    "read_each": format_seconds,
    "write": format_seconds,
    "all_written": format_seconds,
    "ratio": format_ratio,
}


def claims(result, lang) -> dict[str, str]:
    models = result["models"]
    return {
        "model": models["main"]["name"],
        "n_tokens": format_exact(result["n_tokens"], lang),
        "long": format_tokens(result["long"], lang),
        "slower_read": format_ratio(result["slower_read"], lang),
        "slower_write": format_ratio(result["slower_write"], lang),
        "n_written": format_exact(result["n_written"], lang),
        "peak": f"{result['peak'] / 1e12:g} TFLOP/s",
        "bandwidth": f"{result['bandwidth'] / 1e12:g} TB/s",
        "embedding": format_count(result["embedding"], lang),
        **{part: write(models["main"][part], lang) for part, write in UNITS.items()},
        **{
            f"{name}_{part}": UNITS[part](models[name][part], lang)
            for name in OTHERS
            for part in ("params", "weights", "per_token", "cache", "prefill", "write", "ratio")
        },
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=200)
    main = result["models"]["main"]
    for place, part in enumerate(("read_each", "write")):
        bar = ax.barh([place], [1000 * main[part]], 0.55, color=SERIES[place])
        bar[0].set_gid(part)
    ax.set_yticks([0, 1], [text["read"], text["write"]])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(0, 12))
    return fig


def table(result, text):
    rows = [
        [
            row["name"],
            row["params"],
            row["weights"],
            int(row["per_token"]),
            1000 * row["read_each"],
            1000 * row["write"],
        ]
        for row in result["models"].values()
    ]
    columns = [text["model"], text["params"], text["weights"] + " (B)", text["cache"] + " (B)"]
    return {"columns": [*columns, text["read"] + " (ms)", text["write"] + " (ms)"], "rows": rows, "unit": ""}


def read_milliseconds(
    profile: CostProfile, *, n_tokens: int, peak_flops_per_s: float, bandwidth_bytes_per_s: float
) -> float:
    seconds = prefill_seconds(
        profile,
        n_tokens=n_tokens,
        peak_flops_per_s=peak_flops_per_s,
        bandwidth_bytes_per_s=bandwidth_bytes_per_s,
    )
    return 1000 * (seconds / n_tokens)


def write_milliseconds(
    profile: CostProfile, *, n_tokens: int, peak_flops_per_s: float, bandwidth_bytes_per_s: float
) -> float:
    return 1000 * decode_seconds(
        profile,
        n_tokens=n_tokens,
        peak_flops_per_s=peak_flops_per_s,
        bandwidth_bytes_per_s=bandwidth_bytes_per_s,
    )


def play(result, text):
    return Play(
        controls=[model(MODEL), chip(CARD), tokens(N_TOKENS)],
        marks={"read_each": Bar(read_milliseconds), "write": Bar(write_milliseconds)},
        numbers={
            "prefill": Number(prefill_seconds, "seconds"),
            "write": Number(decode_seconds, "seconds"),
            "cache": Number(ideal_cache_bytes, "bytes"),
        },
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
