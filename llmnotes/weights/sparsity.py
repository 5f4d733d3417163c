"""Forms in which of every four numbers of a row two are stored.

Source:
    neuralmagic/compressed-tensors: `compressors/sparse_compressors/sparse_24_bitmask.py` at 00e9b9b (values, one bit of
    mask a number, the shape as two integers of 64 bits) and `compressors/marlin_24.py` at 049ee26 (packed values, 16
    bits that place those of 16 numbers, a scale for each group).
"""

from dataclasses import replace

from llmnotes.weights.formats import Format

KEPT = 1 / 2
MASK_BITS = 1
SHAPE_BITS = 128


def two_of_four(form: Format) -> Format:
    """A form whose numbers are half left out, with a mask of one bit each.

    >>> from llmnotes.weights.formats import BF16
    >>> two_of_four(BF16).bits
    9.0
    """
    return replace(
        form,
        name=f"{form.name}-2of4",
        bits=form.bits * KEPT + MASK_BITS,
        tensor_bits=form.tensor_bits + SHAPE_BITS,
    )


def marlin_24(bits: int, group: int) -> Format:
    """Packed integers of which half are left out; their places take a bit a number.

    >>> marlin_24(4, 128).bits_per_number(4096, 4096)
    3.125
    """
    return Format(f"marlin24-{bits}", bits * KEPT + MASK_BITS, group=group, scale_bits=16)
