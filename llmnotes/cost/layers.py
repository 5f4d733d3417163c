"""The layers of a model by what they cost beside reading and computing."""

from dataclasses import dataclass

from llmnotes.blocks.base import Block
from llmnotes.spec import ModelSpec


@dataclass(frozen=True)
class Layers:
    """Layers by kind.

    Attributes:
        n_layers: All.
        n_expert: With routed experts.
        n_recurrent: With recurrent state.
        n_compressed: With a compressed past.
        n_latent: With latent attention.
    """

    n_layers: int
    n_expert: int
    n_recurrent: int
    n_compressed: int
    n_latent: int


def count_layers(model: ModelSpec) -> Layers:
    """The layers of a model by kind."""
    expert = recurrent = compressed = latent = 0
    for run in model.census:
        blocks = run.layer.blocks
        expert += run.count * any(_has_experts(block) for block in blocks)
        recurrent += run.count * any(block.state_elements() for block in blocks)
        compressed += run.count * any(block.entry_keeps() for block in blocks)
        latent += run.count * any(block.reads() != block.absorbed_reads() for block in blocks)
    return Layers(model.n_layers, expert, recurrent, compressed, latent)


def _has_experts(block: Block) -> bool:
    return any(n_experts for _, n_experts, _ in block.expert_groups())
