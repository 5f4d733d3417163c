"""A model reduced to a few coefficients, and the short equations over them.

Whatever a model is built of, what it costs at run time depends on a few numbers: what every token reads, what is kept
for ever, what stops at a cap, what grows with the context. A page that lets a reader change context, batch or precision
needs these and nothing else; the equations below are written so that they translate into other languages line by line.
"""

from llmnotes.cost.coefficients import (
    Capped,
    CostProfile,
    EntryKeeps,
    EntryReads,
    ExpertGroup,
    HeadGroup,
    LatentGroup,
    ScanGroup,
)
from llmnotes.cost.costs import (
    border_flops,
    causal_attention_flops,
    causal_attention_share,
    causal_flops,
    compressed_elements,
    full_attention_flops,
    full_flops,
    growing_bytes_per_token,
    ideal_cache_bytes,
    linear_flops,
    read_weight_bytes,
    reserved_cache_bytes,
    state_bytes,
    total_params,
)
from llmnotes.cost.reduction import cost_profile, keeping_every_token

__all__ = [
    "Capped",
    "CostProfile",
    "EntryKeeps",
    "EntryReads",
    "ExpertGroup",
    "HeadGroup",
    "LatentGroup",
    "ScanGroup",
    "border_flops",
    "causal_attention_flops",
    "causal_attention_share",
    "causal_flops",
    "compressed_elements",
    "cost_profile",
    "full_attention_flops",
    "full_flops",
    "growing_bytes_per_token",
    "ideal_cache_bytes",
    "keeping_every_token",
    "linear_flops",
    "read_weight_bytes",
    "reserved_cache_bytes",
    "state_bytes",
    "total_params",
]
