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
MIB = 2**20
NUMBER = r"([\d,]+(?:\.\d+)?)"


@dataclass
class Load:
    """One model in one context, as far as it has been read."""

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


@dataclass
class Reading:
    """What the lines say, for the remedies.

    Attributes:
        settings: Options of the last context that held a cache.
        outline: The model, given or printed.
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
    plan: Plan = field(default_factory=Plan)


def settings_of(load: Load, flags: Flags, given: Outline | None) -> llamacpp.Settings:
    """Options of the context: what the log says first, then its flags, then defaults."""

    def setting(name: str, default: int) -> int:
        if name in load.settings:
            return load.settings[name]
        flag = number(flags, name)
        return int(flag) if flag is not None and flag > 0 else default

    n_seq_max = setting("n_seq_max", 1)
    n_ctx = setting("n_ctx", load.cells.get("non-SWA", 0) or (given.n_ctx or 0 if given else 0) or 4096)
    unified = load.switches.get("kv_unified", switch(flags, "kv_unified") is not False)
    attention = word(flags, "flash_attn")
    fused = load.switches.get("flash_attn", attention not in ("off", "0", "false"))
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
    )
