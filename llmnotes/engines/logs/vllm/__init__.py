"""Lines of vLLM."""

from llmnotes.engines.logs.vllm.lines import MARKS, read
from llmnotes.engines.logs.vllm.reading import Reading

__all__ = ["MARKS", "Reading", "read"]
