"""One token of a dense 70B and of a mixture, half of each in RAM: bytes read on both sides, over both bandwidths."""

from llmnotes import load_model, registry
from llmnotes.cost.assumptions import USABLE_SHARE
from llmnotes.quantities import bytes_of, count, number, ratio, seconds, share, tokens
from llmnotes.registry import find_chip
from llmnotes.timing.formats import precision_of
from llmnotes.timing.offload import EVERY_LAYER, RAM_SHARE, offloaded, weigh

CHIP, N_TOKENS = "rtx-3090", 8_192
CHANNELS, CHANNEL_BYTES, TRANSFERS = 2, 8, 6_000e6  # DDR5-6000 in two channels of 64 bits
RAM = CHANNELS * CHANNEL_BYTES * TRANSFERS
DENSE, MIXTURE = ("llama-3.3-70b", "Q4_K_M"), ("gpt-oss-120b", None)


# --8<-- [start:compute]
def asked(model_id, form, flags=None):
    return offloaded(load_model(model_id), find_chip(CHIP), form, n_past=N_TOKENS, ram_bytes_per_s=RAM, flags=flags)


def side(weights, cache, bytes_per_s):
    return {**bytes_of({"weights": weights, "cache": cache}), "time": seconds((weights + cache) / bytes_per_s)}


def speeds(step):
    return {
        "most": number(1 / step.bound),
        "per_s": number(1 / step.expected),
        **seconds({"on_card": step.parts["card"], "in_ram": step.parts["ram"]}),
        "handing": seconds(step.parts["handoffs"]),
    }


def dense(bandwidth):
    model = load_model(DENSE[0])
    found, step = asked(*DENSE)
    weighed = weigh(model, DENSE[1], precision_of(model, DENSE[1]))
    whole = asked(*DENSE, (EVERY_LAYER, 0))[1].expected
    n_card = found.n_gpu_layers - 1  # the head counts as one of them
    (card, ram), (cache, cache_ram) = found.parts["weights"], found.parts["cache"]
    halved = next(n for n in range(1, 81) if asked(*DENSE, (81 - n, 0))[1].expected >= 2 * whole)
    return {
        "flags": found.flags,
        **count({"layers": model.n_layers, "card_layers": n_card, "ram_layers": model.n_layers - n_card}),
        "layer": bytes_of(sum(layer.rest for layer in weighed.layers) / model.n_layers),
        **bytes_of({"table": weighed.table, "head": weighed.head, "holds": found.ram_bytes}),
        "card": side(card, cache, bandwidth),
        "ram": side(ram - weighed.table, cache_ram, RAM),
        **speeds(step),
        # Expected: a byte that is read from RAM, against one from the card's memory.
        "byte": ratio(step.parts["ram"] / (ram - weighed.table + cache_ram) * (card + cache) / step.parts["card"]),
        "card_share": share((card + cache) / bandwidth / step.parts["card"]),
        "whole": number(1 / whole),
        "slower": ratio(step.expected / whole),
        "share": share(n_card / model.n_layers),
        "halved": count(halved),
    }


def mixture(bandwidth):
    entry = registry.find(MIXTURE[0])
    model, shape = entry.spec, entry.config
    found, step = asked(*MIXTURE)
    layer = weigh(model, None, precision_of(model, None)).layers[0].experts
    n_experts, top_k, n_ram = shape["num_local_experts"], shape["num_experts_per_tok"], found.n_cpu_moe
    read = layer / n_experts * top_k
    rest, near = found.parts["weights"][0], (model.n_layers - n_ram) * read
    return {
        "flags": found.flags,
        **count({"layers": model.n_layers, "ram_layers": n_ram, "experts": n_experts, "top_k": top_k}),
        "near_layers": count(model.n_layers - n_ram),
        **bytes_of({"layer": layer, "expert": layer / n_experts, "read": read}),
        "held": bytes_of(found.parts["experts"][1]),
        "of_layer": share(read / layer),
        **bytes_of({"rest": rest, "near": near, "cache": found.parts["cache"][0]}),
        "card": side(rest + near, found.parts["cache"][0], bandwidth),
        "ram": side(n_ram * read, 0, RAM),
        # Of the bandwidth, what the card reaches once the fixed costs of every layer are in its time.
        "card_share": share((rest + near + found.parts["cache"][0]) / bandwidth / step.parts["card"]),
        **speeds(step),
    }


def compute():
    bandwidth = find_chip(CHIP).bandwidth_bytes_per_s
    return {
        "model": load_model(DENSE[0]).name,
        "n": tokens(N_TOKENS),
        **{key: bytes_of(value) / seconds(1) for key, value in {"vram": bandwidth, "ram": RAM}.items()},
        "reached_share": share(RAM_SHARE),
        "usable": share(USABLE_SHARE),
        **count({"channels": CHANNELS, "channel_bytes": CHANNEL_BYTES, "transfers": round(TRANSFERS / 1e6)}),
        "times": ratio(bandwidth / RAM),
        "dense": dense(bandwidth),
        "mixture": mixture(bandwidth),
    }


# --8<-- [end:compute]
