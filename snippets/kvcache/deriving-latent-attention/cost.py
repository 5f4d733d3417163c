"""FLOPs of one layer of DeepSeek-V3 for each cached token: keys and values rebuilt, and read absorbed."""

from typing import Any

from llmnotes import forward_flops, load_model, registry
from llmnotes.equations import flops as equations
from llmnotes.equations import params
from llmnotes.figures import label, lines, name
from llmnotes.figures.play import Curve, Number, Play, choice, doublings
from llmnotes.quantities import bytes_of, count, flops, number, ratio, tokens

LONG, N_BYTES, CHIP = 131_072, 2, "h100-sxm-80gb"
LENGTHS = [2**exponent for exponent in range(13)]
HEADS, NOPE, ROPE, VALUE, RANK = 128, 128, 64, 128, 512


# --8<-- [start:compute]
def rebuilt_flops(*, n_new: int, kv_lora_rank: int) -> float:
    up = params.latent_up_params(kv_lora_rank=kv_lora_rank, n_heads=HEADS, qk_nope_head_dim=NOPE, v_head_dim=VALUE)
    pair = equations.pair_flops(n_heads=HEADS, head_dim=NOPE + ROPE, v_head_dim=VALUE)
    return equations.matrix_flops(n_params=up) + n_new * pair


def absorbed_flops(*, n_new: int, kv_lora_rank: int) -> float:
    pair = equations.pair_flops(n_heads=HEADS, head_dim=kv_lora_rank + ROPE, v_head_dim=kv_lora_rank)
    return n_new * pair


def break_even(mixer):
    """New tokens from which rebuilding is cheaper than reading absorbed, a long past before them."""
    spared = mixer.absorbed_reads()[0].flops_per_pair - mixer.reads()[0].flops_per_pair
    return -(-mixer.rebuild_flops() // spared)


def compute():
    model, chip = load_model("deepseek-v3"), registry.find_chip(CHIP)
    mixer: Any = model.layers[0].mixer
    pair, absorbed = (reads()[0].flops_per_pair for reads in (mixer.reads, mixer.absorbed_reads))
    rebuild = mixer.rebuild_flops()
    ways = ("expanded", "absorbed")
    step = {w: forward_flops(model, 1, LONG - 1, causal=True, logits="last", latent=w).attention for w in ways}
    prompt = {w: forward_flops(model, LONG, causal=True, logits="last", latent=w).attention for w in ways}
    kept = mixer.keeps()[0].elements_per_token
    whole = mixer.n_heads * (mixer.qk_nope_head_dim + mixer.qk_rope_head_dim + mixer.v_head_dim)
    stored = model.n_layers * LONG * pair
    query = mixer.q_lora_rank * mixer.n_heads * mixer.qk_nope_head_dim
    key_up = mixer.kv_lora_rank * mixer.n_heads * mixer.qk_nope_head_dim
    return {
        "n": tokens(LONG),
        "lengths": count(LENGTHS),
        "rebuilt": count([rebuilt_flops(n_new=n, kv_lora_rank=RANK) for n in LENGTHS]),
        "absorbed": count([absorbed_flops(n_new=n, kv_lora_rank=RANK) for n in LENGTHS]),
        "pair": count(pair),
        "absorbed_pair": count(absorbed),
        "rebuild": count(rebuild),
        "rebuild_over_pair": ratio(rebuild / pair),
        "rebuilt_one": count(rebuild + pair),
        # An exercise: latents rotated, no key apart, so that every pair is read in the latent space.
        "turned_factor": ratio(equations.pair_flops(n_heads=HEADS, head_dim=RANK, v_head_dim=RANK) / pair),
        "dearer": ratio(absorbed / pair),
        "even": count(break_even(mixer)),
        "flash_even": count(break_even(load_model("glm-4.7-flash").layers[0].mixer)),
        "step": flops({**step, "stored": stored}),
        "prompt_factor": ratio(prompt["absorbed"] / prompt["expanded"]),
        "held": bytes_of(
            {"latent": LONG * model.n_layers * kept * N_BYTES, "stored": LONG * model.n_layers * whole * N_BYTES}
        ),
        "kept": count({"latent": kept, "stored": whole}),
        "bytes": count({"latent": kept * N_BYTES, "stored": whole * N_BYTES}),
        "intensity": number({"absorbed": absorbed / (kept * N_BYTES), "stored": pair / (whole * N_BYTES)}),
        "ridge": number(chip.peak_flops_per_s["bf16"] / chip.bandwidth_bytes_per_s),
        "bandwidth": bytes_of(chip.bandwidth_bytes_per_s),
        "peak": flops(chip.peak_flops_per_s["bf16"]),
        "merged": count(mixer.q_lora_rank * mixer.n_heads * mixer.kv_lora_rank),
        "separate": count(query + key_up),
        "merged_factor": ratio(mixer.q_lora_rank * mixer.n_heads * mixer.kv_lora_rank / (query + key_up)),
    }


# --8<-- [end:compute]


def draw(result):
    series = {
        label(zh="还原", en="rebuilt", id="rebuilt"): result["rebuilt"],
        label(zh="吸收", en="absorbed", id="absorbed"): result["absorbed"],
    }
    return lines(
        result["lengths"],
        series,
        x=label(zh="一次读入几个新 token", en="new tokens read at once"),
        y=label(zh="一层里，每个缓存 token 的运算", en="operations of a layer for each cached token"),
        log="xy",
    )


def times(*, n_new: int, kv_lora_rank: int) -> float:
    rebuilt = rebuilt_flops(n_new=n_new, kv_lora_rank=kv_lora_rank)
    return rebuilt / absorbed_flops(n_new=n_new, kv_lora_rank=kv_lora_rank)


def play(result):
    return Play(
        controls=[
            doublings("n_new", 1, low=1, high=4_096, label=label(zh="新 token", en="new tokens")),
            choice("kv_lora_rank", RANK, options=(256, 512, 1024), label=name("kv_lora_rank")),
        ],
        marks={"rebuilt": Curve(rebuilt_flops, over="n_new"), "absorbed": Curve(absorbed_flops, over="n_new")},
        numbers={
            "rebuilt": Number(rebuilt_flops, "flops"),
            "absorbed": Number(absorbed_flops, "flops"),
            "times": Number(times, "ratio"),
        },
        sentence=label(
            zh="一次读 {{n_new}} 个新 token、潜在向量宽 {{kv_lora_rank}}：每个缓存 token 还原要 {{rebuilt}}，吸收要 {{absorbed}}，"
            "前者是后者的 {{times}}。",
            en="New tokens: {{n_new}}; latents {{kv_lora_rank}} wide. For each cached token rebuilding takes {{rebuilt}}, "
            "absorbing {{absorbed}}; the former is {{times}} the latter.",
        ),
    )
