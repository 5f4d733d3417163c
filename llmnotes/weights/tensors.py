"""The tensors of a model: name, shape, and how many of each. Together they are every parameter that is counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from llmnotes.spec import Layer, ModelSpec, Part
from llmnotes.weights.matrices import Matrix, matrices_of
from llmnotes.weights.names import Style, style_of

OUTSIDE = -1
"""The layer of what stands outside the layers."""

NOT_MULTIPLIED = ("token_embd", "position_embd", "per_layer_token_embd", "rest")
"""Roles of tensors that no activation is multiplied with: tables that are looked up, and norms, biases, constants."""


@dataclass(frozen=True)
class Tensor:
    """A kind of tensor, and the layers that hold one.

    Attributes:
        name: Module name; `{i}` stands for the layer and `{e}` for the expert. It ends in `*` where it stands for
            several small tensors at once.
        shape: Outputs and inputs of a matrix, or one number.
        role: What it does (`matrices.Matrix`); the first of several that are stored as one; `rest` for small ones.
        component: The component of `count_params`, or the part beside the decoder.
        layers: The layers that hold it; `(OUTSIDE,)` outside of them.
        n_experts: Equal ones in a layer.
        biased: See `matrices.Matrix`; the bias itself is one of the small ones.
    """

    name: str
    shape: tuple[int, ...]
    role: str
    component: str
    layers: tuple[int, ...] = (OUTSIDE,)
    n_experts: int = 1
    biased: bool = False

    @property
    def n_params(self) -> int:
        """Parameters of all of them."""
        return prod(self.shape) * self.n_experts * len(self.layers)

    @property
    def is_matrix(self) -> bool:
        """Whether activations are multiplied with it."""
        return self.role not in NOT_MULTIPLIED


def tensors_of(model: ModelSpec) -> tuple[Tensor, ...]:
    """Every tensor of the decoder, then those of the parts beside it, without what the file leaves to another model.

    Sums by component equal `count_params`; `tests/test_weights.py` compares names and shapes with the reference's.
    """
    style = style_of(model.family)
    found = list(_ends(model, style))
    places: dict[Layer, list[int]] = {}
    index = 0
    for run in model.runs:
        places.setdefault(run.layer, []).extend(range(index, index + run.count))
        index += run.count
    for layer, layers in places.items():
        found += _layer(layer, style, style["layer"], tuple(layers))
    for part in model.parts:
        found += _part(part, style)
    return tuple(tensor for tensor in found if tensor.n_params)


def _ends(model: ModelSpec, style: Style) -> Iterable[Tensor]:
    ends, counted = model.embedding, model.embedding.params()
    table = counted["embedding_token"]
    if table and table != model.borrowed_params:
        yield Tensor(style["token_embd"], (table // ends.d_embed, ends.d_embed), "token_embd", "embedding_token")
    if ends.n_positions:
        shape = (ends.n_positions, ends.d_model)
        yield Tensor(style["position_embd"], shape, "position_embd", "embedding_position")
    if not ends.tied:
        rows = ends.logits_matrices() // ends.d_embed
        yield Tensor(style["output"], (rows, ends.d_embed), "output", "lm_head")
    if ends.head_bias:
        yield Tensor(f"{style['output']}.bias", (ends.vocab_size,), "rest", "lm_head")
    yield Tensor("norm*", (ends.norm_params,), "rest", "norm")
    if ends.d_embed != ends.d_model and ends.project_params == 2 * ends.d_embed * ends.d_model:
        yield Tensor(style.get("project_in", "project_in"), (ends.d_model, ends.d_embed), "project_in", "other")
        yield Tensor(style.get("project_out", "project_out"), (ends.d_embed, ends.d_model), "project_out", "other")
    else:
        yield Tensor("projections*", (ends.project_params,), "rest", "other")
    if "per_layer_token_embd" in style:
        name, rows = style["per_layer_token_embd"], _rows_of_lookup(model)
        yield Tensor(name, (rows, ends.lookup_params // rows), "per_layer_token_embd", "other")
    else:
        yield Tensor("constants*", (ends.lookup_params,), "rest", "other")


def _rows_of_lookup(model: ModelSpec) -> int:
    """Rows of Gemma's table for each layer: the narrow paths of all layers side by side make one row."""
    width = 0
    for run in model.runs:
        narrow = [m.rows for block in run.layer.extras for m in matrices_of(block) if m.role == "path_in"]
        width += run.count * (narrow[-1] if narrow else 0)
    return model.embedding.lookup_params // width if width else 1


def _layer(layer: Layer, style: Style, prefix: str, layers: tuple[int, ...], component: str = "") -> Iterable[Tensor]:
    """The tensors of equal layers: matrices by name, and what is left of each component as one."""
    left = {"norm": layer.norm_params}
    shapes: list[tuple[str, Matrix]] = []
    for block in layer.blocks:
        counted = dict(block.params())
        matrices = _fused(matrices_of(block), style)
        for _, matrix in matrices:
            counted[matrix.component] = counted.get(matrix.component, 0) - matrix.n_params
        if min(counted.values(), default=0) < 0:  # a kind of block without a rule here: counted, in one piece
            matrices, counted = [], block.params()
        shapes += matrices
        for name, count in counted.items():
            left[name] = left.get(name, 0) + count
    seen: dict[str, int] = {}
    for name, matrix in shapes:
        nth = seen.get(name, 0)
        seen[name] = nth + 1
        yield Tensor(
            f"{prefix}.{name.replace('{n}', str(nth))}",
            (matrix.rows, matrix.columns),
            matrix.role,
            component or matrix.component,
            layers,
            matrix.n_experts,
            matrix.biased,
        )
    for name, count in left.items():
        yield Tensor(f"{prefix}.{name}*", (count,), "rest", component or name, layers)


def _fused(matrices: tuple[Matrix, ...], style: Style) -> list[tuple[str, Matrix]]:
    """Names and matrices as they are stored: those that a family keeps as one, under the role of the first."""
    together = {role: roles for roles in style if isinstance(roles, tuple) for role in roles}
    present = {matrix.role for matrix in matrices}
    found: list[tuple[str, Matrix]] = []
    for matrix in matrices:
        roles = together.get(matrix.role, ())
        if not roles or not present.issuperset(roles):
            found.append((style.get(matrix.role, matrix.role), matrix))
        elif matrix.role == next(each.role for each in matrices if each.role in roles):
            rows = sum(each.rows for each in matrices if each.role in roles)
            role = _role_of(roles)
            whole = Matrix(role, rows, matrix.columns, matrix.component, matrix.n_experts, matrix.biased)
            found.append((style[roles], whole))
    return found


def _role_of(roles: tuple[str, ...]) -> str:
    """The role of a matrix that holds several: llama.cpp calls queries, keys and values together `attn_qkv`."""
    if {"attn_q", "attn_k", "attn_v"} <= set(roles):
        return "attn_qkv"
    return "ffn_up" + roles[0].removeprefix("ffn_gate") if roles[0].startswith("ffn_gate") else roles[0]


def _part(part: Part, style: Style) -> Iterable[Tensor]:
    for number, (rows, columns, count) in enumerate(part.matrices):
        yield Tensor(f"{part.name}.{number}", (rows, columns), "part", part.name, (OUTSIDE,), count)
    yield Tensor(f"{part.name}.*", (part.vectors,), "rest", part.name)
    index = 0
    for run in part.runs:
        layers = tuple(range(index, index + run.count))
        yield from _layer(run.layer, style, f"{part.name}.layers.{{i}}", layers, part.name)
        index += run.count
