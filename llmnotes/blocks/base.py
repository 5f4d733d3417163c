"""What every block answers: its parameters, its work, and what it keeps between tokens.

A block declares coefficients (`token_matrices`, `reads`, `keeps`); work and state follow from them here, once for all
kinds. A block that does not fit overrides `flops` or `state` and nothing else.
"""

from dataclasses import dataclass

from llmnotes.equations import flops, kvcache

CHEAPER, EXPANDED, ABSORBED = "cheaper", "expanded", "absorbed"


@dataclass(frozen=True)
class Counting:
    """The conventions under which FLOPs are counted.

    Attributes:
        causal: Count the pairs a causal mask lets through; otherwise the squares that most implementations compute.
        latent: How latent attention reads its cache: `"expanded"` (keys and values are rebuilt for every cached token
            in every pass), `"absorbed"` (queries are carried into the latent space), or the `"cheaper"` of both.
    """

    causal: bool = True
    latent: str = CHEAPER

    def __post_init__(self):
        if self.latent not in (CHEAPER, EXPANDED, ABSORBED):
            raise ValueError(f"latent must be cheaper, expanded or absorbed, not {self.latent!r}")


@dataclass(frozen=True)
class Work:
    """FLOPs of a block: `linear` does not depend on the context, `attention` is the part over pairs of tokens."""

    linear: int
    attention: int


@dataclass(frozen=True)
class Held:
    """Numbers a block keeps for one sequence.

    Attributes:
        cache: Per-token entries that are still needed (windowed layers hold at most their window).
        reserved: Per-token entries if every token were kept.
        conv: Last inputs of short convolutions (stored at the precision of the cache).
        state: Recurrent state (stored at its own precision).
    """

    cache: int = 0
    reserved: int = 0
    conv: int = 0
    state: int = 0


@dataclass(frozen=True)
class EveryToken:
    """A token looks at every earlier token."""

    def pairs(self, n_new: int, n_past: int, causal: bool) -> int:
        pairs = flops.causal_pairs if causal else flops.full_pairs
        return pairs(n_new=n_new, n_past=n_past)

    def held(self, n_tokens: int) -> int:
        return n_tokens


@dataclass(frozen=True)
class Window:
    """A token looks at the last `size` positions, itself included."""

    size: int

    def pairs(self, n_new: int, n_past: int, causal: bool) -> int:
        pairs = flops.window_causal_pairs if causal else flops.window_full_pairs
        return pairs(n_new=n_new, n_past=n_past, window=self.size)

    def held(self, n_tokens: int) -> int:
        return kvcache.tokens_in_window(n_tokens=n_tokens, window=self.size)


@dataclass(frozen=True)
class Chunk:
    """Positions are cut every `size` tokens and a token looks back to the last cut."""

    size: int

    def pairs(self, n_new: int, n_past: int, causal: bool) -> int:
        if causal:
            return flops.chunk_causal_pairs(n_new=n_new, n_past=n_past, chunk=self.size)
        return flops.window_full_pairs(n_new=n_new, n_past=n_past, window=self.size)

    def held(self, n_tokens: int) -> int:
        return kvcache.tokens_in_window(n_tokens=n_tokens, window=self.size)


@dataclass(frozen=True)
class Selection:
    """A token sees at most `size` others, the nearest (GPT-Neo) or those an indexer picks (DeepSeek-V3.2). All are
    kept, and an implementation that masks computes all of them."""

    size: int

    def pairs(self, n_new: int, n_past: int, causal: bool) -> int:
        if causal:
            return flops.window_causal_pairs(n_new=n_new, n_past=n_past, window=self.size)
        return flops.full_pairs(n_new=n_new, n_past=n_past)

    def held(self, n_tokens: int) -> int:
        return n_tokens


Span = EveryToken | Window | Chunk | Selection
EVERY_TOKEN = EveryToken()


@dataclass(frozen=True)
class Read:
    """Work that grows with the context: `flops_per_pair` for every pair of tokens within the span."""

    flops_per_pair: int
    span: Span


@dataclass(frozen=True)
class Keep:
    """Memory that grows with the context: numbers for every token within the span."""

    elements_per_token: int
    span: Span


@dataclass(frozen=True)
class Scan:
    """A recurrence run in chunks of a prompt. A single new token updates the state without any of these products.

    Attributes:
        flops_per_chunk: Products within a chunk and with the state.
        chunk: Tokens in a chunk.
        flops_per_chunk_pair: Products for each pair of chunk borders, where states are passed on by one square matrix
            (Mamba-2 without a fused kernel); a kernel passes them on one by one and needs none.
        padded: The last chunk is filled up; otherwise it is as short as what is left.
        stepwise: What is left runs token by token instead, without any of these products.
    """

    flops_per_chunk: int
    chunk: int
    flops_per_chunk_pair: int = 0
    padded: bool = True
    stepwise: bool = False

    def flops(self, n_new: int, causal: bool) -> Work:
        if n_new <= 1:
            return Work(0, 0)
        if not self.padded:
            whole = n_new // self.chunk
            left = 0 if self.stepwise else n_new - whole * self.chunk
            rest = flops.short_chunk_flops(flops_per_chunk=self.flops_per_chunk, chunk=self.chunk, rest=left)
            return Work(whole * self.flops_per_chunk + rest, 0)
        n_chunks = flops.n_chunks(n_tokens=n_new, chunk=self.chunk)
        between = 0 if causal else self.flops_per_chunk_pair * (n_chunks + 1) ** 2
        return Work(n_chunks * self.flops_per_chunk, between)


@dataclass(frozen=True)
class Convolution:
    """A short causal convolution over each channel, and how many of its last inputs are kept."""

    channels: int
    kernel: int
    columns: int

    def border_flops(self, n_past: int) -> int:
        return flops.conv_border_flops(channels=self.channels, kernel=self.kernel, n_past=n_past)

    def kept_elements(self) -> int:
        return kvcache.conv_state_elements(channels=self.channels, columns=self.columns)


def last_input(channels: int) -> Convolution:
    """The last token's input, kept: a shift by one, which multiplies nothing."""
    return Convolution(channels, kernel=0, columns=1)


class Block:
    """One part of a layer. Kinds override what differs from nothing."""

    def params(self) -> dict[str, int]:
        """Parameters by component name (design: `embedding_token attention mlp …`)."""
        raise NotImplementedError  # every kind answers this itself

    def expert_groups(self) -> tuple[tuple[int, int, int], ...]:
        """Routed experts: parameters of one, how many there are, how many a token visits."""
        return ()

    def token_matrices(self) -> int:
        """Weights that one token is multiplied with (each once): half of its context-free FLOPs."""
        raise NotImplementedError  # every kind answers this itself

    def reread_params(self) -> int:
        """Weights of an earlier layer that this block reads again: they are stored there and counted there."""
        return 0

    def width(self) -> int:
        """Numbers of one token alive inside the block while a prompt passes, its input and output left out."""
        raise NotImplementedError  # every kind answers this itself

    def state_flops(self) -> int:
        """FLOPs of one token with a recurrent state, in a prompt as in a decode step."""
        return 0

    def step_flops(self) -> int:
        """FLOPs with a recurrent state of a decode step alone, where a prompt runs in chunks (`scans`)."""
        return 0

    def reads(self) -> tuple[Read, ...]:
        """What a new token does with earlier ones."""
        return ()

    def absorbed_reads(self) -> tuple[Read, ...]:
        """The same work where queries are carried to what is stored; differs from `reads` for latent attention only."""
        return self.reads()

    def rebuild_flops(self) -> int:
        """FLOPs of bringing one cached token into the form that `reads` needs, in every pass."""
        return 0

    def scans(self) -> tuple[Scan, ...]:
        """Recurrences that are run in chunks over a prompt."""
        return ()

    def keeps(self) -> tuple[Keep, ...]:
        """What is stored for every token."""
        return ()

    def convolutions(self) -> tuple[Convolution, ...]:
        """Short convolutions in front of a recurrence."""
        return ()

    def state_elements(self) -> int:
        """Numbers of recurrent state."""
        return 0

    def entry_reads(self) -> tuple[tuple[int, int, int], ...]:
        """Work over entries that stand for several tokens: FLOPs for a pair, stride, entries that matter (0: all)."""
        return ()

    def entry_keeps(self) -> tuple[tuple[int, int, int], ...]:
        """Numbers of an entry that stands for several tokens, its stride, numbers of a token not yet in one."""
        return ()

    def growing_elements(self) -> float:
        """Numbers that one more token adds for ever (a fraction where several tokens share an entry)."""
        growing = 0
        for keep in self.keeps():
            if isinstance(keep.span, EveryToken | Selection):
                growing += keep.elements_per_token
        return growing

    def flops(self, n_new: int, n_past: int, counting: Counting) -> Work:
        """FLOPs of `n_new` tokens after `n_past` cached ones."""
        linear = n_new * (flops.matrix_flops(n_params=self.token_matrices()) + self.state_flops())
        if n_new == 1:
            linear += self.step_flops()
        if not counting.causal:
            for convolution in self.convolutions():
                linear += convolution.border_flops(n_past)
        attention = 0
        for scan in self.scans():
            work = scan.flops(n_new, counting.causal)
            linear += work.linear
            attention += work.attention
        return Work(linear, attention + self.pair_work(n_new, n_past, counting))

    def pair_work(self, n_new: int, n_past: int, counting: Counting) -> int:
        """FLOPs over pairs of tokens, by the way of reading that is asked for."""
        expanded = n_past * self.rebuild_flops()
        for read in self.reads():
            expanded += read.flops_per_pair * read.span.pairs(n_new, n_past, counting.causal)
        absorbed = 0
        for read in self.absorbed_reads():
            absorbed += read.flops_per_pair * read.span.pairs(n_new, n_past, counting.causal)
        if counting.latent == EXPANDED:
            return expanded
        return absorbed if counting.latent == ABSORBED else min(expanded, absorbed)

    def state(self, n_tokens: int, page: int = 1) -> Held:
        """Numbers kept for one sequence of `n_tokens`, in pages of so many tokens."""
        cache = reserved = 0
        for keep in self.keeps():
            held = keep.span.held(n_tokens)
            cache += keep.elements_per_token * kvcache.tokens_in_blocks(n_tokens=held, block=page)
            reserved += keep.elements_per_token * kvcache.tokens_in_blocks(n_tokens=n_tokens, block=page)
        conv = 0
        for convolution in self.convolutions():
            conv += convolution.kept_elements()
        return Held(cache, reserved, conv, self.state_elements())
