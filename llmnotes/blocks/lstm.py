"""xLSTM: a recurrence with a matrix as its state."""

from dataclasses import dataclass

from llmnotes.blocks.base import Block, Scan
from llmnotes.equations import flops, kvcache, params


@dataclass(frozen=True)
class MLSTM(Block):
    """The mLSTM: keys and values add up in a matrix that gates let decay; prompts run in chunks."""

    d_model: int
    n_heads: int
    key_head_dim: int
    value_head_dim: int
    chunk: int

    def params(self) -> dict[str, int]:
        gate_biases = 2 * self.n_heads
        gains = params.rms_norm_params(width=self.n_heads * self.value_head_dim)
        return {"mixer_recurrent": self.token_matrices() + gate_biases, "norm": gains}

    def token_matrices(self) -> int:
        return params.matrix_lstm_params(
            d_model=self.d_model,
            n_heads=self.n_heads,
            qk_width=self.n_heads * self.key_head_dim,
            v_width=self.n_heads * self.value_head_dim,
        )

    def width(self) -> int:
        """Query, key, value, output gate, output and its normed form; two gates a head."""
        return self.n_heads * (2 * self.key_head_dim + 4 * self.value_head_dim + 2)

    def state_flops(self) -> int:
        return flops.matrix_lstm_token_flops(
            n_heads=self.n_heads, key_head_dim=self.key_head_dim, value_head_dim=self.value_head_dim
        )

    def scans(self) -> tuple[Scan, ...]:
        per_chunk = flops.matrix_lstm_chunk_flops(
            n_heads=self.n_heads, key_head_dim=self.key_head_dim, value_head_dim=self.value_head_dim, chunk=self.chunk
        )
        return (Scan(per_chunk, self.chunk, padded=False, stepwise=True),)

    def state_elements(self) -> int:
        """The matrix, its normaliser, and the largest exponent, which keeps both within range."""
        matrix = kvcache.delta_state_elements(
            n_heads=self.n_heads, key_head_dim=self.key_head_dim, value_head_dim=self.value_head_dim
        )
        return matrix + self.n_heads * (self.key_head_dim + 1)
