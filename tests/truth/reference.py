"""Read the newest reference's configuration classes: the source of `llmnotes/config/defaults.py` and of the list of
families in `tests/data/reference_families.json`. Run by `regenerate.py`; the package never imports this file.
"""

import dataclasses
import json
import re
from pathlib import Path

import transformers
from transformers import PreTrainedConfig
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

ROOT = Path(__file__).parents[2]
DEFAULTS, FAMILIES = ROOT / "llmnotes/config/defaults.py", ROOT / "tests/data/reference_families.json"
MAPPINGS = {
    "causal": modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    "image-text": modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
    "multimodal": modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
}
# Numbers that no count depends on: training, numerics, token ids.
NO_SHAPE = re.compile(
    r"_token_id|_token_index|drop|init|_eps|epsilon|_coef|theta|softcap|soft_cap|_loss|use_cache|pretraining_tp"
    r"|_alpha$|_beta$|_scale$|multiplier|scaling|temperature|_std$|^rope_|rope_theta|rope_param|rope_scal|rotary|rms_norm_eps|output_router"
)
SHAPE_WORD = re.compile(r"(pattern|norm_type|attn_type|_rank|_d_head)$")  # words that change a count
HEADER = '''"""What an absent key means: the defaults of each family's class in transformers {version}.

Made by `python tests/truth/regenerate.py` from the reference's configuration classes; not edited by hand. A line is a
`model_type` and the keys of its class that have a default other than null and can change a count.
"""
# ruff: noqa: E501

import json
from functools import lru_cache

TABLE = """
{rows}
"""


@lru_cache(maxsize=64)
def defaults(model_type: str) -> dict:
    """The class defaults of a family; empty where the reference has no such family."""
    start = TABLE.find(f"\\n{{model_type}} ")
    if start < 0:
        return {{}}
    row = TABLE[start + 1 : TABLE.index("\\n", start + 1)]
    return json.loads(row[len(model_type) + 1 :])
'''


def plain(value, *, nested: bool = True) -> bool:
    """A value that a default may have here."""
    if isinstance(value, dict):
        return nested and bool(value)
    if isinstance(value, list | tuple):
        return 0 < len(value) <= 8 and all(isinstance(item, bool | int | str) for item in value)
    return isinstance(value, bool | int | float | str)


def class_defaults(cls) -> dict:
    """Defaults of a class's own fields that may change a count, and those of objects within."""
    base = {field.name for field in dataclasses.fields(PreTrainedConfig)}
    own = {field.name for field in dataclasses.fields(cls)}
    found = {}
    for field in dataclasses.fields(cls):
        value = field.default
        if value is dataclasses.MISSING:
            value = field.default_factory() if field.default_factory is not dataclasses.MISSING else None
        if field.name in cls.attribute_map and cls.attribute_map[field.name] in own:
            continue  # another name of a key that the class has itself
        if field.name in base or NO_SHAPE.search(field.name) or not plain(value, nested=False):
            continue
        if isinstance(value, str) and not SHAPE_WORD.search(field.name):
            continue
        found[field.name] = value
    for name, inner in cls.sub_configs.items():
        if name.endswith(("attn_config", "ffn_config")):
            found[name] = class_defaults(inner)
    return found


def text_of(cls):
    """The key and the default of the text model within a multimodal configuration; nothing for a text model."""
    whole = cls()
    for name in cls.sub_configs:
        inner = getattr(whole, name, None)
        if name in ("text_config", "thinker_config", "decoder", "vlm_config") and inner is not None:
            return name, inner
    return None


def row(cls) -> dict:
    """One line of the table: own defaults; of a wrapper the tie, and the text model that it builds by default."""
    found = text_of(cls)
    if found is None:
        return class_defaults(cls)
    name, text = found
    own, usual = text.to_dict(), type(text)().to_dict()
    changed = {k: v for k, v in own.items() if v != usual.get(k) and plain(v, nested=False) and not NO_SHAPE.search(k)}
    outer = {k: v for k, v in class_defaults(cls).items() if k == "tie_word_embeddings"}
    return outer | {name: {"model_type": text.model_type} | changed}


def ties(cls, modeling: str | tuple | None) -> dict:
    """What the model's code says of ties: none that its own configuration could ask for, or the ones it names."""
    names = (modeling,) if isinstance(modeling, str) else modeling or ()
    names = (*names, cls.__name__.replace("TextConfig", "ForCausalLM"), cls.__name__.replace("Config", "ForCausalLM"))
    found = next((model for name in names if (model := getattr(transformers, name, None)) is not None), None)
    return {} if found is None or found._tied_weights_keys else {"ties": False}


def write() -> None:
    """Write both files."""
    every = set().union(*MAPPINGS.values())
    names = {name: [kind for kind, mapping in MAPPINGS.items() if name in mapping] for name in every}
    rows, texts, never = {}, set(), set()
    for name in sorted(names):
        try:
            cls = CONFIG_MAPPING[name]
            rows[name] = row(cls) | ties(cls, next(m[name] for m in reversed(MAPPINGS.values()) if name in m))
            if (found := text_of(cls)) is not None:
                texts.add(found[1].model_type)
                if "ties" in rows[name] and found[1].model_type not in MAPPINGS["causal"]:
                    never.add(found[1].model_type)
            texts |= {getattr(cls.sub_configs.get("text_config"), "model_type", "")} - {""}
        except Exception as error:  # a class that cannot be built without files has no defaults
            print(f"{name}: no defaults: {type(error).__name__}: {str(error).splitlines()[0]}")
    for name in sorted(texts - set(rows)):
        rows[name] = row(CONFIG_MAPPING[name]) if name in CONFIG_MAPPING else {}
    for name in never:
        rows[name]["ties"] = False
    lines = "\n".join(f"{name} {json.dumps(rows[name], separators=(',', ':'))}" for name in sorted(rows) if rows[name])
    DEFAULTS.write_text(HEADER.format(version=transformers.__version__, rows=lines.replace("\\", "\\\\")))
    listed = {"reference": f"transformers {transformers.__version__}", "families": dict(sorted(names.items()))}
    FAMILIES.write_text(json.dumps(listed, indent=0) + "\n")


if __name__ == "__main__":
    write()
