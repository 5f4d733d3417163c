"""Your model and card: what a log of vLLM would say of the pool, of one request and of the tokens."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.parallel import chip_activation_bytes, chip_cache_bytes, chip_weight_bytes
from llmnotes.engines.parts import Parallel
from llmnotes.engines.vllm import GRAPH_BYTES, runtime_bytes, visible_bytes
from llmnotes.figures import bars, label
from llmnotes.figures.play import (
    Bar,
    Number,
    Play,
    Words,
    chip,
    choice,
    doublings,
    kv_bits,
    model,
    slider,
    tokens,
    weight_bits,
)
from llmnotes.quantities import bytes_of, count, ratio
from llmnotes.quantities import tokens as tokens_of
from llmnotes.registry import find_chip
from llmnotes.units import GIB

MODEL, CHIP, N_TOKENS, PERCENT, BATCHED = "llama-3.1-8b", "rtx-4090", 32_768, 92, 2_048
OUTSIDE_BYTES, HIDDEN_BYTES, GRAPHS, BLOCK = runtime_bytes(Parallel()), -visible_bytes(0), GRAPH_BYTES / GIB, 16


# --8<-- [start:formulas]
def visible(*, memory_bytes: float) -> float:
    return memory_bytes - HIDDEN_BYTES


def unused(*, visible: float, percent: float) -> float:
    return visible * (1 - percent / 100)


def weights(profile: CostProfile, *, weight_bits: float) -> float:
    return chip_weight_bytes(profile, n_chips=1, weight_bits=weight_bits, expert_bits=weight_bits)


def passes(profile: CostProfile, *, batched: int) -> float:
    """Of the pass that is measured: as many tokens as one pass may have, of one request."""
    return chip_activation_bytes(profile, n_chips=1, batch_size=1, prefill_chunk=batched)


def graphs(*, graph_gib: float) -> float:
    return graph_gib * GIB


def room(*, visible: float, unused: float, weights: float, passes: float, graphs: float) -> float:
    """Bytes of the pool; nothing where the weights alone are too many."""
    return max(0, visible - unused - weights - passes - OUTSIDE_BYTES - graphs)


def request(profile: CostProfile, *, n_tokens: int, kv_bits: float) -> float:
    """Bytes of one request as long as the server allows, in whole blocks."""
    return chip_cache_bytes(profile, n_tokens=n_tokens, n_chips=1, batch_size=1, kv_bits=kv_bits, page=BLOCK)


def concurrency(*, room: float, request: float) -> float:
    return room / request


def printed(*, concurrency: float, n_tokens: int) -> float:
    return concurrency * n_tokens // 1  # vLLM cuts off what is no whole token


def starts(*, concurrency: float) -> float:
    return 1 if concurrency >= 1 else 0


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute():
    profile, memory = cost_profile(load_model(MODEL)), find_chip(CHIP).memory_bytes
    seen = visible(memory_bytes=memory)
    parts = {
        "visible": seen,
        "unused": unused(visible=seen, percent=PERCENT),
        "weights": weights(profile, weight_bits=16),
        "passes": passes(profile, batched=BATCHED),
        "graphs": graphs(graph_gib=GRAPHS),
    }
    held = {"room": room(**parts), "request": request(profile, n_tokens=N_TOKENS, kv_bits=16)}
    return {
        "sizes": bytes_of({**parts, **held}),
        "length": tokens_of(N_TOKENS),
        "concurrency": ratio(concurrency(**held)),
        "printed": count(int(printed(concurrency=concurrency(**held), n_tokens=N_TOKENS))),
        **bytes_of({"outside": OUTSIDE_BYTES, "hidden": HIDDEN_BYTES, "memory": memory}),
    }


# --8<-- [end:compute]


def draw(result):
    names = {
        "visible": label(zh="看得见的显存", en="visible memory", id="visible"),
        "unused": label(zh="不用的", en="left unused", id="unused"),
        "weights": label(zh="权重", en="weights", id="weights"),
        "passes": label(zh="激活值峰值", en="activation peak", id="passes"),
        "graphs": label(zh="CUDA 图", en="CUDA graphs", id="graphs"),
        "room": label(zh="缓存池", en="pool", id="room"),
        "request": label(zh="一个最长的请求", en="one longest request", id="request"),
    }
    values = {names[part]: size for part, size in result["sizes"].items()}
    return bars(values, rows=label(zh="哪一份", en="part"), x="memory", form=None, height=355, until=100 * GIB)


def play(result):
    parts = {part.__name__: part for part in (visible, unused, weights, passes, graphs, room, request)}
    batched = label(zh="一次前向的 token", en="tokens of a pass")
    recorded = label(zh="CUDA 图（GiB）", en="CUDA graphs (GiB)")
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            slider("percent", PERCENT, low=50, high=99, label=label(zh="利用率（%）", en="utilization (%)")),
            tokens(N_TOKENS),
            doublings("batched", BATCHED, low=512, high=65_536, label=batched),
            choice("graph_gib", GRAPHS, options=(0, GRAPHS, 2), label=recorded),
            weight_bits(16, options=(16, 8.5, 8, 4.8, 4.5)),
            kv_bits(16),
        ],
        values={**parts, "concurrency": concurrency},
        marks={name: Bar(formula) for name, formula in parts.items()},
        numbers={
            "pool": Number(room, "bytes"),
            "each": Number(request, "bytes"),
            "concurrency": Number(concurrency, "ratio"),
            "printed": Number(printed, "exact"),
            "verdict": Words(
                starts, yes=label(zh="能启动", en="it starts"), no=label(zh="启动会被拒绝", en="it refuses to start")
            ),
        },
        sentence=label(
            zh="{{model}} 在 {{chip}} 上，max_model_len 为 {{n_tokens}}：缓存池 {{pool}}，一个最长的请求 {{each}}，并发 {{concurrency}}，"
            "日志写 {{printed}} 个 token，{{verdict}}。",
            en="{{model}} on {{chip}}, max_model_len {{n_tokens}}: a pool of {{pool}}, {{each}} for one longest request, "
            "concurrency {{concurrency}}. The log says {{printed}} tokens: {{verdict}}.",
        ),
    )
