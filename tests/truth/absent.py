"""What the reference builds where keys are absent or changed: the source of `tests/data/absent_keys.json`.

Three questions, each on the meta device, parameters only: a family with no key at all (its class defaults), a small
shape of `tests/data/cases*.json` with one key taken away, and one with a switch turned or a number of experts changed.
Run by `regenerate.py`; the package never imports this file.
"""

import dataclasses
import json
import random
from importlib import import_module
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

DATA = Path(__file__).parents[1] / "data"
# Keys whose absence no count depends on are not worth a line.
KEPT = ("model_type", "pad_token_id", "bos_token_id", "eos_token_id", "rope_parameters", "hidden_act", "rms_norm_eps")


NO_SWITCH = ("use_cache", "return_dict", "output_hidden_states", "is_encoder_decoder", "output_router_logits")
COUNTS = ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts", "first_k_dense_replace")


def total(config: dict) -> int | None:
    """Parameters of the model that the reference builds, each once; `None` where it builds none."""
    given = dict(config)
    try:
        whole = AutoConfig.for_model(given.pop("model_type"), **given)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(whole, dtype=torch.bfloat16)
    except Exception:  # a class that refuses a shape has no answer to compare with
        return None
    return sum({id(weight): weight.numel() for weight in model.parameters()}.values())


def text_total(wrapper: str) -> tuple[str, int] | None:
    """The text model that a wrapper builds by default, and its parameters without a head."""
    try:
        whole = CONFIG_MAPPING[wrapper]()
        text = getattr(whole, "thinker_config", whole).text_config
        code = import_module(type(text).__module__.replace("configuration", "modeling"))
        of_text = {name: value for name, value in vars(code).items() if name.endswith("TextModel")}
        named = [value for name, value in of_text.items() if "Thinker" in name] or list(of_text.values())
        with torch.device("meta"):
            model = named[0]._from_config(text)
    except Exception:  # a wrapper that cannot be built without files has no default
        return None
    return text.model_type, sum({id(weight): weight.numel() for weight in model.parameters()}.values())


def turned(config: dict) -> list[tuple[str, dict]]:
    """The shape with each switch of its class turned, and without its shared experts or dense layers, one by one."""
    changes = []
    for field in dataclasses.fields(CONFIG_MAPPING[config["model_type"]]):
        value = config.get(field.name, field.default)
        if field.name in NO_SWITCH:
            continue
        if isinstance(value, bool):
            changes.append((field.name, config | {field.name: not value}))
        elif isinstance(value, int) and field.name in COUNTS:
            changes += [(field.name, config | {field.name: number}) for number in (0, 2)]
    return changes


def write(families: list[str], wrappers: list[str], seed: int = 0) -> None:
    """Write the file: class defaults of every family, and each small shape with one key gone."""
    rng = random.Random(seed)
    defaults, dropped, turns = {}, [], []
    for family in families:
        answer = total({"model_type": family})
        if answer is not None:
            defaults[family] = answer
    texts = dict(found for wrapper in wrappers if (found := text_total(wrapper)) is not None)
    shapes: dict[str, dict] = {}
    for file in sorted(DATA.glob("cases*.json")):
        for case in json.loads(file.read_text())["cases"]:
            if case["kind"] == "random":
                shapes.setdefault(case["family"], case["config"])
    for _, config in sorted(shapes.items()):
        if total(config) is None:
            continue
        keys = [key for key in sorted(config) if key not in KEPT]
        for key in rng.sample(keys, min(4, len(keys))):
            rest = {name: value for name, value in config.items() if name != key}
            answer = total(rest)
            if answer is not None:
                dropped.append({"without": key, "config": rest, "total": answer})
        changes = turned(config) if config["model_type"] in CONFIG_MAPPING else []
        for key, changed in rng.sample(changes, min(4, len(changes))):
            answer = total(changed)
            if answer is not None:
                turns.append({"changed": key, "config": changed, "total": answer})
    rows, more = (",\n".join(json.dumps(row, separators=(",", ":")) for row in found) for found in (dropped, turns))
    (DATA / "absent_keys.json").write_text(
        f'{{"reference": "transformers {transformers.__version__}",\n"defaults": {json.dumps(defaults)},\n'
        f'"texts": {json.dumps(texts)},\n'
        f'"dropped": [\n{rows}\n],\n"changed": [\n{more}\n]}}\n'
    )
