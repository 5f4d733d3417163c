"""Published configurations to specs: one module for each kinship of families, one reader function a family."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module

from llmnotes.config.keys import ConfigError, Keys
from llmnotes.spec import ModelSpec

__all__ = ["FAMILIES", "ConfigError", "from_mapping"]

# model_type -> the module here that reads it (a function of that name, dashes as underscores).
FAMILIES = {
    "apertus": "llama",
    "arcee": "llama",
    "bamba": "statespace",
    "bitnet": "llama",
    "bloom": "classic",
    "cohere": "llama",
    "cohere2": "llama",
    "deepseek_v2": "latent",
    "deepseek_v3": "latent",
    "dots1": "experts",
    "ernie4_5": "llama",
    "exaone4": "llama",
    "falcon": "classic",
    "falcon_mamba": "statespace",
    "gemma": "gemma",
    "gemma2": "gemma",
    "gemma3_text": "gemma",
    "glm": "llama",
    "glm4": "llama",
    "glm4_moe": "experts",
    "gpt2": "gpt",
    "gpt_bigcode": "gpt",
    "gpt_neo": "gpt",
    "gpt_neox": "gpt",
    "gpt_oss": "experts",
    "gptj": "gpt",
    "granite": "llama",
    "granitemoe": "experts",
    "granitemoehybrid": "statespace",
    "hunyuan_v1_dense": "llama",
    "jamba": "statespace",
    "kimi_k2": "latent",
    "llama": "llama",
    "llama4_text": "experts",
    "mamba": "statespace",
    "mamba2": "statespace",
    "minimax": "hybrid",
    "minimax_m2": "experts",
    "ministral3": "llama",
    "mistral": "llama",
    "mixtral": "experts",
    "mpt": "classic",
    "nemotron": "classic",
    "nemotron_h": "statespace",
    "olmo": "llama",
    "olmo2": "llama",
    "olmo3": "llama",
    "olmoe": "experts",
    "opt": "classic",
    "persimmon": "classic",
    "phi": "classic",
    "phi3": "llama",
    "phimoe": "experts",
    "qwen2": "llama",
    "qwen2_moe": "experts",
    "qwen3": "llama",
    "qwen3_moe": "experts",
    "qwen3_next": "hybrid",
    "recurrent_gemma": "hybrid",
    "seed_oss": "llama",
    "smollm3": "llama",
    "stablelm": "classic",
    "starcoder2": "classic",
}


def from_mapping(config: Mapping, *, name: str = "model") -> ModelSpec:
    """The spec of a published configuration.

    Args:
        config: The keys of a `config.json` as its authors publish them.
        name: What to call the model.

    Raises:
        ConfigError: If something is missing, impossible or not understood; one line, with field, value and remedy.
    """
    keys = Keys(config, name)
    family, _ = keys.raw("model_type")
    if family is None:
        raise ConfigError(f"{name}: model_type is missing; it names the family, for example llama or qwen3")
    if not isinstance(family, str) or family not in FAMILIES:
        near = get_close_matches(str(family), FAMILIES, n=3, cutoff=0.4)
        closest = "closest known: " + ", ".join(near) if near else "known: " + ", ".join(sorted(FAMILIES))
        raise keys.error("model_type", f"this family is not known; {closest}")
    reader = getattr(import_module(f"llmnotes.config.{FAMILIES[family]}"), family.replace("-", "_"))
    return reader(keys)
