"""An exercise: from the lines of a log to the tokens of its pool."""

from llmnotes import count_params, load_model
from llmnotes.engines import vllm
from llmnotes.engines.outline import outline_of
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count, share, text
from llmnotes.units import GIB

# One kind of layer each, so that tokens are a capacity; weights in two bytes.
MODELS = ["qwen3-8b", "llama-3.1-8b", "llama-3.2-3b", "qwen3-14b", "llama-3.2-1b"]
VISIBLE = [44.5, 31.4, 39.4]
REST = 0.35


def ask():
    return Ask(
        draws={
            "model": MODELS,
            "visible": bytes_of([size * GIB for size in VISIBLE]),
            "utilization": share([0.9, 0.95, 0.85]),
            "peak": bytes_of([1.25 * GIB, 2.5 * GIB, 0.75 * GIB]),
        },
        solve=solve,
        hints={
            "whole_card": label(
                zh="这是拿整张卡算的；引擎只用其中的 {{utilization}}。",
                en="That takes the whole card; the engine uses {{utilization}} of it.",
            ),
            "no_peak": label(
                zh="还要减去激活值的峰值 {{peak}}：试跑一次前向时它也占着显存。",
                en="The activation peak of {{peak}} is missing: the pass that is tried out holds it.",
            ),
            "share_last": label(
                zh="利用率乘的是整张卡看得见的显存，不是减完以后剩下的。",
                en="The utilization multiplies what the card shows, not what is left after the rest is taken off.",
            ),
            "decimal": label(
                zh="日志里的 GiB 是 2³⁰ 字节，这里当成了 10⁹。",
                en="A GiB is 2³⁰ bytes; you took 10⁹.",
            ),
        },
    )


def solve(*, model, visible, utilization, peak):
    spec = load_model(model)
    pool = vllm.pool(outline_of(spec), vllm.Settings(max_model_len=1))
    weights, rest = 2.0 * count_params(spec).total, REST * GIB

    def tokens(room):
        return count(pool.n_blocks(room) * pool.block_size)

    room = visible * utilization - weights - peak - rest
    if room < 3 * GIB:
        return None
    return {
        # With so many digits that who works with what is printed gets the last digit of the answer.
        **{name: text(bytes_of(size), form="bytes7") for name, size in {"weights": weights, "room": room}.items()},
        **bytes_of({"rest": rest, "per_token": pool.block_bytes / pool.block_size}),
        "answer": tokens(room),
        "whole_card": tokens(visible - weights - peak - rest),
        "no_peak": tokens(visible * utilization - weights - rest),
        "share_last": tokens((visible - weights - peak - rest) * utilization),
        "decimal": tokens(room / GIB * 1e9),
    }
