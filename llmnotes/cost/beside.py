"""What stands beside a text model costs: towers and projectors for an input, prediction modules for a token."""

from dataclasses import dataclass

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.composite import Resting
from llmnotes.equations import flops
from llmnotes.spec import Input, ModelSpec, Part, Stage


def part_flops(part: Part, one: Input) -> int | None:
    """FLOPs of a tower or a projector for one input; `None` where its work or the input's positions are not known."""
    if not part.stages or not one.rows:
        return None
    total = 0.0
    for stage in part.stages:
        total += stage_flops(stage, rows=one.rows, columns=one.columns)
    return round(total * one.share)


def stage_flops(stage: Stage, *, rows: int, columns: int) -> float:
    """FLOPs of equal work at all positions, and over all pairs of them that attend to each other."""
    n_positions = rows * columns * stage.per + stage.more
    pairs = n_positions**2
    if stage.window:
        pairs = flops.square_window_pairs(rows=rows, columns=columns, window=stage.window)
    return n_positions * stage.flops + pairs * stage.pair_flops


@dataclass(frozen=True)
class CrossAttention:
    """The layers of a text model that attend to an input, added up; they rest without one.

    Attributes:
        elements_per_position: Numbers kept for each position of the input.
        position_flops: FLOPs of the keys and values of a position, once.
        token_flops: FLOPs of a token of text in these layers, whatever the input's size.
        pair_flops: FLOPs of a token of text and a position.
    """

    elements_per_position: int = 0
    position_flops: int = 0
    token_flops: int = 0
    pair_flops: int = 0


def cross_attention(model: ModelSpec) -> CrossAttention:
    """What the resting layers of a model do for an input."""
    elements = of_positions = of_tokens = of_pairs = 0
    for run in model.census:
        for part in (part for block in run.layer.blocks if isinstance(block, Resting) for part in block.parts):
            matrices = part.token_matrices()
            if isinstance(part, Attention):
                kept = sum(keep.elements_per_token for keep in part.keeps())
                elements += run.count * kept
                of_positions += run.count * flops.matrix_flops(n_params=part.d_model * kept)
                of_pairs += run.count * sum(read.flops_per_pair for read in part.reads())
                matrices -= part.d_model * kept
            of_tokens += run.count * flops.matrix_flops(n_params=matrices)
    return CrossAttention(elements, of_positions, of_tokens, of_pairs)
