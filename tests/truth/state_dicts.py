"""Regenerate tests/data/state_dicts.json: the matrices that the reference saves for one configuration of each family.

Run it with transformers and torch installed (no dependency of the project): python -m tests.truth.state_dicts
Models are built without memory (meta device); names are those under which save_pretrained writes them.
"""

import json
import re
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
TARGET = DATA / "state_dicts.json"


def matrices(config: dict) -> dict[str, list[int]]:
    """Every tensor of two and more dimensions: its name with `#` for numbers, its shape, and how many there are."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.core_model_loading import revert_weight_conversion

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config))
    tied = set(getattr(model, "all_tied_weights_keys", None) or {})
    buffers = {name for name, _ in model.named_buffers()}
    kept = {name: tensor for name, tensor in model.state_dict().items() if name not in tied | buffers}
    found: dict[str, list[int]] = {}
    for name, tensor in revert_weight_conversion(model, kept).items():
        if tensor.dim() >= 2 and "ngram_embedding" not in name:  # a table in hundreds of pieces
            pattern = re.sub(r"[.][0-9]+(?=[.]|$)", ".#", name.removesuffix(".weight"))
            key = f"{pattern} {'x'.join(map(str, tensor.shape))}"
            found[key] = found.get(key, 0) + 1
    return found


def main() -> None:
    """Write one case of each family: the first that the reference can build."""
    import torch
    import transformers

    cases, families = [], set()
    for file in sorted(DATA.glob("cases*.json")):
        for case in json.loads(file.read_text())["cases"]:
            if case["family"] in families:
                continue
            try:
                saved = matrices(case["config"])
            except (ValueError, KeyError, AttributeError) as error:
                print(f"{case['id']}: {error}")
                continue
            families.add(case["family"])
            cases.append({"id": case["id"], "family": case["family"], "matrices": saved})
    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    TARGET.write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
