"""Adapters of PEFT: what an `adapter_config.json` says, and that it needs the model it was trained on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.kinds.peft import BY_MODULE, BY_TOKEN, numbers_of
from llmnotes.spec import ModelSpec

ALL_LINEAR = "all-linear"
# The stacked matrices of experts, and what their parts are called where files keep them apart.
STACKED = {"gate_up_proj": ("gate_up_proj", "gate_proj", "up_proj", "w1", "w3"), "down_proj": ("down_proj", "w2")}
# What a LoRA of PEFT can have that is stored otherwise (QA-LoRA by what the model beneath is quantized with). LoRA-FA
# and MiCA freeze one matrix of a pair, and store both.
REFUSED = (
    *("use_bdlora", "layer_replication"),
    *("velora_config", "monteclora_config", "arrow_config", "use_qalora"),
)
SECOND = ("up_proj", "w3")  # the half of a stack whose inputs the first half has


@dataclass(frozen=True)
class Adapter:
    """An adapter: low-rank, of another method beside each module, or tokens before the prompt.

    Attributes:
        rank: Rank of each pair of matrices; 0 where there are none.
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
        method: `peft_type` where that is no LoRA.
        numbers: What such a method is sized by, by key.
        feed_forward: Modules whose inputs are scaled, not their outputs (IA3).
        biased: One more number for each row of a module (the bias of the second matrix).
        tokens: Rows of the token table that are stored, or tokens before the prompt.
        biases: Which biases of the model are trained, and stored: `all`, `only` those of its modules, or none.
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
    method: str = ""
    numbers: tuple[tuple[str, int], ...] = ()
    feed_forward: tuple[str, ...] = ()
    biased: bool = False
    tokens: int = 0
    biases: str = ""

    def told(self) -> str:
        """What it is, in a few words."""
        if self.method in BY_TOKEN:
            return f"{self.form} of {self.tokens:,} tokens"
        kind = f"{'an' if self.form[0] in 'AIOH' else 'a'} {self.form}"
        on = self.pattern or ", ".join(self.targets + self.parameters) or "what PEFT takes for the model's family"
        sized = f" of rank {self.rank}" if self.rank else ""
        return f"{kind} adapter{sized} on {on}"


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
    numbers = dict(adapter.numbers)
    alone = prompt_params(numbers) if numbers.get("token_dim") else 0
    size = f", {alone:,} parameters" if alone else ""
    told = f"{name}: this is {adapter.told()}{base}{size}; name the model it was trained on: --base MODEL"
    raise AdapterError(told, adapter)


def parsed(config: Mapping, name: str) -> Adapter:
    """What an `adapter_config.json` of PEFT says."""
    keys = Keys(config, name)
    kind, _ = keys.raw("peft_type")
    kind = kind.upper() if isinstance(kind, str) else ""
    base = config.get("base_model_name_or_path")
    base = base if isinstance(base, str) else ""
    if kind in BY_TOKEN:
        return _before_the_prompt(keys, kind, base)
    if kind not in ("LORA", "ADALORA", "IA3", *BY_MODULE):
        known = ", ".join(["LoRA, DoRA, AdaLoRA, IA3", *(form for form, _, _ in BY_MODULE.values())])
        raise keys.error("peft_type", f"only {known} and learned tokens are understood")
    parameters = tuple(_texts(keys, "target_parameters"))
    for one in parameters:
        if not one.endswith(tuple(f"experts.{last}" for last in STACKED)):
            raise keys.error("target_parameters", f"only {' and '.join(STACKED)} of experts are understood")
    targets, pattern = _targets(keys, bool(parameters))
    common = Adapter(
        rank=0,
        targets=targets,
        pattern=pattern,
        parameters=parameters,
        saved=tuple(_texts(keys, "modules_to_save")),
        layers=_limited(keys),
        excluded=tuple(_texts(keys, "exclude_modules")),
        base=base,
        biases=_biases(keys, kind),
    )
    if kind in ("LORA", "ADALORA"):
        return _low_rank(keys, common, adaptive=kind == "ADALORA")
    if kind == "IA3":
        return replace(common, method=kind, form="IA3", feed_forward=tuple(_texts(keys, "feedforward_modules")))
    form, _, defaults = BY_MODULE[kind]
    if kind == "MISS":
        keys.expect("init_weights", True, "bat")
    if keys.raw("rank_pattern")[0]:
        raise keys.error("rank_pattern", "it is understood for LoRA alone")
    numbers = numbers_of(keys, defaults)
    if "r" in numbers and not numbers["r"] and not numbers.get("oft_block_size"):
        raise keys.error("r", "give an integer of at least 1")
    return replace(common, method=kind, form=form, rank=numbers.get("r", 0), numbers=tuple(numbers.items()))


def _low_rank(keys: Keys, common: Adapter, *, adaptive: bool) -> Adapter:
    for other in REFUSED:
        if keys.raw(other)[0]:
            raise keys.error(other, "it changes what is stored in a way that is not understood")
    ranks = keys.inside("rank_pattern")
    dora, mica = keys.flag("use_dora", default=False), keys.raw("init_lora_weights")[0] == "mica"
    forms = {"AdaLoRA": adaptive, "KaSA": keys.raw("kasa_config")[0], "DoRA": dora, "MiCA": mica}
    form = next((one for one, on in forms.items() if on), "LoRA")
    return replace(
        common,
        rank=keys.size("init_r", default=12, why="PEFT's") if adaptive else keys.size("r", default=8, why="PEFT's"),
        ranks=tuple((place, ranks.size(place)) for place in ranks.config),
        magnitudes=dora,
        singular=adaptive or form == "KaSA",
        form=form,
        biased=keys.flag("lora_bias", default=False),
        tokens=_trained_tokens(keys),
    )


def _biases(keys: Keys, kind: str) -> str:
    """Which biases are stored beside.

    Source:
        huggingface/peft 0.21.2, `tuners/tuners_utils.py` (_get_learnable_bias_state_dict).
    """
    own = f"{kind.removeprefix('ADA').lower()}_only"
    keys.expect("bias", "none", "all", own)
    said, _ = keys.raw("bias")
    return {"all": "all", own: "only"}.get(str(said), "")


def _trained_tokens(keys: Keys) -> int:
    """Rows of the token table that are trained, and of any other table or head that is named."""
    value, place = keys.raw("trainable_token_indices")
    lists = list(value.values()) if isinstance(value, Mapping) else [value or []]
    if not all(isinstance(one, list | tuple) and all(type(row) is int for row in one) for one in lists):
        raise keys.error(place, "give numbers of tokens")
    return sum(len(one) for one in lists)


def _before_the_prompt(keys: Keys, kind: str, base: str) -> Adapter:
    """Learned tokens, or keys and values in their place. What turned them into that is not stored."""
    defaults = {"token_dim": 0, "num_hidden_layers": 0, "num_transformer_submodules": 0}
    if kind == "MULTITASK_PROMPT_TUNING":
        defaults |= {"num_tasks": 1, "num_ranks": 1}
    numbers = {"num_virtual_tokens": keys.size("num_virtual_tokens")}
    numbers |= {name: keys.count(name, default=usual) for name, usual in defaults.items()}
    if not numbers["num_transformer_submodules"]:
        numbers["num_transformer_submodules"] = 2 if keys.raw("task_type")[0] == "SEQ_2_SEQ_LM" else 1
    numbers["is_prefix"] = int(kind == "PREFIX_TUNING")
    return Adapter(
        rank=0,
        targets=(),
        form=BY_TOKEN[kind],
        base=base,
        method=kind,
        numbers=tuple(numbers.items()),
        tokens=numbers["num_virtual_tokens"],
    )


def prompt_params(numbers: Mapping[str, int]) -> int:
    """Parameters of learned tokens whose width is known.

    Source:
        huggingface/peft 0.21.2, `peft_model.py` (get_prompt_embedding_to_save); two matrices a task beside them,
        `tuners/multitask_prompt_tuning/model.py`.
    """
    tokens, width = numbers["num_virtual_tokens"], numbers["token_dim"]
    if numbers["is_prefix"]:
        return tokens * 2 * numbers["num_hidden_layers"] * width
    tokens *= numbers["num_transformer_submodules"]
    return tokens * width + numbers.get("num_tasks", 0) * numbers.get("num_ranks", 0) * (tokens + width)


def _targets(keys: Keys, by_parameter: bool) -> tuple[tuple[str, ...], str]:
    """The modules that are named, or the pattern that names them."""
    value, place = keys.raw("target_modules")
    if value == ALL_LINEAR:
        return (ALL_LINEAR,), ""
    if isinstance(value, str) and len(value) <= 1000:
        return (), value
    if value is None:
        return (), ""  # PEFT's own choice for the family, unless parameters are named
    if isinstance(value, list | tuple) and (value or by_parameter) and all(isinstance(one, str) for one in value):
        return tuple(sorted(set(value))), ""
    raise keys.error(place, "give the names of modules")


def _limited(keys: Keys) -> tuple[int, ...]:
    """The layers that an adapter is limited to; empty: all."""
    value, _ = keys.raw("layers_to_transform")
    if isinstance(value, list):
        return keys.indices("layers_to_transform", 4096)
    return (value,) if type(value) is int else ()


def _texts(keys: Keys, name: str) -> list[str]:
    value, _ = keys.raw(name)
    if value is None:
        return []
    if isinstance(value, str) and name == "feedforward_modules":
        raise keys.error(name, "a pattern is not understood; name the modules in a list")
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise keys.error(name, "give the names of modules")
    return sorted(set(value))
