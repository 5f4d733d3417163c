"""How engines run a model, as far as their speed depends on it: how chips share it, and how a prompt is read."""

from dataclasses import dataclass

from llmnotes.engines import EngineError, engine_named, sglang, tensorrt_llm, vllm
from llmnotes.registry import Chip
from llmnotes.timing.work import AS_STORED, HALF_SUMS, IN_BLOCKS, LAYERS, TENSORS, UNPACKED

LOCAL, SERVERS, BUSY = "local", "servers", "busy servers"
"""Families of engines whose measurements stand in for each other: of one user, of a batch, of a server never idle."""

ANY, LATENT = "any", "latent"
"""What decode context parallelism is for: heads and latents in vLLM (`docs/serving/context_parallel_deployment.md` at
020505c), latents in SGLang (`docs/advanced_features/dcp.md`, read 2026-12-02). TensorRT-LLM has it on servers that
decode prompts read elsewhere (Helix, `docs/source/features/helix.md`), which are not planned."""


@dataclass(frozen=True)
class Runtime:
    """How an engine runs a model.

    Attributes:
        engine: The engine.
        name: As its authors write it.
        family: Engines that stand in for it where it has no measurements: those of one user, or those of a batch.
        sharing: How several chips share a model unless said.
        absorbed: Latent attention reads prompts in the latent space too.
        micro_batch: Tokens of a prompt computed at a time unless said.
        backends: Libraries that can drive a chip.
        spare: Stages of a pipeline that take the layers left over; empty where there are no pipelines.
        context: Whose cache chips can divide by tokens: `ANY`, `LATENT` alone, or nobody's.
    """

    engine: str
    name: str
    family: str
    sharing: str
    absorbed: bool
    micro_batch: int
    backends: tuple[str, ...] = ()
    spare: str = ""
    context: str = ""


BACKENDS = ("cuda", "cublas", "rocm", "metal", "vulkan", "amdvlk")

RUNTIMES = {
    "llama.cpp": Runtime("llama.cpp", "llama.cpp", LOCAL, LAYERS, True, 512, BACKENDS),
    "vllm": Runtime("vllm", "vLLM", SERVERS, TENSORS, False, 8192, spare=vllm.SPARE, context=ANY),
    "sglang": Runtime("sglang", "SGLang", SERVERS, TENSORS, False, 8192, spare=sglang.SPARE, context=LATENT),
    "tensorrt-llm": Runtime("tensorrt-llm", "TensorRT-LLM", SERVERS, TENSORS, False, 8192, spare=tensorrt_llm.SPARE),
}
"""Micro-batches: llama.cpp's `-ub` (512, tools/llama-bench/README.md at 311c2c9); servers compute a chunk at once."""

WIDE_BY = {"cuda": "cublas"}
"""Libraries that leave products with matrices in 16 bits to another one: CUDA has kernels of its own for quantized
ones alone (llama.cpp, `ggml_cuda_should_use_mmq` in `ggml/src/ggml-cuda/mmq.cu` at 027ef87). What was measured is f16;
cuBLAS adds bf16 up in 32 bits, which GeForce cards do half as fast. Volta, where quantized ones are unpacked too, is
not told apart."""

_USUAL = {"NVIDIA": "cuda", "AMD": "rocm", "Apple": "metal"}


def find_runtime(name: str) -> Runtime:
    """How the engine of that name runs a model, or the engine that a program of that name runs.

    Raises:
        EngineError: If nothing is known of it.

    >>> find_runtime("ollama").engine
    'llama.cpp'
    """
    return RUNTIMES[engine_named(name)]


def backend_of(runtime: Runtime, chip: Chip, backend: str | None = None) -> str:
    """The library that drives a chip: the one that is named, or the usual one of its vendor; empty where one exists.

    Raises:
        EngineError: If the engine has no such backend.
    """
    if backend:
        if backend not in runtime.backends:
            known = ", ".join(runtime.backends) or "none to choose from"
            raise EngineError(f"{runtime.engine} has no backend {backend!r}; known: {known}")
        return backend
    return _USUAL.get(chip.vendor or "", "vulkan") if runtime.backends else ""


def multiplied_as(runtime: Runtime, backend: str) -> str:
    """How an engine multiplies quantized weights with a library.

    Source:
        llama.cpp, `ggml/src/ggml-cuda/mmq.cu` (CUDA since pull request 7676 of 2024-06, and ROCm: 8 bits),
        `ggml/src/ggml-vulkan/ggml-vulkan.cpp`, `ggml/src/ggml-metal/ggml-metal.metal` and cuBLAS, which CUDA took
        before (matrices unpacked to 16 bits). cuBLAS and Vulkan add products of f16 up in 16 bits unless a graph asks
        for 32 (`CUBLAS_COMPUTE_16F` in `ggml/src/ggml-cuda/ggml-cuda.cu`; kernels named `f16acc` in ggml-vulkan.cpp).

    >>> multiplied_as(RUNTIMES["llama.cpp"], "cuda"), multiplied_as(RUNTIMES["llama.cpp"], "metal")
    ('in blocks', 'unpacked')
    """
    if not runtime.backends:
        return AS_STORED
    if backend in ("cublas", "vulkan", "amdvlk"):
        return HALF_SUMS
    return IN_BLOCKS if backend in ("cuda", "rocm") else UNPACKED
