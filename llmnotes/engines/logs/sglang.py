"""Lines of SGLang, derived from its pool of tokens. Sizes that it prints in GB are GiB."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from llmnotes.engines import sglang, sglang_compressed
from llmnotes.engines.formats import TORCH
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, OPEN, Finding, once
from llmnotes.engines.logs.flags import Flags, number, switch, word
from llmnotes.engines.logs.loaded import weights
from llmnotes.engines.logs.reading import Line, Printed, count, size
from llmnotes.engines.outline import LATENT, Outline
from llmnotes.engines.parts import EngineError, Parallel
from llmnotes.units import GIB

ENGINE = "sglang"
MOST_DRAFTS = 4
MARKS = (
    "avail mem=",
    "KV Cache is allocated",
    "Mamba Cache is allocated",
    "max_total_num_tokens=",
    "cuda graph",
    "sglang",
)
MARKS += (
    "sliding window memory pool",
    "mem usage=",
    "avail_mem",
    "Using KV cache dtype",
    "bytes_per_full_token",
    "DSV4 pool sizes",
    "than the profiled value",
    "increase --mem-fraction-static",
    "increase `--mem-fraction-static",
)

_N = r"([\d.]+)"
_BEGIN = re.compile(rf"Load weight begin\. avail mem={_N} GB")
_END = re.compile(rf"Load weight end\..*?avail mem={_N} GB(?:, mem usage={_N} GB)?")
_CACHE = re.compile(
    rf"KV Cache is allocated\.(?: dtype: ([\w.]+),)? #tokens: (\d+),"
    rf" (?:K size: {_N} GB, V size: {_N} GB|KV size: {_N} GB)"
)
_MAMBA = re.compile(
    rf"Mamba Cache is allocated\. max_mamba_cache_size: (\d+), conv_state size: {_N} ?GB, ssm_state size: {_N} ?GB"
)
_WINDOWS = re.compile(r"[Ss]liding window memory pool\. full_layer_tokens=(\d+), swa_layer_tokens=(\d+)")
_TOTAL = re.compile(
    r"max_total_num_tokens=(\d+)(?:, chunked_prefill_size=(-?\d+))?(?:, max_prefill_tokens=(\d+))?"
    r"(?:, max_running_requests=(\d+))?(?:, context_len=(\d+))?"
)
_COMPRESSED = re.compile(
    rf"memory calculation: .*?bytes_per_full_token={_N}, available_bytes={_N} GB(.*?), full_token=(\d+)"
)
_POOLS = re.compile(r"DSV4 pool sizes: full=(\d+), swa=(\d+), c4=(\d+), c128=(\d+), c4_state=(\d+)")
_PROFILED = re.compile(r"max_total_tokens=(\d+) is larger than the profiled value (-?\d+)")
_DTYPE = re.compile(r"Using KV cache dtype: (?:torch\.)?(\w+)")
_VERIFIED = re.compile(rf"intermediate_ssm_state_cache size: {_N} ?GB,? intermediate_conv_window_cache size: {_N} ?GB")
_FREE = re.compile(rf"available_gpu_mem={_N} GB")
_GRAPHS = re.compile(rf"Capture (?:cuda|\w+) graph end\..*?mem usage={_N} GB")
_POOL_END = re.compile(rf"Memory pool end\. avail mem={_N} GB")
_VERSION = re.compile(r"sglang[-_ ](?:v|version )?(\d+\.\d+[\w.]{0,20})", re.IGNORECASE)
_RANK = re.compile(r"\bTP(\d+)\b")


@dataclass
class Reading:
    """What the lines say, for the remedies.

    Attributes:
        weights: What one card holds of them.
        short: Weights leave nothing of the share, and it does not start.
    """

    findings: list[Finding] = field(default_factory=list)
    version: str = ""
    settings: sglang.Settings | None = None
    outline: Outline | None = None
    begin: Printed | None = None
    after_weights: Printed | None = None
    weights: Printed | None = None
    states_bytes: float = 0
    n_tokens: int = 0
    windowed_tokens: int = 0
    full_tokens: int = 0
    cache_bytes: float = 0
    cards_known: bool = False
    tokens_of_model: int = 0
    context: int = 0
    graphs: float = 0
    fraction: float = 0
    short: bool = False
    refused: str = ""

    @property
    def cards(self) -> Parallel:
        """How the model divides among cards."""
        return self.settings.parallel if self.settings is not None else Parallel()


def settings_of(flags: Flags, n_cards: int, given: Outline | None) -> sglang.Settings:
    """Options of the run; what is absent has SGLang's default, the page that of latent kernels."""
    tensor = int(number(flags, "tensor") or n_cards)
    data = int(number(flags, "data") or 1) if switch(flags, "dp_attention") else 1
    latent = given is not None and any(entry.kind == LATENT for entry in given.entries)
    compressed = given is not None and sglang.is_compressed(given)
    page = sglang_compressed.PAGE if compressed else 64 if latent else 1
    dtype = word(flags, "kv_cache_dtype") or "auto"
    return sglang.Settings(
        kv_cache_dtype=dtype if dtype in TORCH else "auto",
        page_size=int(number(flags, "page_size") or page),
        swa_full_tokens_ratio=number(flags, "swa_full_tokens_ratio")
        or (sglang_compressed.WINDOW_SHARE if compressed else 0.8),
        mamba_full_memory_ratio=number(flags, "mamba_full_memory_ratio") or 0.9,
        parallel=Parallel(tensor=tensor, pipeline=int(number(flags, "pipeline") or 1), data=data),
    )


def read(lines: Iterable[Line], flags: Flags, given: Outline | None) -> Reading:
    """Every line of SGLang that is recognised, derived."""
    kept = [line for line in lines if any(mark in line.text for mark in MARKS)]
    ranks = [int(found[1]) for line in kept for found in [_RANK.search(line.text)] if found is not None]
    done = Reading(settings=settings_of(flags, 1 << max([0, *ranks]).bit_length(), given), outline=given)
    done.fraction = number(flags, "mem_fraction_static") or 0
    done.cards_known = bool(flags.get("tensor")) or bool(ranks)
    seen: set[tuple[str, str]] = set()
    for line in kept:
        start = len(done.findings)
        for kind in (_version, _weights, _states, _cache, _compressed, _totals, _graphs):
            try:
                kind(line, done)
            except EngineError as error:
                done.refused = str(error)
        done.findings[start:] = once(done.findings[start:], seen)
    return done


def _version(line: Line, done: Reading) -> None:
    found = _VERSION.search(line.text)
    if found is not None and not done.version:
        done.version = found[1]


def _weights(line: Line, done: Reading) -> None:
    found = _DTYPE.search(line.text)
    if found is not None and found[1] in TORCH and done.settings is not None:
        done.settings = replace(done.settings, kv_cache_dtype=found[1])
    found = _BEGIN.search(line.text)
    if found is not None:
        done.begin = size(found[1], "GB")
        done.findings.append(Finding(line.number, ENGINE, "free", done.begin, INPUT, why="free_before_weights"))
    found = _END.search(line.text)
    if found is not None:
        done.after_weights = size(found[1], "GB")
        if found[2] is None:
            return
        said = done.weights = size(found[2], "GB")
        if done.begin is None:
            done.findings.append(weights(line, ENGINE, said, done.outline, done.cards))
            return
        derived = done.begin.value - done.after_weights.value
        formula = f"{done.begin.value / GIB:.2f} − {done.after_weights.value / GIB:.2f} GiB"
        agrees = abs(derived - said.value) <= 0.016 * GIB
        verdict = EQUAL if agrees else EXPLAINED
        why = "weights_of_one_rank" if agrees else "rounded_parts"
        done.findings.append(Finding(line.number, ENGINE, "weights", said, verdict, derived, formula, why))


def _states(line: Line, done: Reading) -> None:
    found = _MAMBA.search(line.text)
    if found is None:
        return
    slots, conv, ssm = int(found[1]), size(found[2], "GB"), size(found[3], "GB")
    done.states_bytes = conv.value + ssm.value
    said = Printed(ssm.value, ssm.half, "bytes", ssm.text)
    if done.outline is None or done.settings is None or not done.outline.states:
        done.findings.append(Finding(line.number, ENGINE, "state", said, OPEN, why="needs_model"))
        return
    conv_bytes, state_bytes = sglang.state_bytes(done.outline, done.settings)
    derived = (slots + 1) * state_bytes
    formula = f"({slots} + 1) × {state_bytes:,.10g} B"
    agrees = said.agrees(derived) and conv.agrees((slots + 1) * conv_bytes)
    drafted = _VERIFIED.search(line.text)
    if drafted is not None:
        held = size(drafted[1], "GB")
        done.states_bytes += held.value + size(drafted[2], "GB").value
        values = {"n": f"{held.value / (said.value / (slots + 1)):,.0f}"}
        done.findings.append(
            Finding(line.number, ENGINE, "state_drafts", held, INPUT, why="states_of_drafts", values=values)
        )
    why = "one_slot_more" if agrees else "state_format"
    verdict = EQUAL if agrees else EXPLAINED
    done.findings.append(Finding(line.number, ENGINE, "state", said, verdict, derived, formula, why))


def _cache(line: Line, done: Reading) -> None:
    found = _CACHE.search(line.text)
    if found is None:
        return
    dtype, tokens, key, value, both = found.groups()
    done.n_tokens = int(tokens)
    said = size(key or both, "GB")
    if said.value == 0:
        return  # too little for the digits that are printed
    if done.outline is None or done.settings is None:
        done.findings.append(Finding(line.number, ENGINE, "cache", said, OPEN, why="needs_model"))
        return
    settings = done.settings
    if dtype and dtype.removeprefix("torch.") in TORCH:
        settings = replace(settings, kv_cache_dtype=dtype.removeprefix("torch."))
        done.settings = settings
    held = done.n_tokens + settings.page_size
    outline = _pool_layers(done.outline, done)
    subject = "cache_keys" if key else "cache"
    cards = settings.parallel.tensor
    for tensor in (cards, *(() if done.cards_known else (2, 4, 8))):
        shared = replace(settings, parallel=replace(settings.parallel, tensor=tensor))
        first, values_bytes = _pool_bytes(outline, shared, done.n_tokens, split=bool(key))
        agrees = said.agrees(first) and (not key or size(value, "GB").agrees(values_bytes))
        if tensor == cards or agrees:
            derived, settings = first, shared
        if agrees:
            break
    else:
        _, values_bytes = _pool_bytes(outline, settings, done.n_tokens, split=bool(key))
        if done.tokens_of_model == done.n_tokens:
            values = {"bytes": f"{said.value / held * (2 if key else 1):,.0f} B"}
            done.findings.append(Finding(line.number, ENGINE, "beside", said, INPUT, why="draft_pool", values=values))
            return
    done.settings = settings
    formula = f"({done.n_tokens:,} + {settings.page_size}) × {derived / held:,.10g} B"
    if agrees and not done.windowed_tokens:
        done.cache_bytes = derived + (values_bytes if key else 0)
    why = "gb_is_gib" if agrees else "cache_differs"
    values = {"log": f"{said.value / held:,.0f} B", "ours": f"{derived / held:,.0f} B"}
    verdict = EQUAL if agrees else EXPLAINED
    if agrees and settings.parallel.tensor != cards:
        verdict, why, values = EXPLAINED, "other_cards", {"cards": str(settings.parallel.tensor)}
    done.findings.append(Finding(line.number, ENGINE, subject, said, verdict, derived, formula, why, values))


def _pool_bytes(model: Outline, settings: sglang.Settings, n_tokens: int, *, split: bool) -> tuple[float, float]:
    """Bytes of keys and of values of a pool that tells them apart; of everything, and nothing, of one that does not."""
    if split:
        return sglang.key_value_bytes(model, settings, n_tokens)
    return sglang.latent_bytes(model, settings, n_tokens), 0.0


def _pool_layers(model: Outline, done: Reading) -> Outline:
    """The layers of the pool that a line is about: windowed layers have one of their own, with fewer tokens."""
    if done.n_tokens not in (done.windowed_tokens, done.full_tokens) or done.windowed_tokens == done.full_tokens:
        return model
    windowed = done.n_tokens == done.windowed_tokens
    kept = tuple(
        replace(layer, entries=tuple(entry for entry in layer.entries if bool(entry.window) == windowed))
        for layer in model.layers
    )
    return replace(model, layers=kept)


def _windows(line: Line, done: Reading, full: Printed, windowed: Printed, settings: sglang.Settings) -> None:
    """Tokens of windowed layers, a share of those of full ones."""
    done.full_tokens, done.windowed_tokens = int(full.value), int(windowed.value)
    derived = int(full.value * settings.swa_full_tokens_ratio) // settings.page_size * settings.page_size
    formula = f"{full.value:,.0f} × {settings.swa_full_tokens_ratio:g}"
    agrees = abs(derived - windowed.value) <= settings.page_size
    verdict, why = (EQUAL, "window_pool") if agrees else (EXPLAINED, "other_ratio")
    done.findings.append(Finding(line.number, ENGINE, "tokens_windowed", windowed, verdict, derived, formula, why))


def _compressed(line: Line, done: Reading) -> None:
    """Pools of compressed attention: bytes of a token, the tokens of whole texts, and what follows from them."""
    model, settings = done.outline, done.settings
    room = _COMPRESSED.search(line.text)
    if room is not None:
        each, tokens = size(room[1], "B"), count(room[4], "tokens")
        if model is None or settings is None or not sglang.is_compressed(model):
            done.findings.append(Finding(line.number, ENGINE, "token_bytes", each, OPEN, why="needs_model"))
            return
        _token_bytes(line, each, sglang.token_bytes(model, settings), model, done)
        parts = [size(amount, "GB") for amount in (room[2], *re.findall(rf"_fixed={_N} GB", room[3]))]
        rest = parts[0].value - sum(part.value for part in parts[1:])
        fits = int(rest / each.value) // settings.page_size * settings.page_size
        taken = " − ".join(f"{part.value / GIB:.2f}" for part in parts)
        formula = f"({taken} GiB) / {each.text}"
        slack = sum(part.half for part in parts) / each.value + settings.page_size
        verdict, why = (EQUAL, "") if abs(fits - tokens.value) <= slack else (EXPLAINED, "fraction_of_total")
        done.findings.append(Finding(line.number, ENGINE, "tokens", tokens, verdict, fits, formula, why))
    found = _POOLS.search(line.text)
    if found is None or settings is None:
        return
    full, windowed = count(found[1], "tokens"), count(found[2], "tokens")
    done.n_tokens = int(full.value)
    _windows(line, done, full, windowed, settings)
    for stride, text in zip(sglang_compressed.RINGS, (found[3], found[4]), strict=True):
        said, derived = count(text), done.full_tokens // stride
        verdict = EQUAL if said.value == derived else EXPLAINED
        formula = f"{full.text} / {stride}"
        done.findings.append(Finding(line.number, ENGINE, "entries", said, verdict, derived, formula))
    if model is not None and sglang.is_compressed(model):
        said, rows = count(found[5]), sglang_compressed.ring_rows(model, done.windowed_tokens)
        verdict = EQUAL if said.value == rows else EXPLAINED
        why = "rings_of_drafts" if said.value == 2 * rows else ""
        formula = f"{windowed.text} / {sglang_compressed.window_tokens(model)} × {sglang_compressed.RINGS[4]}"
        done.findings.append(Finding(line.number, ENGINE, "state_rows", said, verdict, rows, formula, why))


def _token_bytes(line: Line, said: Printed, derived: float, model: Outline, done: Reading) -> None:
    """Bytes of a token by our rule, or by that of versions that counted states otherwise."""
    verdict, why, values = EQUAL, "", {}
    if not said.agrees(derived):
        verdict, why, values = EXPLAINED, "cache_differs", {"log": said.text, "ours": f"{derived:,.2f} B"}
        for drafts in range(MOST_DRAFTS):
            older = sglang_compressed.full_token_bytes(model, states_by_windows=True, n_draft_layers=drafts)
            if said.agrees(older):
                why = "states_by_windows_and_drafts" if drafts else "states_by_windows"
                derived, values = older, {"draft": str(drafts)}
                break
    done.findings.append(Finding(line.number, ENGINE, "token_bytes", said, verdict, derived, "", why, values))


def _totals(line: Line, done: Reading) -> None:
    """Tokens in all, from what weights leave and the share that is reserved."""
    found = _WINDOWS.search(line.text)
    if found is not None and done.settings is not None:
        _windows(line, done, count(found[1], "tokens"), count(found[2], "tokens"), done.settings)
    profiled = _PROFILED.search(line.text)
    if profiled is not None:
        said = count(profiled[2], "tokens")
        done.short = said.value <= 0
        why = "pool_below_nothing" if done.short else "asked_for_more"
        values = {"asked": f"{int(profiled[1]):,}", "missing": f"{-said.value:,.0f}"}
        done.findings.append(Finding(line.number, ENGINE, "tokens", said, INPUT, why=why, values=values))
    if "Not enough memory" in line.text:
        done.short = True
    found = _TOTAL.search(line.text)
    if found is None:
        return
    said = count(found[1], "tokens")
    done.context = int(found[5] or 0)
    free = _FREE.search(line.text)
    if free is not None:
        done.findings.append(Finding(line.number, ENGINE, "free", size(free[1], "GB"), INPUT, why="free_at_last"))
    if done.outline is not None and sglang.is_compressed(done.outline) and said.value == done.full_tokens:
        return  # the pools have said so
    done.n_tokens = int(found[1])
    settings, model = done.settings, done.outline
    derivable = done.begin is not None and done.after_weights is not None and bool(done.fraction)
    if settings is not None and model is not None and not derivable and done.cache_bytes:
        # How large the pool may be is not told; what it holds is.
        per_token = sglang.token_bytes(model, settings)
        derived = int(done.cache_bytes / per_token) - settings.page_size
        formula = f"{done.cache_bytes:,.0f} B / {per_token:,.10g} B − {settings.page_size}"
        verdict = EQUAL if derived == said.value else EXPLAINED
        done.findings.append(Finding(line.number, ENGINE, "tokens", said, verdict, derived, formula))
        return
    if settings is None or model is None or done.begin is None or done.after_weights is None or not done.fraction:
        why = "needs_model" if model is None else "needs_fraction"
        done.findings.append(Finding(line.number, ENGINE, "tokens", said, OPEN, why=why))
        return
    begin, after = done.begin, done.after_weights
    rest = after.value - begin.value * (1 - done.fraction) - done.states_bytes
    derived = sglang.n_tokens_in(model, settings, max(0.0, rest), n_seqs=int(found[4] or 1))
    per_token = sglang.token_bytes(model, settings)
    formula = f"({after.value / GIB:.2f} − {begin.value / GIB:.2f} × (1 − {done.fraction:g})"
    formula += (
        f" − {done.states_bytes / GIB:.2f} GiB) / {per_token:,.10g} B"
        if done.states_bytes
        else f" GiB) / {per_token:,.10g} B"
    )
    slack = (after.half + begin.half + 0.02 * GIB) / per_token + settings.page_size
    agrees = abs(derived - said.value) <= max(slack, 0.01 * said.value)
    verdict = EQUAL if agrees else EXPLAINED
    why = "" if agrees else "fraction_of_total"
    done.findings.append(Finding(line.number, ENGINE, "tokens", said, verdict, derived, formula, why))


def _graphs(line: Line, done: Reading) -> None:
    found = _GRAPHS.search(line.text)
    if found is not None:
        said = size(found[1], "GB")
        done.graphs += said.value
        done.findings.append(Finding(line.number, ENGINE, "graphs", said, INPUT, why="graphs_beside_the_pool"))
    found = _POOL_END.search(line.text)
    if found is not None:
        done.tokens_of_model = done.tokens_of_model or done.n_tokens
        done.findings.append(Finding(line.number, ENGINE, "free", size(found[1], "GB"), INPUT, why="free_after_pool"))
