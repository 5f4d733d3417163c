"""What each method of PEFT stores beside one module, or before the first token.

Source: huggingface/peft 0.21.2, `tuners/*/layer.py` and `*/model.py`; `tests/test_kinds.py` compares with what
`get_peft_model_state_dict` of that version holds.
"""

from collections.abc import Callable, Mapping

from llmnotes.config.keys import Keys

Shape = tuple[int, int]
Numbers = Mapping[str, int]
# Of one module: shapes of matrices, and numbers beside them.
Stored = tuple[list[Shape], int]


def hadamard(numbers: Numbers, rows: int, columns: int) -> Stored:
    """LoHa: two pairs of matrices, whose products are multiplied number by number."""
    rank = numbers["r"]
    return [(rows, rank), (rank, columns)] * 2, 0


def kronecker(numbers: Numbers, rows: int, columns: int) -> Stored:
    """LoKr: two factors of a Kronecker product, the larger a pair where its rank is less than half its side."""
    rank, factor = numbers["r"], numbers["decompose_factor"]
    (out_l, out_k), (in_m, in_n) = _factors(rows, factor), _factors(columns, factor)
    shapes = []
    for left, right, may in ((out_l, in_m, numbers["decompose_both"]), (out_k, in_n, 1)):
        shapes += [(left, rank), (rank, right)] if may and 2 * rank < max(left, right) else [(left, right)]
    return shapes, 0


def _factors(dimension: int, factor: int) -> Shape:
    """Two factors of a width, the first near `factor`, or near the root where that is −1."""
    if factor > 0 and dimension % factor == 0:
        return factor, dimension // factor
    most = dimension if factor == -1 else factor
    found = 1, dimension
    for first in range(2, min(most, int(dimension**0.5)) + 1):
        if dimension % first == 0:
            found = first, dimension // first
    return found


def orthogonal(numbers: Numbers, rows: int, columns: int) -> Stored:
    """OFT: for each block of inputs the half above the diagonal of a matrix."""
    if numbers["oft_block_size"]:
        block = _divisor(columns, numbers["oft_block_size"])
        n_blocks = columns // block
    else:
        n_blocks = _divisor(columns, numbers["r"])
        block = columns // n_blocks
    return [], (1 if numbers["block_share"] else n_blocks) * (block * (block - 1) // 2)


def _divisor(width: int, near: int) -> int:
    """The divisor of a width that is nearest to a number, the smaller of two."""
    if near >= width:
        return width
    below = next(n for n in range(near, 0, -1) if width % n == 0)
    above = next(n for n in range(near, width + 1) if width % n == 0)
    return below if near - below <= above - near else above


def reflections(numbers: Numbers, rows: int, columns: int) -> Stored:
    """HRA: a reflection for each rank."""
    return [(columns, numbers["r"])], 0


def shards(numbers: Numbers, rows: int, columns: int) -> Stored:
    """MiSS: one matrix, added to as many shards of the inputs as there are."""
    return [(numbers["r"], rows)], 0


def shared(numbers: Numbers, rows: int, columns: int) -> Stored:
    """VeRA: two vectors beside a pair of random matrices that all modules share."""
    return [], rows + numbers["r"]


def spectrum(numbers: Numbers, rows: int, columns: int) -> Stored:
    """FourierFT: so many entries of a spectrum."""
    return [], numbers["n_frequency"]


# `peft_type` -> how its authors call it, what it stores beside a module, and the keys it is sized by with PEFT's own
# values where they are absent.
BY_MODULE: dict[str, tuple[str, Callable[[Numbers, int, int], Stored], Numbers]] = {
    "LOHA": ("LoHa", hadamard, {"r": 8}),
    "LOKR": ("LoKr", kronecker, {"r": 8, "decompose_both": 0, "decompose_factor": -1}),
    "OFT": ("OFT", orthogonal, {"r": 0, "oft_block_size": 32, "block_share": 0}),
    "HRA": ("HRA", reflections, {"r": 8}),
    "MISS": ("MiSS", shards, {"r": 64}),
    "VERA": ("VeRA", shared, {"r": 256, "save_projection": 1}),
    "FOURIERFT": ("FourierFT", spectrum, {"n_frequency": 1000}),
}
# Methods that learn tokens before the prompt, or keys and values before the cache.
BY_TOKEN = {
    "PROMPT_TUNING": "prompt tuning",
    "P_TUNING": "P-tuning",
    "PREFIX_TUNING": "prefix tuning",
    "MULTITASK_PROMPT_TUNING": "multitask prompt tuning",
}


def numbers_of(keys: Keys, defaults: Numbers) -> dict[str, int]:
    """The numbers that a method is sized by.

    Raises:
        ConfigError: If one is none.
    """
    found = {}
    for name, usual in defaults.items():
        value, _ = keys.raw(name)
        if isinstance(value, bool):
            found[name] = int(value)
        elif name == "decompose_factor" and value in (None, -1):
            found[name] = -1
        elif usual and usual > 1:
            found[name] = keys.count(name, default=usual, why="PEFT's")
        else:
            found[name] = keys.count(name, default=usual)
    return found
