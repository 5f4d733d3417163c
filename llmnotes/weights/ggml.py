"""The types of ggml: how many numbers of a row make a block, and how many bytes a block takes.

Source:
    GGML_QUANT_SIZES in gguf-py/gguf/constants.py, version 0.19.0 of the package gguf (read 2026-11-30); Q2_0 is left
    out, which that version does not list.
"""

from llmnotes.weights.formats import Format

BLOCKS = {
    "F32": (1, 4),
    "F16": (1, 2),
    "BF16": (1, 2),
    "Q4_0": (32, 18),
    "Q4_1": (32, 20),
    "Q5_0": (32, 22),
    "Q5_1": (32, 24),
    "Q8_0": (32, 34),
    "Q2_K": (256, 84),
    "Q3_K": (256, 110),
    "Q4_K": (256, 144),
    "Q5_K": (256, 176),
    "Q6_K": (256, 210),
    "IQ1_S": (256, 50),
    "IQ1_M": (256, 56),
    "IQ2_XXS": (256, 66),
    "IQ2_XS": (256, 74),
    "IQ2_S": (256, 82),
    "IQ3_XXS": (256, 98),
    "IQ3_S": (256, 110),
    "IQ4_NL": (32, 18),
    "IQ4_XS": (256, 136),
    "TQ1_0": (256, 54),
    "TQ2_0": (256, 66),
    "Q1_0": (128, 18),
    "MXFP4": (32, 17),
    "NVFP4": (64, 36),
}
"""Numbers of a block, bytes of a block."""


def ggml_type(name: str) -> Format:
    """The form of one type of ggml: its block takes so many bytes, scales included.

    >>> ggml_type("Q4_K").bits, ggml_type("Q8_0").bits
    (4.5, 8.5)
    """
    numbers, n_bytes = BLOCKS[name]
    return Format(name, 8 * n_bytes / numbers, block=numbers)
