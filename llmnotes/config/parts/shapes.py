"""Shapes of a part's tensors, gathered one by one: matrices apart from what is never quantized."""

from math import prod

from llmnotes.config.keys import Keys
from llmnotes.equations import flops
from llmnotes.spec import WHOLE, Part, Stage

PIXELS = 2**20  # no published grid has more patches


class Shapes:
    """Tensors of a part, as they are added, and the work they do at the positions that `at` names."""

    def __init__(self):
        self.matrices: dict[tuple[int, int], int] = {}
        self.vectors = 0
        self.work: dict[tuple[float, int, int], list[int]] = {}
        self.place: tuple[float, int, int] | None = None

    def at(self, per: float = 1, *, more: int = 0, window: int = 0) -> None:
        """What follows works at these positions (`spec.Stage`). Before the first call no work is counted."""
        self.place = per, more, window

    def idle(self) -> None:
        """What follows is stored and does no work for the text model."""
        self.place = None

    def does(self, each: int, each_pair: int = 0) -> None:
        """FLOPs at each position, and for each pair of positions that attend to each other."""
        if self.place is not None:
            done = self.work.setdefault(self.place, [0, 0])
            done[0] += each
            done[1] += each_pair

    def linear(self, inputs: int, outputs: int, *, n: int = 1, bias: bool = True) -> None:
        """`n` matrices `outputs × inputs`."""
        if n:
            self.matrices[outputs, inputs] = self.matrices.get((outputs, inputs), 0) + n
        self.vectors += n * outputs if bias else 0
        self.does(flops.matrix_flops(n_params=n * inputs * outputs))

    def plain(self, *sizes: int, n: int = 1) -> None:
        """`n` tensors that are no matrix: tables, convolutions, gates."""
        for size in sizes:
            n *= size
        self.vectors += n

    def conv(self, inputs: int, outputs: int, *kernel: int, n: int = 1, bias: bool = True) -> None:
        """`n` convolutions; they work at the positions that they give."""
        self.plain(inputs, outputs, *kernel, n=n)
        self.does(flops.matrix_flops(n_params=n * inputs * outputs * prod(kernel)))
        self.vectors += n * outputs if bias else 0

    def norm(self, width: int, *, n: int = 1, rms: bool = False) -> None:
        """`n` norms: gains, and biases unless they are RMS norms."""
        self.vectors += n * width * (1 if rms else 2)

    def mlp(self, d_model: int, d_ff: int, *, n: int = 1, gated: bool = False, bias: bool = True) -> None:
        """`n` feed-forwards."""
        self.linear(d_model, d_ff, n=2 * n if gated else n, bias=bias)
        self.linear(d_ff, d_model, n=n, bias=bias)

    def attention(
        self,
        d_model: int,
        *,
        n: int = 1,
        d_query: int | None = None,
        d_kv: int | None = None,
        d_memory: int | None = None,
        qkv_bias: bool = True,
        key_bias: bool = True,
        out_bias: bool = True,
    ) -> None:
        """`n` attentions: query, key, value, output.

        Args:
            d_query: Width of all query heads (`d_model`).
            d_kv: Width of all KV heads (`d_query`).
            d_memory: Width of what keys and values are computed from (`d_model`).
            key_bias: Keys have a bias where queries do (Whisper's have none).
        """
        d_query = d_query or d_model
        d_kv, d_memory = d_kv or d_query, d_memory or d_model
        self.linear(d_model, d_query, n=n, bias=qkv_bias)
        self.linear(d_memory, d_kv, n=n, bias=qkv_bias and key_bias)
        self.linear(d_memory, d_kv, n=n, bias=qkv_bias)
        self.linear(d_query, d_model, n=n, bias=out_bias)
        self.does(0, n * flops.pair_flops(n_heads=1, head_dim=d_query, v_head_dim=d_query))

    def layers(
        self,
        n_layers: int,
        d_model: int,
        d_ff: int,
        *,
        d_query: int | None = None,
        d_kv: int | None = None,
        qkv_bias: bool = True,
        key_bias: bool = True,
        out_bias: bool = True,
        mlp_bias: bool = True,
        gated: bool = False,
        rms: bool = False,
        n_norms: int = 2,
        each: int = 0,
    ) -> None:
        """A transformer's layers.

        Args:
            each: Further numbers of a layer: scales, norms on queries and keys.
        """
        self.attention(
            d_model,
            n=n_layers,
            d_query=d_query,
            d_kv=d_kv,
            qkv_bias=qkv_bias,
            key_bias=key_bias,
            out_bias=out_bias,
        )
        self.mlp(d_model, d_ff, n=n_layers, gated=gated, bias=mlp_bias)
        self.norm(d_model, n=n_norms * n_layers, rms=rms)
        self.plain(each, n=n_layers)

    def part(self, name: str, held: str = WHOLE) -> Part:
        """All of it."""
        matrices = tuple((rows, columns, n) for (rows, columns), n in self.matrices.items())
        stages = tuple(Stage(*done, *place) for place, done in self.work.items())
        return Part(name, matrices, self.vectors, held=held, stages=stages)


class PartKeys(Keys):
    """Keys of a part."""

    def _misspelt(self, name: str) -> None:
        """Nothing: a part's keys are read in turn, and those that are not read yet are no sign of a misspelling."""

    def sides(self, *names: str) -> tuple[int, int]:
        """Height and width, given as one number or as two."""
        value, name = self.raw(*names)
        if isinstance(value, list | tuple):
            pair = Keys({f"{name}[{i}]": side for i, side in enumerate(value)}, self.name)
            if len(value) != 2:
                raise self.error(name, "give one number, or height and width")
            return pair.size(f"{name}[0]", most=PIXELS), pair.size(f"{name}[1]", most=PIXELS)
        side = self.size(*names, most=PIXELS)
        return side, side

    def pair(self, *names: str) -> tuple[int, int]:
        """Two sizes in a list."""
        value, name = self.raw(*names)
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise self.error(name, "give two numbers of channels")
        both = Keys({"first": value[0], "second": value[1]}, f"{self.name}: {name}")
        return both.size("first"), both.size("second")

    def patch(self) -> int:
        """Pixels of one patch."""
        height, width = self.sides("patch_size")
        return height * width

    def grid(self, *names: str) -> int:
        """Patches of a whole image."""
        height, width = self.sides(*(names or ("image_size",)))
        down, across = self.sides("patch_size")
        return (height // down) * (width // across)

    def indices(self, name: str, n: int) -> tuple[int, ...]:
        """Those layer numbers of a list that exist: towers are cut short with their lists as they were."""
        value, _ = self.raw(name)
        if value is None:
            return ()
        whole = isinstance(value, list | tuple) and all(type(index) is int and index >= 0 for index in value)
        if not whole:
            raise self.error(name, "give a list of layer numbers")
        return tuple(index for index in set(value) if index < n)

    def length(self, name: str) -> int:
        """Entries of a list."""
        value, _ = self.raw(name)
        if value is None:
            return 0
        if not isinstance(value, list | tuple) or len(value) > PIXELS:
            raise self.error(name, "give a list")
        return len(value)

    def widened(self, width: int, default: float) -> int:
        """`mlp_ratio` times a width."""
        return int(width * self.number("mlp_ratio", default))
