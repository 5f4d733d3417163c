"""The types of ggml as forms of weights; their blocks are those of the format (`headers.ggml`)."""

from llmnotes.headers.ggml import TYPES
from llmnotes.weights.formats import Format

UNUSED = ("Q8_1", "Q8_K", "I8", "I16", "I32", "I64", "F64")  # of activations, indices and sums
BLOCKS = {name: (numbers, n_bytes) for name, numbers, n_bytes in TYPES.values() if name not in UNUSED}
"""Numbers of a block, bytes of a block, of the types that weights are stored in."""


def ggml_type(name: str) -> Format:
    """The form of one type of ggml: its block takes so many bytes, scales included.

    >>> ggml_type("Q4_K").bits, ggml_type("Q8_0").bits
    (4.5, 8.5)
    """
    numbers, n_bytes = BLOCKS[name]
    return Format(name, 8 * n_bytes / numbers, block=numbers)
