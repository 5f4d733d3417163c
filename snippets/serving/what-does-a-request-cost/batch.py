"""Least rent of a million tokens, read and written, over the sequences that write at once; for the reader's chip."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.intensity import prompt_seconds, step_seconds
from llmnotes.equations.pricing import usd_per_million_tokens
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, batch, chip, curves, kv_bits, model, slider, tokens, weight_bits
from llmnotes.quantities import count, ratio, usd
from llmnotes.registry import find_chip
from llmnotes.timing.plan import rents

MODEL, CHIP, N_TOKENS, BATCH = "llama-3.1-8b", "h100-sxm-80gb", 1_024, 64
SIZES = [2**exponent for exponent in range(9)]


# --8<-- [start:formulas]
def written_usd(*, step_seconds: float, batch_size: int, usd_per_chip_hour: float) -> float:
    tokens_per_s = batch_size / step_seconds
    return usd_per_million_tokens(n_chips=1, usd_per_chip_hour=usd_per_chip_hour, tokens_per_s=tokens_per_s)


def read_usd(*, prompt_seconds: float, n_tokens: int, batch_size: int, usd_per_chip_hour: float) -> float:
    """The same for every batch: prompts are read one after another."""
    tokens_per_s = n_tokens / prompt_seconds
    return usd_per_million_tokens(n_chips=1, usd_per_chip_hour=usd_per_chip_hour, tokens_per_s=tokens_per_s)


def over(*, written: float, read: float) -> float:
    return written / read


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute():
    profile, card, rent = cost_profile(load_model(MODEL)), find_chip(CHIP), rents()[CHIP]
    steps = {size: step_seconds(profile, n_tokens=N_TOKENS, batch_size=size, **card.roof) for size in SIZES}
    prompt = prompt_seconds(profile, n_tokens=N_TOKENS, **card.roof)
    written = [written_usd(step_seconds=s, batch_size=size, usd_per_chip_hour=rent) for size, s in steps.items()]
    read = read_usd(prompt_seconds=prompt, n_tokens=N_TOKENS, batch_size=1, usd_per_chip_hour=rent)
    at = SIZES.index(BATCH)
    return {
        "sizes": count(SIZES),
        "written": usd(written),
        "read": usd([read] * len(SIZES)),
        "batch": count(BATCH),
        "here": usd(written[at]),
        "in": usd(read),
        "over": ratio(written[at] / read),
        "most_over": ratio(written[-1] / read),
        "last": count(SIZES[-1]),
        "rent": usd(rent),
    }


# --8<-- [end:compute]


def draw(result):
    written = label(zh="写", en="written")
    read = label(zh="读", en="read", id="read")
    return lines(
        result["sizes"],
        {read: result["read"], written: result["written"]},
        x=label(zh="同时写的序列", en="sequences that write at once"),
        y=label(zh="每百万 token", en="a million tokens"),
        log="xy",
        own=written,
        here=result["batch"],
    )


def play(result):
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            slider(
                "usd_per_chip_hour",
                rents()[CHIP],
                low=0.01,
                high=10.01,
                step=0.01,
                label=label(zh="租金，美元一小时", en="rent, $ an hour"),
            ),
            batch(BATCH, high=SIZES[-1]),
            tokens(N_TOKENS, low=128, high=2**17),
            weight_bits(16, options=(16, 8, 4.5)),
            kv_bits(16),
        ],
        values={
            "step_seconds": step_seconds,
            "prompt_seconds": prompt_seconds,
            "written": written_usd,
            "read": read_usd,
        },
        marks=curves("batch_size", own=written_usd, read=read_usd),
        numbers={
            "here": Number(written_usd, "usd"),
            "in": Number(read_usd, "usd"),
            "over": Number(over, "ratio"),
        },
        sentence=label(
            zh="{{model}} 在 {{chip}} 上，{{batch_size}} 个序列，各 {{n_tokens}} 个 token：写一百万个至少 {{here}}，读一百万个"
            "至少 {{in}}，前者是后者的 {{over}}。放不放得下，这里没有管。",
            en="{{model}} on {{chip}}, sequences: {{batch_size}}, tokens in each: {{n_tokens}}. A million written cost at "
            "least {{here}}, a million read {{in}}, so writing is {{over}} as dear. Whether it fits is not looked at.",
        ),
    )
