"""Feed-forwards: dense gated, dense plain, and mixtures of experts made of either."""

from dataclasses import dataclass

from llmnotes.blocks.base import Block
from llmnotes.equations import memory, params


@dataclass(frozen=True)
class GatedMLP(Block):
    """Gate, up and down (SwiGLU, GeGLU).

    Attributes:
        scalar_params: Learned numbers that multiply no matrix: a scale of the output, constants of the activation.
    """

    d_model: int
    d_ff: int
    bias: bool = False
    scalar_params: int = 0

    def params(self) -> dict[str, int]:
        biases = 2 * self.d_ff + self.d_model if self.bias else 0
        return {"mlp": self.token_matrices() + biases + self.scalar_params}

    def token_matrices(self) -> int:
        return params.gated_mlp_params(d_model=self.d_model, d_ff=self.d_ff)

    def width(self) -> int:
        """Gate, up, and their product."""
        return 3 * self.d_ff


@dataclass(frozen=True)
class PlainMLP(Block):
    """Up and down (ReLU, GELU, squared ReLU).

    Attributes:
        scalar_params: See `GatedMLP`.
    """

    d_model: int
    d_ff: int
    bias: bool = False
    scalar_params: int = 0

    def params(self) -> dict[str, int]:
        biases = self.d_ff + self.d_model if self.bias else 0
        return {"mlp": self.token_matrices() + biases + self.scalar_params}

    def token_matrices(self) -> int:
        return params.plain_mlp_params(d_model=self.d_model, d_ff=self.d_ff)

    def width(self) -> int:
        """Before the activation and after."""
        return 2 * self.d_ff


MLP = GatedMLP | PlainMLP


@dataclass(frozen=True)
class MixtureOfExperts(Block):
    """Routed experts, of which each token visits `top_k`, and optionally a shared one that every token visits.

    Attributes:
        expert: One routed expert.
        shared: The shared experts as one feed-forward (several of them side by side are one that is wider).
        shared_gate: A learned scalar gate in front of the shared expert.
        router_bias: Learned biases of the router (balancing biases kept as buffers are not parameters).
        n_zero_experts: Choices of the router that stand for "compute nothing" (LongCat-Flash).
        scalar_params: Learned numbers of the router beside its matrix.
        out_bias: A learned bias on the sum of the experts (JetMoE).
    """

    d_model: int
    n_experts: int
    top_k: int
    expert: MLP
    shared: MLP | None = None
    shared_gate: bool = False
    router_bias: bool = False
    n_zero_experts: int = 0
    scalar_params: int = 0
    out_bias: bool = False

    def params(self) -> dict[str, int]:
        router = self.router_matrices() + self.scalar_params
        shared = self.shared.params()["mlp"] if self.shared else 0
        return {
            "router": router + (self.n_experts if self.router_bias else 0),
            "experts_routed": self.n_experts * self.expert.params()["mlp"],
            "experts_shared": shared + (self.d_model if self.shared_gate else 0),
            "mlp": self.d_model if self.out_bias else 0,
        }

    def router_matrices(self) -> int:
        return params.router_params(d_model=self.d_model, n_experts=self.n_experts + self.n_zero_experts)

    def expert_groups(self) -> tuple[tuple[int, int, int], ...]:
        if self.n_experts == 0:  # Granite 4 without experts: the shared one alone
            return ()
        return ((self.expert.params()["mlp"], self.n_experts, self.top_k),)

    def token_matrices(self) -> int:
        routed = self.top_k * self.expert.token_matrices()
        shared = self.shared.token_matrices() if self.shared else 0
        return self.router_matrices() + routed + shared + (self.d_model if self.shared_gate else 0)

    def width(self) -> int:
        routed = memory.experts_width(
            n_experts=self.n_experts + self.n_zero_experts,
            top_k=self.top_k,
            expert_width=self.expert.width(),
            d_expert=self.expert.d_model,
        )
        return routed + (self.shared.width() + self.d_model if self.shared else 0)


@dataclass(frozen=True)
class LatentMixtureOfExperts(MixtureOfExperts):
    """Experts that work in a narrower space, with one projection into it and one back that every token passes
    (Nemotron 3 Super). `expert.d_model` is that narrower width.

    Attributes:
        latent_bias: Biases of the two projections.
        n_latent_norms: Norms in the narrower space, before the experts or behind them.
    """

    latent_bias: bool = False
    n_latent_norms: int = 0

    def latent_matrices(self) -> int:
        return 2 * self.d_model * self.expert.d_model

    def params(self) -> dict[str, int]:
        biases = self.expert.d_model + self.d_model if self.latent_bias else 0
        norms = self.n_latent_norms * params.rms_norm_params(width=self.expert.d_model)
        return super().params() | {"mlp": self.latent_matrices() + biases, "norm": norms}

    def token_matrices(self) -> int:
        return super().token_matrices() + self.latent_matrices()

    def width(self) -> int:
        return super().width() + 2 * self.expert.d_model


@dataclass(frozen=True)
class ProductKeyExperts(MixtureOfExperts):
    """Very many experts of one neuron each. The router scores two short lists, and an expert is a pair of entries, so
    that its matrix grows with the square root of their number (Doge)."""

    def router_matrices(self) -> int:
        return params.router_params(d_model=self.d_model, n_experts=2 * int(self.n_experts**0.5))


@dataclass(frozen=True)
class DeepRouterExperts(MixtureOfExperts):
    """Experts behind a router of several layers, narrow inside (ZAYA).

    Attributes:
        router_width: Width of the router's inner layers.
    """

    router_width: int = 1

    def router_matrices(self) -> int:
        choices = self.n_experts + self.n_zero_experts
        return self.router_width * (self.d_model + 2 * self.router_width + choices)

    def width(self) -> int:
        return super().width() + 3 * self.router_width


@dataclass(frozen=True)
class ScoredSharedExperts(MixtureOfExperts):
    """Experts whose router scores the shared ones too, though every token visits them (Inkling).

    Attributes:
        n_shared: Shared experts.
    """

    n_shared: int = 0

    def router_matrices(self) -> int:
        return params.router_params(d_model=self.d_model, n_experts=self.n_experts + self.n_shared)
