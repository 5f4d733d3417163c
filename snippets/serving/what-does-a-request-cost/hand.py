"""Requests by a price list, a million tokens by the rent of a chip, and a published day of a large service."""

from functools import partial
from statistics import median

from llmnotes import load_model
from llmnotes.bills import bill
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
    read = prefill_timing(MODEL, setup, n_new=N_TOKENS)
    steps = {k: decode_timing(MODEL, setup, n_past=N_TOKENS, batch_size=n) for k, n in BATCHES.items()}
    return {name: timing.expected for name, timing in {"read": read, **steps}.items()}


def compute():
    read, write = prompt_seconds(PROFILE, n_tokens=N_TOKENS, **CARD.roof), partial(step_seconds, PROFILE, **CARD.roof)
    least = {"read": read, **{name: write(n_tokens=N_TOKENS, batch_size=size) for name, size in BATCHES.items()}}
    told, sizes = expected(), {"read": N_TOKENS, **BATCHES}
    prices, likely = ({name: per_million(sizes[name], took) for name, took in one.items()} for one in (least, told))
    return {
        **listed(),
        "work": flops(prompt_flops(PROFILE, n_tokens=N_TOKENS)),
        "weights": bytes_of(step_bytes(PROFILE, n_tokens=0)),
        "cache": bytes_of(ideal_cache_bytes(PROFILE, n_tokens=N_TOKENS)),
        "moved": bytes_of({k: step_bytes(PROFILE, n_tokens=N_TOKENS, batch_size=n) for k, n in BATCHES.items()}),
        "peak": flops(CARD.peak_flops_per_s["bf16"]) / seconds(1),
        "bandwidth": bytes_of(CARD.bandwidth_bytes_per_s) / seconds(1),
        "rent": usd(RENT),
        "rent_second": usd(RENT / 3600),
        "n": count(N_TOKENS),
        "batch": count(BATCH),
        "took": seconds(least),
        "speed": number({name: sizes[name] / took for name, took in least.items()}),
        "least": usd(prices),
        "likely": usd(likely),
        "one_over": ratio(prices["one"] / prices["read"]),
        "many_over": ratio(prices["many"] / prices["read"]),
        "likely_over": ratio({name: likely[name] / likely["read"] for name in ("one", "many")}),
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
    ratios = [one.usd_per_million_output_tokens / one.usd_per_million_input_tokens for one in lists]
    edge = LIST.long_prompt_tokens or 0
    return {
        "list": LIST.name,
        "priced": str(LIST.priced),
        "input": usd(LIST.usd_per_million_input_tokens),
        "found": usd(LIST.usd_per_million_cached_tokens),
        "output": usd(LIST.usd_per_million_output_tokens),
        "list_over": ratio(LIST.usd_per_million_output_tokens / LIST.usd_per_million_input_tokens),
        **count({"in": n_prompt, "out": n_output}),
        **usd({"in_cost": read, "out_cost": written, "cost": whole, "partly": partly}),
        **count({"n_found": n_found, "n_missed": n_prompt - n_found}),
        "out_share": share(written / whole),
        "lists": count(len(lists)),
        "ratio": ratio({"least": min(ratios), "middle": median(ratios), "most": max(ratios)}),
        "tiered": count(sum(one.long_prompt_tokens is not None for one in lists)),
        "edge": count(edge),
        "long_input": usd(LIST.usd_per_million_input_tokens_long),
        "long_output": usd(LIST.usd_per_million_output_tokens_long),
        "below": usd(bill(LIST, n_prompt=edge, n_output=1000)),
        "above": usd(bill(LIST, n_prompt=edge + 1, n_output=1000)),
        "claude": CLAUDE.name,
        "claude_in": usd(CLAUDE.usd_per_million_input_tokens),
        "claude_in_batch": usd(CLAUDE.usd_per_million_input_tokens_batch),
        "claude_out": usd(CLAUDE.usd_per_million_output_tokens),
        "claude_out_batch": usd(CLAUDE.usd_per_million_output_tokens_batch),
    }


def day():
    """DeepSeek's 24 hours from 2025-02-27: nodes of 8 H800, tokens, and what a node did in a second."""
    read, hit, written, nodes, hours = 608e9, 342e9, 168e9, 226.75, 24
    speeds, rent = {"read": 73_700, "written": 14_800}, 2.0
    node = partial(usd_per_million_tokens, n_chips=8, usd_per_chip_hour=rent)
    costs = {kind: node(tokens_per_s=speed) for kind, speed in speeds.items()}
    r1 = {"usd_per_million_input": 0.55, "usd_per_million_cached": 0.14, "usd_per_million_output": 2.19}
    blend = (hit * 0.14 + (read - hit) * 0.55) / read
    whole = chips_usd(n_chips=8 * nodes, hours=hours, usd_per_chip_hour=rent)
    worth = request_usd(n_prompt=read, n_cached=hit, n_output=written, **r1)
    missed = costs["read"] / (1 - hit / read)
    reading, writing = read / speeds["read"] / 86_400, written / speeds["written"] / 86_400
    return {
        "day": number({"nodes": nodes, "reading": reading, "writing": writing, "both": reading + writing}),
        "day_rent": usd(rent),
        "day_usd": usd(whole),
        "day_hit": share(hit / read),
        "day_missed": usd(missed),
        "day_cost": usd(costs),
        "day_over": ratio(costs["written"] / costs["read"]),
        "day_over_missed": ratio(costs["written"] / missed),
        "r1_over": ratio(2.19 / 0.55),
        "r1_blend": usd(blend),
        "r1_over_blend": ratio(2.19 / blend),
        "day_worth": usd(worth),
        "day_times": ratio(worth / whole),
        "day_read_speed": number(speeds["read"], kind="reported", source=DAY),
        "day_write_speed": number(speeds["written"], kind="reported", source=DAY),
        **usd({"r1_output": 2.19, "r1_missed": 0.55, "r1_hit": 0.14}, kind="reported", source=DAY),
    }


def throughput():
    """What TensorRT-LLM's authors measured on one H100, prompts read in between."""
    points = [one for one in load_points() if (one.kind, one.model, one.chip) == (THROUGHPUT, "llama-3.1-8b", CHIP)]
    point = next(one for one in points if (one.n_past, one.n_output) == (1000, 1000))
    told = compare(point)
    return {
        "trt": count(round(point.value)),
        "trt_usd": usd(per_million(point.value, 1)),
        "trt_expected": usd(per_million(1, told.expected)),
        "trt_off": share(abs(told.expected / point.seconds - 1)),
    }


def wrong():
    edge, long = LIST.long_prompt_tokens or 0, 300_000
    more = bill(LIST, n_prompt=edge, n_output=0) + (long - edge) * (LIST.usd_per_million_input_tokens_long or 0) / 1e6
    visible, hidden = 500, 4_000
    shown, true = (bill(LIST, n_prompt=1_000, n_output=n) for n in (visible, visible + hidden))
    blend = (3 * LIST.usd_per_million_input_tokens + LIST.usd_per_million_output_tokens) / 4
    sent, written = 2_950_000, 25_000
    return {
        "long": count(long),
        "long_right": usd(bill(LIST, n_prompt=long, n_output=0)),
        "long_wrong": usd(more),
        "long_share": share(more / bill(LIST, n_prompt=long, n_output=0)),
        **count({"visible": visible, "hidden": hidden}),
        **usd({"shown": shown, "true": true}),
        "true_over": ratio(true / shown),
        "blend": usd(blend),
        "agent_wrong": usd((sent + written) * blend / 1e6),
        "agent_right": usd(sum(bill(LIST, n_prompt=n, n_output=500) for n in range(10_000, 110_000, 2_000))),
        "quarter": usd(4 * per_million(BATCH, expected()["many"])),
    }
