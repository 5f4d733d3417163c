"""From the layers of a model to how it divides among chips."""

from dataclasses import replace
from math import gcd, lcm

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block, Chunk, Window
from llmnotes.blocks.composite import Parallel
from llmnotes.cost import cost_profile
from llmnotes.cost.parallel import Division, HeadGroup
from llmnotes.placement import keeping_every_token, query_heads
from llmnotes.spec import ModelSpec


def division(model: ModelSpec) -> Division:
    """How a model divides among chips."""
    profile = cost_profile(model)
    found: dict[tuple[int, int], int] = {}
    for run in model.census:
        for block in _attentions(run.layer.mixer):
            n_heads = block.n_heads if block.broadcast_cache else block.n_kv_heads
            one, two = (replace(block, n_heads=n, n_kv_heads=n).keeps() for n in (1, 2))
            for less, more in zip(one, two, strict=True):
                cap = more.span.size if isinstance(more.span, Window | Chunk) else 0
                per_head = more.elements_per_token - less.elements_per_token
                found[n_heads, cap] = found.get((n_heads, cap), 0) + run.count * per_head
    return Division(
        heads=tuple(HeadGroup(n, amount, cap) for (n, cap), amount in sorted(found.items()) if amount),
        n_query_heads=query_heads(model),
        period=lcm(*(group.stride for group in profile.entry_keeps)),
        stride=gcd(*(group.stride for group in profile.entry_keeps)) or 1,
        reserved_elements=keeping_every_token(profile).growing_elements,
    )


def _attentions(block: Block | None) -> list[Attention]:
    if isinstance(block, Parallel):
        return [found for part in block.parts for found in _attentions(part)]
    return [block] if isinstance(block, Attention) else []
