"""Bytes of what a cache stores, by the names that engines give their formats."""

from dataclasses import dataclass

from llmnotes.engines.parts import EngineError


@dataclass(frozen=True)
class Block:
    """A format that stores numbers in blocks with a scale.

    Attributes:
        n_elements: Numbers of a block.
        n_bytes: Bytes of a block, scales included.
    """

    n_elements: int
    n_bytes: int

    def row_bytes(self, width: int) -> float:
        """Bytes of a row of so many numbers."""
        return width * self.n_bytes / self.n_elements


GGML: dict[str, Block] = {
    "f32": Block(1, 4),
    "f16": Block(1, 2),
    "bf16": Block(1, 2),
    "q8_0": Block(32, 34),
    "q6_0": Block(32, 26),
    "q5_1": Block(32, 24),
    "q5_0": Block(32, 22),
    "q4_1": Block(32, 20),
    "q4_0": Block(32, 18),
    "iq4_nl": Block(32, 18),
    "q8_1": Block(32, 36),
    "mxfp4": Block(32, 17),
}
"""Formats of llama.cpp that a cache may have: numbers of a block and its bytes.

Source:
    ggml-org/llama.cpp, `ggml/src/ggml-common.h` (block_q8_0 and its like); `q6_0` is ikawrakow/ik_llama.cpp's.
"""


def ggml(name: str) -> Block:
    """The format of a ggml type.

    >>> ggml("q8_0").row_bytes(576)
    612.0
    """
    if name.lower() not in GGML:
        raise EngineError(f"{name!r} is not a cache type of llama.cpp; write one of {', '.join(GGML)}")
    return GGML[name.lower()]


@dataclass(frozen=True)
class Torch:
    """A format of vLLM, SGLang or TensorRT-LLM.

    Attributes:
        bits: Of a number.
        scale_group: Numbers that share a scale within a head; 0 for one scale a tensor, which takes no room.
        scale_bytes: Of such a scale.
        head_scale_bytes: Scale of each key and value of a head; 0 for none.
    """

    bits: int
    scale_group: int = 0
    scale_bytes: int = 0
    head_scale_bytes: int = 0

    def head_bytes(self, head_dim: int) -> float:
        """Bytes of one key or value of one head."""
        if head_dim == 0:
            return 0.0
        scales = head_dim // self.scale_group * self.scale_bytes if self.scale_group else 0
        return head_dim * self.bits / 8 + scales + self.head_scale_bytes


_SIXTEEN, _EIGHT = Torch(16), Torch(8)
TORCH: dict[str, Torch] = {
    "auto": _SIXTEEN,
    "bf16": _SIXTEEN,
    "bfloat16": _SIXTEEN,
    "fp16": _SIXTEEN,
    "float16": _SIXTEEN,
    "half": _SIXTEEN,
    "f16": _SIXTEEN,
    "fp8": _EIGHT,
    "fp8_e4m3": _EIGHT,
    "fp8_e5m2": _EIGHT,
    "fp8_inc": _EIGHT,
    "fp8_ds_mla": _EIGHT,
    "float8_e4m3fn": _EIGHT,
    "float8_e5m2": _EIGHT,
    "int8": _EIGHT,
    "fp32": Torch(32),
    "float32": Torch(32),
    "int8_per_token_head": Torch(8, head_scale_bytes=4),
    "fp8_per_token_head": Torch(8, head_scale_bytes=4),
    "nvfp4": Torch(4, scale_group=16, scale_bytes=1),
    "fp4_e2m1": Torch(4, scale_group=16, scale_bytes=1),
}
"""Formats by the name that the option takes.

Source:
    vLLM, `vllm/v1/kv_cache_interface.py` at 001cabc (AttentionSpec, FullAttentionSpec.real_page_size_bytes); SGLang,
    `python/sglang/srt/model_executor/model_runner_kv_cache_mixin.py` at 001ccef (get_cell_size_per_token). Both read
    2026-11-30.
"""


def torch(name: str) -> Torch:
    """The format of a `kv_cache_dtype`.

    >>> torch("nvfp4").head_bytes(128)
    72.0
    """
    short = name.lower().removeprefix("torch.")
    if short not in TORCH:
        raise EngineError(f"{name!r} is not a cache format that is known; write one of {', '.join(TORCH)}")
    return TORCH[short]
