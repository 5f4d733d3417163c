r"""The most that a card's own meter shows: what an engine puts on it, or what it fills of it whatever the model.

llama.cpp adds up what a run needs (weights without the table of tokens, cache, states, buffers) and what driver and
libraries take. Where that is more than the cards have, it leaves the rest in RAM and a margin free. A server takes its
share of the card before the first request and cuts the pool of its cache from it: its peak says nothing of the model.

Source:
    llama.cpp, pull requests 16653 and 18390 (`--fit`, on unless told; `--fit-target`: 1,024 MiB a card); vLLM,
    `vllm/v1/worker/gpu_worker.py`, determine_available_memory, and `vllm/config/cache.py` (0.9, from 0.21 on 0.92);
    SGLang, `python/sglang/srt/server_args.py` (mem_fraction_static, and what graphs and passes take beside it).
"""

from llmnotes.cost.assumptions import USABLE_SHARE
from llmnotes.engines import VERSIONS, allocate, engine_named, llamacpp, vllm
from llmnotes.engines.parts import Allocation, Part
from llmnotes.spec import ModelSpec
from llmnotes.timing.formats import precision_of
from llmnotes.timing.offload import weigh

RUNTIME_BYTES = 0.5 * 2**30
"""What driver and libraries take of a card beside an engine's buffers: 0.3 to 0.75 GiB in `data/timing/peaks.json`,
where a run has a card for itself."""

FIT_MARGIN_BYTES = 2**30


def peak(
    model: ModelSpec,
    *,
    engine: str,
    memory_bytes: float,
    n_cards: int = 1,
    form: str | None = None,
    n_tokens: int,
    n_seqs: int = 1,
    key_type: str | None = None,
    value_type: str | None = None,
    usable_share: float = USABLE_SHARE,
) -> Allocation:
    """What stands on all cards together at the worst moment, by part; of a server what it takes in advance.

    Args:
        model: The model.
        engine: `llama.cpp`, `vllm`, `sglang`, `tensorrt-llm`, or a program that runs one of them.
        memory_bytes: Memory of one card.
        n_cards: Cards.
        form: Of the weights; as the checkpoint states unless given.
        n_tokens: Tokens for which the cache is set aside.
        n_seqs: Sequences at once.
        key_type: Format of keys, by the engine's name for it.
        value_type: Format of values, where llama.cpp has another one for them.
        usable_share: Share of the memory that a server takes.

    >>> from llmnotes.registry import load_model
    >>> found = peak(
    ...     load_model("qwen3-8b"), engine="llama.cpp", memory_bytes=32e9, form="Q4_K_M", n_tokens=8192, key_type="q8_0"
    ... )
    >>> round(found.total_bytes / 2**30, 1)  # measured on an RTX 5090: 5.6
    5.7
    """
    name = engine_named(engine)
    room = n_cards * vllm.visible_bytes(memory_bytes)
    if name != llamacpp.ENGINE:
        part = Part("pool", usable_share * room, f"{usable_share:g} × {room:,.0f} B")
        return Allocation(name, VERSIONS[name], (part,))
    weighed = weigh(model, form, precision_of(model, form))
    held = sum(layer.experts + layer.rest for layer in weighed.layers) + weighed.head
    allocated = allocate(
        model, engine=engine, n_tokens=n_tokens, n_seqs=n_seqs, key_type=key_type, value_type=value_type
    )
    parts = (
        Part("weights", held, f"{len(weighed.layers)} layers and the head"),
        *(part for part in allocated.parts if part.name != "output"),
        Part("runtime", n_cards * RUNTIME_BYTES, f"{n_cards} × {RUNTIME_BYTES:,.0f} B"),
    )
    whole, most = sum(part.bytes for part in parts), room - n_cards * FIT_MARGIN_BYTES
    if whole > most:
        parts += (Part("ram", most - whole, f"{most:,.0f} B at most"),)
    return Allocation(name, VERSIONS[name], parts)
