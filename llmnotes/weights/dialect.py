"""A `quantization_config` read key by key, and what it comes to: which form each matrix has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from llmnotes.config.keys import ConfigError
from llmnotes.weights.formats import F32, Format
from llmnotes.weights.patterns import Modules
from llmnotes.weights.tensors import Tensor

ROUTERS = (
    "ffn_gate_inp",
    "ffn_gate_inp_shexp",
    "ffn_gate_inp_down",
    "ffn_gate_inp_1",
    "ffn_gate_inp_2",
    "attn_gate_inp",
)
HEAD = ("output",)
TABLES = ("token_embd", "position_embd", "per_layer_token_embd")
EXPERTS = ("ffn_gate_exps", "ffn_up_exps", "ffn_down_exps")
# The weights of an indexer's heads, and what makes one entry of several tokens (DeepSeek-V3.2 and V4 as published).
KEPT_IN_8_BITS = (
    "indexer.proj",
    "compressor.kv",
    "compressor.gate",
    "indexer.compressor.kv",
    "indexer.compressor.gate",
)
# The way into the narrow space of latent experts and back (Kimi K3 as published: 16 bits, though no list says so).
LATENT = ("ffn_latent_in", "ffn_latent_out")
Names = tuple[str, ...]


@dataclass(frozen=True)
class Picker:
    """Which form each matrix has.

    Attributes:
        form: Of a matrix about which nothing else is said; `None`: as the rest.
        named: Modules with forms of their own, first match counts; `None`: as the rest.
        skipped: Modules that stay as the rest, before anything else is asked.
        kept: Roles that stay as the rest, unless they are named.
        only: Roles that `form` holds for; empty: all.
        tables: Tables of tokens and positions are quantized like matrices.
        wide: Components in float32 whatever else is said.
        parts: Parts beside the decoder whose matrices are quantized like its own.
        zero_bias_bits: Stored for each output of a quantized matrix that has no bias of its own.
        assumed: What the configuration does not say, one sentence each.
    """

    form: Format | None
    named: tuple[tuple[Modules, Format | None], ...] = ()
    skipped: Modules | None = None
    kept: tuple[str, ...] = ROUTERS
    only: tuple[str, ...] = ()
    tables: bool = False
    wide: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    zero_bias_bits: int = 0
    assumed: tuple[str, ...] = ()

    @property
    def asks_names(self) -> bool:
        """Whether layers may differ: something is said of modules by name."""
        return bool(self.named) or self.skipped is not None

    def __call__(self, tensor: Tensor, names: Names) -> Format | None:
        """The form of one tensor that goes by these names; `None`: as the rest."""
        if tensor.component in self.wide:
            return F32
        if not (tensor.is_matrix or (self.tables and tensor.role in TABLES)) or (
            tensor.role == "part" and tensor.component not in self.parts
        ):
            return None
        if self.skipped is not None and any(name in self.skipped for name in names):
            return None
        for modules, form in self.named:
            if any(name in modules for name in names):
                return self._fitting(form, tensor)
        if tensor.role in self.kept or (self.only and tensor.role not in self.only):
            return None
        return self._fitting(self.form, tensor)

    def _fitting(self, form: Format | None, tensor: Tensor) -> Format | None:
        if form is None or not form.fits(*tensor.shape):
            return None
        return form if tensor.biased else replace(form, row_bits=form.row_bits + self.zero_bias_bits)


class Dialect:
    """A `quantization_config`, read key by key."""

    def __init__(self, keys: Mapping[str, Any], name: str, extra: Mapping[str, Any]):
        self.keys, self.name, self.extra = keys, name, extra

    def error(self, key: str, remedy: str) -> ConfigError:
        shown = repr(self.keys.get(key))
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return ConfigError(f"{self.name}: quantization_config.{key} is {shown}: {remedy}")

    def whole(self, key: str, default: int, least: int = 1, most: int = 65_536) -> int:
        """A whole number within bounds."""
        value = self.keys.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.error(key, f"give a whole number from {least} to {most}")
        return value

    def bits(self, key: str, default: int) -> int:
        """Bits of a number."""
        return self.whole(key, default, 1, 16)

    def group(self, key: str, default: int) -> int:
        """Numbers of a row that share a scale; 0 for all of them, which some write as -1."""
        return max(0, self.whole(key, default, -1))

    def word(self, key: str) -> str:
        """Text in small letters; empty where there is none."""
        value = self.keys.get(key)
        if value is not None and not isinstance(value, str):
            raise self.error(key, "give text")
        return (value or "").lower()

    def modules(self, *names: str, exact: bool = False) -> Modules:
        """The modules that the first of these keys lists; `exact`: themselves alone, not what is inside them."""
        for key in names:
            listed = self.keys.get(key)
            if listed is None:
                continue
            if isinstance(listed, str):
                listed = [listed]
            if not isinstance(listed, list | tuple) or not all(isinstance(entry, str) for entry in listed):
                raise self.error(key, "give a list of module names")
            return self.matching(key, listed, exact=exact)
        return Modules(())

    def matching(self, key: str, patterns, *, exact: bool = False) -> Modules:
        """The modules of a list, or an error that names its key."""
        try:
            return Modules(patterns, exact=exact)
        except ValueError as error:
            raise ConfigError(f"{self.name}: quantization_config.{key}: {error}; check the list") from None

    def inside(self, key: str) -> "Dialect":
        """The keys of an object within; empty where it is absent."""
        value = self.keys.get(key)
        if value is not None and not isinstance(value, Mapping):
            raise self.error(key, "give an object")
        return Dialect(value or {}, self.name, self.extra)

    def objects(self, key: str) -> dict[str, "Dialect"]:
        """The objects within an object, by name."""
        within = self.inside(key)
        return {str(name): within.inside(name) for name in within.keys}
