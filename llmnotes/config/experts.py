"""Feed-forwards of layers with experts, said in a row: which layers have them, how wide they are, what they share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmnotes.blocks.base import Block
from llmnotes.blocks.feedforward import GatedMLP, LatentMixtureOfExperts, MixtureOfExperts
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.reading import Switch, gated_mlp, switched

SparseRule = Callable[[Keys, int], Sequence[bool]]


def always(_keys: Keys, n_layers: int) -> Sequence[bool]:
    """Experts in every layer."""
    return (True,) * n_layers


def first_dense(keys: Keys, n_layers: int) -> Sequence[bool]:
    """Dense feed-forwards in the first `first_k_dense_replace` layers, experts in the others."""
    if keys.has("moe_layer_freq") and keys.size("moe_layer_freq") != 1:
        keys.warnings.append("moe_layer_freq is not 1; the implementation in common use ignores it and is counted so")
    n_dense = keys.count("first_k_dense_replace", default=0)
    return tuple(index >= n_dense for index in range(n_layers))


def by_mlp_types(n_dense: int = 0) -> SparseRule:
    """`mlp_layer_types` where it names each layer dense or sparse; otherwise `first_k_dense_replace`, or `n_dense`."""

    def sparse(keys: Keys, n_layers: int) -> Sequence[bool]:
        kinds = keys.words("mlp_layer_types", n_layers, ("dense", "sparse"))
        if kinds is None:
            keys.fill(first_k_dense_replace=n_dense)
            return first_dense(keys, n_layers)
        keys.ignore("first_k_dense_replace", "moe_layer_freq")
        return tuple(kind == "sparse" for kind in kinds)

    return sparse


def stepped(keys: Keys, n_layers: int) -> Sequence[bool]:
    """Experts in every `decoder_sparse_step`-th layer that `mlp_only_layers` does not name."""
    dense = keys.indices("mlp_only_layers", n_layers) if keys.stated("mlp_only_layers") else ()
    step = keys.size("decoder_sparse_step", default=1)
    return tuple((index + 1) % step == 0 and index not in dense for index in range(n_layers))


@dataclass(frozen=True)
class Moe:
    """The feed-forwards of a family with experts, said in one row.

    Attributes:
        width: Key of the width of an expert.
        shared: Key of the shared experts: `n_shared_experts` counts some of the same width, another is a width.
        shared_gate: A learned scalar gate in front of the shared expert.
        router_bias: Learned biases of the router (a balancing bias that is a parameter).
        expert_bias: Switch for the biases of routed experts.
        bias: Switch for the biases of dense feed-forwards and shared experts.
        sparse: What reads which layers have experts.
        dense: Key of the width of a layer without.
    """

    width: str = "moe_intermediate_size"
    shared: str = ""
    shared_gate: bool = False
    router_bias: bool = False
    expert_bias: Switch = False
    bias: Switch = False
    sparse: SparseRule = always
    dense: str = "intermediate_size"

    def __call__(self, keys: Keys, n_layers: int) -> list[Block]:
        """The feed-forward of each layer."""
        sparse = self.sparse(keys, n_layers)
        routed: Block | None = self.routed(keys) if any(sparse) else None
        keys.ignore(self.dense, self.width, self.shared, "num_experts", "num_experts_per_tok")
        dense = None if all(sparse) else gated_mlp(keys, self.dense, bias=self.bias)
        return [part for yes in sparse if (part := routed if yes else dense) is not None]

    def routed(self, keys: Keys) -> MixtureOfExperts:
        """The mixture of a layer that has one."""
        n_experts, top_k = keys.size("num_experts"), keys.size("num_experts_per_tok")
        check_top_k(keys, "num_experts_per_tok", top_k, n_experts)
        expert = gated_mlp(keys, self.width, bias=self.expert_bias)
        d_shared = 0
        if self.shared == "n_shared_experts":
            d_shared = keys.count(self.shared, default=0) * expert.d_ff
        elif self.shared:
            d_shared = keys.count(self.shared, default=0)
        return MixtureOfExperts(
            expert.d_model,
            n_experts,
            top_k,
            expert,
            GatedMLP(expert.d_model, d_shared, switched(keys, self.bias)) if d_shared else None,
            self.shared_gate,
            self.router_bias,
        )


def check_top_k(keys: Keys, name: str, top_k: int, n_experts: int) -> None:
    """Nobody visits more experts than there are."""
    if top_k > n_experts:
        raise ConfigError(
            f"{keys.name}: {keys.said(name)} is {top_k}, but there are only {n_experts} experts; check both values"
        )


def in_latent_space(routed: MixtureOfExperts, width: int, *, n_norms: int) -> LatentMixtureOfExperts:
    """The same experts in a narrower space that every token is carried into and back from."""
    shape: dict[str, Any] = vars(routed) | {"expert": replace(routed.expert, d_model=width)}
    return LatentMixtureOfExperts(**shape, n_latent_norms=n_norms)


DEEPSEEK = Moe(shared="n_shared_experts", sparse=first_dense)
BY_TYPE = Moe(shared="n_shared_experts", sparse=by_mlp_types())
FIRST_DENSE = Moe(shared="n_shared_experts", sparse=by_mlp_types(1))
