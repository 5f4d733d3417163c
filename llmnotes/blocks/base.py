"""Coefficients that every block declares: its parameters, its products, what it reads and what it keeps.

Costs follow from them in `llmnotes.cost`, once for all kinds.
"""

from dataclasses import dataclass

from llmnotes.equations import flops, kvcache


@dataclass(frozen=True)
class EveryToken:
    """A token looks at every earlier token."""


@dataclass(frozen=True)
class Window:
    """A token looks at the last `size` positions, itself included."""

    size: int


@dataclass(frozen=True)
class Chunk:
    """Positions are cut every `size` tokens and a token looks back to the last cut."""

    size: int


@dataclass(frozen=True)
class Selection:
    """A token sees at most `size` others, the nearest (GPT-Neo) or those an indexer picks (DeepSeek-V3.2). All are
    kept, and an implementation that masks computes all of them."""

    size: int


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

    def lookup_params(self) -> int:
        """Parameters, of those of `params`, of a table of which a token reads one row."""
        return 0

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
