"""An exercise: the least time to the first token of a prompt, from the operations of a token and of a pair."""

from llmnotes import count_params, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.intensity import prompt_flops, step_bytes
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, flops, seconds
from llmnotes.registry import find_chip

# Every layer of these looks at the whole prompt.
MODELS = ["qwen3-8b", "qwen3-30b-a3b", "llama-3.2-1b", "qwen3-32b", "llama-3.2-3b"]
CHIPS = ["a100-sxm-80gb", "h100-sxm-80gb", "rtx-4090", "rtx-5090", "h20-96gb"]


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS, "n": count([65_536, 32_768, 16_384])},
        solve=solve,
        hints={
            "no_attention": label(
                zh="少了注意力：{{n}} 个 token 有 {{pairs}} 对。",
                en="Attention is missing: {{n}} tokens make {{pairs}} pairs.",
            ),
            "squares": label(
                zh="每个 token 只看它自己和前面的，对数是 n(n+1)/2，不是 n²。",
                en="A token looks at itself and at those before it, which makes n(n+1)/2 pairs and not n².",
            ),
            "all_params": label(
                zh="总参数乘二少了注意力；混合专家的每个 token 也只用到少数专家。",
                en="Twice the total of parameters leaves attention out, and in a mixture a token visits few experts.",
            ),
            "written": label(
                zh="这是按写的速度算的；读的时候权重搬一次，所有 token 都用它。",
                en="That is the pace of writing; when a prompt is read, one fetch of the weights serves all its tokens.",
            ),
        },
    )


def solve(*, model, chip, n):
    profile, card = cost_profile(load_model(model)), find_chip(chip)
    peak, bandwidth = card.peak_flops_per_s["bf16"], card.bandwidth_bytes_per_s
    pairs = n * (n + 1) // 2
    wrong = {
        "no_attention": n * profile.token_flops / peak,
        "squares": (n * profile.token_flops + n * n * profile.pair_flops) / peak,
        "all_params": 2 * count_params(load_model(model)).total * n / peak,
        "written": n * step_bytes(profile, n_tokens=n) / bandwidth,
    }
    return {
        "token": flops(profile.token_flops),
        "pair": flops(profile.pair_flops),
        "pairs": count(pairs),
        "peak": flops(peak) / seconds(1),
        "answer": seconds(prompt_flops(profile, n_tokens=n) / peak),
        **seconds(wrong),
    }
