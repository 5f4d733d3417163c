"""A model as its layers: what `load_model` and `from_config` return and everything else counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llmnotes.blocks.base import Block
from llmnotes.equations import params


@dataclass(frozen=True)
class Layer:
    """A mixer, a feed-forward and the norms around them; either may be missing.

    Attributes:
        norm_params: Gains and biases of all norms of the layer, norms on queries and keys apart.
        extras: Further blocks that belong to the layer.
    """

    mixer: Block | None
    feed_forward: Block | None
    norm_params: int
    extras: tuple[Block, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every block that is there."""
        both = (self.mixer, self.feed_forward)
        return tuple(block for block in both if block is not None) + self.extras

    @property
    def n_params(self) -> int:
        """Parameters of the layer, norms included."""
        count = self.norm_params
        for block in self.blocks:
            for part in block.params().values():
                count += part
        return count


@dataclass(frozen=True)
class Run:
    """`count` equal layers in a row."""

    layer: Layer
    count: int


WHOLE, CHECKPOINT = "whole", "checkpoint"


@dataclass(frozen=True)
class Stage:
    """Equal work at positions of a tower or a projector (a position: a patch of an image, a frame of sound).

    Attributes:
        flops: FLOPs of a position without the others.
        pair_flops: FLOPs of a pair of positions that attend to each other.
        per: Positions here for each of the input's: 1/4 behind a merger of 2 × 2 patches, 2 before a stride of two.
        more: Further positions, whatever the input (a class token).
        window: Side of the windows within which positions attend to each other; 0: all do.
    """

    flops: int
    pair_flops: int
    per: float = 1
    more: int = 0
    window: int = 0


@dataclass(frozen=True)
class Input:
    """An image, one of its tiles or a second of sound, by the model's own rule.

    Attributes:
        name: `image tile second`.
        tokens: Tokens that it takes in the text model's context.
        rows, columns: Positions that the tower reads in one pass; sound has one column. 0: not known.
        share: What the input is of such a pass (a second of thirty: 1/30).
        source: Positions whose keys and values layers of cross-attention keep for it.
    """

    name: str
    tokens: float
    rows: int = 0
    columns: int = 1
    share: float = 1
    source: int = 0


@dataclass(frozen=True)
class Part:
    """What stands beside the text decoder: a tower, a projector, a prediction module, a draft head, an adapter.

    Attributes:
        name: `vision_tower audio_tower projector mtp draft_head adapter` …
        matrices: Shapes that are multiplied with: rows, columns, and how many there are of each.
        vectors: Parameters in norms, biases, scalars, convolutions and tables, which quantization leaves alone.
        runs: Layers of the decoder's kind (a prediction module is made of them).
        held: `"whole"`: the model runs with it; `"checkpoint"`: the file holds it, the decoder runs without it.
        stages: Its work on an input; empty where it is not known, or where the part is made of `runs`.
    """

    name: str
    matrices: tuple[tuple[int, int, int], ...] = ()
    vectors: int = 0
    runs: tuple[Run, ...] = ()
    held: str = WHOLE
    stages: tuple[Stage, ...] = ()

    @property
    def n_params(self) -> int:
        """Parameters of the part."""
        count = self.vectors
        for rows, columns, how_many in self.matrices:
            count += rows * columns * how_many
        for run in self.runs:
            count += run.count * run.layer.n_params
        return count


@dataclass(frozen=True)
class Embedding:
    """What stands before and after the layers.

    Attributes:
        d_embed: Width of a row of the token table (the model's width nearly always).
        n_positions: Rows of learned absolute positions, 0 where positions are not learned.
        tied: The output head is the token table.
        head_bias: The output head has a bias.
        norm_params: Norms outside the layers.
        project_params: Matrices between `d_embed` and the model's width, or between residual streams.
        lookup_params: Further tables that are looked up and not multiplied with (Gemma 3n's, one for each layer).
        head_matrix: Weights of an untied head that is not as large as the token table (0: as large).
        owned: Table and head are this model's; otherwise they are used and not counted (a draft head).
    """

    vocab_size: int
    d_model: int
    d_embed: int
    tied: bool
    norm_params: int
    n_positions: int = 0
    head_bias: bool = False
    project_params: int = 0
    lookup_params: int = 0
    head_matrix: int = 0
    owned: bool = True

    def params(self) -> dict[str, int]:
        """Parameters by component name."""
        table = params.embedding_params(vocab_size=self.vocab_size if self.owned else 0, d_embed=self.d_embed)
        head = (0 if self.tied else self.logits_matrices()) + (self.vocab_size if self.head_bias else 0)
        return {
            "embedding_token": table,
            "embedding_position": params.position_params(n_positions=self.n_positions, d_model=self.d_model),
            "norm": self.norm_params,
            "lm_head": head,
            "other": self.project_params + self.lookup_params,
        }

    def logits_matrices(self) -> int:
        """Weights of the output head: tied or not, it is multiplied with."""
        if self.head_matrix and not self.tied:
            return self.head_matrix
        return params.embedding_params(vocab_size=self.vocab_size, d_embed=self.d_embed)


@dataclass(frozen=True)
class ModelSpec:
    """A decoder: its ends and its layers.

    Attributes:
        name: What to call it: its name in the registry, or the name the configuration was read under.
        family: `model_type` as published.
        n_ctx: Positions the configuration allows (`max_position_embeddings`), not what is advertised; `None` unsaid.
        runs: Runs of equal layers, first to last.
        assumed: Defaults the family's reader filled in for keys that are absent, one sentence each.
        warnings: What a reader of the numbers must know, one sentence each.
        parts: What the model or its file holds beside the decoder.
        inputs: What an image or a second of sound is to the model.
        borrowed_params: Parameters counted here that the file leaves to another model (a draft head's token table).
        uncounted_flops: Why no FLOPs are counted (an encoder); empty where they are.
        stated: What the configuration says of the precision of weights and cache, as published (`weights` reads it).
        published_forms: Forms in which files of it are published, by name, with what those say of their precision.
    """

    name: str
    family: str
    embedding: Embedding
    runs: tuple[Run, ...]
    n_ctx: int | None = None
    assumed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    inputs: tuple[Input, ...] = ()
    borrowed_params: int = 0
    uncounted_flops: str = ""
    stated: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    published_forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Every layer, first to last."""
        return tuple(run.layer for run in self.runs for _ in range(run.count))

    @property
    def n_layers(self) -> int:
        """Layers."""
        count = 0
        for run in self.runs:
            count += run.count
        return count

    @property
    def d_model(self) -> int:
        """Width of the residual stream."""
        return self.embedding.d_model

    @property
    def vocab_size(self) -> int:
        """Rows of the token table."""
        return self.embedding.vocab_size

    @property
    def held_params(self) -> int:
        """Parameters that its weight files hold: of the decoder and of all that stands beside it."""
        count = -self.borrowed_params
        for number in self.embedding.params().values():
            count += number
        for run in self.runs:
            count += run.count * run.layer.n_params
        for part in self.parts:
            count += part.n_params
        return count

    @property
    def census(self) -> tuple[Run, ...]:
        """Each distinct layer once, with how often it stands anywhere: what sums over layers go through."""
        counts: dict[Layer, int] = {}
        for run in self.runs:
            counts[run.layer] = counts.get(run.layer, 0) + run.count
        return tuple(Run(layer, count) for layer, count in counts.items())


def runs_of(layers: Iterable[Layer]) -> tuple[Run, ...]:
    """Merge equal neighbours into runs."""
    runs: list[Run] = []
    for layer in layers:
        if runs and runs[-1].layer == layer:
            runs[-1] = Run(layer, runs[-1].count + 1)
        else:
            runs.append(Run(layer, 1))
    return tuple(runs)
