"""An exercise: bytes that a token reads from RAM where the routed experts of some layers stand there."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count, text
from llmnotes.timing.formats import precision_of
from llmnotes.timing.offload import weigh

MODELS = ["gpt-oss-20b", "gpt-oss-120b", "qwen3-30b-a3b", "qwen3-235b-a22b"]


def ask():
    return Ask(
        draws={"model": MODELS, "n": count([12, 8, 20])},
        solve=solve,
        hints={
            "held": label(
                zh="这是内存里放着的字节；一个 token 在每层只读 {{top_k}} 个专家。",
                en="Those are the bytes held in RAM; a token reads only {{top_k}} experts of each layer.",
            ),
            "one_layer": label(zh="这是一层的；一共有 {{n}} 层。", en="That is one layer; there are {{n}}."),
            "one_expert": label(
                zh="每层读的是 {{top_k}} 个专家，不是一个。", en="Each layer reads {{top_k}} experts, not one."
            ),
        },
    )


def solve(*, model, n):
    spec = load_model(model)
    form = None if model.startswith("gpt-oss") else "Q4_K_M"
    held = sum(layer.experts for layer in weigh(spec, form, precision_of(spec, form)).layers[:n])
    (group,) = cost_profile(spec).experts
    one = held / n / group.n_experts  # a mean: mixes give some layers more bits
    wrong = {"held": held, "one_layer": group.top_k * one, "one_expert": n * one}
    return {
        "form": form or "MXFP4",
        **count({"n_experts": group.n_experts, "top_k": group.top_k}),
        "expert": text(bytes_of(one), form="bytes4"),  # with three digits a pencil misses the answer's last one
        **bytes_of({"answer": n * group.top_k * one, **wrong}),
    }
