"""What goes wrong, in numbers: proportion, the bus, all experts, whole layers, and a speed that no desktop reaches."""

from llmnotes import load_model, registry
from llmnotes.quantities import bytes_of, count, number, ratio, seconds, share
from llmnotes.registry import find_chip
from llmnotes.timing.formats import precision_of
from llmnotes.timing.offload import EVERY_LAYER, RAM_SHARE, offloaded, weigh
from llmnotes.timing.work import PCIE_BYTES_PER_S

CHIP, RAM, N_TOKENS = "rtx-3090", 96e9, 8_192
DENSE, MIXTURE = ("llama-3.3-70b", "Q4_K_M"), ("gpt-oss-120b", None)
GUIDE = "https://craftrigs.pages.dev/guides/llama-cpp-70b-on-24-gb-vram-n-gpu-layers-guide"
PROMISED, PROMISED_LAYERS = 8, 45  # the low end of its speeds, the high end of its layers, on an RTX 3090
MICRO_BATCHES = (512, 2_048)
CORNER, SLOWEST = 27, 51.2e9  # experts of so many layers in RAM, at least two channels of DDR4-3200


# --8<-- [start:compute]
def run(model_id, form, flags=None, chip=CHIP, ram=RAM):
    return offloaded(load_model(model_id), find_chip(chip), form, n_past=N_TOKENS, ram_bytes_per_s=ram, flags=flags)


def needed(model_id, form):
    """RAM bandwidth that the promised speed takes, if both memories gave all that their data sheets say."""
    flags = (PROMISED_LAYERS, 0)
    at_one, at_two = (run(model_id, form, flags, "rtx-3090", 1e9 * ram)[1].bound for ram in (1, 2))
    ram_seconds = 2 * (at_one - at_two)  # at 1 GB/s
    return 1e9 * ram_seconds / (1 / PROMISED - (at_one - ram_seconds))


def compute():
    dense, step = run(*DENSE)
    whole = 1 / run(*DENSE, (EVERY_LAYER, 0))[1].expected
    mixture, routed = run(*MIXTURE)
    model, form = load_model(DENSE[0]), DENSE[1]
    n_layers, table = model.n_layers, weigh(model, form, precision_of(model, form)).table
    width = registry.find(DENSE[0]).config["hidden_size"]
    state = 4 * width  # a token between two layers, in 32 bits
    moved = dense.parts["weights"][1] - table  # of the table a token takes one row
    every = run(*MIXTURE, (13, 0))
    return {
        "right": number(1 / step.expected),
        "proportion": number(whole * (dense.n_gpu_layers - 1) / n_layers),
        "proportion_over": ratio(whole * (dense.n_gpu_layers - 1) / n_layers * step.expected),
        "width": count(width),
        "state": bytes_of(state),
        "crossing": seconds(state / PCIE_BYTES_PER_S),
        "step": seconds(step.expected),
        "upload": seconds(moved / PCIE_BYTES_PER_S),
        "in_ram": seconds(step.parts["ram"]),
        "experts": bytes_of(mixture.parts["experts"][1]),
        "experts_per_s": number(RAM * RAM_SHARE / mixture.parts["experts"][1]),
        "experts_right": number(1 / routed.expected),
        "experts_under": ratio(mixture.parts["experts"][1] / (RAM * RAM_SHARE) / routed.expected),
        "layers_per_s": number(1 / every[1].expected),
        "layers_of": share(routed.expected / every[1].expected),
        "n": count(N_TOKENS),
        "promised": count(PROMISED, kind="reported", source=GUIDE),
        "promised_layers": count(PROMISED_LAYERS, kind="reported", source=GUIDE),
        "needed": bytes_of(needed(*DENSE)) / seconds(1),
        "most": number(1 / run(*DENSE, (PROMISED_LAYERS, 0), "rtx-3090")[1].bound),
        "prompt": {str(n): number(n * PCIE_BYTES_PER_S / moved) for n in MICRO_BATCHES},
        "corner": number(1 / run(*MIXTURE, (EVERY_LAYER, CORNER), ram=SLOWEST)[1].expected),
        "faster_ram": number(1 / run(*DENSE, (dense.n_gpu_layers, 0), ram=2 * RAM)[1].expected),
        "faster_card": number(1 / (step.expected - step.parts["card"] / 2)),
    }


# --8<-- [end:compute]
