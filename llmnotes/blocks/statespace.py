"""State-space mixers: Mamba and Mamba-2."""

from dataclasses import dataclass

from llmnotes.blocks.base import Block, Convolution, Scan
from llmnotes.equations import flops, params


@dataclass(frozen=True)
class Mamba(Block):
    """Mamba-1: every channel has its own state.

    Attributes:
        bias: Biases on the input and output projections.
        conv_bias: Biases of the convolution.
        norm_params: Gains of norms on step and state inputs (Jamba).
    """

    d_model: int
    d_inner: int
    d_state: int
    dt_rank: int
    conv_kernel: int
    bias: bool = False
    conv_bias: bool = True
    norm_params: int = 0

    def params(self) -> dict[str, int]:
        biases = self.d_inner  # of the step size
        if self.bias:
            biases += 2 * self.d_inner + self.d_model
        if self.conv_bias:
            biases += self.d_inner
        constants = params.mamba_constants(d_inner=self.d_inner, d_state=self.d_state)
        return {"mixer_recurrent": self.token_matrices() + biases + constants, "norm": self.norm_params}

    def token_matrices(self) -> int:
        return params.mamba_params(
            d_model=self.d_model,
            d_inner=self.d_inner,
            d_state=self.d_state,
            dt_rank=self.dt_rank,
            conv_kernel=self.conv_kernel,
        )

    def width(self) -> int:
        """Input and gate, the convolution, step sizes, output and its gated form; what makes step and state inputs."""
        return 6 * self.d_inner + self.dt_rank + 2 * self.d_state

    def state_flops(self) -> int:
        return flops.state_readout_flops(d_inner=self.d_inner, d_state=self.d_state)

    def convolutions(self) -> tuple[Convolution, ...]:
        return (Convolution(self.d_inner, self.conv_kernel, columns=self.conv_kernel),)

    def state_elements(self) -> int:
        return self.d_inner * self.d_state


@dataclass(frozen=True)
class Mamba2(Block):
    """Mamba-2: one scalar decay a head; prompts run as products over chunks.

    Attributes:
        in_bias: Biases of the input projection.
        out_bias: Biases of the output projection.
        conv_bias: Biases of the convolution.
        normed: A gated norm on the output.
    """

    d_model: int
    n_heads: int
    head_dim: int
    n_groups: int
    d_state: int
    conv_kernel: int
    chunk: int
    in_bias: bool = False
    out_bias: bool = False
    conv_bias: bool = True
    normed: bool = True

    @property
    def d_inner(self) -> int:
        """Channels inside."""
        return self.n_heads * self.head_dim

    def params(self) -> dict[str, int]:
        biases = 0
        if self.in_bias:
            biases += 2 * self.d_inner + 2 * self.n_groups * self.d_state + self.n_heads
        if self.out_bias:
            biases += self.d_model
        if self.conv_bias:
            biases += self.conv_channels()
        norm = params.rms_norm_params(width=self.d_inner) if self.normed else 0
        return {"mixer_recurrent": self.token_matrices() + biases + 3 * self.n_heads, "norm": norm}

    def conv_channels(self) -> int:
        return self.d_inner + 2 * self.n_groups * self.d_state

    def token_matrices(self) -> int:
        return params.mamba2_params(
            d_model=self.d_model,
            d_inner=self.d_inner,
            n_heads=self.n_heads,
            n_groups=self.n_groups,
            d_state=self.d_state,
            conv_kernel=self.conv_kernel,
        )

    def width(self) -> int:
        """Gate, what the convolution reads and writes, step sizes, output and its normed form."""
        return 3 * self.d_inner + 2 * self.conv_channels() + self.n_heads

    def step_flops(self) -> int:
        return flops.state_readout_flops(d_inner=self.d_inner, d_state=self.d_state)

    def scans(self) -> tuple[Scan, ...]:
        per_chunk = flops.mamba2_chunk_flops(
            n_heads=self.n_heads, head_dim=self.head_dim, d_state=self.d_state, chunk=self.chunk
        )
        return (Scan(per_chunk, self.chunk, 2 * self.d_inner * self.d_state),)

    def convolutions(self) -> tuple[Convolution, ...]:
        return (Convolution(self.conv_channels(), self.conv_kernel, columns=self.conv_kernel),)

    def state_elements(self) -> int:
        return self.d_inner * self.d_state
