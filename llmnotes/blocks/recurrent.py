"""Mixers whose memory does not grow: delta rules over a fixed state."""

from dataclasses import dataclass

from llmnotes import flops, kvcache, params
from llmnotes.blocks.base import Block, Scan


@dataclass(frozen=True)
class GatedDelta(Block):
    """The gated delta rule (Gated DeltaNet), a short convolution in front."""

    d_model: int
    n_key_heads: int
    key_head_dim: int
    n_value_heads: int
    value_head_dim: int
    conv_kernel: int
    chunk: int = 64

    def params(self) -> dict[str, int]:
        return {
            "mixer_recurrent": self.token_matrices() + 2 * self.n_value_heads,
            "norm": params.rms_norm_params(width=self.value_head_dim),
        }

    def conv_channels(self) -> int:
        return 2 * self.n_key_heads * self.key_head_dim + self.n_value_heads * self.value_head_dim

    def token_matrices(self) -> int:
        return params.gated_delta_params(
            d_model=self.d_model,
            n_key_heads=self.n_key_heads,
            key_head_dim=self.key_head_dim,
            n_value_heads=self.n_value_heads,
            value_head_dim=self.value_head_dim,
            conv_kernel=self.conv_kernel,
        )

    def scans(self) -> tuple[Scan, ...]:
        per_chunk = flops.gated_delta_chunk_flops(
            n_heads=self.n_value_heads,
            key_head_dim=self.key_head_dim,
            value_head_dim=self.value_head_dim,
            chunk=self.chunk,
        )
        return (Scan(per_chunk, self.chunk),)

    def conv_elements(self) -> int:
        return kvcache.conv_state_elements(channels=self.conv_channels(), kernel=self.conv_kernel)

    def state_elements(self) -> int:
        return kvcache.delta_state_elements(
            n_heads=self.n_value_heads, key_head_dim=self.key_head_dim, value_head_dim=self.value_head_dim
        )
