"""A card that serves Llama 3.1 8B, step by step: people ask at random, wait for a slot, are read, and are answered."""

from collections import deque
from functools import cache
from statistics import mean, quantiles

import numpy as np

from llmnotes import load_model
from llmnotes.equations.serving import request_hours, sequences_in_flight
from llmnotes.figures import label, lines
from llmnotes.quantities import count, number, ratio, seconds, share
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.serving import sequences_at_once
from llmnotes.timing.work import count as counted

PROMPT, OUTPUT, PAUSE, SEED, N_REQUESTS = 3_584, 512, 60, 16, 3_000
LOADS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1)
MODEL, SETUP = counted(load_model("llama-3.1-8b")), Setup(find_chip("h100-sxm-80gb"), find_runtime("vllm"))


# --8<-- [start:compute]
@cache
def step_seconds(batch_size):
    """Expected of vLLM, half-way through the answers."""
    return decode_timing(MODEL, SETUP, n_past=PROMPT + OUTPUT // 2, batch_size=batch_size).expected


def simulate(per_s, n_slots, prompt_seconds):
    """When each request came, when its slot was free, and when its last token was out."""
    arrivals = np.cumsum(np.random.default_rng(SEED).exponential(1 / per_s, N_REQUESTS)).tolist()
    waiting, running, now, came = deque(), {}, 0.0, 0
    started, ended = [0.0] * N_REQUESTS, [0.0] * N_REQUESTS
    while came < N_REQUESTS or waiting or running:
        if not (waiting or running):
            now = max(now, arrivals[came])
        while came < N_REQUESTS and arrivals[came] <= now:
            waiting.append(came)
            came += 1
        if waiting and len(running) < n_slots:  # one prompt is read between two steps
            request = waiting.popleft()
            started[request], now = now, now + prompt_seconds
            running[request] = OUTPUT
        now += step_seconds(len(running))
        for request in [*running]:
            running[request] -= 1
            if not running[request]:
                ended[request] = now
                del running[request]
    return arrivals, started, ended


def in_flight(arrivals, ended):
    """Requests that have come and not gone, on average over the time in which requests come: counted, not derived."""
    clock = np.linspace(arrivals[0], arrivals[-1], 20_001)
    return float(np.mean(np.searchsorted(arrivals, clock, "right") - np.searchsorted(np.sort(ended), clock, "right")))


def compute():
    n_slots = sequences_at_once(MODEL, SETUP.chip, SETUP.sharing, n_tokens=PROMPT + OUTPUT, precision=SETUP.precision)
    prompt = prefill_timing(MODEL, SETUP, n_new=PROMPT).expected
    full = step_seconds(n_slots)
    each = 3_600 * request_hours(prompt_seconds=prompt, step_seconds=full, n_output=OUTPUT, n_sequences=n_slots)
    runs = [run(load / each, n_slots, prompt) for load in LOADS]
    at = {str(round(100 * load)): one for load, one in zip(LOADS, runs, strict=True)}
    return {
        "slots": count(n_slots),
        "capacity": number(1 / each),
        **count({"requests": N_REQUESTS, "output": OUTPUT, "prompt_tokens": PROMPT}),
        "seed": count(SEED),
        "loads": share(LOADS),
        **{key: [one[key] for one in runs] for key in ("whole", "late", "wait")},
        "at": at,
        "most_off": share(max(off(one) for load, one in zip(LOADS, runs, strict=True) if load < 1)),
        "people": count(int(0.8 / each * (PAUSE + at["80"]["whole"].value))),
        "late_more": ratio(at["95"]["late"].value / at["50"]["late"].value),
    }


def off(one):
    return abs(one["counted"].value / one["little"].value - 1)


def run(per_s, n_slots, prompt_seconds):
    arrivals, started, ended = simulate(per_s, n_slots, prompt_seconds)
    whole = [end - came for came, end in zip(arrivals, ended, strict=True)]
    wait = [start - came for came, start in zip(arrivals, started, strict=True)]
    rate = (N_REQUESTS - 1) / (arrivals[-1] - arrivals[0])
    return {
        "whole": seconds(mean(whole)),
        "late": seconds(quantiles(whole, n=20)[-1]),
        "wait": seconds(mean(wait)),
        "counted": number(in_flight(arrivals, ended)),
        "little": number(sequences_in_flight(requests_per_s=rate, seconds_each=mean(whole))),
    }


# --8<-- [end:compute]


def draw(result):
    return lines(
        result["loads"],
        {
            label(zh="最慢的二十分之一，至少", en="slowest twentieth, at least"): result["late"],
            label(zh="从发问到答完，平均", en="question to last word, mean"): result["whole"],
            label(zh="其中等空位，平均", en="of which waiting for a slot, mean"): result["wait"],
        },
        x=label(zh="来的请求占最大处理能力", en="requests that come, share of the capacity"),
        y="time",
        key=True,
        height=400,
    )
