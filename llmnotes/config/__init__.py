"""Published configurations to specs: one module for each kinship of families, one reader function a family."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module

from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.wrappers import ALIASES, text_keys
from llmnotes.spec import ModelSpec

__all__ = ["ALIASES", "FAMILIES", "ConfigError", "from_mapping"]

# model_type -> the module here that reads it (a function of that name, `_` for `-`).
FAMILIES = {
    "afmoe": "shared",
    "apertus": "llama",
    "arcee": "llama",
    "aria_text": "experts",
    "axk1": "latent",
    "axk2": "recent",
    "bailing_hybrid": "recent",
    "bamba": "statespace",
    "beam": "recent",
    "biogpt": "classic",
    "bitnet": "llama",
    "bloom": "classic",
    "cohere": "llama",
    "cohere2": "llama",
    "cohere2_moe": "shared",
    "cohere_compass_text": "llama",
    "ctrl": "gpt",
    "cwm": "dense",
    "dbrx": "experts",
    "deepseek_v2": "latent",
    "deepseek_v3": "latent",
    "deepseek_v32": "latent",
    "deepseek_v4": "latent",
    "diffllama": "dense",
    "doge": "singular",
    "dots1": "experts",
    "ernie4_5": "llama",
    "ernie4_5_moe": "experts",
    "exaone4": "llama",
    "exaone_moe": "shared",
    "falcon": "classic",
    "falcon_h1": "statespace",
    "falcon_mamba": "statespace",
    "flex_olmo": "shared",
    "flint": "recent",
    "gemma": "gemma",
    "gemma2": "gemma",
    "gemma3_text": "gemma",
    "gemma3n_text": "gemma",
    "gemma4_text": "gemma",
    "gemma4_unified_text": "gemma",
    "glm": "llama",
    "glm4": "llama",
    "glm4_moe": "experts",
    "glm4_moe_lite": "latent",
    "glm_moe_dsa": "latent",
    "gpt2": "gpt",
    "gpt_bigcode": "gpt",
    "gpt_neo": "gpt",
    "gpt_neox": "gpt",
    "gpt_neox_japanese": "gpt",
    "gpt_oss": "windowed",
    "gptj": "gpt",
    "granite": "llama",
    "granite_swa": "dense",
    "granitemoe": "experts",
    "granitemoe_swa": "recent",
    "granitemoehybrid": "statespace",
    "granitemoeshared": "shared",
    "helium": "dense",
    "hrm_text": "singular",
    "hunyuan_v1_dense": "llama",
    "hunyuan_v1_moe": "experts",
    "hy_v3": "shared",
    "hy_v4": "recent",
    "hyperclovax": "recent",
    "inkling_text": "singular",
    "internlm3": "dense",
    "iquestcoder": "dense",
    "jais2": "dense",
    "jamba": "statespace",
    "jetmoe": "singular",
    "kimi_k2": "latent",
    "kimi_linear": "hybrid",
    "kolibri1": "recent",
    "laguna": "shared",
    "lfm2": "hybrid",
    "lfm2_moe": "hybrid",
    "lfm3": "recent",
    "llama": "llama",
    "llama4_text": "windowed",
    "longcat_flash": "latent",
    "mamba": "statespace",
    "mamba2": "statespace",
    "mellum": "shared",
    "mimo": "llama",
    "mimo_v2_flash": "windowed",
    "minicpm3": "latent",
    "minimax": "hybrid",
    "minimax_m2": "experts",
    "minimax_m3_vl_text": "shared",
    "ministral": "dense",
    "ministral3": "llama",
    "mistral": "llama",
    "mistral4": "recent",
    "mixtral": "experts",
    "mpt": "classic",
    "nanochat": "dense",
    "nemotron": "classic",
    "nemotron_h": "statespace",
    "olmo": "llama",
    "olmo2": "llama",
    "olmo3": "llama",
    "olmo_hybrid": "hybrid",
    "olmoe": "experts",
    "openai-gpt": "gpt",
    "opt": "classic",
    "persimmon": "classic",
    "phi": "classic",
    "phi3": "llama",
    "phimoe": "experts",
    "qwen2": "llama",
    "qwen2_moe": "experts",
    "qwen3": "llama",
    "qwen3_5_moe_text": "hybrid",
    "qwen3_5_text": "hybrid",
    "qwen3_moe": "experts",
    "qwen3_next": "hybrid",
    "recurrent_gemma": "hybrid",
    "rwkv": "singular",
    "seed_oss": "llama",
    "smollm3": "llama",
    "solar_open": "shared",
    "stablelm": "classic",
    "starcoder2": "classic",
    "vaultgemma": "gemma",
    "xglm": "classic",
    "xlstm": "singular",
    "youtu": "latent",
    "zamba": "zamba",
    "zamba2": "zamba",
    "zaya": "singular",
}
# Families of transformers whose cost is not known to the last number, and what of it is not.
REFUSED = {
    "dots3_note": "latent attention within a window",
    "dots3_note_text": "latent attention within a window",
    "inkling2_text": "convolutions whose taps depend on the token, and attention over residual streams",
    "qwen4_exp": "tables looked up by hashed n-grams, and an indexer over averaged keys",
    "qwen4_exp_text": "tables looked up by hashed n-grams, and an indexer over averaged keys",
}


def from_mapping(config: Mapping, *, name: str = "model") -> ModelSpec:
    """The spec of a published configuration; of a multimodal one, its text model.

    Args:
        config: The keys of a `config.json` as its authors publish them.
        name: What to call the model.

    Raises:
        ConfigError: If something is missing, impossible or not understood; one line, with field, value and remedy.
    """
    keys = text_keys(config, name)
    published, _ = keys.raw("model_type")
    if published is None:
        raise ConfigError(f"{name}: model_type is missing; it names the family, for example llama or qwen3")
    family = ALIASES.get(published, published) if isinstance(published, str) else published
    if isinstance(family, str) and family in REFUSED:
        raise keys.error("model_type", f"this family is not counted, because of {REFUSED[family]}; size it by hand")
    if not isinstance(family, str) or family not in FAMILIES:
        near = get_close_matches(str(family), FAMILIES, n=3, cutoff=0.4)
        closest = "closest known: " + ", ".join(near) if near else "known: " + ", ".join(sorted(FAMILIES))
        raise keys.error("model_type", f"this family is not known; {closest}")
    return reader(family)(keys)


def reader(family: str) -> Callable[[Keys], ModelSpec]:
    """The function that reads a family's keys."""
    return getattr(import_module(f"llmnotes.config.{FAMILIES[family]}"), family.replace("-", "_"))
