"""How many bytes a matrix takes in a form: its numbers, and the scales, zero points and tables that the form needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A form in which numbers are stored.

    Attributes:
        name: What people call it.
        bits: Of one number alone.
        group: Numbers of a row that share a scale; 0: no groups along a row.
        group_rows: Rows that share it; 0: no groups at all.
        scale_bits: Of what a group keeps: scale, and zero point or offset where there is one.
        row_bits: Kept for each row beside that.
        column_bits: Kept for each column (GPTQ notes the group of every input).
        tensor_bits: Kept once for each matrix.
        block: A row must be a multiple of it (GGUF); 0: any row.
        padded: The numbers of a row fill whole words of so many bits.
    """

    name: str
    bits: float
    group: int = 0
    group_rows: int = 1
    scale_bits: float = 0
    row_bits: int = 0
    column_bits: int = 0
    tensor_bits: int = 0
    block: int = 0
    padded: int = 0

    def fits(self, rows: int, columns: int) -> bool:
        """Whether a matrix of this shape can be stored so."""
        return self.block == 0 or columns % self.block == 0

    def n_bytes(self, rows: int, columns: int) -> float:
        r"""Bytes of a matrix.

        $$ M = \frac{1}{8} \left( r \, c \, q + \lceil r / g_r \rceil \lceil c / g \rceil \, s_g
            + r \, s_r + c \, s_c + s_t \right) $$

        Args:
            rows: Outputs, $r$.
            columns: Inputs, $c$.

        >>> Format("nvfp4", 4, group=16, scale_bits=8, tensor_bits=32).n_bytes(1024, 1024)
        589828.0
        """
        row = columns * self.bits
        if self.padded:
            row = -(-row // self.padded) * self.padded
        bits = rows * (row + self.row_bits) + columns * self.column_bits + self.tensor_bits
        if self.scale_bits:
            bits += self.n_groups(rows, columns) * self.scale_bits
        return bits / 8

    def n_groups(self, rows: int, columns: int) -> int:
        """Groups of a matrix; a group that is not full counts."""
        across = -(-columns // self.group) if self.group else 1
        return -(-rows // self.group_rows) * across if self.group_rows else across

    def bits_per_number(self, rows: int, columns: int) -> float:
        """Bits of a number, everything that the form needs included."""
        return 8 * self.n_bytes(rows, columns) / (rows * columns)


def plain(name: str, bits: float) -> Format:
    """Numbers as they are."""
    return Format(name, bits)


F64, F32, F16, BF16 = plain("f64", 64), plain("f32", 32), plain("f16", 16), plain("bf16", 16)
FLOAT8 = plain("f8", 8)

FLOATS = {
    "float64": F64,
    "double": F64,
    "float32": F32,
    "float": F32,
    "float16": F16,
    "half": F16,
    "bfloat16": BF16,
    "float8_e4m3fn": FLOAT8,
    "float8_e5m2": FLOAT8,
}
"""Types of torch, as `torch_dtype` or `dtype` names them."""


def fp8_tensor(*, static: bool = False) -> Format:
    """8-bit floats with one scale (float32) for a matrix, and one for its input where that was calibrated."""
    return Format("fp8", 8, tensor_bits=64 if static else 32)


def fp8_channel(scale_bits: int = 16) -> Format:
    """8-bit floats with a scale for each row."""
    return Format("fp8-channel", 8, row_bits=scale_bits)


def fp8_block(rows: int = 128, columns: int = 128, scale_bits: int = 32) -> Format:
    """8-bit floats with a scale for each square (DeepSeek-V3: 128 by 128, float32)."""
    return Format("fp8-block", 8, group=columns, group_rows=rows, scale_bits=scale_bits)


def mxfp8() -> Format:
    """8-bit floats, a scale of 8 bits (a power of two) for each 32 of a row."""
    return Format("mxfp8", 8, group=32, scale_bits=8)


def nvfp4(group: int = 16, *, static: bool = True) -> Format:
    """4-bit floats, an 8-bit float for each 16 of a row; two float32 for a matrix: its scale and its input's."""
    return Format("nvfp4", 4, group=group, scale_bits=8, tensor_bits=64 if static else 32)


def mxfp4() -> Format:
    """4-bit floats, a scale of 8 bits (a power of two) for each 32 of a row."""
    return Format("mxfp4", 4, group=32, scale_bits=8)


def mxfp6() -> Format:
    """6-bit floats, a scale of 8 bits (a power of two) for each 32 of a row."""
    return Format("mxfp6", 6, group=32, scale_bits=8)


def int8_channel(scale_bits: int = 16) -> Format:
    """8-bit integers with a scale for each row."""
    return Format("int8", 8, row_bits=scale_bits)


def awq(bits: int = 4, group: int = 128) -> Format:
    """AWQ: a float16 scale and a packed zero point for each group of a row."""
    return Format(f"awq-{bits}-{group}", bits, group=group, scale_bits=16 + bits)


def gptq(bits: int = 4, group: int = 128) -> Format:
    """GPTQ: as AWQ, and the group of each input as 32 bits. A group of -1 is a whole row."""
    return Format(f"gptq-{bits}-{group}", bits, group=max(group, 0), scale_bits=16 + bits, column_bits=32)


def marlin(bits: int = 4, group: int = 128) -> Format:
    """Marlin: GPTQ's integers in the order of its kernel, symmetric and without the group of each input."""
    return Format(f"marlin-{bits}-{group}", bits, group=max(group, 0), scale_bits=16)


def gptq_for_llama(bits: int, group: int) -> Format:
    """GPTQ before AutoGPTQ: scales of 32 bits, and no group of each input."""
    return Format(f"gptq-{bits}-{group}", bits, group=max(group, 0), scale_bits=32 + bits)


def packed_int(
    bits: int, group: int, *, zero_points: bool = False, scale_bits: int = 16, ordered: bool = False
) -> Format:
    """compressed-tensors, pack-quantized: words of 32 bits, a scale for each group, and the shape (two of 64 bits)."""
    return Format(
        f"int{bits}-{group}" if group else f"int{bits}",
        bits,
        group=max(group, 0),
        scale_bits=scale_bits + (bits if zero_points else 0),
        column_bits=32 if ordered else 0,
        tensor_bits=128,
        padded=32,
    )


def bnb_nf4(*, double: bool = True, block: int = 64, name: str = "bnb-nf4") -> Format:
    """bitsandbytes, 4 bits: blocks of 64 numbers, whose scales are float32, or 8 bits with a float32 for each 256 of
    them where they are quantized again; tables of 16 and of 256 float32, and a note of the settings."""
    scale = 8 + 32 / 256 if double else 32
    tables = 32 * (16 + (256 if double else 0))
    return Format(name, 4, group=block, scale_bits=scale, tensor_bits=tables)


def bnb_int8() -> Format:
    """bitsandbytes, 8 bits: a float32 for each row, and one byte that names the layout."""
    return Format("bnb-int8", 8, row_bits=32, tensor_bits=8)


def mlx(bits: int = 4, group: int = 64) -> Format:
    """MLX, affine: a scale and an offset of 16 bits for each group; a row must be whole groups."""
    return Format(f"mlx-{bits}", bits, group=group, scale_bits=32, block=group)


NAMED: dict[str, Format] = {
    "bf16": BF16,
    "f16": F16,
    "f32": F32,
    "fp8": fp8_tensor(),
    "fp8-channel": fp8_channel(),
    "fp8-block": fp8_block(),
    "nvfp4": nvfp4(),
    "mxfp4": mxfp4(),
    "mxfp8": mxfp8(),
    "int8": int8_channel(),
    "awq": awq(),
    "gptq-4-128": gptq(),
    "gptq-8-128": gptq(8),
    "bnb-nf4": bnb_nf4(),
    "bnb-int8": bnb_int8(),
    "mlx-4": mlx(4),
    "mlx-8": mlx(8),
}
"""Forms by name, GGUF's apart (`gguf`)."""
ALIASES = {
    "fp16": "f16",
    "float16": "f16",
    "bfloat16": "bf16",
    "fp32": "f32",
    "float32": "f32",
    "gptq": "gptq-4-128",
    "awq-4-128": "awq",
    "nf4": "bnb-nf4",
    "mlx-4bit": "mlx-4",
    "mlx-8bit": "mlx-8",
    "w8a8": "int8",
}
