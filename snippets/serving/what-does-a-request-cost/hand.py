"""Requests by a price list, a million tokens by the rent of a chip, and a published day of a large service."""

from functools import partial
from statistics import median

from llmnotes import load_model
from llmnotes.bills import bill, rates
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.cost.intensity import prompt_flops, prompt_seconds, step_bytes, step_seconds
from llmnotes.equations.pricing import chips_usd, request_usd, usd_per_million_tokens
from llmnotes.quantities import bytes_of, count, flops, number, ratio, seconds, share, usd
from llmnotes.registry import find_chip, find_price, price_ids
from llmnotes.timing.compare import compare
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.plan import rents
from llmnotes.timing.points import THROUGHPUT, load_points
from llmnotes.timing.runtimes import find_runtime

LIST, CLAUDE = find_price("gpt-5.4"), find_price("claude-opus-4-8")
USUAL, LONG, EDGE = rates(LIST), rates(LIST, "long"), LIST.long_prompt_tokens or 0
MODEL, CHIP, N_TOKENS, BATCH = load_model("llama-3.1-8b"), "h100-sxm-80gb", 1_024, 64
RENT, CARD, PROFILE = rents()[CHIP], find_chip(CHIP), cost_profile(MODEL)
BATCHES = {"one": 1, "many": BATCH}
DAY = "https://github.com/deepseek-ai/open-infra-index/blob/56d8685/202502OpenSourceWeek/day_6_one_more_thing_deepseekV3R1_inference_system_overview.md"


# --8<-- [start:compute]
def per_million(n_tokens, took):
    return usd_per_million_tokens(n_chips=1, usd_per_chip_hour=RENT, tokens_per_s=n_tokens / took)


def expected():
    """Seconds that vLLM is expected to take."""
    setup = Setup(CARD, find_runtime("vllm"))
    steps = {k: decode_timing(MODEL, setup, n_past=N_TOKENS, batch_size=n).expected for k, n in BATCHES.items()}
    return {"read": prefill_timing(MODEL, setup, n_new=N_TOKENS).expected, **steps}


def compute():
    read, write = prompt_seconds(PROFILE, n_tokens=N_TOKENS, **CARD.roof), partial(step_seconds, PROFILE, **CARD.roof)
    least = {"read": read, **{name: write(n_tokens=N_TOKENS, batch_size=size) for name, size in BATCHES.items()}}
    told, sizes = expected(), {"read": N_TOKENS, **BATCHES}
    prices, likely = ({name: per_million(sizes[name], took) for name, took in one.items()} for one in (least, told))
    return {
        **listed(),
        "work": flops(prompt_flops(PROFILE, n_tokens=N_TOKENS)),
        **bytes_of(
            {"weights": step_bytes(PROFILE, n_tokens=0), "cache": ideal_cache_bytes(PROFILE, n_tokens=N_TOKENS)}
        ),
        "moved": bytes_of({k: step_bytes(PROFILE, n_tokens=N_TOKENS, batch_size=n) for k, n in BATCHES.items()}),
        "peak": flops(CARD.peak_flops_per_s["bf16"]) / seconds(1),
        "bandwidth": bytes_of(CARD.bandwidth_bytes_per_s) / seconds(1),
        **usd({"rent": RENT, "rent_second": RENT / 3600}),
        **count({"n": N_TOKENS, "batch": BATCH}),
        "took": seconds(least),
        "speed": number({name: sizes[name] / took for name, took in least.items()}),
        **usd({"least": prices, "likely": likely}),
        **ratio({f"{name}_over": prices[name] / prices["read"] for name in BATCHES}),
        "likely_over": ratio({name: likely[name] / likely["read"] for name in BATCHES}),
        **day(),
        **throughput(),
        **wrong(),
    }


# --8<-- [end:compute]


def listed():
    n_prompt, n_output, n_found = 10_000, 1_000, 8_000
    partly = bill(LIST, n_prompt=n_prompt, n_output=n_output, n_cached=n_found)
    read, written = bill(LIST, n_prompt=n_prompt, n_output=0), bill(LIST, n_prompt=0, n_output=n_output)
    whole = bill(LIST, n_prompt=n_prompt, n_output=n_output)
    lists = [find_price(price_id) for price_id in price_ids()]
    ratios = [rates(one)["output"] / rates(one)["input"] for one in lists]
    claude, batch = rates(CLAUDE), rates(CLAUDE, "batch")
    return {
        "list": LIST.name,
        "priced": str(LIST.priced),
        **usd({"input": USUAL["input"], "found": USUAL["cached"], "output": USUAL["output"]}),
        "list_over": ratio(USUAL["output"] / USUAL["input"]),
        **count({"in": n_prompt, "out": n_output, "n_found": n_found, "n_missed": n_prompt - n_found}),
        **usd({"in_cost": read, "out_cost": written, "cost": whole, "partly": partly}),
        "out_share": share(written / whole),
        "ratio": ratio({"least": min(ratios), "middle": median(ratios), "most": max(ratios)}),
        **count({"lists": len(lists), "tiered": sum("input" in rates(one, "long") for one in lists), "edge": EDGE}),
        **usd({"long_input": LONG["input"], "long_output": LONG["output"]}),
        **usd({key: bill(LIST, n_prompt=n, n_output=1000) for key, n in {"below": EDGE, "above": EDGE + 1}.items()}),
        "claude": CLAUDE.name,
        **usd({"claude_in": claude["input"], "claude_out": claude["output"]}),
        **usd({"claude_in_batch": batch["input"], "claude_out_batch": batch["output"]}),
    }


def day():
    """DeepSeek's 24 hours from 2025-02-27: nodes of 8 H800, tokens, and what a node did in a second."""
    read, hit, written, nodes, hours = 608e9, 342e9, 168e9, 226.75, 24
    speeds, rent = {"read": 73_700, "written": 14_800}, 2.0
    node = partial(usd_per_million_tokens, n_chips=8, usd_per_chip_hour=rent)
    costs = {kind: node(tokens_per_s=speed) for kind, speed in speeds.items()}
    r1 = {"input": 0.55, "cached": 0.14, "output": 2.19}
    blend = (hit * r1["cached"] + (read - hit) * r1["input"]) / read
    whole = chips_usd(n_chips=8 * nodes, hours=hours, usd_per_chip_hour=rent)
    sold = {f"usd_per_million_{kind}": price for kind, price in r1.items()}
    worth = request_usd(n_prompt=read, n_cached=hit, n_output=written, **sold)
    missed = costs["read"] / (1 - hit / read)
    reading, writing = read / speeds["read"] / 86_400, written / speeds["written"] / 86_400
    return {
        "day": number({"nodes": nodes, "reading": reading, "writing": writing, "both": reading + writing}),
        "day_hit": share(hit / read),
        **usd({"day_rent": rent, "day_usd": whole, "day_missed": missed, "day_cost": costs, "day_worth": worth}),
        **ratio({"day_over": costs["written"] / costs["read"], "day_over_missed": costs["written"] / missed}),
        **ratio({"r1_over": r1["output"] / r1["input"], "r1_over_blend": r1["output"] / blend}),
        "r1_blend": usd(blend),
        "day_times": ratio(worth / whole),
        **number({"day_read_speed": speeds["read"], "day_write_speed": speeds["written"]}, kind="reported", source=DAY),
        **usd(
            {"r1_output": r1["output"], "r1_missed": r1["input"], "r1_hit": r1["cached"]}, kind="reported", source=DAY
        ),
    }


def throughput():
    """What TensorRT-LLM's authors measured on one H100, prompts read in between."""
    points = [one for one in load_points() if (one.kind, one.model, one.chip) == (THROUGHPUT, "llama-3.1-8b", CHIP)]
    point = next(one for one in points if (one.n_past, one.n_output) == (1000, 1000))
    told = compare(point)
    return {
        "trt": count(round(point.value)),
        **usd({"trt_usd": per_million(point.value, 1), "trt_expected": per_million(1, told.expected)}),
        "trt_off": share(abs(told.expected / point.seconds - 1)),
    }


def wrong():
    long, visible, hidden, sent, written = 300_000, 500, 4_000, 2_950_000, 25_000
    right, more = bill(LIST, n_prompt=long, n_output=0), (EDGE * USUAL["input"] + (long - EDGE) * LONG["input"]) / 1e6
    shown, true = (bill(LIST, n_prompt=1_000, n_output=n) for n in (visible, visible + hidden))
    blend = (3 * USUAL["input"] + USUAL["output"]) / 4
    return {
        **usd({"long_right": right, "long_wrong": more}),
        "long_share": share(more / right),
        **count({"long": long, "visible": visible, "hidden": hidden}),
        **usd({"shown": shown, "true": true}),
        "true_over": ratio(true / shown),
        "agent_wrong": usd((sent + written) * blend / 1e6),
        "agent_right": usd(sum(bill(LIST, n_prompt=n, n_output=500) for n in range(10_000, 110_000, 2_000))),
        **usd({"blend": blend, "quarter": 4 * per_million(BATCH, expected()["many"])}),
    }
