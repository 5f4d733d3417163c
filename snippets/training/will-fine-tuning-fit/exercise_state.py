"""An exercise: what full fine-tuning takes before the text comes."""

from llmnotes import fine_tuning, load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count

MODELS = [
    "llama-3.1-8b",
    "llama-3.2-1b",
    "qwen3-14b",
    "qwen3-32b",
    "llama-3.3-70b",
    "mistral-7b-v0.3",
    "qwen3-4b",
    "phi-4",
    "olmo-2-13b",
    "gemma-3-27b",
]


def ask():
    return Ask(
        draws={"model": MODELS},
        solve=solve,
        hints={
            "weights": label(
                zh="这只是权重；训练还要梯度、副本和两个矩。",
                en="Those are the weights alone; training also needs gradients, a copy and two moments.",
            ),
            "no_copy": label(
                zh="每个参数少了 4 个字节：漏了 32 位的副本，或者漏了两个矩中的一个。",
                en="Four bytes a parameter are missing: the copy in 32 bits, or one of the two moments.",
            ),
            "no_gradients": label(
                zh="少了梯度：每个参数还有 2 个字节。", en="The gradients are missing: 2 bytes a parameter."
            ),
        },
    )


def solve(*, model):
    found = fine_tuning(load_model(model), "full", n_tokens=1)
    each = found.state_bytes / found.n_params
    wrong = {"weights": 2, "no_copy": each - 4, "no_gradients": each - 2}
    sizes = {name: n * found.n_params for name, n in wrong.items()}
    return {"params": count(found.n_params), "answer": bytes_of(found.state_bytes), **bytes_of(sizes)}
