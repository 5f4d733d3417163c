"""RWKV: a recurrence of decaying averages for each channel (4) or of a matrix for each head (5 to 7), and a
feed-forward that looks one token back."""

from dataclasses import dataclass

from llmnotes.blocks.base import Block, Convolution, last_input
from llmnotes.equations import kvcache, params, recurrent


@dataclass(frozen=True)
class TimeMix(Block):
    """The mixer: a running average of values, weighted by keys that decay, behind a receptance gate."""

    d_model: int

    def params(self) -> dict[str, int]:
        mixing, decay_and_bonus = 3 * self.d_model, 2 * self.d_model
        return {"mixer_recurrent": self.token_matrices() + mixing + decay_and_bonus}

    def token_matrices(self) -> int:
        return params.time_mix_params(d_model=self.d_model)

    def width(self) -> int:
        """Three mixed inputs, what is made of them, and the average before and behind the gate."""
        return 8 * self.d_model

    def convolutions(self) -> tuple[Convolution, ...]:
        return (last_input(self.d_model),)

    def state_elements(self) -> int:
        """Numerator, denominator, and the largest exponent, which keeps both within range."""
        return 3 * self.d_model


@dataclass(frozen=True)
class MatrixTimeMix(Block):
    """The mixer of RWKV-5 to RWKV-7: each head keeps a matrix, which decays channel by channel.

    Attributes:
        n_vectors: Learned vectors as wide as the model: of mixing, decay, bonus, and the norm of the heads.
        n_square: Square matrices.
        ranks: Pairs of matrices of low rank, by what they make: one for each rank.
        n_products: Products of a token with the state, see `recurrent.matrix_state_token_flops`.
    """

    d_model: int
    head_dim: int
    n_vectors: int
    n_square: int
    ranks: tuple[int, ...]
    n_products: int

    def params(self) -> dict[str, int]:
        return {"mixer_recurrent": self.token_matrices() + self.n_vectors * self.d_model}

    def token_matrices(self) -> int:
        return recurrent.matrix_time_mix_params(d_model=self.d_model, n_square=self.n_square, low_rank=sum(self.ranks))

    def width(self) -> int:
        """A mixed input and what is made of it for each matrix and pair, and the output before and behind the norm."""
        return 2 * (self.n_square + len(self.ranks)) * self.d_model + 2 * self.d_model

    def state_flops(self) -> int:
        return recurrent.matrix_state_token_flops(
            n_heads=self.d_model // self.head_dim, head_dim=self.head_dim, n_products=self.n_products
        )

    def convolutions(self) -> tuple[Convolution, ...]:
        return (last_input(self.d_model),)

    def state_elements(self) -> int:
        return kvcache.delta_state_elements(
            n_heads=self.d_model // self.head_dim, key_head_dim=self.head_dim, value_head_dim=self.head_dim
        )


@dataclass(frozen=True)
class ChannelMix(Block):
    """The feed-forward: squared ReLU behind a receptance gate, which RWKV-7 has not; its inputs are mixed with those of
    the last token."""

    d_model: int
    d_ff: int
    gated: bool = True

    def params(self) -> dict[str, int]:
        return {"mlp": self.token_matrices() + (1 + self.gated) * self.d_model}

    def token_matrices(self) -> int:
        both = params.channel_mix_params(d_model=self.d_model, d_ff=self.d_ff)
        return both if self.gated else both - self.d_model * self.d_model

    def width(self) -> int:
        """Mixed inputs, the gate, and the inner units before and after the activation."""
        return (3 if self.gated else 1) * self.d_model + 2 * self.d_ff

    def convolutions(self) -> tuple[Convolution, ...]:
        return (last_input(self.d_model),)
