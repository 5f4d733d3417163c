"""Parameters against the cache after 131,072 tokens: the total does not tell the cache, the architecture does."""

from llmnotes import count_params, forward_flops, kv_cache, registry
from llmnotes.cost.costs import growing_bytes_per_token, ideal_cache_bytes, total_params
from llmnotes.figures import INK, SERIES, Table, label, name
from llmnotes.figures.play import Dot, Number, Play, kv_bits, model, tokens
from llmnotes.quantities import bytes_of, count, ratio, share
from llmnotes.quantities import tokens as length

N_TOKENS, CONTRACT = 131_072, 100_000
OWN = "llama-3.1-70b"  # the model that the reader changes, as built
RULE = "llama-3.1-8b"  # the model on which a "bytes of cache per parameter" rule is calibrated, to show where it leads
# Where each name stands beside its point; a phone's drawing names a few.
RIGHT, LEFT, ABOVE = ((10, -5), "left"), ((-10, -5), "right"), ((0, 10), "center")
MODELS = {
    "llama-3.2-1b": RIGHT,
    "phi-3-mini-128k": ((-9, 8), "right"),
    "llama-2-7b": RIGHT,
    "llama-3.1-8b": RIGHT,
    "qwen3-32b": LEFT,
    "llama-3.1-70b": RIGHT,
    "gpt-oss-120b": RIGHT,
    "gpt3-175b": RIGHT,
    "llama-3.1-405b": LEFT,
    "deepseek-v3": LEFT,
    "kimi-k2": ABOVE,
}
NARROW = ("llama-2-7b", "llama-3.1-70b", "deepseek-v3", "gpt3-175b", "llama-3.2-1b")
CACHE = label(zh="128K 时的 KV 缓存", en="KV cache at 128K")
KINDS = (label(zh="标称 128K 以上", en="claims 128K or more"), label(zh="只按结构算", en="shape only"))


# --8<-- [start:compute]
def row(model_id):
    entry = registry.find(model_id)
    return {
        "name": entry.name,
        "params": count(count_params(entry.spec).total),
        "cache": bytes_of(kv_cache(entry.spec, n_tokens=N_TOKENS).ideal_bytes),
        "shape_only": (entry.context_advertised or 0) < N_TOKENS,
        "attention": share(forward_flops(entry.spec, n_new=1, n_past=N_TOKENS - 1).attention_share),
    }


def compute():
    rows = {model_id: row(model_id) for model_id in MODELS}
    for one in rows.values():
        one["guess"] = rows[RULE]["cache"] * (one["params"] / rows[RULE]["params"])
        one["guess_ratio"] = one["guess"] / one["cache"]
    shared = registry.find("llama-3.1-405b").config
    return {
        **rows,
        "n_tokens": length(N_TOKENS),
        "heads_per_kv_head": count(shared["num_attention_heads"] // shared["num_key_value_heads"]),
        "v3_over_70b": rows["deepseek-v3"]["params"] / rows["llama-3.1-70b"]["params"],
        "m70_over_v3": rows["llama-3.1-70b"]["cache"] / rows["deepseek-v3"]["cache"],
        "contract": contract(registry.find("qwen3-14b"), registry.find("llama-3.1-70b")),
        "m405_over_m7": ratio(rows["llama-3.1-405b"]["params"].value / rows["llama-2-7b"]["params"].value),
    }


def contract(small, large):
    """Return what a contract takes that the small model reads through and the large one does not."""
    sizes = {"weights": 2 * count_params(small.spec).total, "cache": kv_cache(small.spec, CONTRACT).ideal_bytes}
    return {
        "n": count(CONTRACT),
        "reach": length({"small": small.context_effective, "large": large.context_effective}),
        "positions": count(small.config["max_position_embeddings"]),
        "share": share(count_params(small.spec).total / count_params(large.spec).total),
        **bytes_of(sizes | {"sum": sum(sizes.values())}),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    figure, axes = canvas.figure(height=440)
    rows = {model_id: result[model_id] for model_id in MODELS}
    at = {model_id: (one["params"].value, one["cache"].value) for model_id, one in rows.items()}
    for place, kind in enumerate(KINDS):
        chosen = [at[model_id] for model_id, one in rows.items() if one["shape_only"] == bool(place)]
        axes.plot(*zip(*chosen, strict=True), "os"[place], color=SERIES[place], label=canvas.say(kind), markersize=9)
    for model_id in NARROW if canvas.narrow else MODELS:
        offset, side = MODELS[model_id]
        axes.annotate(rows[model_id]["name"], at[model_id], xytext=offset, textcoords="offset points", ha=side)
    ring = {"markerfacecolor": "none", "markeredgewidth": 2.5, "markersize": 17, "color": INK}
    own = canvas.say(label(zh="你选的模型", en="your choice"))
    axes.plot(*at[OWN], "o", gid="own", label=own, **ring)
    canvas.axis(axes.xaxis, "parameter-count", [one["params"] for one in rows.values()], log=True)
    canvas.axis(axes.yaxis, CACHE, [one["cache"] for one in rows.values()], log=True)
    axes.set(xlim=(7e8, 3e12))
    axes.legend()
    return figure


def table(result):
    rows = [result[model_id] for model_id in MODELS]
    columns = ["model", "parameter-count", CACHE, label(zh="口径", en="kind")]
    return Table(columns, [[name(one["name"]), one["params"], one["cache"], KINDS[one["shape_only"]]] for one in rows])


def play(result):
    return Play(
        controls=[model(OWN), tokens(N_TOKENS), kv_bits()],
        marks={"own": Dot(total_params, ideal_cache_bytes)},
        numbers={
            "params": Number(total_params, "count"),
            "cache": Number(ideal_cache_bytes, "bytes"),
            "per_token": Number(growing_bytes_per_token, "bytes"),
        },
        sentence=label(
            zh="{{model}}：{{params}}参数，{{n_tokens}} 个 token 的缓存 {{cache}}，多一个 token 多 {{per_token}}。",
            en="{{model}}: {{params}} parameters, {{cache}} of cache after {{n_tokens}} tokens, {{per_token}} for one more.",
        ),
    )
