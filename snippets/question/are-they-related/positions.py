"""What a table of learned positions adds to the parameters, and a script that adds it to models that have none."""

from llmnotes import count_params, from_config, registry
from llmnotes.quantities import count, ratio, share, tokens

SHAPES = {"gpt2": "gpt2", "xl": "gpt2-xl", "gpt3": "gpt3-175b", "llama": "llama-3.1-8b"}
LENGTHS = {"2k": 2_048, "8k": 8_192, "128k": 131_072}
LONG = LENGTHS["128k"]


# --8<-- [start:compute]
def learned(model_id):
    """Parameters that positions take in a model, and how many more they would take at 128K."""
    entry = registry.find(model_id)
    key = "n_positions" if "n_positions" in entry.config else "max_position_embeddings"
    counted = count_params(entry.spec)
    added = count_params(from_config(dict(entry.config) | {key: LONG})).total - counted.total
    here = counted.components.get("embedding_position", 0)
    return {
        "ctx": count(entry.config[key]),
        "params": count(here),
        "share": share(here / counted.total),
        "growth": share(added / counted.total),
    }


FACTOR = 4  # the script takes whole multiples of the width only; the model's own factor is not one


def script(config, n_tokens):
    """Total of calc_transformer_params.py in EleutherAI/cookbook (827ee3b) with -ff 4 -nl 3 -kv 0.25."""
    d, layers, kv = config["hidden_size"], config["num_hidden_layers"], 0.25
    matrices = 2 * (1 + kv) * layers * d**2 + 3 * FACTOR * layers * d**2
    norms = 8 * layers * d + 2 * d
    return 2 * d * config["vocab_size"] + matrices + norms + d * n_tokens


def compute():
    large = registry.find("llama-3.1-8b")
    totals = {name: script(large.config, n) for name, n in LENGTHS.items()}
    return {
        **{name: learned(model_id) for name, model_id in SHAPES.items()},
        "length": tokens(LONG),
        "s": count(LENGTHS),
        "script": count({name: round(total) for name, total in totals.items()}),
        "exact": count(count_params(large.spec).total),
        "difference": count(round(totals["128k"] - totals["8k"])),
        "factor": count(FACTOR),
        "true_factor": ratio(large.config["intermediate_size"] / large.config["hidden_size"]),
    }


# --8<-- [end:compute]
