"""What the public API returns: parameters, cache and FLOPs of a model, as breakdowns that sum to their totals."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from llmnotes.equations import flops, params
from llmnotes.spec import WHOLE, ModelSpec

LATENT = CHEAPER, EXPANDED, ABSORBED = "cheaper", "expanded", "absorbed"
COMPONENTS = (
    "embedding_token",
    "embedding_position",
    "attention",
    "norm_qk",
    "norm_mla_latent",
    "mlp",
    "router",
    "experts_routed",
    "experts_shared",
    "mixer_recurrent",
    "norm",
    "lm_head",
    "other",
)


@dataclass(frozen=True)
class ParamCount:
    """Parameters of a model.

    Attributes:
        components: Parameters by component; only parts that exist. They sum to `total`.
        active: Parameters one token passes through, by the convention of `params.idle_expert_params`, without a
            block's own tables, of which it reads a few rows.
        parts: Parameters of what stands beside the text model, by part (`vision_tower projector mtp` …).
        whole: Text model, towers and projectors: everything that runs when image, sound and text are given.
        checkpoint: What the weight file holds: `whole`, prediction modules and heads, without what it borrows.
    """

    components: dict[str, int]
    active: int
    parts: dict[str, int]
    whole: int
    checkpoint: int

    @property
    def total(self) -> int:
        """Unique parameters of the text model: a tied table counts once, buffers do not count."""
        return sum(self.components.values())

    @property
    def active_without_embedding(self) -> int:
        """Active parameters without an input table that is only looked up (a tied one also computes the logits)."""
        if "lm_head" not in self.components:
            return self.active
        return self.active - self.components["embedding_token"]


def count_params(model: ModelSpec) -> ParamCount:
    """Parameters of the text model by component, and of what stands beside it by part."""
    found = dict.fromkeys(COMPONENTS, 0)
    for name, count in model.embedding.params().items():
        found[name] += count
    idle = 0
    for run in model.census:
        found["norm"] += run.count * run.layer.norm_params
        for block in run.layer.blocks:
            for name, count in block.params().items():
                found[name] += run.count * count
            idle += run.count * block.lookup_params()  # a few rows of which are read
            for expert_params, n_experts, top_k in block.expert_groups():
                idle += run.count * params.idle_expert_params(
                    expert_params=expert_params, n_experts=n_experts, top_k=top_k
                )
    components = {name: count for name, count in found.items() if count}
    total = sum(components.values())
    parts: dict[str, int] = {}
    whole = total
    for part in model.parts:
        parts[part.name] = parts.get(part.name, 0) + part.n_params
        whole += part.n_params if part.held == WHOLE else 0
    return ParamCount(components, total - idle, parts, whole, model.held_params)


@dataclass(frozen=True)
class CacheSize:
    """Bytes kept between tokens, for the whole batch.

    Attributes:
        ideal_bytes: What the model needs: windowed layers hold at most their window. State included.
        reserved_bytes: What an engine sets aside when every attention layer keeps every token. State included.
        growing_bytes_per_token: Bytes that one more token of one sequence adds once all windows are full.
        state_bytes: The part that does not depend on the context: recurrent and convolution states.
    """

    ideal_bytes: float
    reserved_bytes: float
    growing_bytes_per_token: float
    state_bytes: float


def kv_cache(
    model: ModelSpec, n_tokens: int, *, batch_size: int = 1, kv_bits: float = 16, state_bits: float = 32, page: int = 1
) -> CacheSize:
    """Size of the cache after `n_tokens`.

    Args:
        model: The model.
        n_tokens: Tokens held per sequence, prompt plus generated.
        batch_size: Sequences held at once.
        kv_bits: Storage per number of keys, values, latents and convolution states [bits].
        state_bits: Storage per number of recurrent states [bits].
        page: Tokens of one page: each layer and sequence holds whole ones (1: no paging). vLLM's default is 16.
    """
    from llmnotes.cost import cost_profile, costs  # parameters alone need none of it

    _whole("n_tokens", n_tokens)
    _whole("batch_size", batch_size)
    _whole("page", page)
    if page == 0:
        raise ValueError("page must be a whole number above 0, not 0")
    profile = cost_profile(model)
    stored = {"batch_size": batch_size, "kv_bits": kv_bits, "state_bits": state_bits}
    return CacheSize(
        ideal_bytes=costs.ideal_cache_bytes(profile, n_tokens=n_tokens, page=page, **stored),
        reserved_bytes=costs.reserved_cache_bytes(profile, n_tokens=n_tokens, page=page, **stored),
        growing_bytes_per_token=costs.growing_bytes_per_token(profile, kv_bits=kv_bits),
        state_bytes=costs.state_bytes(profile, **stored),
    )


def next_token_bytes(model: ModelSpec, n_tokens: int, *, kv_bits: float = 16) -> float:
    """Bytes that one more token adds to the ideal cache of a sequence of `n_tokens`.

    More than `growing_bytes_per_token` while windows still fill, and equal to it once they are full.

    Args:
        model: The model.
        n_tokens: Tokens held before it.
        kv_bits: Storage per number [bits].

    >>> from llmnotes.registry import load_model
    >>> next_token_bytes(load_model("gpt-oss-120b"), 64), next_token_bytes(load_model("gpt-oss-120b"), 8192)
    (73728.0, 36864.0)
    """
    longer, held = (kv_cache(model, n, kv_bits=kv_bits).ideal_bytes for n in (n_tokens + 1, n_tokens))
    return longer - held


@dataclass(frozen=True)
class FlopCount:
    """FLOPs of one forward pass of one sequence.

    Attributes:
        linear: Matrix products that do not depend on the context, recurrent scans included; the head is apart.
        attention: The part over pairs of tokens.
        logits: The output head.
    """

    linear: int
    attention: int
    logits: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.linear + self.attention + self.logits

    @property
    def attention_share(self) -> float:
        """Attention's share of the layers (the head is left out); 0 where a pass of no tokens does no work."""
        work = self.linear + self.attention
        return self.attention / work if work else 0.0


def forward_flops(
    model: ModelSpec,
    n_new: int,
    n_past: int = 0,
    *,
    causal: bool = False,
    logits: str = "all",
    latent: str = CHEAPER,
) -> FlopCount:
    """FLOPs of processing `n_new` tokens after `n_past` cached ones.

    Args:
        model: The model.
        n_new: Tokens of this pass: a prompt, or 1 for a decode step.
        n_past: Tokens in the cache before it.
        causal: Count only the pairs a causal mask lets through (`True`), or the squares that most implementations
            compute (`False`).
        logits: `"all"` positions, or only the `"last"`.
        latent: How latent attention reads its cache: `"expanded"`, `"absorbed"`, or the `"cheaper"` of both, where an
            indexer that selects under a causal mask always reads absorbed (`costs.latent_flops`).
    """
    from llmnotes.cost import cost_profile, costs

    _whole("n_new", n_new)
    _whole("n_past", n_past)
    if model.uncounted_flops:
        raise ValueError(f"{model.name}: {model.uncounted_flops}")
    if logits not in ("all", "last"):
        raise ValueError(f"logits must be all or last, not {logits!r}")
    if latent not in LATENT:
        raise ValueError(f"latent must be {', '.join(LATENT[:-1])} or {LATENT[-1]}, not {latent!r}")
    profile = cost_profile(model)
    over_pairs = costs.causal_attention_flops if causal else costs.full_attention_flops
    attention = over_pairs(profile, n_new=n_new, n_past=n_past)
    if latent != CHEAPER:
        attention = over_pairs(replace(profile, latent=()), n_new=n_new, n_past=n_past)
        attention += _latent_flops(profile.latent, n_new, n_past, causal, latent)
    linear = costs.linear_flops(profile, n_new=n_new)
    if not causal:
        linear += costs.border_flops(profile, n_past=n_past)
    n_logits = n_new if logits == "all" else min(n_new, 1)
    return FlopCount(linear, attention, n_logits * profile.logits_flops)


@dataclass(frozen=True)
class InputCost:
    """What an image, one of its tiles or a second of sound costs a model.

    Attributes:
        tokens: Tokens that it takes in the context.
        part_flops: FLOPs of each tower and projector; `None` where they are not known.
        text_flops: FLOPs of the text model over those tokens at the start of a context, pairs within the causal mask,
            head left out; with cross-attention those of its keys and values.
        token_flops: FLOPs that every token of text has more while it looks at the input by cross-attention; 0 without.
        cache_bytes: What its tokens take in the cache while windows fill, and what cross-attention keeps of it.
        growing_bytes: The same once all windows are full.
    """

    tokens: float
    part_flops: dict[str, int | None]
    text_flops: int
    token_flops: int
    cache_bytes: float
    growing_bytes: float


def input_costs(model: ModelSpec, *, kv_bits: float = 16) -> dict[str, InputCost]:
    """Costs of what can be given beside text, by name: an `image` of 1,024 × 1,024 pixels, a `tile`, a `second`.

    Args:
        model: The model with its towers; one that has none has no inputs.
        kv_bits: Storage per number of the cache [bits].
    """
    from llmnotes.cost import beside

    costs: dict[str, InputCost] = {}
    for one in model.inputs:
        seen: dict[str, int | None] = {}
        for part in model.parts:
            if part.held == WHOLE:
                earlier, more = seen.get(part.name, 0), beside.part_flops(part, one)
                seen[part.name] = None if earlier is None or more is None else earlier + more
        n_tokens = ceil(one.tokens)
        share = one.tokens / n_tokens
        read = forward_flops(model, n_new=n_tokens, causal=True, logits="last")
        cache = kv_cache(model, n_tokens, kv_bits=kv_bits)
        held = cache.ideal_bytes - kv_cache(model, 0, kv_bits=kv_bits).ideal_bytes
        crossed = beside.cross_attention(model)
        source_bytes = one.source * crossed.elements_per_position * kv_bits / 8
        costs[one.name] = InputCost(
            tokens=one.tokens,
            part_flops=seen,
            text_flops=round((read.linear + read.attention) * share) + one.source * crossed.position_flops,
            token_flops=(crossed.token_flops + one.source * crossed.pair_flops) if one.source else 0,
            cache_bytes=held * share + source_bytes,
            growing_bytes=cache.growing_bytes_per_token * one.tokens + source_bytes,
        )
    return costs


@dataclass(frozen=True)
class ModuleCost:
    """What a prediction module costs.

    Attributes:
        flops: FLOPs of one token after `n_past`, the head that it shares with the model included.
        cache_bytes: Its own cache after `n_past` tokens.
    """

    flops: int
    cache_bytes: float


def module_costs(
    model: ModelSpec, n_past: int, *, kv_bits: float = 16, state_bits: float = 32
) -> dict[str, ModuleCost]:
    """Costs of the prediction modules beside a model, by part; all modules of it run once for a token.

    Args:
        model: The model.
        n_past: Tokens of context.
        kv_bits, state_bits: Storage per number, as in `kv_cache` [bits].
    """
    costs: dict[str, ModuleCost] = {}
    for part in model.parts:
        if not part.runs:
            continue
        alone = replace(model, runs=part.runs, parts=(), inputs=())
        joined = sum(rows * columns * n for rows, columns, n in part.matrices)
        step = forward_flops(alone, n_new=1, n_past=n_past, causal=True)
        n_modules = part.runs[0].count
        done = step.linear + step.attention + n_modules * step.logits + flops.matrix_flops(n_params=joined)
        kept = kv_cache(alone, n_past, kv_bits=kv_bits, state_bits=state_bits)
        costs[part.name] = ModuleCost(done, kept.ideal_bytes)
    return costs


def _latent_flops(groups: tuple[Any, ...], n_new: int, n_past: int, causal: bool, latent: str) -> int:
    """FLOPs of latent attention, all of it read in one way."""
    from llmnotes.cost import costs

    total = 0
    for group in groups:
        over_pairs = costs.causal_latent_pairs if causal else costs.full_latent_pairs
        pairs = over_pairs(group, n_new=n_new, n_past=n_past)
        expanded = costs.expanded_flops(group, n_pairs=pairs, n_past=n_past)
        total += group.n_layers * (expanded if latent == EXPANDED else costs.absorbed_flops(group, n_pairs=pairs))
    return total


def _whole(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} must be a whole number that is not negative, not {value!r}")
