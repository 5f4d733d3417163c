"""A bug report of a chat that went from ten tokens a second to one: what reading its cache can explain of it."""

from llmnotes.quantities import bytes_of, count, seconds
from llmnotes.registry import find_chip

ISSUE = "https://github.com/oobabooga/textgen/issues/4465"
SHAPE = "https://github.com/Lightning-AI/lit-llama/blob/06dbda9/lit_llama/model.py"
WINDOW = "https://deepwiki.com/lmarena/FastChat/8.3-model-versions"
LAYERS, HEADS, WIDTH, INTERMEDIATE, VOCABULARY, LONGEST = 60, 52, 6_656, 17_920, 32_000, 2_048
FIRST, LAST, BITS, CARD = 10, 1, 4.5, find_chip("rtx-3090")


# --8<-- [start:compute]
def compute():
    read = LAYERS * (4 * WIDTH**2 + 3 * WIDTH * INTERMEDIATE) + VOCABULARY * WIDTH
    weights, per_token = read * BITS / 8, 2 * LAYERS * WIDTH * 2
    cache, lost = LONGEST * per_token, 1 / LAST - 1 / FIRST
    return {
        **count({"layers": LAYERS, "heads": HEADS, "head_dim": WIDTH // HEADS}, kind="reported", source=SHAPE),
        "longest": count(LONGEST, kind="reported", source=WINDOW),
        **bytes_of({"weights": weights, "per_token": per_token, "cache": cache, "both": weights + cache}),
        "memory": bytes_of(CARD.memory_bytes),
        **seconds({"added": cache / CARD.bandwidth_bytes_per_s, "lost": lost}),
    }


# --8<-- [end:compute]
