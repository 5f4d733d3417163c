"""Options that a log shows: command lines, and the configurations that engines print of themselves.

Only options of the tables below are read, and only values of the shape that the option takes: a key, a path or an
address never leaves this module.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from llmnotes.engines.logs.reading import Line

SHORT = 5
NUMBER, WORD, SWITCH = "number", "word", "switch"

# Names of an option, what it is called here, and the shape of its value.
_TABLE: tuple[tuple[str, str, str], ...] = (
    # llama.cpp
    ("c ctx-size", "n_ctx", NUMBER),
    ("np parallel", "n_seq_max", NUMBER),
    ("ub ubatch-size", "n_ubatch", NUMBER),
    ("b batch-size", "n_batch", NUMBER),
    ("ngl gpu-layers n-gpu-layers", "n_gpu_layers", NUMBER),
    ("ctk cache-type-k", "type_k", WORD),
    ("ctv cache-type-v", "type_v", WORD),
    ("fa flash-attn", "flash_attn", WORD),
    ("kvu kv-unified", "kv_unified", SWITCH),
    ("swa-full", "swa_full", SWITCH),
    ("n-cpu-moe ncmoe", "n_cpu_moe", NUMBER),
    # vLLM
    ("max-model-len max_model_len max_seq_len", "max_model_len", NUMBER),
    ("gpu-memory-utilization gpu_memory_utilization", "gpu_memory_utilization", NUMBER),
    ("max-num-batched-tokens max_num_batched_tokens", "max_num_batched_tokens", NUMBER),
    ("max-num-seqs max_num_seqs", "max_num_seqs", NUMBER),
    ("tensor-parallel-size tensor_parallel_size tp_size tp tp-size", "tensor", NUMBER),
    ("pipeline-parallel-size pipeline_parallel_size pp_size pp pp-size", "pipeline", NUMBER),
    ("data-parallel-size data_parallel_size dp_size dp dp-size", "data", NUMBER),
    ("decode-context-parallel-size decode_context_parallel_size dcp_size", "context", NUMBER),
    ("kv-cache-dtype kv_cache_dtype", "kv_cache_dtype", WORD),
    ("block-size block_size", "block_size", NUMBER),
    ("quantization", "quantization", WORD),
    ("dtype", "dtype", WORD),
    ("enable-prefix-caching enable_prefix_caching", "prefix_caching", SWITCH),
    ("disable-hybrid-kv-cache-manager disable_hybrid_kv_cache_manager", "no_hybrid", SWITCH),
    ("enforce-eager enforce_eager", "enforce_eager", SWITCH),
    ("num_speculative_tokens num-speculative-tokens", "n_speculative", NUMBER),
    ("method", "draft_method", WORD),
    ("mamba-ssm-cache-dtype mamba_ssm_cache_dtype", "state_dtype", WORD),
    ("mamba-cache-mode mamba_cache_mode", "mamba_cache_mode", WORD),
    # SGLang
    ("mem-fraction-static mem_fraction_static", "mem_fraction_static", NUMBER),
    ("context-length context_length", "max_model_len", NUMBER),
    ("page-size page_size", "page_size", NUMBER),
    ("max-total-tokens max_total_tokens", "max_total_tokens", NUMBER),
    ("max-running-requests max_running_requests", "max_running_requests", NUMBER),
    ("max-mamba-cache-size max_mamba_cache_size", "max_mamba_cache_size", NUMBER),
    ("mamba-full-memory-ratio mamba_full_memory_ratio", "mamba_full_memory_ratio", NUMBER),
    ("swa-full-tokens-ratio swa_full_tokens_ratio", "swa_full_tokens_ratio", NUMBER),
    ("enable-dp-attention enable_dp_attention", "dp_attention", SWITCH),
    ("disable-radix-cache disable_radix_cache", "no_radix", SWITCH),
    # TensorRT-LLM
    (
        "kv_cache_free_gpu_memory_fraction free_gpu_memory_fraction kv_cache_free_gpu_mem_fraction",
        "free_fraction",
        NUMBER,
    ),
    ("tokens_per_block", "tokens_per_block", NUMBER),
)
NAMES = {name: (key, shape) for names, key, shape in _TABLE for name in names.split()}
_OPTION = re.compile(
    r"(?<![\w-])-{1,2}([A-Za-z][A-Za-z0-9_-]*)"
    r"(?:[ =]+(\"[^\"]*\"|'[^']*'|(?!-+[A-Za-z])[^\s\"'\\]+))?"
)
_PAIR = re.compile(r"['\"]?\b([a-z][a-z0-9_]*)['\"]?\s*[=:]\s*(\"[^\"]*\"|'[^']*'|[A-Za-z0-9_.+-]+)")
_PROGRAMS = re.compile(
    r"\bllama[-_](?:server|cli|bench|perplexity|run|batched|simple|swap)\b|\bvllm serve\b|vllm\.entrypoints|\bsglang\b"
    r"|\btrtllm-(?:serve|bench|build)\b|\bollama runner\b|starting (?:llama|ollama) ?(?:server|runner)"
)
_NAMED = ("llama", "vllm", "sglang", "trtllm")
_DUMPS = (
    "with config:",
    "non-default args",
    "ServerArgs(",
    "server_args=",
    "KvCacheConfig",
    "LLM Args",
    "speculative_config",
    "speculative-config",
)
# A command may go on over several lines, of which the last shows nothing but a short option.
MARKS = (*_NAMED, *_DUMPS, " --", "\\", *(f" -{name}" for name in NAMES if len(name) <= SHORT))
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?([kKmM]?)")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,31}")
_TRUE, _FALSE = ("true", "on", "1", "yes", "enabled"), ("false", "off", "0", "no", "disabled", "none")


@dataclass(frozen=True)
class Flag:
    """One option as it stands in a log."""

    line: int
    value: str


Flags = dict[str, list[Flag]]


def flags_of(lines: Iterable[Line]) -> Flags:
    """Every known option of every command line and printed configuration, in order.

    >>> flags_of([Line(1, "vllm serve org/model --max-model-len 8k -tp 2")])["max_model_len"]
    [Flag(line=1, value='8192')]
    """
    found: Flags = {}
    going_on = False
    for line in lines:
        named = any(name in line.text for name in _NAMED)
        command = going_on or (named and _PROGRAMS.search(line.text) is not None)
        if command:
            for name, value in _OPTION.findall(line.text):
                _take(found, line.number, name, value)
        if any(mark in line.text for mark in _DUMPS):
            for name, value in _PAIR.findall(line.text):
                _take(found, line.number, name, value)
        going_on = command and line.text.rstrip().endswith("\\")
    return found


def _take(found: Flags, line: int, name: str, value: str) -> None:
    switched_off = name.startswith("no-") and name[3:] in NAMES
    key, shape = NAMES.get(name[3:] if switched_off else name, ("", ""))
    if not key:
        return
    text = value.strip("\"'").rstrip(",;")
    if shape == SWITCH or switched_off:
        kept = "false" if switched_off or text.lower() in _FALSE else "true"
    elif shape == NUMBER:
        number = _NUMBER.fullmatch(text)
        if number is None:
            return
        scale = {"": 1, "k": 1024, "K": 1024, "m": 2**20, "M": 2**20}[number[1]]
        kept = text if scale == 1 else f"{float(text[:-1]) * scale:.0f}"
    else:
        kept = text.lower().removeprefix("torch.") or "on"
        if not _WORD.fullmatch(kept) and kept not in ("0", "1"):
            return
    flags = found.setdefault(key, [])
    if not flags or flags[-1].value != kept:
        flags.append(Flag(line, kept))


def number(flags: Flags, key: str) -> float | None:
    """The last value of an option."""
    return float(flags[key][-1].value) if flags.get(key) else None


def word(flags: Flags, key: str) -> str | None:
    """The last value of an option."""
    return flags[key][-1].value if flags.get(key) else None


def switch(flags: Flags, key: str) -> bool | None:
    """The last value of an option."""
    return None if not flags.get(key) else flags[key][-1].value in _TRUE
