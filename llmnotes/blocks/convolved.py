"""Attention and residual streams with short convolutions in them (ZAYA, Inkling)."""

from dataclasses import dataclass

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block, Convolution, last_input
from llmnotes.equations import flops


@dataclass(frozen=True)
class DoubleConvolution(Convolution):
    """A convolution over each channel, then one that mixes the channels of each head.

    Attributes:
        kernel: Taps of the first.
        second_kernel: Taps of the second.
        first_matrix: Weights that a text's first pass multiplies with once more, for the token before its first.
    """

    second_kernel: int
    first_matrix: int

    def border_flops(self, n_past: int) -> int:
        """The second convolution needs the first one at as many earlier tokens as it has further taps."""
        early = 2 * self.channels * self.kernel * (self.second_kernel - 1)
        return early if n_past > 0 else early + flops.matrix_flops(n_params=self.first_matrix)


@dataclass(frozen=True)
class ConvolvedAttention(Attention):
    """Compressed convolutional attention: half of each value is the token's own, half its predecessor's.

    Attributes:
        first_kernel: Taps of the convolution over each channel.
        second_kernel: Taps of the one that mixes the channels of a head.
    """

    first_kernel: int = 2
    second_kernel: int = 2

    def channels(self) -> int:
        return (self.n_heads + self.n_kv_heads) * self.head_dim

    def delayed_values(self) -> int:
        return self.n_kv_heads * self.v_head_dim // 2

    def params(self) -> dict[str, int]:
        biases = 2 * self.channels()
        return super().params() | {"attention": super().params()["attention"] + biases}

    def token_matrices(self) -> int:
        taps = self.channels() * (self.first_kernel + self.second_kernel * self.head_dim)
        return super().token_matrices() + taps

    def width(self) -> int:
        return super().width() + 2 * self.channels()

    def convolutions(self) -> tuple[Convolution, ...]:
        taps_before = self.first_kernel + self.second_kernel - 2
        both = DoubleConvolution(
            self.channels(), self.first_kernel, taps_before, self.second_kernel, self.d_model * self.delayed_values()
        )
        return (both, last_input(self.delayed_values()))


@dataclass(frozen=True)
class RelativeBiasAttention(Attention):
    """Attention without rotations: a bias for each distance, mixed by the token itself; keys and values pass a short
    convolution, whose inputs are kept at the precision of a state (Inkling).

    Attributes:
        d_relative: Numbers by which a token and head mix the profiles.
        extent: Distances that a profile covers.
        conv_kernel: Taps of the convolutions.
    """

    d_relative: int = 1
    extent: int = 1
    conv_kernel: int = 1

    def channels(self) -> int:
        return self.n_kv_heads * (self.head_dim + self.v_head_dim)

    def params(self) -> dict[str, int]:
        taps = self.conv_kernel * self.channels()
        profiles = self.d_relative * self.extent
        return super().params() | {
            "attention": super().params()["attention"] - taps + profiles,
            "mixer_recurrent": taps,
        }

    def token_matrices(self) -> int:
        mixing = self.d_model * self.n_heads * self.d_relative
        return super().token_matrices() + mixing + self.conv_kernel * self.channels()

    def state_flops(self) -> int:
        """The bias of every distance, for each head."""
        return flops.matrix_flops(n_params=self.n_heads * self.d_relative * self.extent)

    def width(self) -> int:
        return super().width() + self.channels() + self.n_heads * (self.d_relative + self.extent)

    def convolutions(self) -> tuple[Convolution, ...]:
        return (Convolution(self.channels(), self.conv_kernel, columns=0),)

    def state_elements(self) -> int:
        return self.conv_kernel * self.channels()


@dataclass(frozen=True)
class ResidualConvolution(Block):
    """A short convolution on what a part of a layer adds to the residual stream (Inkling)."""

    d_model: int
    conv_kernel: int

    def params(self) -> dict[str, int]:
        return {"mixer_recurrent": self.token_matrices()}

    def token_matrices(self) -> int:
        return self.conv_kernel * self.d_model

    def width(self) -> int:
        """What it writes."""
        return self.d_model

    def convolutions(self) -> tuple[Convolution, ...]:
        return (Convolution(self.d_model, self.conv_kernel, columns=0),)

    def state_elements(self) -> int:
        return self.conv_kernel * self.d_model


@dataclass(frozen=True)
class FeedForwardConvolution(ResidualConvolution):
    """The same behind a feed-forward, counted with it (Inkling 2)."""

    def params(self) -> dict[str, int]:
        return {"mlp": self.token_matrices()}


@dataclass(frozen=True)
class SinkBiasAttention(RelativeBiasAttention):
    """The same with sinks and a gate that the token computes; in layers without a window the taps depend on the token
    as well (Inkling 2).

    Attributes:
        own_taps: The token adds taps of its own, one set for each KV head.
    """

    own_taps: bool = False

    def taps_matrix(self) -> int:
        """Of the matrices that make a token's own taps, for keys and for values."""
        return 2 * self.d_model * self.n_kv_heads * self.conv_kernel if self.own_taps else 0

    def params(self) -> dict[str, int]:
        counted = super().params()
        own, fixed = self.taps_matrix(), self.conv_kernel * self.channels()
        return counted | {
            "attention": counted["attention"] - own + (fixed if self.own_taps else 0),
            "mixer_recurrent": own + fixed,
        }

    def token_matrices(self) -> int:
        matrices = super().token_matrices() + self.d_model * self.n_heads + self.taps_matrix()
        return matrices - (self.conv_kernel * self.channels() if self.own_taps else 0)

    def width(self) -> int:
        return super().width() + self.n_heads

    def convolutions(self) -> tuple[Convolution, ...]:
        return () if self.own_taps else super().convolutions()


@dataclass(frozen=True)
class ResidualQuery(Block):
    """Learned queries over the sums of earlier blocks of layers: what a part of a layer reads (Inkling 2).

    Attributes:
        n_sources: Sums that are mixed.
        n_queries: Mixes that are made of them.
        of_mlp: The feed-forward reads it.
    """

    d_model: int
    n_sources: int
    n_queries: int = 1
    of_mlp: bool = False

    def params(self) -> dict[str, int]:
        return {"mlp" if self.of_mlp else "attention": self.n_queries * self.d_model}

    def token_matrices(self) -> int:
        return 0

    def width(self) -> int:
        """The sums and their mixes."""
        return (self.n_sources + self.n_queries) * self.d_model

    def state_flops(self) -> int:
        """A score and a share for each sum."""
        return 4 * self.d_model * self.n_sources * self.n_queries
