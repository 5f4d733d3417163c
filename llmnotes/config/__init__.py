"""Published configurations to specs: a module for each part that families differ in, a row or a reader a family."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module

from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.parts import whole
from llmnotes.config.precision import stated_precision
from llmnotes.config.wrappers import ALIASES, text_keys
from llmnotes.spec import ModelSpec

__all__ = ["ALIASES", "MODULES", "REFUSED", "ConfigError", "families", "from_mapping", "reader"]

# The modules whose `FAMILIES` read what is not an everyday decoder, and whom; `dense` reads all others.
MODULES = {
    "layernorm": (
        "orion "
        "biogpt bloom ctrl falcon gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gptj jais2 mpt nemotron "
        "openai-gpt opt persimmon phi stablelm starcoder2 xglm"
    ),
    "sliding": (
        "cohere2 cohere_compass_text cwm exaone4 gemma gemma2 gemma3_text gemma3n_text gemma4_text "
        "gemma4_unified_text granite_swa ministral olmo3 vaultgemma"
    ),
    "moe": (
        "bailing_moe deepseek deepseek_ocr2_text glm4v_moe_text minicpm "
        "afmoe aria_text beam cohere2_moe dbrx doge dots1 ernie4_5_moe exaone_moe flex_olmo flint glm4_moe gpt_oss "
        "granitemoe granitemoe_swa granitemoeshared hunyuan_v1_moe hy_v3 jetmoe kolibri1 laguna llama4_text mellum "
        "mimo_v2_flash minimax_m2 minimax_m3_vl_text mixtral olmoe phimoe qwen2_moe qwen3_moe solar_open"
    ),
    "mla": (
        "axk1 axk2 deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 glm4_moe_lite glm_moe_dsa hy_v4 longcat_flash "
        "minicpm3 mistral4 youtu"
    ),
    "linear": (
        "bailing_hybrid kimi_linear lfm2 lfm2_moe lfm3 minimax olmo_hybrid qwen3_5_moe_text qwen3_5_text qwen3_next "
        "recurrent_gemma"
    ),
    "ssm": "bamba falcon_h1 falcon_mamba granitemoehybrid jamba mamba mamba2 nemotron_h rwkv xlstm zamba zamba2",
    "convolved": "inkling_text zaya",
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
    """The spec of a published configuration: its text model, with what stands beside it as `parts`.

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
    if not isinstance(published, str):
        raise keys.error("model_type", "give the name of a family, for example llama or qwen3")
    if published in REFUSED:
        raise keys.error("model_type", f"this family is not counted, because of {REFUSED[published]}; size it by hand")
    read = reader(ALIASES.get(published, published))
    if read is None:
        raise keys.error("model_type", f"this family is not known{_nearly(published)}")
    return replace(whole(read(keys), config, keys), stated=stated_precision(config))


def reader(family: str) -> Callable[[Keys], ModelSpec] | None:
    """What reads a family's keys; `None` if nothing does."""
    module = next((module for module, names in MODULES.items() if family in names.split()), "dense")
    return _rows(module).get(family)


def families() -> dict[str, str]:
    """Every family that is read, and the module that reads it."""
    return dict(sorted((family, module) for module in (*MODULES, "dense") for family in _rows(module)))


def _rows(module: str) -> dict[str, Callable[[Keys], ModelSpec]]:
    return import_module(f"llmnotes.config.{module}").FAMILIES


def _nearly(published: str) -> str:
    """A family that is the same but for case, dots and dashes: nothing else about a name says what a model is."""
    bare = _bare(published)
    same = [family for family in (*families(), *ALIASES) if _bare(family) == bare]
    return f"; did you mean {same[0]}?" if same else f"; {len(families())} are, such as llama and qwen3"


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
