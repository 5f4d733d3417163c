"""What engines set aside for a model's cache and states, by the rules in their own sources.

>>> from llmnotes.registry import load_model
>>> found = allocate(load_model("qwen3.6-27b"), engine="llama.cpp", n_tokens=32_768, n_seqs=4)
>>> found.bytes_of("state") / 2**20
598.5
"""

from llmnotes.engines import llamacpp, sglang, tensorrt_llm, vllm
from llmnotes.engines.outline import Outline, outline_of
from llmnotes.engines.parts import Allocation, EngineError, Parallel
from llmnotes.spec import ModelSpec

ENGINES = (llamacpp.ENGINE, vllm.ENGINE, sglang.ENGINE, tensorrt_llm.ENGINE)
WRAPPERS = {
    "llamacpp": llamacpp.ENGINE,
    "ollama": llamacpp.ENGINE,
    "lm-studio": llamacpp.ENGINE,
    "lmstudio": llamacpp.ENGINE,
    "trtllm": tensorrt_llm.ENGINE,
    "trt-llm": tensorrt_llm.ENGINE,
}
"""Other names of an engine, and programs that run one."""

VERSIONS = {each.ENGINE: each.VERSION for each in (llamacpp, vllm, sglang, tensorrt_llm)}


def engine_named(name: str) -> str:
    """The engine of that name, or the one that a program of that name runs.

    >>> engine_named("ollama")
    'llama.cpp'
    """
    short = name.strip().lower()
    found = WRAPPERS.get(short, short)
    if found not in ENGINES:
        raise EngineError(f"{name!r} is not an engine that is known; write one of {', '.join((*ENGINES, *WRAPPERS))}")
    return found


def allocate(
    model: ModelSpec | Outline,
    *,
    engine: str,
    n_tokens: int,
    n_seqs: int = 1,
    key_type: str | None = None,
    value_type: str | None = None,
    state_bits: int = 32,
    prefill_chunk: int | None = None,
    parallel: Parallel | None = None,
) -> Allocation:
    """What an engine sets aside on one card for so many sequences of one length, weights left out.

    Args:
        model: The model.
        engine: `llama.cpp`, `vllm`, `sglang`, `tensorrt-llm`, or a program that runs one of them.
        n_tokens: Tokens of each sequence.
        n_seqs: Sequences at once.
        key_type: Format of keys, by the engine's name for it; 16 bits unless given.
        value_type: Format of values, where llama.cpp has another one for them.
        state_bits: Bits of recurrent states, where the engine lets them vary.
        prefill_chunk: Tokens of one pass; the engine's default unless given.
        parallel: How the model divides among cards.

    Raises:
        EngineError: If the engine does not have such a setting.
    """
    name = engine_named(engine)
    seen = model if isinstance(model, Outline) else outline_of(model)
    if min(n_tokens, n_seqs) < 1:
        raise EngineError(f"n_tokens and n_seqs must be above 0, not {n_tokens} and {n_seqs}")
    cards = parallel or Parallel()
    if name == llamacpp.ENGINE:
        if cards != Parallel():
            raise EngineError("llama.cpp splits layers among cards, not requests or heads; ask for one card")
        return llamacpp.allocate(
            seen,
            llamacpp.Settings(
                n_ctx=n_tokens * n_seqs,
                n_seq_max=n_seqs,
                n_ubatch=prefill_chunk or 512,
                type_k=key_type or "f16",
                type_v=value_type or key_type or "f16",
            ),
        )
    if value_type not in (None, key_type):
        raise EngineError(f"{name} keeps keys and values in one format; give one, not {key_type!r} and {value_type!r}")
    stored = key_type or "auto"
    if name == vllm.ENGINE:
        settings = vllm.Settings(
            max_model_len=n_tokens,
            kv_cache_dtype=stored,
            max_num_batched_tokens=prefill_chunk or 2048,
            state_bits=state_bits,
            parallel=cards,
        )
        return vllm.allocate(seen, settings, n_tokens=n_tokens, n_seqs=n_seqs)
    if name == sglang.ENGINE:
        pools = sglang.Settings(kv_cache_dtype=stored, state_bits=state_bits, parallel=cards)
        return sglang.allocate(seen, pools, n_tokens=n_tokens, n_seqs=n_seqs)
    if name == tensorrt_llm.ENGINE:
        pages = tensorrt_llm.Settings(kv_cache_dtype=stored, state_bits=state_bits, parallel=cards)
        return tensorrt_llm.allocate(seen, pages, n_tokens=n_tokens, n_seqs=n_seqs)
    raise EngineError(f"{name} is listed without a rule; call its allocate here")
