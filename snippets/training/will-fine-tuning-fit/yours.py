"""Peak memory of fine-tuning Qwen3 8B over the length of the text, in three ways, with the memory of a card."""

from llmnotes import fine_tuning, load_model
from llmnotes.cost.assumptions import USABLE_SHARE
from llmnotes.equations.memory import overhead_bytes
from llmnotes.equations.training import training_pass_bytes
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, Words, batch, chip, choice, curves, tokens
from llmnotes.finetuning import LOGIT_BYTES, METHODS, RANK, layer_elements
from llmnotes.quantities import bytes_of, count
from llmnotes.quantities import tokens as tokens_of
from llmnotes.registry import find_chip

MODEL, CHIP, HERE = "qwen3-8b", "rtx-4090", 4_096
LENGTHS = [2**exponent for exponent in range(9, 18)]
SPEC = load_model(MODEL)
N_LAYERS, D_MODEL, VOCAB_SIZE, LAYER_ELEMENTS = SPEC.n_layers, SPEC.d_model, SPEC.vocab_size, layer_elements(SPEC)[0][0]


# --8<-- [start:compute]
def state_bytes(method, rank):
    return fine_tuning(SPEC, method, n_tokens=1, rank=rank).state_bytes


FULL = state_bytes("full", RANK)
PER_RANK = state_bytes("lora", 2) - state_bytes("lora", 1)
LORA, QLORA = (state_bytes(method, 1) - PER_RANK for method in ("lora", "qlora"))


def compute():
    room = find_chip(CHIP).memory_bytes * USABLE_SHARE
    found = fine_tuning(SPEC, "qlora", n_tokens=HERE)
    return {
        "lengths": tokens_of(LENGTHS),
        "here": tokens_of(HERE),
        **{key: bytes_of([fine_tuning(SPEC, key, n_tokens=n).total_bytes for n in LENGTHS]) for key in METHODS},
        "card": bytes_of([room] * len(LENGTHS)),
        "longest": count(found.longest_context(room)),
    }


# --8<-- [end:compute]


def draw(result):
    names = {
        "full": label(zh="全量", en="full", id="full"),
        "lora": label(zh="LoRA", en="LoRA", id="lora"),
        "card": label(zh="卡上能用的", en="usable on the card", id="card"),
        "qlora": label(zh="QLoRA", en="QLoRA"),
    }
    return lines(
        result["lengths"],
        {name: result[key] for key, name in names.items()},
        x=label(zh="一个序列的长度", en="length of a sequence"),
        y="memory",
        log="xy",
        own=names["qlora"],
        here=result["here"],
        height=430,
    )


# --8<-- [start:formulas]
def passing(*, n_tokens: float, batch_size: float, logit_bytes: float) -> float:
    return training_pass_bytes(
        n_tokens=n_tokens,
        batch_size=batch_size,
        n_layers=N_LAYERS,
        d_model=D_MODEL,
        layer_elements=LAYER_ELEMENTS,
        vocab_size=VOCAB_SIZE,
        logit_bytes=logit_bytes,
    )


def full(*, n_tokens: float, batch_size: float, logit_bytes: float) -> float:
    return FULL + passing(n_tokens=n_tokens, batch_size=batch_size, logit_bytes=logit_bytes)


def lora(*, n_tokens: float, batch_size: float, rank: float, logit_bytes: float) -> float:
    return LORA + rank * PER_RANK + passing(n_tokens=n_tokens, batch_size=batch_size, logit_bytes=logit_bytes)


def qlora(*, n_tokens: float, batch_size: float, rank: float, logit_bytes: float) -> float:
    return QLORA + rank * PER_RANK + passing(n_tokens=n_tokens, batch_size=batch_size, logit_bytes=logit_bytes)


def card(*, n_tokens: float, memory_bytes: float) -> float:
    """The same for every length."""
    return usable(memory_bytes=memory_bytes)


def usable(*, memory_bytes: float) -> float:
    return memory_bytes - overhead_bytes(memory_bytes=memory_bytes, usable_share=USABLE_SHARE)


def fits(*, memory_bytes: float, n_tokens: float, batch_size: float, rank: float, logit_bytes: float) -> float:
    needed = qlora(n_tokens=n_tokens, batch_size=batch_size, rank=rank, logit_bytes=logit_bytes)
    return 1 if needed <= usable(memory_bytes=memory_bytes) else 0


def longest(*, memory_bytes: float, batch_size: float, rank: float, logit_bytes: float) -> float:
    room = max(0, usable(memory_bytes=memory_bytes) - QLORA - rank * PER_RANK)
    return room // passing(n_tokens=1, batch_size=batch_size, logit_bytes=logit_bytes)


# --8<-- [end:formulas]


def play(result):
    loss = label(zh="每个 logit 的字节（分块算损失：0）", en="bytes of a logit (chunked loss: 0)")
    return Play(
        controls=[
            chip(CHIP),
            tokens(HERE, low=LENGTHS[0], high=LENGTHS[-1]),
            batch(1, high=64),
            choice("rank", RANK, options=(4, 8, 16, 32, 64, 128, 256), label=label(zh="LoRA 的秩", en="rank of LoRA")),
            choice("logit_bytes", LOGIT_BYTES, options=(LOGIT_BYTES + 2, LOGIT_BYTES, 0), label=loss),
        ],
        marks=curves("n_tokens", own=qlora, full=full, lora=lora, card=card),
        numbers={
            "takes": Number(qlora, "bytes"),
            "frozen16": Number(lora, "bytes"),
            "all": Number(full, "bytes"),
            "has": Number(usable, "bytes"),
            "verdict": Words(fits, yes=label(zh="装得下", en="fits"), no=label(zh="装不下", en="does not fit")),
            "reaches": Number(longest, "exact"),
        },
        sentence=label(
            zh="Qwen3 8B，{{batch_size}} 个序列，各 {{n_tokens}} 个 token，秩 {{rank}}：QLoRA 要 {{takes}}，LoRA {{frozen16}}，"
            "全量 {{all}}。{{chip}} 能用 {{has}}，QLoRA {{verdict}}，每个序列最长 {{reaches}} 个 token。",
            en="Qwen3 8B, sequences: {{batch_size}}, tokens in each: {{n_tokens}}, rank {{rank}}. QLoRA takes {{takes}}, LoRA "
            "{{frozen16}}, full {{all}}. On {{chip}}, {{has}} are usable: QLoRA {{verdict}}, and a sequence could "
            "reach {{reaches}} tokens.",
        ),
    )
