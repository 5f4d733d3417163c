"""Your model on your card: what one sequence or many take, and how long a context the rest allows."""

from llmnotes import fit, load_model
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.inverses import chip_free_bytes, context_is_unlimited, longest_context
from llmnotes.cost.parallel import chip_activation_bytes, chip_cache_bytes, chip_room_bytes, chip_weight_bytes
from llmnotes.equations.memory import overhead_bytes
from llmnotes.figures import INK, MUTED, SERIES, new_figure
from llmnotes.figures.play import Bar, Number, Play, Words, batch, chip, kv_bits, model, tokens, weight_bits
from llmnotes.registry import find_chip
from llmnotes.units import GIB, format_exact

TEXT = {
    "zh": {
        "title": "换成你的模型和显卡：Qwen3 8B 在 RTX 4090 上，一个序列最长 {{longest}} 个 token",
        "caption": "理想缓存。模型、显卡、长度、批量和位数都可以换；混合专家的全部专家按同样的位数算。",
        "description": "五根横条：显存、引擎留空、权重、一次前向、KV 缓存；后四根加起来不超过第一根。",
        "overhead": "引擎留空",
        "weights": "权重",
        "activations": "一次前向",
        "cache": "KV 缓存",
        "memory": "显存",
        "part": "哪一份",
        "x": "GiB",
        "says": "{{model}} 在 {{chip}} 上，{{batch_size}} 个序列，各 {{n_tokens}} 个 token：{{verdict}} {{spare}}。"
        "最长能到 {{longest}} 个 token。",
        "fits": "装得下，还空",
        "lacks": "装不下，还差",
    },
    "en": {
        "title": "Your model and your card: Qwen3 8B on an RTX 4090 takes one sequence of at most {{longest}} tokens",
        "caption": "Ideal cache. Model, card, length, batch and bits can be changed; all experts of a mixture take the "
        "same bits.",
        "description": "Five bars: memory, left alone, weights, one pass, cache; the last four together stay below the "
        "first.",
        "overhead": "left alone",
        "weights": "weights",
        "activations": "one pass",
        "cache": "KV cache",
        "memory": "memory",
        "part": "part",
        "x": "GiB",
        "says": "{{model}} on {{chip}} with {{batch_size}} sequences of {{n_tokens}} tokens each: "
        "{{verdict}} {{spare}}. It could reach {{longest}} tokens.",
        "fits": "it fits and leaves",
        "lacks": "it does not fit and lacks",
    },
}

MODEL, CHIP, N_TOKENS = "qwen3-8b", "rtx-4090", 32_768


# --8<-- [start:compute]
def compute() -> dict:
    found = fit(load_model(MODEL), CHIP, n_tokens=N_TOKENS)
    return {
        "sizes": {
            "memory": find_chip(CHIP).memory_bytes,
            "overhead": found.overhead_bytes,
            "weights": found.weight_bytes,
            "activations": found.activation_bytes,
            "cache": found.ideal.cache_bytes,
        },
        "longest": found.ideal.longest_context,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {"longest": format_exact(result["longest"], lang)}


def draw(result, text, width):
    sizes = result["sizes"]
    fig, ax = new_figure(width, height=260)
    for place, (part, color) in enumerate(zip(sizes, (INK, MUTED, *SERIES[:3]), strict=True)):
        (bar,) = ax.barh([place], [sizes[part] / GIB], 0.6, color=color)
        bar.set_gid(part)
    ax.set_yticks(range(len(sizes)), [text[part] for part in sizes])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(0, 100))
    return fig


def table(result, text):
    rows = [[text[part], size / GIB] for part, size in result["sizes"].items()]
    return {"columns": [text["part"], text["x"]], "rows": rows, "unit": text["x"]}


# --8<-- [start:play]
def memory_gib(*, memory_bytes: float) -> float:
    return memory_bytes / GIB


def overhead_gib(*, memory_bytes: float) -> float:
    return overhead_bytes(memory_bytes=memory_bytes, usable_share=USABLE_SHARE) / GIB


def weights_gib(profile: CostProfile, *, weight_bits: float) -> float:
    return chip_weight_bytes(profile, n_chips=1, weight_bits=weight_bits, expert_bits=weight_bits) / GIB


def activations_gib(profile: CostProfile, *, batch_size: int) -> float:
    return chip_activation_bytes(profile, n_chips=1, batch_size=batch_size, prefill_chunk=PREFILL_CHUNK) / GIB


def cache_gib(profile: CostProfile, *, n_tokens: int, batch_size: int, kv_bits: float) -> float:
    return chip_cache_bytes(profile, n_tokens=n_tokens, n_chips=1, batch_size=batch_size, kv_bits=kv_bits) / GIB


def spare_bytes(
    profile: CostProfile, *, memory_bytes: float, weight_bits: float, batch_size: int, n_tokens: int, kv_bits: float
) -> float:
    return chip_free_bytes(
        profile,
        n_tokens=n_tokens,
        n_chips=1,
        batch_size=batch_size,
        weight_bits=weight_bits,
        expert_bits=weight_bits,
        kv_bits=kv_bits,
        memory_bytes=memory_bytes,
        usable_share=USABLE_SHARE,
        prefill_chunk=PREFILL_CHUNK,
    )


def fits(
    profile: CostProfile, *, memory_bytes: float, weight_bits: float, batch_size: int, n_tokens: int, kv_bits: float
) -> float:
    spare = spare_bytes(
        profile,
        memory_bytes=memory_bytes,
        weight_bits=weight_bits,
        batch_size=batch_size,
        n_tokens=n_tokens,
        kv_bits=kv_bits,
    )
    return 1 if spare >= 0 else 0


def difference_bytes(
    profile: CostProfile, *, memory_bytes: float, weight_bits: float, batch_size: int, n_tokens: int, kv_bits: float
) -> float:
    spare = spare_bytes(
        profile,
        memory_bytes=memory_bytes,
        weight_bits=weight_bits,
        batch_size=batch_size,
        n_tokens=n_tokens,
        kv_bits=kv_bits,
    )
    return abs(spare)


def longest(profile: CostProfile, *, memory_bytes: float, weight_bits: float, batch_size: int, kv_bits: float) -> float:
    """The longest context; no number where the cache stops growing before the card is full."""
    room = chip_room_bytes(
        profile,
        n_chips=1,
        batch_size=batch_size,
        weight_bits=weight_bits,
        expert_bits=weight_bits,
        memory_bytes=memory_bytes,
        usable_share=USABLE_SHARE,
        prefill_chunk=PREFILL_CHUNK,
    )
    if context_is_unlimited(profile, room_bytes=room, n_chips=1, batch_size=batch_size, kv_bits=kv_bits):
        raise ValueError("the cache stops growing before the card is full")
    return longest_context(profile, room_bytes=room, n_chips=1, batch_size=batch_size, kv_bits=kv_bits)


# --8<-- [end:play]


def play(result, text):
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            tokens(N_TOKENS),
            batch(1),
            weight_bits(16, options=(16, 8.5, 8, 4.5, 4.25)),
            kv_bits(16),
        ],
        marks={
            "memory": Bar(memory_gib),
            "overhead": Bar(overhead_gib),
            "weights": Bar(weights_gib),
            "activations": Bar(activations_gib),
            "cache": Bar(cache_gib),
        },
        numbers={
            "verdict": Words(fits, yes=text["fits"], no=text["lacks"]),
            "spare": Number(difference_bytes, "bytes"),
            "longest": Number(longest, "exact"),
        },
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
