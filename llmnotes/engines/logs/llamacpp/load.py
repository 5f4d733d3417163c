"""One model in one context, as far as llama.cpp's lines have told of it."""

from dataclasses import dataclass, field

from llmnotes.engines import llamacpp
from llmnotes.engines.logs.findings import Finding
from llmnotes.engines.logs.flags import Flags, number, switch, word
from llmnotes.engines.logs.llamacpp.hyperparameters import Shape
from llmnotes.engines.logs.llamacpp.planned import Plan
from llmnotes.engines.logs.reading import Printed
from llmnotes.engines.outline import Kept, Outline

ENGINE = "llama.cpp"
UNFUSED_PADDING = 32
NUMBER = r"([\d,]+(?:\.\d+)?)"


@dataclass(frozen=True)
class Slots:
    """What a server says of its slots once the model is loaded: the lines that the numbers before it follow from.

    Attributes:
        line: The line.
        n: Slots.
        n_ctx: Cells of one slot; of all of them where they share one cache. 0 where the line does not say.
        unified: Whether they share one cache; `None` where the line does not say.
    """

    line: int
    n: int
    n_ctx: int = 0
    unified: bool | None = None


@dataclass
class Load:
    """One model in one context, as far as it has been read.

    Attributes:
        older: Words show a build of before June 2025, which fuses attention on demand alone.
        fused: What its buffers show of that, where no line says it.
    """

    printed: dict[str, str] = field(default_factory=dict)
    settings: dict[str, int] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    model_buffers: list[tuple[int, str, Printed]] = field(default_factory=list)
    cache_buffers: list[tuple[int, str, Printed]] = field(default_factory=list)
    state_buffers: list[tuple[int, str, Printed]] = field(default_factory=list)
    cells: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, int]] = field(default_factory=list)
    n_layers_held: int = 0
    type_k: str = "f16"
    type_v: str = "f16"
    cache_bytes: float = 0
    state_bytes: float = 0
    on_device: bool = False
    failed: bool = False
    slots: Slots | None = None
    n_outputs: int | None = None
    older: bool = False
    fused: bool | None = None


@dataclass
class Reading:
    """What the lines say, for the remedies.

    Attributes:
        settings: Options of the last context that held a cache.
        outline: The model, given or printed.
        failed_part: What failed, by name, where the log shows it.
        weight_bytes: Weights in all buffers, or of the file.
        devices: Devices that hold part of it.
        context_known: The log shows for how many tokens the cache was to be.
    """

    findings: list[Finding] = field(default_factory=list)
    version: str = ""
    settings: llamacpp.Settings | None = None
    outline: Outline | None = None
    shape: Shape | None = None
    kept: list[Kept] = field(default_factory=list)
    n_contexts: int = 0
    cache_bytes: float = 0
    compute_bytes: float = 0
    failed: bool = False
    failed_part: str = ""
    failed_bytes: float = 0
    weight_bytes: float = 0
    devices: set[str] = field(default_factory=set)
    context_known: bool = False
    plan: Plan = field(default_factory=Plan)


def _unified(load: Load, flags: Flags) -> bool:
    """Whether sequences share one cache: what the log says, the options, the cells of the cache; else by default, where
    the number of slots is left to the program (`--kv-unified` of `common/arg.cpp`, since November 2025)."""
    if "kv_unified" in load.switches:
        return load.switches["kv_unified"]
    if load.slots is not None and load.slots.unified is not None:
        return load.slots.unified
    asked = switch(flags, "kv_unified")
    if asked is not None:
        return asked
    cells, n_ctx = load.cells.get("non-SWA", 0), load.settings.get("n_ctx") or number(flags, "n_ctx") or 0
    if cells and n_ctx:
        return cells >= n_ctx
    # A log that prints the settings of its context and not this one is older: all share.
    return bool(load.settings) or (number(flags, "n_seq_max") or 0) <= 1


def settings_of(load: Load, flags: Flags, given: Outline | None) -> llamacpp.Settings:
    """Options of the context: what the log says first, then its flags, then defaults."""

    def setting(name: str, default: int) -> int:
        if name in load.settings:
            return load.settings[name]
        flag = number(flags, name)
        return int(flag) if flag is not None and flag > 0 else default

    slots = load.slots
    n_seq_max = setting("n_seq_max", slots.n if slots is not None else 1)
    unified = _unified(load, flags)
    told = slots.n_ctx * (1 if unified else slots.n) if slots is not None else 0
    n_ctx = setting("n_ctx", told or load.cells.get("non-SWA", 0) or (given.n_ctx or 0 if given else 0) or 4096)
    attention = word(flags, "flash_attn")
    default = attention not in ("off", "0", "false") if attention else load.fused is not False
    fused = load.switches.get("flash_attn", default)
    return llamacpp.Settings(
        n_ctx=n_ctx,
        n_seq_max=n_seq_max,
        kv_unified=unified,
        n_ubatch=min(setting("n_ubatch", 512), setting("n_batch", 2048)),
        type_k=load.type_k,
        type_v=load.type_v,
        swa_full=switch(flags, "swa_full") is True,
        flash_attn=fused,
        n_rs_seq=setting("n_rs_seq", 0),
        n_outputs=load.n_outputs,
        padding=UNFUSED_PADDING if load.older and not fused else llamacpp.CELL_PADDING,
    )
