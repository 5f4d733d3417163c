"""FLOPs of writing a text token by token, with a KV cache and without one."""

from llmnotes import forward_flops, load_model
from llmnotes.figures import label, lines
from llmnotes.quantities import count, flops, number, tokens

LENGTHS = [16, 32, 64, 128, 256, 512, 1024]


# --8<-- [start:compute]
def compute() -> dict:
    model = load_model("llama-3.1-8b")

    def step(n_new, n_past):
        return forward_flops(model, n_new=n_new, n_past=n_past, causal=True, logits="last").total

    again = [sum(step(n, 0) for n in range(1, length + 1)) for length in LENGTHS]
    once = [sum(step(1, past) for past in range(length)) for length in LENGTHS]
    return {
        "model": model.name,
        "lengths": tokens(LENGTHS),
        "again": flops(again),
        "once": flops(once),
        "n": count(LENGTHS[-1]),
        "ratio": number(again[-1] / once[-1]),
    }


# --8<-- [end:compute]


def draw(result):
    without, once = label(zh="不带缓存", en="without a cache"), label(zh="带缓存", en="with a cache")
    return lines(
        result["lengths"],
        {without: result["again"], once: result["once"]},
        x=label(zh="写出的 token", en="written"),
        y=label(zh="累计运算量", en="arithmetic so far"),
        log="xy",
    )
