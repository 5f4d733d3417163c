"""How far published speeds are from what is expected of them: shares of rows by error."""

from collections import Counter
from statistics import median

from llmnotes.figures import label, lines
from llmnotes.quantities import count, ratio, share
from llmnotes.registry import find_chip, load_model
from llmnotes.timing.compare import compare_all, summarize
from llmnotes.timing.constants import fit_facts
from llmnotes.timing.points import DECODE, PREFILL

KIND = "reported"
ERRORS = (0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
SETS = {
    "llama.cpp decode": label(zh="llama.cpp 解码", en="llama.cpp, decode"),
    "llama.cpp prefill": label(zh="llama.cpp 读提示词", en="llama.cpp, prompts"),
    "tensorrt-llm throughput": label(zh="TensorRT-LLM 吞吐", en="TensorRT-LLM, throughput"),
    "vllm step": label(zh="vLLM 一步", en="vLLM, steps"),
}


# --8<-- [start:compute]
def compute():
    compared = compare_all()
    fitted = [one for one in compared if one.point.source.inferred is None]
    unfitted = {
        backend: [abs(one.ratio - 1) for one in compared if one.point.source.inferred and one.point.backend == backend]
        for backend in ("cuda", "metal")
    }
    sets = {}
    for one in fitted:
        sets.setdefault(f"{one.point.engine} {one.point.kind}", []).append(abs(one.ratio - 1))
    whole, held = summarize(fitted), fit_facts()["held_out"]
    decode, new_chip = held["decode"]["local"]["model"], held["prefill"]["local"]["chip"]
    step, busy = held["decode"]["servers"], held["decode"]["busy servers"]
    ((most, n_most),) = Counter(one.point.chip for one in fitted).most_common(1)
    on_most = {kind: [one.point.chip == most for one in fitted if one.point.kind == kind] for kind in (DECODE, PREFILL)}
    return {
        "n": count(whole.n),
        "median": share(whole.median_error),
        "chips": count(len({one.point.chip for one in fitted})),
        "models": count(len({one.point.model for one in fitted})),
        # As in the tables: a filled-in value is not broken over lines, and the full name is wider than a phone.
        "most_chip": find_chip(most).name.partition(" (")[0],
        "most_share": share(n_most / whole.n),
        "most_decode": share(sum(on_most[DECODE]) / len(on_most[DECODE])),
        "most_prefill": share(sum(on_most[PREFILL]) / len(on_most[PREFILL])),
        # CUDA drives none of the rows of the chip that has most of them.
        "cuda": {kind: share(by_library(held[kind], "cuda", kind)) for kind in (DECODE, PREFILL)},
        "cuda_chips": {
            kind: count(
                len({one.point.chip for one in fitted if (one.point.kind, one.point.backend) == (kind, "cuda")})
            )
            for kind in (DECODE, PREFILL)
        },
        "mac": {
            **share(by_library(held[DECODE], "metal", DECODE)),
            "n": count(sum(one.point.backend == "metal" for one in fitted)),
        },
        "vllm_missed": missed(fitted, step, "vllm"),
        "trt_missed": missed(fitted, busy, "tensorrt-llm"),
        "llama_decode": share(
            {"median": decode["median_error"], "within": decode["within_25"], "covered": decode["covered"]}
        ),
        "llama_prefill_median": share(held["prefill"]["local"]["model"]["median_error"]),
        # Errors of more than 100% are of speeds expected too high: so many times the measured one.
        "new_chip": ratio(1 + new_chip["median_error"]),
        "new_chip_covered": share(new_chip["covered"]),
        "new_chip_rows": share(new_chip["covered_rows"]),
        "new_chip_worst": ratio(1 + max(group["median_error"] for group in new_chip["by_group"].values())),
        "new_chip_decode": share(held["decode"]["local"]["chip"]["median_error"]),
        "new_chip_prompts": share(new_chip["median_error"]),
        "vllm_step": share({"median": step["model"]["median_error"], "new_chip": step["chip"]["median_error"]}),
        "trt_throughput": share(
            {
                of: busy[group]["median_error"]
                for of, group in (("median", "model"), ("new_chip", "chip"), ("new", "task"))
            }
        ),
        "unfitted": {
            **{backend: count(len(off)) for backend, off in unfitted.items()},
            "median": share(median(unfitted["cuda"])),
            "least": share(min(unfitted["metal"])),
        },
        "errors": share(ERRORS),
        "curves": share({name: [within(off, error) for error in ERRORS] for name, off in sorted(sets.items())}),
    }


def by_library(held, library, kind):
    """Median errors of what one library drives, with a model held out and with a chip held out."""
    groups = {what: held["local"][what]["by_group"][f"llama.cpp/{library} {kind}"] for what in ("model", "chip")}
    return {f"new_{what}": group["median_error"] for what, group in groups.items()}


def missed(fitted, held, engine):
    """Of the model that an engine's constants meet worst: its error held out, and how far above its rows are expected."""
    rows = {}
    for one in fitted:
        if one.point.engine == engine:
            rows.setdefault(one.point.model, []).append(one.ratio)
    worst = max(rows, key=lambda model: held["model"]["by"][model]["median_error"])
    return {
        "model": load_model(worst).name,
        "median": share(held["model"]["by"][worst]["median_error"]),
        "n": count(len(rows[worst])),
        "above": count(sum(found > 1 for found in rows[worst])),
        "most": ratio(max(rows[worst])),
        "past": share(max(rows[worst]) - 1),
    }


def within(errors, most):
    return sum(error <= most for error in errors) / len(errors)


# --8<-- [end:compute]


def draw(result):
    curves = {SETS[name]: curve for name, curve in result["curves"].items()}
    x = label(zh="误差", en="error")
    y = label(zh="误差不超过横轴的实测占多少", en="measurements with at most that error")
    return lines(result["errors"], curves, x=x, y=y, key=True, points=False, span=(0, 1), height=380)
