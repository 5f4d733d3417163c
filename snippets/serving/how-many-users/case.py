"""Eight RTX 4090 and Qwen-14B, as somebody asked, and the same with a model one generation younger: slots and people."""

from typing import Any

from llmnotes import count_params, from_config, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import growing_bytes_per_token
from llmnotes.equations.serving import request_hours, sequences_in_flight
from llmnotes.fitting import fit
from llmnotes.quantities import bytes_of, count, number, ratio
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.runtimes import find_runtime

CHIP, N_CHIPS, PROMPT, OUTPUT, PAUSE = "rtx-4090", 8, 3_584, 512, 60
ISSUE = "https://github.com/QwenLM/Qwen/issues/1092"
# Written as Qwen2, which has the same tensors; layers, heads and widths as Alibaba's script names them.
QWEN_14B = {
    "model_type": "qwen2",
    "hidden_size": 5_120,
    "num_hidden_layers": 40,
    "num_attention_heads": 40,
    "num_key_value_heads": 40,
    "intermediate_size": 13_696,
    "vocab_size": 152_064,
    "max_position_embeddings": 8_192,
    "tie_word_embeddings": False,
}
MODELS = {"asked": from_config(QWEN_14B), "later": load_model("qwen2.5-14b")}


# --8<-- [start:compute]
def row(model):
    attention: Any = model.layers[0].mixer
    found = fit(model, CHIP, N_CHIPS, n_tokens=PROMPT + OUTPUT)
    slots, setup = found.ideal.largest_batch, Setup(find_chip(CHIP), find_runtime("vllm"), n_chips=N_CHIPS)
    step = decode_timing(model, setup, n_past=PROMPT + OUTPUT // 2, batch_size=slots)
    prompt = prefill_timing(model, setup, n_new=PROMPT)
    people = {}
    for kind in ("bound", "expected"):
        times = {"prompt_seconds": getattr(prompt, kind), "step_seconds": getattr(step, kind)}
        each = 3_600 * request_hours(n_output=OUTPUT, n_sequences=slots, **times)
        people[kind] = int(sequences_in_flight(requests_per_s=1 / each, seconds_each=PAUSE + slots * each))
        people[f"{kind}_speed"] = OUTPUT / (slots * each)
    return {
        **count({"params": count_params(model).total, "kv_heads": attention.n_kv_heads}),
        "per_token": bytes_of(growing_bytes_per_token(cost_profile(model))),
        **count({"slots": slots, "at_most": people["bound"], "people": people["expected"]}),
        "speed": number(people["expected_speed"]),
    }


def compute():
    rows = {key: row(model) for key, model in MODELS.items()}
    return {
        **rows,
        "replied": count(247, kind="reported", source=ISSUE),
        "slots_more": ratio(rows["later"]["slots"].value / rows["asked"]["slots"].value),
    }


# --8<-- [end:compute]
