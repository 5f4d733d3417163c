"""An exercise: the longest text that QLoRA trains on one card."""

from llmnotes import fine_tuning, load_model
from llmnotes.cost.assumptions import USABLE_SHARE
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.finetuning import LOGIT_BYTES
from llmnotes.quantities import bytes_of, count, text, tokens
from llmnotes.registry import find_chip

MODELS = ["qwen3-8b", "llama-3.1-8b", "llama-3.2-3b", "qwen3-14b", "llama-3.2-1b", "qwen3-32b"]
CHIPS = ["rtx-4090", "rtx-5090", "l40s-48gb", "a100-sxm-80gb", "rtx-4060-ti-16gb", "h100-sxm-80gb"]


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS},
        solve=solve,
        hints={
            "no_logits": label(
                zh="每个 token 还有 logits：{{vocab}} × 12 字节，比各层的输入大得多。",
                en="Each token has logits too: {{vocab}} × 12 bytes, far more than the inputs of the layers.",
            ),
            "no_inputs": label(
                zh="每一层的输入也要留着：{{layers}} × {{d}} × 2 字节。",
                en="The inputs of all layers are kept too: {{layers}} × {{d}} × 2 bytes.",
            ),
            "whole_card": label(
                zh="能用的只有 {{usable}}，不是整张卡。", en="Only {{usable}} are usable, not the whole card."
            ),
            "no_state": label(
                zh="权重和适配器那一套先占掉 {{state}}。",
                en="Weights and adapter, with all that it brings, take {{state}} first.",
            ),
        },
    )


def solve(*, model, chip):
    spec, memory = load_model(model), find_chip(chip).memory_bytes
    found, usable = fine_tuning(spec, "qlora", n_tokens=1), USABLE_SHARE * memory
    answer = found.longest_context(usable)
    if answer < 100:
        return None
    room, logits, inputs = usable - found.state_bytes, LOGIT_BYTES * spec.vocab_size, 2 * spec.n_layers * spec.d_model
    wrong = {
        "no_logits": int(room // inputs),
        "no_inputs": int(room // logits),
        "whole_card": found.longest_context(memory),
        "no_state": int(usable // found.bytes_per_token),
    }
    given = {"usable": usable, "state": found.state_bytes}
    shape = count({"layers": spec.n_layers, "d": spec.d_model, "vocab": spec.vocab_size})
    return {
        **shape,
        # With so many digits that who works with what is printed gets the last digit of the answer.
        **{name: text(bytes_of(size), form="bytes7") for name, size in given.items()},
        "answer": tokens(answer),
        **tokens(wrong),
    }
