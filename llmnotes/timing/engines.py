"""Engines whose speed can be told: how their chips share a model, and how they read a prompt."""

from dataclasses import dataclass
from difflib import get_close_matches

from llmnotes.registry import Chip
from llmnotes.timing.work import LAYERS, TENSORS

LOCAL, SERVERS = "local", "servers"


class UnknownEngine(ValueError):  # noqa: N818 - as the registry's UnknownChip
    """An engine or a backend of which nothing is known; the message lists those that are."""


@dataclass(frozen=True)
class Engine:
    """How an engine runs a model, as far as its speed depends on it.

    Attributes:
        id: Its name on the command line.
        family: Engines that stand in for it where it has no measurements: those of one user, or of many.
        measured_as: Engine whose measurements hold for it because it runs its kernels.
        sharing: How several chips share a model unless said.
        absorbed: Latent attention reads prompts in the latent space too.
        micro_batch: Tokens of a prompt computed at a time unless said.
        backends: Libraries that can drive a chip, the first of a vendor's being the usual one.
    """

    id: str
    family: str
    measured_as: str
    sharing: str
    absorbed: bool
    micro_batch: int
    backends: tuple[str, ...] = ()


_LLAMA = ("cuda", "rocm", "metal", "vulkan", "amdvlk")
ENGINES = {
    "llama.cpp": Engine("llama.cpp", LOCAL, "llama.cpp", LAYERS, True, 512, _LLAMA),
    "ollama": Engine("ollama", LOCAL, "llama.cpp", LAYERS, True, 512, _LLAMA),
    "lm-studio": Engine("lm-studio", LOCAL, "llama.cpp", LAYERS, True, 512, _LLAMA),
    "mlx": Engine("mlx", LOCAL, "mlx", LAYERS, True, 512),
    "vllm": Engine("vllm", SERVERS, "vllm", TENSORS, False, 8192),
    "sglang": Engine("sglang", SERVERS, "sglang", TENSORS, False, 8192),
    "tensorrt-llm": Engine("tensorrt-llm", SERVERS, "tensorrt-llm", TENSORS, False, 8192),
}
"""Micro-batches: llama.cpp's `-ub` (512, tools/llama-bench/README.md at 311c2c9); servers compute a whole chunk."""

_USUAL = {"NVIDIA": "cuda", "AMD": "rocm", "Apple": "metal"}


def find_engine(name: str) -> Engine:
    """An engine by the name that people write.

    Raises:
        UnknownEngine: If nothing is known of it.

    >>> find_engine("vLLM").id
    'vllm'
    """
    known = {_bare(key): key for key in ENGINES}
    if _bare(name) not in known:
        near = get_close_matches(_bare(name), known, n=1, cutoff=0.5)
        hint = f"did you mean {known[near[0]]}? " if near else ""
        raise UnknownEngine(f"no engine {name!r}; {hint}known: {', '.join(ENGINES)}")
    return ENGINES[known[_bare(name)]]


def backend_of(engine: Engine, chip: Chip, backend: str | None = None) -> str:
    """The library that drives a chip: the one that is named, or the usual one of its vendor; empty where one exists.

    Raises:
        UnknownEngine: If the engine has no such backend.
    """
    if backend:
        if backend not in engine.backends:
            known = ", ".join(engine.backends) or "none to choose from"
            raise UnknownEngine(f"{engine.id} has no backend {backend!r}; known: {known}")
        return backend
    return _USUAL.get(chip.vendor or "", "vulkan") if engine.backends else ""


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
