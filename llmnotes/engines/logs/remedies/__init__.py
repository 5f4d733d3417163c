"""What would make it fit, or hold more, cheapest change first, with what each change gives: engine by engine."""

from llmnotes.engines.logs.remedies.llamacpp import for_llamacpp
from llmnotes.engines.logs.remedies.ollama import for_ollama
from llmnotes.engines.logs.remedies.pytorch import for_pytorch
from llmnotes.engines.logs.remedies.sglang import for_sglang
from llmnotes.engines.logs.remedies.tensorrt_llm import for_tensorrt_llm
from llmnotes.engines.logs.remedies.vllm import for_vllm

__all__ = ["for_llamacpp", "for_ollama", "for_pytorch", "for_sglang", "for_tensorrt_llm", "for_vllm"]
