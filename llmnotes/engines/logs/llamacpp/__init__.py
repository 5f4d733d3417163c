"""Lines of llama.cpp, of the programs that run it, and of LM Studio before it does."""

from llmnotes.engines.logs.llamacpp.lines import MARKS, read
from llmnotes.engines.logs.llamacpp.load import Reading

__all__ = ["MARKS", "Reading", "read"]
