"""Feed-forwards: dense gated, dense plain, and mixtures of experts made of either."""

from dataclasses import dataclass

from llmnotes import params
from llmnotes.blocks.base import Block


@dataclass(frozen=True)
class GatedMLP(Block):
    """Gate, up and down (SwiGLU, GeGLU)."""

    d_model: int
    d_ff: int
    bias: bool = False

    def params(self) -> dict[str, int]:
        biases = 2 * self.d_ff + self.d_model if self.bias else 0
        return {"mlp": self.token_matrices() + biases}

    def token_matrices(self) -> int:
        return params.gated_mlp_params(d_model=self.d_model, d_ff=self.d_ff)


@dataclass(frozen=True)
class PlainMLP(Block):
    """Up and down (ReLU, GELU, squared ReLU).

    Attributes:
        activation_params: Learned constants of the activation.
    """

    d_model: int
    d_ff: int
    bias: bool = False
    activation_params: int = 0

    def params(self) -> dict[str, int]:
        biases = self.d_ff + self.d_model if self.bias else 0
        return {"mlp": self.token_matrices() + biases + self.activation_params}

    def token_matrices(self) -> int:
        return params.plain_mlp_params(d_model=self.d_model, d_ff=self.d_ff)


MLP = GatedMLP | PlainMLP


@dataclass(frozen=True)
class MixtureOfExperts(Block):
    """Routed experts, of which each token visits `top_k`, and optionally a shared one that every token visits.

    Attributes:
        expert: One routed expert.
        shared: The shared experts as one feed-forward (several of them side by side are one that is wider).
        shared_gate: A learned scalar gate in front of the shared expert.
        router_bias: Learned biases of the router (balancing biases kept as buffers are not parameters).
    """

    d_model: int
    n_experts: int
    top_k: int
    expert: MLP
    shared: MLP | None = None
    shared_gate: bool = False
    router_bias: bool = False

    def params(self) -> dict[str, int]:
        router = params.router_params(d_model=self.d_model, n_experts=self.n_experts)
        shared = self.shared.params()["mlp"] if self.shared else 0
        return {
            "router": router + (self.n_experts if self.router_bias else 0),
            "experts_routed": self.n_experts * self.expert.params()["mlp"],
            "experts_shared": shared + (self.d_model if self.shared_gate else 0),
        }

    def idle_params(self) -> int:
        return params.idle_expert_params(
            expert_params=self.expert.params()["mlp"], n_experts=self.n_experts, top_k=self.top_k
        )

    def token_matrices(self) -> int:
        router = params.router_params(d_model=self.d_model, n_experts=self.n_experts)
        routed = self.top_k * self.expert.token_matrices()
        shared = self.shared.token_matrices() if self.shared else 0
        return router + routed + shared + (self.d_model if self.shared_gate else 0)
