"""A card of 24 GB fills up with Llama 3.1 8B: headroom, weights, activations, and a cache that grows until it stops."""

from llmnotes import count_params, fit, kv_cache, registry
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import bytes_of, count, number, share, tokens
from llmnotes.units import MIB

MODEL, CHIP, N_TOKENS, EARLY = "llama-3.1-8b", "rtx-4090", 131_072, 16_384
WEIGHTS, CACHE = label(zh="权重", en="weights"), label(zh="缓存", en="cache")
HEADROOM = label(zh="引擎保留的余量", en="headroom")
MISSING = label(zh="还差 {}", en="{} missing")
TOP, HIGH, LEFT = 32, 62, 10


# --8<-- [start:compute]
def compute():
    entry, memory = registry.find(MODEL), registry.find_chip(CHIP).memory_bytes
    found, per_token = fit(entry.spec, CHIP, n_tokens=N_TOKENS), kv_cache(entry.spec, 1).ideal_bytes
    held = {"headroom": found.overhead_bytes, "weights": found.weight_bytes, "activations": found.activation_bytes}
    room = memory - sum(held.values())
    by_hand = {"usable": memory - found.overhead_bytes, **held, "room": room}
    return {
        **bytes_of({**held, "memory": memory, "per_token": per_token, "missing": -found.ideal.free_bytes}),
        "cache": bytes_of({"early": EARLY * per_token, "most": room, "whole": found.ideal.cache_bytes}),
        "params": count(count_params(entry.spec).total),
        "longest": count(found.ideal.longest_context),
        "early": tokens(EARLY),
        "whole": tokens(N_TOKENS),
        "mib": {"memory": count(memory // MIB), **number({key: size / MIB for key, size in by_hand.items()})},
        "usable": share(USABLE_SHARE),
        "chunk": count(PREFILL_CHUNK),
        "width": count(entry.spec.d_model),
        "inner": count(entry.config["intermediate_size"]),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=148)
    scale = (drawing.width - 2 * LEFT) / (result["memory"] + result["missing"]).value
    wide = {key: scale * result[key].value for key in ("headroom", "weights", "activations", "memory", "missing")}
    cache = {key: scale * size.value for key, size in result["cache"].items()}
    edge, start = LEFT + wide["memory"], LEFT + wide["weights"] + wide["activations"]
    drawing.words(LEFT, 14, f"RTX 4090: {canvas.say(result['memory'])}")
    drawing.box(LEFT, TOP, wide["memory"], HIGH)
    drawing.box(edge - wide["headroom"], TOP, wide["headroom"], HIGH, dashed=True)
    weights = f"{canvas.say(WEIGHTS)} {canvas.say(result['weights'])}"
    drawing.box(LEFT, TOP, wide["weights"], HIGH, weights, color=0, steps=(2, 3, 4, 5, 6))
    drawing.box(LEFT + wide["weights"], TOP, wide["activations"], HIGH, color=1, steps=(3, 4, 5, 6))
    drawing.box(start, TOP, cache["early"], HIGH, color=2, steps=4)
    drawing.box(start, TOP, cache["most"], HIGH, CACHE, color=2, steps=(5, 6))
    missing = canvas.say(MISSING).format(canvas.say(result["missing"]))
    drawing.box(edge, TOP, wide["missing"], HIGH, missing, dashed=True, steps=6)
    notes = {
        1: (edge - wide["headroom"] / 2, HEADROOM, result["headroom"]),
        3: (start - wide["activations"] / 2, "activations", result["activations"]),
        4: (start + cache["early"] / 2, CACHE, result["cache"]["early"]),
        5: (start + cache["most"] / 2, CACHE, result["cache"]["most"]),
        6: (start + cache["most"] / 2, CACHE, result["cache"]["whole"]),
    }
    for step, (x, what, size) in notes.items():
        drawing.arrow(x, TOP + HIGH + 26, x, TOP + HIGH + 4, steps=step)
        drawing.words(x, TOP + HIGH + 40, f"{canvas.say(what)} {canvas.say(size)}", anchor="middle", steps=step)
    return drawing


def table(result):
    rows = [[what, None, result[key]] for what, key in ((HEADROOM, "headroom"), (WEIGHTS, "weights"))]
    rows.append(["activations", None, result["activations"]])
    lengths = {"early": result["early"], "most": tokens(result["longest"].value), "whole": result["whole"]}
    rows += [[CACHE, lengths[key], size] for key, size in result["cache"].items()]
    return Table([label(zh="哪一份", en="part"), label(zh="缓存的长度", en="length of the cache"), "memory"], rows)


def steps(result):
    return (
        label(zh="引擎保留余量", en="headroom"),
        label(zh="装入权重", en="weights"),
        label(zh="留出激活值", en="activations"),
        label(zh="缓存到 16K", en="cache at 16K"),
        label(zh="显存满了", en="full"),
        label(zh="缓存到 128K", en="cache at 128K"),
    )
