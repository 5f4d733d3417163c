"""An exercise: tokens a second of a dense model of which a share is read from RAM."""

from llmnotes import load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, number, seconds, share, text
from llmnotes.registry import find_chip
from llmnotes.timing.formats import precision_of
from llmnotes.timing.offload import weigh

MODELS = ["qwen3-32b", "llama-3.1-70b", "qwen3-14b", "llama-3.1-8b"]
CHIPS = ["rtx-3090", "rtx-4070", "rtx-4080", "rtx-3060"]
REACHED = 40e9


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS, "part": share([0.25, 0.1, 0.5])},
        solve=solve,
        hints={
            "proportion": label(
                zh="这是按留在卡上的比例打折。内存里的那份慢得多，要把两段时间相加。",
                en="That shrinks the speed with what is left on the card. What is in RAM takes far longer: add the two times.",
            ),
            "ram_only": label(
                zh="漏了从显存读的 {{card_time}}。", en="The {{card_time}} of reading from the card are missing."
            ),
        },
    )


def solve(*, model, chip, part):
    spec, card = load_model(model), find_chip(chip).bandwidth_bytes_per_s
    weighed = weigh(spec, "Q4_K_M", precision_of(spec, "Q4_K_M"))
    read = round(sum(layer.rest for layer in weighed.layers) + weighed.head, -7)  # as printed: a pencil gets the answer
    on_card, in_ram = (1 - part) * read / card, part * read / REACHED
    wrong = {
        "proportion": (1 - part) * card / read,
        "ram_only": 1 / in_ram,
    }
    return {
        "read": four_digits(bytes_of(read), "decimal"),  # as bandwidths are given
        "vram": four_digits(bytes_of(card) / seconds(1), "decimal"),
        "reached": bytes_of(REACHED) / seconds(1),
        "card_time": four_digits(seconds(on_card), "seconds"),
        "ram_time": four_digits(seconds(in_ram), "seconds"),
        "answer": number(1 / (on_card + in_ram)),
        **number(wrong),
    }


def four_digits(quantity, form):
    return label(zh=text(quantity, "zh", f"{form}4"), en=text(quantity, "en", f"{form}4"))
