"""Attention of encoders, which keeps nothing, and of decoders over an encoder's output, which keeps the source."""

from dataclasses import dataclass

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Convolution, Keep


@dataclass(frozen=True)
class EncoderAttention(Attention):
    """Attention over a whole text in both directions: computed once, nothing kept between tokens."""

    def keeps(self) -> tuple[Keep, ...]:
        return ()


@dataclass(frozen=True)
class SourceAttention(Attention):
    """Cross-attention: keys and values of every position of the source are computed once and kept.

    Attributes:
        n_source: Positions of the source where the model fixes them (Whisper: 1,500 for 30 seconds); 0: as many as the
            target has tokens.
        d_source: Width of the source where it is not the target's (0).
    """

    n_source: int = 0
    d_source: int = 0

    def token_matrices(self) -> int:
        wider = (self.d_source or self.d_model) - self.d_model
        return super().token_matrices() + wider * self.n_kv_heads * (self.head_dim + self.v_head_dim)

    def keeps(self) -> tuple[Keep, ...]:
        return () if self.n_source else super().keeps()

    def convolutions(self) -> tuple[Convolution, ...]:
        if not self.n_source:
            return ()
        return (Convolution(self.n_kv_heads * (self.head_dim + self.v_head_dim), kernel=0, columns=self.n_source),)
