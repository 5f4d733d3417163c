"""LoRA and DoRA adapters: what an `adapter_config.json` says, and that it needs the model it was trained on."""

from collections.abc import Mapping
from dataclasses import dataclass

from llmnotes.config.keys import ConfigError, Keys
from llmnotes.spec import ModelSpec

ALL_LINEAR = "all-linear"
# The stacked matrices of experts, and what their parts are called where files keep them apart.
STACKED = {"gate_up_proj": ("gate_up_proj", "gate_proj", "up_proj", "w1", "w3"), "down_proj": ("down_proj", "w2")}
# What a LoRA of PEFT can have that is stored otherwise (QA-LoRA by what the model beneath is quantized with). LoRA-FA
# and MiCA freeze one matrix of a pair, and store both.
REFUSED = (
    *("use_bdlora", "layer_replication", "trainable_token_indices", "lora_bias"),
    *("velora_config", "monteclora_config", "arrow_config", "use_qalora"),
)
SECOND = ("up_proj", "w3")  # the half of a stack whose inputs the first half has


@dataclass(frozen=True)
class Adapter:
    """A low-rank adapter.

    Attributes:
        rank: Rank of each pair of matrices.
        targets: Modules it stands beside, by the ends of their names; or one regular expression.
        ranks: Ranks of modules that differ, by name or regular expression.
        parameters: Stacked matrices of experts it stands beside, by the ends of their names.
        saved: Modules that are stored whole.
        layers: Layers it is limited to; empty: all.
        magnitudes: One more number for each row of a module (DoRA).
        singular: One more number for each rank of a module (AdaLoRA, KaSA).
        excluded: Modules it does not stand beside, by the ends of their names.
        form: What its authors call it.
        base: The model it was trained on, as its file names it; empty unsaid.
    """

    rank: int
    targets: tuple[str, ...]
    pattern: str = ""
    ranks: tuple[tuple[str, int], ...] = ()
    parameters: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()
    layers: tuple[int, ...] = ()
    magnitudes: bool = False
    singular: bool = False
    form: str = "LoRA"
    excluded: tuple[str, ...] = ()
    base: str = ""

    def told(self) -> str:
        """What it is, in a few words."""
        kind = f"{'an' if self.form.startswith('A') else 'a'} {self.form}"
        on = self.pattern or ", ".join(self.targets + self.parameters) or "what PEFT takes for the model's family"
        return f"{kind} adapter of rank {self.rank} on {on}"


class AdapterError(ConfigError):
    """An adapter without the model that it belongs to."""

    def __init__(self, message: str, adapter: Adapter):
        super().__init__(message)
        self.adapter = adapter


def read(config: Mapping, name: str) -> ModelSpec:
    """Never a spec: an adapter has no size without the model it was trained on.

    Raises:
        AdapterError: With what the file says.
        ConfigError: If the file is impossible or another kind of adapter.
    """
    adapter = parsed(config, name)
    base = f" of {adapter.base}" if adapter.base else ""
    told = f"{name}: this is {adapter.told()}{base}; name the model it was trained on: --base MODEL"
    raise AdapterError(told, adapter)


def parsed(config: Mapping, name: str) -> Adapter:
    """What an `adapter_config.json` of PEFT says."""
    keys = Keys(config, name)
    kind, _ = keys.raw("peft_type")
    if not isinstance(kind, str) or kind.upper() not in ("LORA", "ADALORA"):
        raise keys.error("peft_type", "only LoRA and DoRA are understood")
    adaptive = kind.upper() == "ADALORA"
    parameters = tuple(_texts(keys, "target_parameters"))
    for one in parameters:
        if not one.endswith(tuple(f"experts.{last}" for last in STACKED)):
            raise keys.error("target_parameters", f"only {' and '.join(STACKED)} of experts are understood")
    keys.expect("bias", "none")
    for other in REFUSED:
        if keys.raw(other)[0]:
            raise keys.error(other, "it changes what is stored in a way that is not understood")
    value, place = keys.raw("target_modules")
    targets, pattern = (), ""
    if value == ALL_LINEAR:
        targets = (ALL_LINEAR,)
    elif isinstance(value, str) and len(value) <= 1000:
        pattern = value
    elif value is None:
        targets = ()  # PEFT's own choice for the family, unless parameters are named
    elif isinstance(value, list | tuple) and (value or parameters) and all(isinstance(one, str) for one in value):
        targets = tuple(sorted(set(value)))
    else:
        raise keys.error(place, "give the names of modules")
    ranks = keys.inside("rank_pattern")
    dora, mica = keys.flag("use_dora", default=False), keys.raw("init_lora_weights")[0] == "mica"
    forms = {"AdaLoRA": adaptive, "KaSA": keys.raw("kasa_config")[0], "DoRA": dora, "MiCA": mica}
    form = next((one for one, on in forms.items() if on), "LoRA")
    base = config.get("base_model_name_or_path")
    return Adapter(
        rank=keys.size("init_r", default=12, why="PEFT's") if adaptive else keys.size("r", default=8, why="PEFT's"),
        targets=targets,
        pattern=pattern,
        ranks=tuple((place, ranks.size(place)) for place in ranks.config),
        parameters=parameters,
        saved=tuple(_texts(keys, "modules_to_save")),
        layers=keys.indices("layers_to_transform", 4096) if isinstance(config.get("layers_to_transform"), list) else (),
        magnitudes=dora,
        singular=adaptive or form == "KaSA",
        form=form,
        excluded=tuple(_texts(keys, "exclude_modules")),
        base=base if isinstance(base, str) else "",
    )


def _texts(keys: Keys, name: str) -> list[str]:
    value, _ = keys.raw(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise keys.error(name, "give the names of modules")
    return sorted(set(value))
