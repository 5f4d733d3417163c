"""Cache against context: straight lines of several slopes, one that bends, one that starts from a floor."""

from llmnotes import kv_cache, load_model
from llmnotes.cost import cost_profile, inverses
from llmnotes.cost.costs import growing_bytes_per_token, ideal_cache_bytes
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, batch, curves, kv_bits, model, tokens
from llmnotes.quantities import bytes_of, count
from llmnotes.quantities import tokens as tokens_of
from llmnotes.units import GIB

LENGTHS = [2**exponent for exponent in range(10, 18)]
MODELS = {"llama70": "llama-3.1-70b", "gemma": "gemma-3-27b", "v3": "deepseek-v3", "next": "qwen3-next-80b-a3b"}
OWN, ROOM = "llama-3.1-8b", 8 * GIB
# The design of an exercise: 48 layers of 8 KV heads of 128, of which 8 see everything.
FULL, WINDOWED, PER_TOKEN = 8, 40, 2 * 8 * 128 * 2


# --8<-- [start:compute]
def compute():
    models = {key: load_model(model_id) for key, model_id in MODELS.items()}
    ideal = {key: bytes_of([kv_cache(one, n).ideal_bytes for n in LENGTHS]) for key, one in models.items()}
    own, qwen = load_model(OWN), load_model("qwen3-32b")
    return {
        "lengths": tokens_of(LENGTHS),
        "names": {key: one.name for key, one in models.items()},
        "ideal": ideal,
        "own": {"name": own.name, "sizes": bytes_of([kv_cache(own, n).ideal_bytes for n in LENGTHS])},
        "first": tokens_of(LENGTHS[0]),
        "second": tokens_of(LENGTHS[1]),
        "half": tokens_of(LENGTHS[-2]),
        "whole": tokens_of(LENGTHS[-1]),
        "last_doubling": {key: sizes[-1] / sizes[-2] for key, sizes in ideal.items()},
        "first_doubling": ideal["next"][1] / ideal["next"][0],
        "room": bytes_of(ROOM),
        "fits": {key: count(tokens_in_room(one)) for key, one in {**models, "llama8": own}.items()},
        "eight_bits": bytes_of(kv_cache(qwen, LENGTHS[-1], kv_bits=8).ideal_bytes),
        "with_scales": bytes_of(kv_cache(qwen, LENGTHS[-1], kv_bits=8.5).ideal_bytes),
        "four_users": bytes_of(kv_cache(qwen, LENGTHS[-1], kv_bits=8.5, batch_size=4).ideal_bytes),
        "design": {name: bytes_of(design(window)) for name, window in (("all", None), ("1k", 1024), ("4k", 4096))},
    }


def tokens_in_room(one):
    return inverses.longest_context(cost_profile(one), room_bytes=ROOM, n_chips=1, batch_size=1, kv_bits=16)


def design(window):
    n = LENGTHS[-1]
    return PER_TOKEN * (FULL * n + WINDOWED * min(n, window or n))


# --8<-- [end:compute]


def draw(result):
    own = label(zh=result["own"]["name"], en=result["own"]["name"], id="own")
    series = {result["names"][key]: sizes for key, sizes in result["ideal"].items()}
    series[own] = result["own"]["sizes"]
    return lines(
        result["lengths"],
        series,
        x="context-length",
        y="kv-cache",
        log="xy",
        key=False,
        points=True,
        own=own,
        here=result["lengths"][-1],
        height=460,
    )


def play(result):
    return Play(
        controls=[model(OWN), tokens(LENGTHS[-1], low=LENGTHS[0], high=LENGTHS[-1]), kv_bits(), batch(1)],
        marks=curves("n_tokens", own=ideal_cache_bytes),
        numbers={"cache": Number(ideal_cache_bytes, "bytes"), "per_token": Number(growing_bytes_per_token, "bytes")},
        sentence=label(
            zh="{{model}}，{{n_tokens}} 个 token，{{kv_bits}} 位，{{batch_size}} 个序列：缓存 {{cache}}。窗口都满以后，"
            "每个序列每多一个 token 再加 {{per_token}}。",
            en="{{model}}, {{n_tokens}} tokens, {{kv_bits}} bits, {{batch_size}} at once: a cache of {{cache}}. "
            "Once every window is full, each further token of a sequence adds {{per_token}}.",
        ),
    )
