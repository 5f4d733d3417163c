"""What llama.cpp leaves in RAM of six models that a card is too small for, the flags, and the speed that follows."""

from bisect import bisect

from llmnotes import load_model
from llmnotes.figures import Table, label, name
from llmnotes.quantities import bytes_of, count, number
from llmnotes.registry import find_chip
from llmnotes.timing.offload import EVERY_LAYER, offloaded

RAM, N_TOKENS = 96e9, 8_192
MODELS = {
    "llama70": ("llama-3.3-70b", "Q4_K_M", "rtx-3090"),
    "qwen32": ("qwen3-32b", "Q4_K_M", "rtx-4080"),
    "qwen30": ("qwen3-30b-a3b", "Q4_K_M", "rtx-4070"),
    "oss120": ("gpt-oss-120b", None, "rtx-3090"),
    "glm": ("glm-4.5-air", "Q4_K_M", "rtx-3090"),
    "qwen235": ("qwen3-235b-a22b", "Q4_K_M", "rtx-3090"),
}


# --8<-- [start:compute]
def row(model_id, form, chip_id):
    model, chip = load_model(model_id), find_chip(chip_id)

    def run(flags=None):
        return offloaded(model, chip, form, n_past=N_TOKENS, ram_bytes_per_s=RAM, flags=flags)

    found, step = run()
    # More layers on the card take more of it: the last number that fits.
    n_fit = bisect(range(model.n_layers + 2), False, key=lambda n: not run((n, 0))[0].fits)
    in_layers = run((n_fit - 1, 0))[1]
    return {
        "name": model.name,
        "form": form or "MXFP4",
        "chip": chip.name.removeprefix("GeForce "),
        "flags": found.flags,
        "ram": bytes_of(found.ram_bytes),
        **count({"on_card": found.n_gpu_layers, "experts_away": found.n_cpu_moe}),
        "per_s": number(1 / step.expected),
        "in_layers": number(1 / in_layers.expected),
        "whole": number(1 / run((EVERY_LAYER, 0))[1].expected),
    }


def compute():
    return {key: row(*one) for key, one in MODELS.items()}


# --8<-- [end:compute]


def table(result):
    columns = [
        label(zh="模型、卡、参数", en="model, card, flag"),
        label(zh="内存里", en="in RAM"),
        label(zh="每秒 token", en="tokens a second"),
        label(zh="整层放", en="whole layers"),
        label(zh="全放得下", en="all on the card"),
    ]
    return Table(columns, [cells(result[key]) for key in MODELS])


def cells(one):
    mixture = one["experts_away"].value
    flag = f"--n-cpu-moe {mixture}" if mixture else f"-ngl {one['on_card'].value}"
    title = name(f"{one['name']} · {one['form']}, {one['chip']}, {flag}")
    return [title, one["ram"], one["per_s"], one["in_layers"] if mixture else None, one["whole"]]
