"""Blocks made of blocks, and small ones that stand beside mixer and feed-forward."""

from collections.abc import Callable
from dataclasses import dataclass

from llmnotes.blocks.base import Block, Convolution, Keep, Read, Scan
from llmnotes.equations import flops, params


@dataclass(frozen=True)
class Parallel(Block):
    """Blocks that read the same input and add up: two mixers (Falcon-H1), a dense part beside experts (Gemma 4)."""

    parts: tuple[Block, ...]

    def params(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for part in self.parts:
            for name, count in part.params().items():
                counts[name] = counts.get(name, 0) + count
        return counts

    def expert_groups(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(group for part in self.parts for group in part.expert_groups())

    def token_matrices(self) -> int:
        return self._total(lambda part: part.token_matrices())

    def reread_params(self) -> int:
        return self._total(lambda part: part.reread_params())

    def width(self) -> int:
        return self._total(lambda part: part.width())

    def state_flops(self) -> int:
        return self._total(lambda part: part.state_flops())

    def step_flops(self) -> int:
        return self._total(lambda part: part.step_flops())

    def reads(self) -> tuple[Read, ...]:
        return tuple(read for part in self.parts for read in part.reads())

    def absorbed_reads(self) -> tuple[Read, ...]:
        return tuple(read for part in self.parts for read in part.absorbed_reads())

    def rebuild_flops(self) -> int:
        return self._total(lambda part: part.rebuild_flops())

    def scans(self) -> tuple[Scan, ...]:
        return tuple(scan for part in self.parts for scan in part.scans())

    def keeps(self) -> tuple[Keep, ...]:
        return tuple(keep for part in self.parts for keep in part.keeps())

    def convolutions(self) -> tuple[Convolution, ...]:
        return tuple(convolution for part in self.parts for convolution in part.convolutions())

    def state_elements(self) -> int:
        return self._total(lambda part: part.state_elements())

    def _total(self, of: Callable[[Block], int]) -> int:
        total = 0
        for part in self.parts:
            total += of(part)
        return total


@dataclass(frozen=True)
class SharedWeights(Parallel):
    """Blocks of an earlier layer run once more: the weights are stored there, work and cache are new (Zamba)."""

    def params(self) -> dict[str, int]:
        return {}

    def expert_groups(self) -> tuple[tuple[int, int, int], ...]:
        return ()

    def reread_params(self) -> int:
        return self._total(lambda part: sum(part.params().values()))


@dataclass(frozen=True)
class Resting(Block):
    """Blocks whose weights are stored and rest: attention to another text or to an image, in a model given none."""

    parts: tuple[Block, ...]

    def params(self) -> dict[str, int]:
        return Parallel(self.parts).params()

    def expert_groups(self) -> tuple[tuple[int, int, int], ...]:
        """Experts that no token visits."""
        return tuple((size, n_experts, 0) for size, n_experts, _ in Parallel(self.parts).expert_groups())

    def token_matrices(self) -> int:
        return 0

    def width(self) -> int:
        return 0


@dataclass(frozen=True)
class AttentionResidual(Block):
    """Weights by which a token's earlier residual sums are mixed anew: a norm, a query, a softmax (Kimi K3).

    Attributes:
        n_sources: Sums that are mixed.
    """

    d_model: int
    n_sources: int

    def params(self) -> dict[str, int]:
        return {"other": self.d_model, "norm": params.rms_norm_params(width=self.d_model)}

    def token_matrices(self) -> int:
        return 0

    def width(self) -> int:
        """The sums and their mix."""
        return (self.n_sources + 1) * self.d_model

    def state_flops(self) -> int:
        """A score and a share for each sum."""
        return 4 * self.d_model * self.n_sources


@dataclass(frozen=True)
class AlternatingUpdates(Block):
    """Several residual streams of which one is computed and the others follow (AltUp, in Gemma 3n)."""

    d_model: int
    n_streams: int

    def params(self) -> dict[str, int]:
        scale = self.d_model
        return {
            "other": self.token_matrices() + scale,
            "norm": params.rms_norm_params(width=self.d_model),
        }

    def token_matrices(self) -> int:
        return params.alternating_update_params(d_model=self.d_model, n_streams=self.n_streams)

    def width(self) -> int:
        """The streams, and what is predicted for each."""
        return 2 * self.n_streams * self.d_model

    def state_flops(self) -> int:
        return flops.stream_mix_flops(d_model=self.d_model, n_streams=self.n_streams)


@dataclass(frozen=True)
class LowRankPath(Block):
    """Through a narrow middle and back, with a norm behind it (Gemma 3n, Gemma 4)."""

    d_model: int
    rank: int

    def params(self) -> dict[str, int]:
        return {"other": self.token_matrices(), "norm": params.rms_norm_params(width=self.d_model)}

    def token_matrices(self) -> int:
        return 2 * self.d_model * self.rank

    def width(self) -> int:
        """Before the activation and after."""
        return 2 * self.rank


@dataclass(frozen=True)
class Projection(Block):
    """One square matrix between parts of a layer (Zamba's, behind the block that layers share)."""

    d_model: int

    def params(self) -> dict[str, int]:
        return {"other": self.token_matrices()}

    def token_matrices(self) -> int:
        return self.d_model * self.d_model

    def width(self) -> int:
        """What it writes."""
        return self.d_model


@dataclass(frozen=True)
class ResidualScales(Block):
    """A learned scale for every channel of the residual stream, one at each of its additions (Doge)."""

    d_model: int
    n_additions: int

    def params(self) -> dict[str, int]:
        return {"other": self.n_additions * self.d_model}

    def token_matrices(self) -> int:
        return 0

    def width(self) -> int:
        """The scaled stream."""
        return self.d_model


@dataclass(frozen=True)
class MLPAdapter(Block):
    """A low-rank correction of a matrix that layers share, of the layer's own (Zamba 2)."""

    d_in: int
    rank: int
    d_out: int
    component = "mlp"

    def params(self) -> dict[str, int]:
        return {self.component: self.token_matrices()}

    def token_matrices(self) -> int:
        return self.rank * (self.d_in + self.d_out)

    def width(self) -> int:
        """The narrow middle, and the correction."""
        return self.rank + self.d_out


@dataclass(frozen=True)
class AttentionAdapter(MLPAdapter):
    """The same for a query, key or value projection."""

    component = "attention"


@dataclass(frozen=True)
class NormGate(MLPAdapter):
    """A low-rank gate on what a norm puts out (A.X K2)."""

    component = "norm"
