"""How vLLM shares a card: what is left after weights, the largest pass and recorded graphs is the pool."""

import re

from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, MISLEADS
from llmnotes.engines.logs.loaded import weights as loaded_weights
from llmnotes.engines.logs.reading import Line, Printed, size
from llmnotes.engines.logs.vllm.reading import ENGINE, Reading, add
from llmnotes.engines.logs.vllm.reading import NUMBER as _N
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import Parallel
from llmnotes.units import GIB

_G = rf"{_N} ?(GiB|GB)"
AVAILABLE = re.compile(r"Available KV cache memory: (-?[\d,]+(?:\.\d+)?) ?(GiB|GB)")
_ESTIMATED_GRAPHS = re.compile(rf"Estimated CUDA graph memory: {_G}")
_EQUIVALENT = re.compile(
    rf"current --gpu-memory-utilization={_N} is equivalent to --gpu-memory-utilization={_N} without"
    rf"(?:.*increase --gpu-memory-utilization to {_N})?"
)
LATER = re.compile(
    rf"profiling will be enabled by default.*increase --gpu-memory-utilization from {_N} to {_N} to maintain the same"
)
_PROFILE = re.compile(
    rf"total_gpu_memory={_N}GiB initial_memory_usage={_N}GiB peak_torch_memory={_N}GiB"
    rf" memory_usage_post_profile={_N}GiB non_torch_memory={_N}GiB kv_cache_size={_N}GiB gpu_memory_utilization={_N}"
)
_RESULTS = re.compile(
    rf"\]\s+(total_gpu_memory|gpu_memory_utilization|the current vLLM instance can use|model weights take"
    rf"|non_torch_memory|PyTorch activation peak memory|available_kv_cache_memory)\s+{_N}(?:GiB)?\s*$"
)
_INSTANCE = re.compile(rf"total_gpu_memory \({_N} ?GiB\) x gpu_memory_utilization \({_N}\) = {_N} ?GiB")
_REST = re.compile(
    rf"model weights take {_N} ?GiB; non_torch_memory takes {_N} ?GiB; PyTorch activation peak memory takes {_N} ?GiB;"
    rf" the rest of the memory reserved for KV Cache is (-?[\d,.]+?) ?GiB"
)
_ACTUAL = re.compile(
    rf"Desired GPU memory utilization is \({_N}, {_N} GiB\)\. Actual usage(?: is|:) (.*?)(?:Replace|\.\.\.|Current|$)"
)
_USED = re.compile(
    rf"{_N} GiB (?:consumed|for (?:consumed memory|weights?)|for peak activation|for non-torch memory|peak activation)"
)
_IN_USE = re.compile(rf"Current kv cache memory in use is {_N} ?(GiB|bytes)", re.IGNORECASE)
_SHORT = re.compile(
    rf"Free memory on device \({_N}/{_N} GiB\) on startup is less than desired GPU memory utilization"
    rf" \({_N}, {_N} GiB\)"
)
_GRAPHS = re.compile(rf"Graph capturing finished in \d+ secs?, took {_G}")
_POOL = re.compile(rf"CUDA graph pool memory: {_N} GiB \(actual\), {_N} GiB \(estimated\)")


def memory(line: Line, done: Reading, given: Outline | None) -> None:
    """How the card is shared: what is left after weights, activations and the rest is the pool."""
    found = AVAILABLE.search(line.text)
    if found is not None:
        said = size(found[1], found[2])
        if said.value < 0:
            done.missing = max(done.missing, -said.value)
            values = {"missing": f"{-said.value / GIB:,.2f} GiB"}
            add(done, line, "available", said, INPUT, None, "", "nothing_left", values)
            return
        if done.available is None or said.value < done.available.value:
            done.available = said
        add(done, line, "available", said, INPUT, None, "", "left_after_profiling")
    found = _PROFILE.search(line.text)
    if found is not None:
        total, _, peak, _, rest, _, share = (float(each.replace(",", "")) for each in found.groups())
        said = size(found[6], "GiB")
        done.available, done.utilization = said, share
        derived = (total * share - peak - rest) * GIB
        formula = f"{total} × {share} − {peak} − {rest} GiB"
        verdict = EQUAL if abs(derived - said.value) <= 0.021 * GIB else EXPLAINED
        add(done, line, "available", said, verdict, derived, formula, "" if verdict == EQUAL else "rounded_parts")
    found = _RESULTS.search(line.text)
    if found is not None:
        _results(line, done, given, found[1], found[2])
    found = _INSTANCE.search(line.text)
    if found is not None:
        said, share = size(found[3], "GiB"), float(found[2])
        done.utilization = share
        derived = float(found[1]) * share * GIB
        verdict = EQUAL if abs(derived - said.value) <= 0.011 * GIB else EXPLAINED
        add(done, line, "budget", said, verdict, derived, f"{found[1]} × {found[2]} GiB", "visible_memory")
    found = _REST.search(line.text)
    if found is not None:
        weights, rest, peak = (float(each) for each in found.groups()[:3])
        said = size(found[4], "GiB")
        loaded, cards = size(found[1], "GiB"), done.settings.parallel if done.settings else Parallel()
        if done.weights is None:  # the line of the load itself says it with more digits
            done.findings.append(loaded_weights(line, ENGINE, loaded, given, cards))
        done.weights, done.peak = loaded, peak * GIB
        if said.value < 0:
            done.missing = max(done.missing, -said.value)
        else:
            done.available = said
        budget = next((each.said.value / GIB for each in reversed(done.findings) if each.subject == "budget"), 0.0)
        if budget:
            derived = (budget - weights - rest - peak) * GIB
            formula = f"{budget:.2f} − {weights} − {rest} − {peak} GiB"
            verdict = EQUAL if abs(derived - said.value) <= 0.021 * GIB else EXPLAINED
            add(done, line, "available", said, verdict, derived, formula, "" if verdict == EQUAL else "rounded_parts")
        else:
            add(done, line, "available", said, INPUT, None, "", "left_after_profiling")
    found = _ACTUAL.search(line.text)
    if found is not None:
        _usage(line, done, found)
    found = _SHORT.search(line.text)
    if found is not None:
        free, total, share = (float(each) for each in found.groups()[:3])
        said = size(found[4], "GiB")
        done.free_share, done.held_by_others = int(free / total * 100) / 100, (total - free) * GIB
        values = {"free": f"{free:.2f} GiB", "most": f"{int(free / total * 100) / 100:.2f}"}
        derived = total * share * GIB
        verdict = EQUAL if abs(derived - said.value) <= 0.011 * GIB * max(1.0, total / 50) else EXPLAINED
        add(done, line, "budget", said, verdict, derived, f"{total} × {share} GiB", "others_hold_memory", values)


def _results(line: Line, done: Reading, given: Outline | None, name: str, number_: str) -> None:
    """The same in versions 0.6.4 and 0.6.5, which write a line for each part."""
    value = float(number_.replace(",", ""))
    done.parts[name] = value
    parts = done.parts
    if name == "gpu_memory_utilization":
        done.utilization = value
        return
    said = size(number_, "GiB")
    if name == "total_gpu_memory":
        done.visible = said.value
    elif name == "the current vLLM instance can use" and "total_gpu_memory" in parts and done.utilization:
        derived = parts["total_gpu_memory"] * done.utilization * GIB
        verdict = EQUAL if abs(derived - said.value) <= 0.011 * GIB else EXPLAINED
        formula = f"{parts['total_gpu_memory']:g} × {done.utilization:g} GiB"
        add(done, line, "budget", said, verdict, derived, formula, "visible_memory")
    elif name == "model weights take":
        done.weights = said
        cards = done.settings.parallel if done.settings else Parallel()
        done.findings.append(loaded_weights(line, ENGINE, said, given, cards))
    elif name == "PyTorch activation peak memory":
        done.peak = said.value
    elif name == "available_kv_cache_memory":
        order = ("the current vLLM instance can use", "model weights take", "non_torch_memory")
        taken = [parts[each] for each in (*order, "PyTorch activation peak memory") if each in parts]
        done.available = said
        if len(taken) < len(order) + 1:
            add(done, line, "available", said, INPUT, None, "", "left_after_profiling")
            return
        derived = (taken[0] - sum(taken[1:])) * GIB
        verdict = EQUAL if abs(derived - said.value) <= 0.021 * GIB else EXPLAINED
        formula = " − ".join(f"{each:g}" for each in taken) + " GiB"
        add(done, line, "available", said, verdict, derived, formula, "" if verdict == EQUAL else "rounded_parts")


def _usage(line: Line, done: Reading, found: re.Match[str]) -> None:
    """The summary after start: what was used, against what the pool got."""
    share, wanted = float(found[1]), float(found[2])
    done.utilization = share
    used = [float(each) for each in _USED.findall(found[3])]
    in_use = _IN_USE.search(line.text)
    if in_use is None or not used:
        return
    said = size(in_use[1], in_use[2])
    done.available = done.available or said
    derived = (wanted - sum(used)) * GIB
    formula = f"{wanted} − {' − '.join(f'{each:g}' for each in used)} GiB"
    rounding = 0.006 * GIB * (len(used) + 1)
    close = abs(derived - said.value) <= rounding + said.half
    add(done, line, "available", said, EQUAL if close else EXPLAINED, derived, formula, "" if close else "graphs_too")


def graphs(line: Line, done: Reading, given: Outline | None) -> None:
    """Recorded graphs: what was taken off the cache for them, and what they took."""
    found = _ESTIMATED_GRAPHS.search(line.text)
    if found is not None:
        done.graphs = size(found[1], found[2])
        add(
            done,
            line,
            "graphs",
            done.graphs,
            INPUT,
            None,
            "",
            "graphs_later" if done.keeps_graphs else "graphs_taken_off",
        )
    found = LATER.search(line.text)
    if found is not None:
        asked, same = float(found[1]), float(found[2])
        said = Printed(100 * same, 0.005, "percent", f"{100 * same:,.2f}%")
        derived, formula, verdict = None, "", INPUT
        if done.graphs is not None and done.visible:
            derived = 100 * (asked + done.graphs.value / done.visible)
            formula = f"{asked:g} + {done.graphs.text} / {done.visible / GIB:,.2f} GiB"
            slack = 100 * (done.graphs.half + 1e-3 * GIB) / done.visible + said.half
            verdict = EQUAL if abs(derived - said.value) <= slack else EXPLAINED
        add(done, line, "share", said, verdict, derived, formula, "share_later", {"asked": f"{asked:g}"})
    found = _EQUIVALENT.search(line.text)
    if found is not None:
        asked, left = float(found[1]), float(found[2])
        said = Printed(100 * left, 0.005, "percent", f"{100 * left:,.2f}%")
        values = {"asked": f"{asked:g}", "same": f"{float(found[3]):g}" if found[3] else f"{2 * asked - left:.4f}"}
        derived, formula, verdict = None, "", INPUT
        if done.graphs is not None and done.visible:
            derived = 100 * (asked - done.graphs.value / done.visible)
            formula = f"{asked:g} − {done.graphs.text} / {done.visible / GIB:,.2f} GiB"
            slack = 100 * (done.graphs.half + 1e-3 * GIB) / done.visible + said.half
            verdict = EQUAL if abs(derived - said.value) <= slack else EXPLAINED
        add(done, line, "share", said, verdict, derived, formula, "share_without_graphs", values)
    found = _GRAPHS.search(line.text)
    if found is not None:
        add(done, line, "graphs", size(found[1], found[2]), INPUT, None, "", "graphs_beside_the_pool")
    found = _POOL.search(line.text)
    if found is not None:
        said, actual = size(found[2], "GiB"), size(found[1], "GiB")
        values = {"actual": actual.text, "more": f"{(said.value - actual.value) / GIB:,.2f} GiB"}
        verdict = MISLEADS if said.value > 1.5 * actual.value + 0.5 * GIB else INPUT
        add(done, line, "graphs", said, verdict, actual.value, "", "graphs_estimated", values)
