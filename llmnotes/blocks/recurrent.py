"""Mixers whose memory does not grow: delta rules, lightning attention, gated linear recurrences, convolutions."""

from dataclasses import dataclass

from llmnotes.blocks.base import Block, Convolution, Scan
from llmnotes.equations import flops, kvcache, params
from llmnotes.equations import recurrent as equations


@dataclass(frozen=True)
class GatedDeltaNet(Block):
    """The gated delta rule (Gated DeltaNet), a short convolution in front.

    Attributes:
        gated: The output has a gate.
        decays: The state decays; DeltaNet's does not.
    """

    d_model: int
    n_key_heads: int
    key_head_dim: int
    n_value_heads: int
    value_head_dim: int
    conv_kernel: int
    chunk: int = 64
    gated: bool = True
    decays: bool = True

    def params(self) -> dict[str, int]:
        return {
            "mixer_recurrent": self.token_matrices() + 2 * self.n_value_heads * self.decays,
            "norm": params.rms_norm_params(width=self.value_head_dim),
        }

    def conv_channels(self) -> int:
        return 2 * self.n_key_heads * self.key_head_dim + self.n_value_heads * self.value_head_dim

    def token_matrices(self) -> int:
        both = params.gated_delta_params(
            d_model=self.d_model,
            n_key_heads=self.n_key_heads,
            key_head_dim=self.key_head_dim,
            n_value_heads=self.n_value_heads,
            value_head_dim=self.value_head_dim,
            conv_kernel=self.conv_kernel,
        )
        gate = 0 if self.gated else self.n_value_heads * self.value_head_dim
        decay = 0 if self.decays else self.n_value_heads
        return both - self.d_model * (gate + decay)

    def width(self) -> int:
        """Queries, keys and values before and after the convolution; gate, output, step sizes and decays."""
        values = self.n_value_heads * self.value_head_dim
        return 2 * self.conv_channels() + 2 * values + 2 * self.n_value_heads

    def scans(self) -> tuple[Scan, ...]:
        per_chunk = flops.gated_delta_chunk_flops(
            n_heads=self.n_value_heads,
            key_head_dim=self.key_head_dim,
            value_head_dim=self.value_head_dim,
            chunk=self.chunk,
        )
        return (Scan(per_chunk, self.chunk),)

    def convolutions(self) -> tuple[Convolution, ...]:
        return (Convolution(self.conv_channels(), self.conv_kernel, columns=self.conv_kernel),)

    def state_elements(self) -> int:
        return kvcache.delta_state_elements(
            n_heads=self.n_value_heads, key_head_dim=self.key_head_dim, value_head_dim=self.value_head_dim
        )


@dataclass(frozen=True)
class KimiDeltaAttention(Block):
    """The delta rule with a decay for each channel (Kimi Delta Attention), a short convolution in front.

    Attributes:
        full_rank_gates: Of the decay's and the output's matrices, how many are full and not of rank `head_dim`.
        gate_bias: The output's gate has a bias.
        decay_by_channel: One decay for each channel of a head, shared by all heads, instead of one for each head.
    """

    d_model: int
    n_heads: int
    head_dim: int
    conv_kernel: int
    chunk: int = 64
    full_rank_gates: int = 0
    decay_by_channel: bool = False
    gate_bias: bool = False

    def params(self) -> dict[str, int]:
        decay = (self.head_dim if self.decay_by_channel else self.n_heads) + self.n_heads * self.head_dim
        bias = self.n_heads * self.head_dim if self.gate_bias else 0
        return {
            "mixer_recurrent": self.token_matrices() + decay + bias,
            "norm": params.rms_norm_params(width=self.head_dim),
        }

    def token_matrices(self) -> int:
        low_rank = params.key_delta_params(
            d_model=self.d_model, n_heads=self.n_heads, head_dim=self.head_dim, conv_kernel=self.conv_kernel
        )
        width = self.n_heads * self.head_dim
        full = self.d_model * width - self.head_dim * (self.d_model + width)
        return low_rank + self.full_rank_gates * full

    def width(self) -> int:
        """Queries, keys and values before and after the convolution; decay, gate, output and step sizes."""
        return 9 * self.n_heads * self.head_dim + self.n_heads

    def scans(self) -> tuple[Scan, ...]:
        per_chunk = flops.gated_delta_chunk_flops(
            n_heads=self.n_heads, key_head_dim=self.head_dim, value_head_dim=self.head_dim, chunk=self.chunk
        )
        return (Scan(per_chunk, self.chunk),)

    def convolutions(self) -> tuple[Convolution, ...]:
        return (Convolution(3 * self.n_heads * self.head_dim, self.conv_kernel, columns=self.conv_kernel),)

    def state_elements(self) -> int:
        return kvcache.delta_state_elements(
            n_heads=self.n_heads, key_head_dim=self.head_dim, value_head_dim=self.head_dim
        )


@dataclass(frozen=True)
class GatedLinearAttention(Block):
    """Linear attention whose state decays by channel of the keys (GLA).

    Attributes:
        conv_kernel: Taps of a short convolution in front; 0 where there is none.
        gated: The output has a gate.
        decay_rank: Rank of the matrices that make the decay.
    """

    d_model: int
    n_heads: int
    n_kv_heads: int
    key_head_dim: int
    value_head_dim: int
    conv_kernel: int = 0
    gated: bool = True
    decay_rank: int = 16
    chunk: int = 64

    def params(self) -> dict[str, int]:
        bias = self.n_kv_heads * self.key_head_dim
        return {
            "mixer_recurrent": self.token_matrices() + bias,
            "norm": params.rms_norm_params(width=self.value_head_dim),
        }

    def conv_channels(self) -> int:
        return self.n_heads * self.key_head_dim + self.n_kv_heads * (self.key_head_dim + self.value_head_dim)

    def token_matrices(self) -> int:
        ends = equations.gated_linear_params(
            d_model=self.d_model,
            n_heads=self.n_heads,
            n_kv_heads=self.n_kv_heads,
            key_head_dim=self.key_head_dim,
            value_head_dim=self.value_head_dim,
            decay_rank=self.decay_rank,
        )
        gate = self.d_model * self.n_heads * self.value_head_dim if self.gated else 0
        return ends + gate + self.conv_kernel * self.conv_channels()

    def width(self) -> int:
        """Queries, keys and values before and behind the convolution; decays, gate and output."""
        values = self.n_heads * self.value_head_dim
        n_conv = 2 if self.conv_kernel else 1
        return n_conv * self.conv_channels() + self.n_kv_heads * self.key_head_dim + (1 + self.gated) * values

    def scans(self) -> tuple[Scan, ...]:
        per_chunk = equations.gated_linear_chunk_flops(
            n_heads=self.n_heads, key_head_dim=self.key_head_dim, value_head_dim=self.value_head_dim, chunk=self.chunk
        )
        return (Scan(per_chunk, self.chunk),)

    def convolutions(self) -> tuple[Convolution, ...]:
        if not self.conv_kernel:
            return ()
        return (Convolution(self.conv_channels(), self.conv_kernel, columns=self.conv_kernel),)

    def state_elements(self) -> int:
        return kvcache.delta_state_elements(
            n_heads=self.n_heads, key_head_dim=self.key_head_dim, value_head_dim=self.value_head_dim
        )


@dataclass(frozen=True)
class Lightning(Block):
    """Lightning attention (MiniMax-01): linear attention with a fixed decay, a norm and a gate on its output."""

    d_model: int
    n_heads: int
    head_dim: int
    block: int

    def params(self) -> dict[str, int]:
        width = self.n_heads * self.head_dim
        return {
            "mixer_recurrent": params.lightning_params(d_model=self.d_model, width=width),
            "norm": params.rms_norm_params(width=width),
        }

    def token_matrices(self) -> int:
        return params.lightning_params(d_model=self.d_model, width=self.n_heads * self.head_dim)

    def width(self) -> int:
        """Query, key, value, gate and output."""
        return 5 * self.n_heads * self.head_dim

    def state_flops(self) -> int:
        return flops.lightning_token_flops(width=self.n_heads * self.head_dim, head_dim=self.head_dim)

    def scans(self) -> tuple[Scan, ...]:
        per_block = flops.lightning_block_flops(width=self.n_heads * self.head_dim, block=self.block)
        return (Scan(per_block, self.block, padded=False),)

    def state_elements(self) -> int:
        return kvcache.delta_state_elements(
            n_heads=self.n_heads, key_head_dim=self.head_dim, value_head_dim=self.head_dim
        )


@dataclass(frozen=True)
class RGLRU(Block):
    """The gated linear recurrent unit (RecurrentGemma): one number of state a channel."""

    d_model: int
    lru_width: int
    n_blocks: int
    conv_kernel: int

    def params(self) -> dict[str, int]:
        projection_biases = 2 * self.lru_width + self.d_model
        conv_bias = self.lru_width
        gate_biases_and_decay = 3 * self.lru_width
        return {
            "mixer_recurrent": self.token_matrices() + projection_biases + conv_bias + gate_biases_and_decay,
        }

    def token_matrices(self) -> int:
        return params.gated_lru_params(
            d_model=self.d_model,
            lru_width=self.lru_width,
            n_blocks=self.n_blocks,
            conv_kernel=self.conv_kernel,
        )

    def width(self) -> int:
        """Two branches, the convolution, two gates, the recurrence and its product with the other branch."""
        return 7 * self.lru_width

    def convolutions(self) -> tuple[Convolution, ...]:
        return (Convolution(self.lru_width, self.conv_kernel, columns=self.conv_kernel - 1),)

    def state_elements(self) -> int:
        return self.lru_width


@dataclass(frozen=True)
class ShortConvolution(Block):
    """A gated short convolution (LFM2): no state but its last inputs."""

    d_model: int
    conv_kernel: int
    bias: bool = False

    def params(self) -> dict[str, int]:
        biases = 5 * self.d_model if self.bias else 0
        return {"mixer_recurrent": self.token_matrices() + biases}

    def token_matrices(self) -> int:
        return params.short_conv_params(d_model=self.d_model, conv_kernel=self.conv_kernel)

    def width(self) -> int:
        """Two gates, the input, its gated form, the convolution and the gated output."""
        return 6 * self.d_model

    def convolutions(self) -> tuple[Convolution, ...]:
        return (Convolution(self.d_model, self.conv_kernel, columns=self.conv_kernel),)
