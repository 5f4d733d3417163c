"""RWKV-4: a recurrence of decaying averages for each channel, and a feed-forward that looks one token back."""

from dataclasses import dataclass

from llmnotes.blocks.base import Block, Convolution, last_input
from llmnotes.equations import params


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
class ChannelMix(Block):
    """The feed-forward: squared ReLU behind a receptance gate; its inputs are mixed with those of the last token."""

    d_model: int
    d_ff: int

    def params(self) -> dict[str, int]:
        return {"mlp": self.token_matrices() + 2 * self.d_model}

    def token_matrices(self) -> int:
        return params.channel_mix_params(d_model=self.d_model, d_ff=self.d_ff)

    def width(self) -> int:
        """Two mixed inputs, the gate, and the inner units before and after the activation."""
        return 3 * self.d_model + 2 * self.d_ff

    def convolutions(self) -> tuple[Convolution, ...]:
        return (last_input(self.d_model),)
