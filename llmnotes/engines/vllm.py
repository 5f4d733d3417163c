r"""What vLLM sets aside: blocks of tokens, handed out to groups of layers from one pool.

A block holds the same bytes whoever takes it, so groups hold equally many layers and their pages are made equally
large: attention pages are enlarged to a recurrent state, states are padded to an attention page, and the smaller of two
attention pages gets more tokens. Compressed entries have rules of their own (`compressed`). What a log calls the size
of the cache in tokens is therefore a capacity for models of one group alone.

Source:
    vllm-project/vllm (https://github.com/vllm-project/vllm), read 2026-11-30: `vllm/v1/core/kv_cache_utils.py` at
    001cabc (groups, unify_kv_cache_spec_page_size, get_num_blocks, _report_kv_cache_config),
    `vllm/v1/kv_cache_interface.py` at 001cabc (page sizes, blocks of a request, 656 bytes of fp8_ds_mla),
    `vllm/model_executor/models/config.py`, HybridAttentionMambaModelConfig (alignment of 16 tokens, 64 for MLA; later
    moved to `vllm/platforms/interface.py`), `vllm/model_executor/layers/mamba/mamba_utils.py` (formats of states).
    Read 2026-12-02: `vllm/distributed/utils.py` (get_pp_indices), and the projection of groups to the stages of a
    pipeline in `kv_cache_utils.py` at 001cabc (_project_kv_cache_groups_to_worker).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from llmnotes.engines import compressed
from llmnotes.engines.formats import torch
from llmnotes.engines.outline import INDEX, KEY_DELTA, LATENT, Entry, Outline, State
from llmnotes.engines.parts import Allocation, EngineError, Parallel, Part
from llmnotes.equations import memory
from llmnotes.equations.pipeline import BEFORE_LAST, stage_layers
from llmnotes.halving import most_that
from llmnotes.units import GIB

ENGINE, VERSION = "vllm", "0.24"
INDEX_SCALE_GROUP = 128
DS_MLA_BYTES = 656
GRAPH_BYTES = 0.5 * GIB
"""What recorded graphs take, where nothing else is known: the middle of eight logs (0.11, 0.17, 0.36, 0.41, 0.52, 0.73,
1.62 and 2.22 GiB for Qwen3 to Qwen3.8 on one card; vllm#39559 and #50722, LMCache#3430, club-3090#127, gpustack/runner
#251, Tanguille/cluster#4670, aivrar/vllm-windows-build#17). Taken off the pool since 0.21."""
ALIGNMENT, MLA_ALIGNMENT = 16, 64
MOST_PADDING = 1.5
MOST_BLOCKS = 2**31
SPARE = BEFORE_LAST
"""Who takes the layers left over in a pipeline; see `stage_sizes`."""

FULL, WINDOW, CHUNK, STATE = "full", "window", "chunk", "state"


@dataclass(frozen=True)
class Settings:
    """Options that change what is set aside.

    Attributes:
        max_model_len: Longest request (`--max-model-len`).
        kv_cache_dtype: Format of keys and values (`--kv-cache-dtype`).
        block_size: Tokens of a block before it is enlarged (`--block-size`).
        max_num_batched_tokens: Tokens of one pass: a windowed layer holds them beside its window.
        n_passes: Passes under way at once, for each of which it holds them: two since version 0.26 (pull 47728).
        state_bits: Bits of recurrent states: those of the model's type unless the configuration says `mamba_ssm_dtype`;
            Kimi's delta rule always keeps 32.
        prefix_caching: States are kept at block borders (`mamba_cache_mode` is `align`): two blocks for each request.
        n_speculative: Tokens of a draft, each of which keeps a state.
        n_draft_layers: Layers of a prediction module or draft, whose cache is like that of the model's full layers.
        hybrid: Groups of layers; otherwise windowed layers hold every token (`--disable-hybrid-kv-cache-manager`).
        parallel: How the model divides among cards.
        partition: Layers of each stage of a pipeline, where they are not dealt out evenly (`VLLM_PP_LAYER_PARTITION`).
        stage: Which stage the card belongs to; the one whose blocks are largest unless given.
    """

    max_model_len: int
    kv_cache_dtype: str = "auto"
    block_size: int = 16
    max_num_batched_tokens: int = 2048
    n_passes: int = 1
    state_bits: int = 16
    prefix_caching: bool = True
    n_speculative: int = 0
    n_draft_layers: int = 0
    hybrid: bool = True
    parallel: Parallel = field(default=Parallel())
    partition: tuple[int, ...] = ()
    stage: int | None = None


@dataclass(frozen=True)
class Group:
    """Layers that share a block table.

    Attributes:
        kind: `full`, `window`, `chunk` or `state`.
        size: Tokens of the window or chunk.
        block_size: Tokens of one block; a state fills a block whatever the tokens.
        n_layers: Layers, padding left out.
    """

    kind: str
    size: int
    block_size: int
    n_layers: int

    def blocks(self, n_tokens: int, settings: Settings) -> int:
        r"""Blocks that a request of so many tokens may hold.

        Full $\lceil t/b \rceil$, windowed $\lceil \min(w - 1 + pm, t)/b \rceil + 1$, chunked
        $\lceil \min(w + pm, t)/b \rceil$ for $p$ passes of $m$ tokens, a state one, or two where states are kept at
        block borders.
        """
        batched = settings.max_num_batched_tokens * settings.n_passes
        if self.kind == STATE:
            return (2 if settings.prefix_caching else 1) + settings.n_speculative
        if self.kind == WINDOW:
            return ceil(min(self.size - 1 + batched, n_tokens) / self.block_size) + 1
        if self.kind == CHUNK:
            return ceil(min(self.size + batched, n_tokens) / self.block_size)
        return ceil(settings.parallel.tokens_on_one_card(n_tokens) / self.block_size)


@dataclass(frozen=True)
class Pool:
    """How the cache of one card is cut.

    Attributes:
        groups: Groups of layers.
        block_bytes: Bytes of one block on one card, all layers of a group together.
        page_bytes: Bytes of one layer's page; 0 where layers of one group differ.
        state_bytes: Bytes of one layer's state before it is padded to a page; 0 without states.
        checked_bytes: Bytes that a block is taken for in the check whether one request fits; 0 where it is as it is.
    """

    groups: tuple[Group, ...]
    block_bytes: float
    page_bytes: float = 0
    state_bytes: float = 0
    checked_bytes: float = 0

    def request_bytes(self, n_tokens: int, settings: Settings) -> float:
        """Bytes that one request may need, as the engine checks it before it starts."""
        return self.blocks(n_tokens, settings) * (self.checked_bytes or self.block_bytes)

    def checked_blocks(self, available_bytes: float) -> int:
        """Blocks that one request may have, by the same check."""
        return int(available_bytes // self.checked_bytes) if self.checked_bytes else self.n_blocks(available_bytes)

    @property
    def has_groups(self) -> bool:
        """More than one group: tokens and blocks are then no longer proportional."""
        return len(self.groups) > 1

    @property
    def block_size(self) -> int:
        """Tokens of a block of attention: the smallest among groups."""
        sizes = [group.block_size for group in self.groups if group.kind != STATE]
        return min(sizes or [group.block_size for group in self.groups])

    def blocks(self, n_tokens: int, settings: Settings) -> int:
        """Blocks of one request."""
        return sum(group.blocks(n_tokens, settings) for group in self.groups)

    def n_blocks(self, available_bytes: float) -> int:
        """Blocks that fit; a stage that keeps nothing limits none."""
        return max(0, int(available_bytes // self.block_bytes)) if self.block_bytes else MOST_BLOCKS

    def concurrency(self, n_blocks: int, settings: Settings) -> float:
        """Requests of `max_model_len` that fit at once."""
        return n_blocks / self.blocks(settings.max_model_len, settings)

    def tokens_by_concurrency(self, n_blocks: int, settings: Settings) -> int:
        """“GPU KV cache size” as newer versions log it: requests times their length."""
        return int(self.concurrency(n_blocks, settings) * settings.max_model_len)

    def tokens_by_blocks(self, n_blocks: int, settings: Settings) -> int:
        """“GPU KV cache size” as versions before 0.20 log it: blocks shared out evenly among groups."""
        smallest = min(group.block_size for group in self.groups)
        return n_blocks // len(self.groups) * smallest * settings.parallel.context

    def longest_request(self, n_blocks: int, settings: Settings, most: int = 2**27) -> int:
        """Tokens of the longest single request that so many blocks hold."""
        return most_that(lambda n_tokens: self.blocks(n_tokens, settings) <= n_blocks, most)


def entry_bytes(entry: Entry, settings: Settings, indexed: bool = False) -> float:
    """Bytes that one layer keeps for one token on one card.

    Args:
        entry: What the layer keeps.
        settings: Gives the format and the cards.
        indexed: An indexer stands beside the latent: an 8-bit cache then has 656 bytes (512 of them with four scales of
            32 bits, 64 rotary numbers at 16).
    """
    if entry.kind == INDEX:
        return entry.key_dim + entry.key_dim / INDEX_SCALE_GROUP * 4
    stored = torch(settings.kv_cache_dtype)
    if entry.kind == LATENT:
        return float(DS_MLA_BYTES) if indexed and stored.bits == 8 else stored.head_bytes(entry.key_dim)
    heads = settings.parallel.heads_on_one_card(entry.n_heads)
    return heads * (stored.head_bytes(entry.key_dim) + stored.head_bytes(entry.value_dim))


def state_page_bytes(state: State, settings: Settings) -> float:
    """Bytes of one layer's state on one card: last inputs at 16 bits, the recurrence at its own precision."""
    bits = 32 if state.kind == KEY_DELTA else settings.state_bits
    columns = state.conv_columns + settings.n_speculative
    held = state.conv_channels * columns * 2 + state.elements * bits / 8
    return held / settings.parallel.attention


def stage_sizes(n_layers: int, n_stages: int) -> tuple[int, ...]:
    """Layers of each stage of a pipeline: equally many, and one more from the last stage but one backwards.

    Source:
        `vllm/distributed/utils.py`, get_pp_indices. Logs say the same: [7,7,7,8,8,8,8,7] (vllm#37972) and [19,20,20,19]
        (vllm#38476).

    >>> stage_sizes(60, 8)
    (7, 7, 7, 8, 8, 8, 8, 7)
    """
    # Stages between the first and the last, which hold the tables, take one more; then the first.
    return tuple(
        stage_layers(n_layers=n_layers, n_stages=n_stages, stage=stage, spare=SPARE) for stage in range(n_stages)
    )


def stages(model: Outline, settings: Settings) -> tuple[int, ...]:
    """Layers of each stage, as options say or as the engine deals them out.

    Raises:
        EngineError: If the options name other layers or stages than there are.
    """
    n_stages = settings.parallel.pipeline
    if not settings.partition or n_stages == 1:
        return stage_sizes(len(model.layers), n_stages)
    if len(settings.partition) != n_stages or sum(settings.partition) != len(model.layers):
        raise EngineError(
            f"{model.name}: a partition into {settings.partition} does not deal {len(model.layers)} layers to "
            f"{n_stages} stages; vLLM refuses it"
        )
    return settings.partition


def pool(model: Outline, settings: Settings) -> Pool:
    """How the cache of one card is cut into groups and blocks: groups are those of the whole model, and a card holds
    what its stage has of each.

    Raises:
        EngineError: If pages of different layers cannot be made equal, or their groups are not modelled.
    """
    sizes = stages(model, settings)
    stage_of = [stage for stage, count in enumerate(sizes) for _ in range(count)]
    chosen = range(len(sizes)) if settings.stage is None else (settings.stage,)
    if any(entry.stride > 1 for entry in model.entries):
        return _compressed(model, settings, stage_of, chosen)
    indexed = any(entry.kind == INDEX for entry in model.entries)
    # Of each kind, the stage of every layer.
    kinds: dict[_Kind, list[int]] = {}
    states: list[float] = []
    state_stages: list[int] = []
    for layer, stage in zip(model.layers, stage_of, strict=True):
        for entry in layer.entries:
            windowed = entry.window if settings.hybrid else 0
            kind = FULL if not windowed else CHUNK if entry.chunked else WINDOW
            kinds.setdefault(_Kind(kind, windowed, entry_bytes(entry, settings, indexed)), []).append(stage)
        states += [state_page_bytes(state, settings) for state in layer.states]
        state_stages += [stage] * len(layer.states)
    if kinds and settings.n_draft_layers:
        full = [key for key in kinds if key.kind == FULL] or list(kinds)
        kinds[full[0]] += [len(sizes) - 1] * settings.n_draft_layers
    if states and indexed:
        raise EngineError(
            f"{model.name}: vLLM's groups of an indexer's keys beside recurrent states are not modelled; "
            "ask for the ideal"
        )
    if not kinds and not states:
        raise EngineError(f"{model.name} keeps nothing between tokens; there is no pool to divide")
    if not states and len({(key.kind, key.size) for key in kinds}) == 1:
        first = next(iter(kinds))
        per_token = max(sum(key.token_bytes * held.count(stage) for key, held in kinds.items()) for stage in chosen)
        group = Group(first.kind, first.size, settings.block_size, sum(len(held) for held in kinds.values()))
        return Pool((group,), per_token * settings.block_size)
    latent = any(entry.kind == LATENT for entry in model.entries)
    return _grouped(model.name, kinds, states, state_stages, latent, settings, chosen)


@dataclass(frozen=True)
class _Kind:
    """Layers that may share a group: of one kind, one window and one number of bytes for a token."""

    kind: str
    size: int
    token_bytes: float


def _compressed(model: Outline, settings: Settings, stage_of: Sequence[int], chosen: Iterable[int]) -> Pool:
    """Blocks of compressed entries, of windows and of compressors' states in one slab: as wide as the widest group.

    Raises:
        EngineError: If entries are to be kept in another format than 8 bits.
    """
    if torch(settings.kv_cache_dtype).bits != 8:
        raise EngineError(
            f"{model.name}: vLLM's compressed entries are modelled in 8 bits alone; ask for --kv-cache-dtype fp8"
        )
    block_size = settings.block_size if settings.block_size >= compressed.WINDOW_BLOCK else compressed.BLOCK
    families = compressed.families(model, stage_of, block_size=block_size, n_draft_layers=settings.n_draft_layers)
    found = compressed.groups_of(families)
    groups = [Group(WINDOW if each.window else FULL, each.window, each.block_size, len(each.pages)) for each in found]
    widest = max(each.bytes_on(stage) for each in found for stage in chosen)
    return Pool(tuple(groups), widest, checked_bytes=compressed.counted_bytes(found))


def _grouped(
    name: str,
    kinds: dict[_Kind, list[int]],
    states: list[float],
    state_stages: list[int],
    latent: bool,
    settings: Settings,
    chosen: Iterable[int],
) -> Pool:
    """Pages made equal, then groups of equally many layers: as many as the rarest kind has, or as the most frequent
    where that has less than half as many more. A group takes every so-many-eth layer: stages share it evenly."""
    state_bytes = max([*states, 0.0])
    block_size = settings.block_size
    if states and kinds:
        alignment = MLA_ALIGNMENT if latent else ALIGNMENT
        smallest = min(key.token_bytes for key in kinds)
        block_size = max(block_size, alignment * ceil(state_bytes / (alignment * smallest)))
    page = max([key.token_bytes * block_size for key in kinds] or [state_bytes])
    held: dict[tuple[str, int, int], list[int]] = {}
    for key, in_stages in kinds.items():
        ratio = page / (key.token_bytes * block_size)
        if ratio != int(ratio):
            raise EngineError(
                f"{name}: pages of {key.token_bytes * block_size:,.0f} and {page:,.0f} bytes cannot be made equal; "
                "vLLM refuses them"
            )
        held.setdefault((key.kind, key.size, block_size * int(ratio)), []).extend(in_stages)
    if states:
        held[STATE, 0, block_size] = state_stages
    counts = [len(in_stages) for in_stages in held.values()]
    fewest, most = min(counts), max(counts)
    group_size = most if most < MOST_PADDING * fewest else fewest
    groups: list[Group] = []
    on_card = 0
    for (kind, size, tokens), in_stages in held.items():
        n_groups = ceil(len(in_stages) / group_size)
        groups += [Group(kind, size, tokens, min(len(in_stages), group_size))] * n_groups
        shares = [in_stages[first::n_groups] for first in range(n_groups)]
        on_card = max([on_card, *(share.count(stage) for share in shares for stage in chosen)])
    return Pool(tuple(groups), page * on_card, page, state_bytes)


def visible_bytes(memory_bytes: float) -> float:
    """Bytes of a card that a program sees: what the driver reports less what it keeps.

    Kept are 0.41 GiB of a card of 15.9 GiB, 0.42 of 24, 0.62 of 95.6 and 0.59 of 140.4: half a GiB whatever the size,
    0.1 either way. Logs of four cards: vllm#10517 (RTX 3090, 23.58 GiB), the others printed 15.51, 94.97 and 139.81.

    >>> round(visible_bytes(24 * 2**30) / 2**30, 1)
    23.5
    """
    return memory_bytes - 0.5 * GIB


def activation_bytes(model: Outline, settings: Settings) -> float:
    """Bytes of the pass that is measured before the pool is cut: `max_num_batched_tokens` at once, inside the widest
    block, at 16 bits.

    >>> from llmnotes.engines.outline import Outline
    >>> llama = Outline("an 8B", 4096, 128_256, 32, 8192, (), widest=43_008)
    >>> round(activation_bytes(llama, Settings(max_model_len=20_000, max_num_batched_tokens=20_000)) / 2**30, 2)
    2.06
    """
    return memory.pass_bytes(
        n_tokens=settings.max_num_batched_tokens,
        d_model=model.d_model,
        widest_block=model.widest,
        n_chips=settings.parallel.attention,
    )


def runtime_bytes(parallel: Parallel) -> float:
    """Bytes beside PyTorch's own: contexts and libraries, and with several cards the buffers of collectives.

    0.35 GiB were logged on one RTX 3090 (vllm#10517), 0.20 on another (vllm#14447), 1.38 on each of two H200.
    """
    return (0.35 if parallel.n_cards == 1 else 1.38) * GIB


def available_bytes(
    model: Outline,
    settings: Settings,
    *,
    memory_bytes: float,
    weight_bytes: float,
    utilization: float = 0.92,
    graph_bytes: float = 0.0,
) -> float:
    r"""Bytes of the pool: what the share of a card leaves after weights, the measured pass, and what is not PyTorch's.

    $$ u \, M_v - W - A - R - G $$

    Args:
        model: The model.
        settings: Gives tokens of the pass and cards.
        memory_bytes: Memory of the card as the driver reports it; $M_v$ of it is visible.
        weight_bytes: Weights of one card, $W$.
        utilization: `--gpu-memory-utilization`, $u$.
        graph_bytes: Recorded graphs, $G$; `GRAPH_BYTES` where a log does not say it.

    Source:
        `vllm/v1/worker/gpu_worker.py`, determine_available_memory; its parts as logged in vllm#10517.
    """
    used = weight_bytes + activation_bytes(model, settings) + runtime_bytes(settings.parallel) + graph_bytes
    return utilization * visible_bytes(memory_bytes) - used


def allocate(model: Outline, settings: Settings, *, n_tokens: int, n_seqs: int = 1) -> Allocation:
    """Blocks that so many requests of one length take on one card, states among them.

    >>> from llmnotes.engines.outline import Kept
    >>> llama = Outline("an 8B", 4096, 128_256, 32, 8192, 32 * (Kept((Entry("heads", 8, 128, 128),)),))
    >>> allocate(llama, Settings(max_model_len=8192), n_tokens=8191).total_bytes / 2**20
    1024.0
    """
    _check_context(model, settings.parallel)
    found = pool(model, settings)
    each = found.blocks(n_tokens, settings)
    formula = f"{n_seqs} × {each:,} × {found.block_bytes:,.0f} B"
    return Allocation(ENGINE, VERSION, (Part("cache", n_seqs * each * found.block_bytes, formula),))


def _check_context(model: Outline, parallel: Parallel) -> None:
    """Refuse to divide tokens among cards (decode context parallelism) where the engine does.

    Source:
        `docs/serving/context_parallel_deployment.md` at 020505c, `vllm/v1/kv_cache_interface.py` at 001cabc.
    """
    if parallel.context == 1:
        return
    if any(entry.window for entry in model.entries):
        raise EngineError(f"{model.name}: vLLM divides no tokens of layers with a window among cards; leave --cp")
    copies = parallel.attention // max([entry.n_heads for entry in model.entries], default=1)
    if copies % parallel.context or copies == 0:
        raise EngineError(
            f"{model.name}: vLLM divides tokens among cards that would hold the same KV heads, here {max(1, copies)}; "
            f"--cp {parallel.context} must divide that"
        )
