"""What other tools say of every measured configuration: parameters, cache and FLOPs, and how long they take.

    pip install -e '.[bench]'
    pip install --no-deps llm-analysis==0.2.2   # it pins a transformers of 2023; with a new one it reads more families
    python benchmarks/peers.py                  # writes benchmarks/peers.json; name tools to ask only those anew

Each tool reads the configuration by its own reader, as its documentation shows, and is asked for what it offers. What
it raises is a refusal; nothing is repaired for it. Times are processor seconds from configuration to answer; the tools
are imported before, what they import on the way counts.
"""

import importlib
import importlib.metadata
import json
import logging
import multiprocessing
import os
import platform
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
TARGET = ROOT / "benchmarks" / "peers.json"
LIMIT = 120  # seconds for one configuration
PACKAGES = ("llm-analysis", "calflops", "llm-cal", "transformers", "torch")

MODULES = (
    "llmnotes.config.files",
    "llm_analysis.analysis",
    "calflops",
    "transformers",
    "llm_cal.architecture.detector",
    "llm_cal.architecture.formulas.kv_cache",
    "llm_cal.architecture.formulas.weight",
)

Answer = dict[str, float]


def ours(case: dict) -> Answer:
    """What llmnotes says, by the conventions of the measurement."""
    import llmnotes as ln

    model, n = ln.from_config(case["config"]), length(case)
    return {
        "params": ln.count_params(model).total,
        "cache": ln.kv_cache(model, n_tokens=n, kv_bits=bits(case)).ideal_bytes,
        "flops": ln.forward_flops(model, n_new=n, causal=False, latent="expanded").total,
    }


def llm_analysis(case: dict) -> Answer:
    """llm-analysis: its reader of published configurations, then three of its methods."""
    from llm_analysis import analysis, config

    with tempfile.TemporaryDirectory() as folder:
        published = {key: value for key, value in case["config"].items() if key != "auto_map"}
        Path(folder, "config.json").write_text(json.dumps(published))
        read = config.get_model_config_from_hf(folder)
    tool = analysis.LLMAnalysis(read, config.get_gpu_config_by_name("a100-sxm-80gb"))
    n = length(case)
    return {
        "params": tool.get_num_params_total(),
        "cache": read.num_layers * tool.get_memory_kv_cache_per_layer(1, n, bits(case) // 8),
        "flops": tool.get_num_flops_fwd_total(1, n),
    }


def calflops(case: dict) -> Answer:
    """calflops: the model as transformers builds it, run once; a large one without memory for its weights. No cache."""
    import torch
    import transformers
    from calflops import calculate_flops

    given = dict(case["config"])
    config = transformers.AutoConfig.for_model(given.pop("model_type"), **given)
    with torch.device("cpu" if case["kind"] == "random" else "meta"):
        # Experts one after another: grouped kernels would need bfloat16 weights.
        model = transformers.AutoModelForCausalLM.from_config(
            config, attn_implementation="eager", experts_implementation="batched_mm"
        )
        tokens = torch.ones((1, length(case)), dtype=torch.long)
    flops, _, n_params = calculate_flops(
        model=model, kwargs={"input_ids": tokens}, print_results=False, output_as_string=False
    )
    return {"params": n_params, "flops": flops}


def llm_cal(case: dict) -> Answer:
    """llm-cal: the architecture it detects, its weights and its cache. Its FLOPs are twice its weights a token."""
    from llm_cal.architecture import detector
    from llm_cal.architecture.formulas import kv_cache, weight

    profile = detector.detect(case["config"])
    said = {
        "params": weight.estimate_total_params(profile),
        "cache": kv_cache.compute_kv_cache_bytes(profile, length(case), dtype_bytes=bits(case) // 8),
    }
    known = {quantity: estimate.value for quantity, estimate in said.items() if estimate.label.name != "UNKNOWN"}
    if not known:
        raise ValueError(said["params"].source)
    return known


TOOLS: dict[str, Callable[[dict], Answer]] = {
    "llmnotes": ours,
    "llm-analysis": llm_analysis,
    "calflops": calflops,
    "llm-cal": llm_cal,
}


def length(case: dict) -> int:
    """Tokens of the first measured prompt."""
    return next(run["n"] for run in case["flops"] if run["phase"] == "prefill")


def bits(case: dict) -> int:
    """Small random shapes were measured in float32, published models in bfloat16."""
    return 32 if case["kind"] == "random" else 16


def measured(case: dict) -> Answer:
    """What the tools are held to."""
    n = length(case)
    held = [size["bytes_nominal"] for size in case["kv"] if size["n"] == n and "bytes_nominal" in size]
    flops = next(run["flops"] for run in case["flops"] if run["phase"] == "prefill")
    if case["family"] == "llama4_text":  # experts that no token asked for ran there too
        moe, routed = case["params"]["moe"], case["params"]["components"]["experts_routed"]
        flops -= 2 * n * routed * (moe["num_experts"] - moe["top_k"]) // moe["num_experts"]
    return {"params": case["params"]["total"], "flops": flops} | ({"cache": held[0]} if held else {})


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """An error after so long."""

    def late(*_):
        raise TimeoutError(f"no answer within {seconds} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def ask(name: str, case: dict) -> dict:
    """The answer or the refusal of one tool, and the processor time."""
    tool = TOOLS[name]
    start = time.process_time()
    try:
        with time_limit(LIMIT):
            said: dict = dict(tool(case))
    except Exception as error:  # whatever another tool raises is its refusal
        first = (str(error).splitlines() or [""])[0]
        said = {"refused": f"{type(error).__name__}: {first}"[:160]}
    return said | {"seconds": round(time.process_time() - start, 6)}


def ask_all(name: str, cases: list[dict]) -> dict[str, dict]:
    """One tool about every case, in a process that is replaced after a refusal: calflops then leaves torch patched, and
    would count the next model several times."""
    context, pool, said = multiprocessing.get_context("fork"), None, {}
    for case in cases:
        pool = pool or context.Pool(1)
        said[case["id"]] = pool.apply(ask, (name, case))
        if "refused" in said[case["id"]]:
            pool.terminate()
            pool = None
    return said


def main(wanted: list[str]) -> None:
    """Ask every tool about every case; tools not named keep what is recorded of them."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)  # tools that talk while they count
    cases = [c for f in sorted((ROOT / "tests/data").glob("cases*.json")) for c in json.loads(f.read_text())["cases"]]
    for module in MODULES:
        importlib.import_module(module)
    kept = json.loads(TARGET.read_text())["answers"] if TARGET.exists() else {}
    answers = {name: kept.get(name, {}) for name in TOOLS}
    for name in wanted or TOOLS:
        answers[name] = ask_all(name, cases)
        refused = sum("refused" in said for said in answers[name].values())
        print(f"{name}: {len(cases)} configurations, {refused} refused", flush=True)
    record = {
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {package: importlib.metadata.version(package) for package in PACKAGES},
        "measured": {case["id"]: measured(case) | {"kind": case["kind"], "family": case["family"]} for case in cases},
        "answers": answers,
    }
    TARGET.write_text(json.dumps(record, indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
