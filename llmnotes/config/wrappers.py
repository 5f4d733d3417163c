"""The text model within a multimodal configuration, and the family of a file that names none."""

import re
from collections.abc import Mapping
from typing import Any

from llmnotes.config.defaults import TABLE, defaults
from llmnotes.config.keys import Keys, checked, spelt

# Families that another one's reader reads.
ALIASES = {
    "Yi": "llama",
    "aquila": "llama",
    "bailing_moe_v2": "bailing_moe",
    "deepseek_ref": "deepseek_v4",
    "dots_ocr": "qwen2",
    "emu3_text_model": "llama",
    "ernie4_5_moe_vl": "ernie4_5_vl_moe_text",
    "exaone": "llama",
    "exaone4_5_text": "exaone4",
    "granite4_vision_text": "granite",
    "granite_docling_text": "granite",
    "hunyuan_vl_text": "hunyuan_v1_dense",
    "hy_v4_vl_text": "hy_v4",
    "bunny-llama": "llama",
    "bunny-qwen2": "qwen2",
    "llama_bidirec": "llama",
    "llama3v": "llama",
    "llava_llama": "llama",
    "llava_mistral": "mistral",
    "llava_qwen": "qwen2",
    "llava_qwen2": "qwen2",
    "llava_qwen3": "qwen3",
    "LLaVAOneVision1_5_text": "qwen3",
    "logics": "qwen3",
    "mineru2_qwen": "qwen2",
    "minicpmo": "minicpmv",
    "minimax_m1": "minimax",
    "minimax_text_01": "minimax",
    "mixformer-sequential": "phi",
    "paddleocr_vl_text": "ernie4_5",
    "phi-msft": "phi",
    "phi3_v": "phi3",
    "phi4": "phi3",
    "phi4-siglip": "phi3",
    "phi4mm": "phi3",
    "phi4_multimodal": "phi3",
    "qwen2_5_omni_text": "qwen2",
    "qwen3_omni_moe_text": "qwen3_moe",
    "telechat3": "llama",
    "videochat_flash_qwen": "qwen2",
    "videollama3_qwen2": "qwen2",
    "sarvam_mla": "deepseek_v3",
    "sarvam_moe": "glm4_moe",
    "RefinedWeb": "falcon",
    "RefinedWebModel": "falcon",
    "codegen": "gptj",
    "gpt-sw3": "gpt2",
    "kimi_k2": "deepseek_v3",
    "mimo_v2": "mimo_v2_flash",
    "minimax_m3": "minimax_m3_vl_text",
    "qwen2_5_vl": "qwen2",
    "qwen2_5_vl_text": "qwen2",
    "qwen2_vl": "qwen2",
    "qwen2_vl_text": "qwen2",
    "qwen3_vl_moe_text": "qwen3_moe",
    "qwen3_vl_text": "qwen3",
}
# Families whose code is named otherwise.
OTHERWISE_NAMED = {
    "decilm": "nemotron-nas",
    "glm": "glm4",
    "hunyuandensev1": "hunyuan_v1_dense",
    "hunyuanmoev1": "hunyuan_v1_moe",
    "grok1model": "grok-1",
    "rw": "falcon",
}
# Wrappers whose class takes a tie from the text model.
FORWARDED = frozenset(
    """
    glm4v glm_ocr llava llava_next_video llava_onevision minimax_m3_vl qwen2_5_vl qwen2_vl shieldgemma2 video_llama_3
    """.split()  # noqa: SIM905 - ten words read better as a paragraph
)
# Where a text model stands within a configuration.
INSIDE = ("text_config", "llm_config", "language_config", "thinker_config", "vlm_config", "lm_config", "decoder")


def text_keys(config: Mapping, name: str) -> Keys:
    """The keys of the text model, wherever it stands, with what absent ones mean.

    Args:
        config: A configuration as published, multimodal or not.
        name: What to call the model.

    Raises:
        ConfigError: If what should be an object is none.
    """
    text, more, head_matrix = dict(checked(config, name)), {}, 0
    assumed: list[str] = []
    while True:
        own = text.get("model_type") in (None, "hunyuan")  # Tencent's own code has one type for all of its models
        if own and (named := named_by(text.get("architectures"))) is not None:
            text["model_type"] = named
        published = text.get("model_type")
        if published is not None and not isinstance(published, str):
            raise Keys(text, name).error("model_type", "give the name of a family, for example llama or qwen3")
        usual = defaults(published or "")
        inside = next((key for key in INSIDE if text.get(key) is not None), None)
        if inside is None:
            inside = next((key for key in INSIDE if isinstance(usual.get(key), Mapping)), None)
            if inside is None:
                break
            if "hidden_size" in spelt(text)[0]:  # the text model's keys stand beside the others
                text["model_type"] = usual[inside]["model_type"]
                break
            inner, more = {}, usual[inside]
        else:
            inner, more = text[inside], {}
            if not isinstance(inner, Mapping):
                raise Keys(text, name).error(inside, "give an object")
        inner = dict(inner)
        if inner.get("model_type") is None and inner.get("architectures"):
            inner["model_type"] = named_by(inner["architectures"])
        if inner.get("model_type") is None and published is not None:
            inner["model_type"] = usual.get(inside, {}).get("model_type") or _of_text(published)
        if published is None:
            assumed.append(f"model_type is missing beside {inside}; the tie is read as of any wrapper")
        tie, told = _tie(text, inner, {} if inside == "lm_config" else usual)  # its authors' class has no default
        if published == "ovis2" and not tie and "hidden_size" in text:  # its own head, by its own keys
            head = Keys(text, name)
            head_matrix = head.size("hidden_size") * head.size("vocab_size")
        assumed += [told] if told else []
        if tie is not None:
            inner["tie_word_embeddings"] = tie
        text = inner
    family = text.get("model_type")
    own = (defaults(family) or defaults(ALIASES.get(family, ""))) if isinstance(family, str) else {}
    keys = Keys(text, name, own | more)
    keys.head_matrix = head_matrix
    keys.assumed += assumed
    return keys


def _of_text(published: str) -> str:
    """The family of a text model that names none, within a wrapper of this name: of that name, or its own."""
    from llmnotes.config import reader  # only such a file asks

    own = f"{published}_text"
    read = [family for family in (own, published) if reader(ALIASES.get(family, family)) is not None]
    return read[0] if read else own


def named_by(architectures) -> str | None:
    """The family whose code an `architectures` names; `None` if it is none that is known here."""
    from llmnotes.config import names

    for name in architectures if isinstance(architectures, list | tuple) else ():
        found = re.fullmatch(r"(\w+?)(ForCausalLM|ForConditionalGeneration|LMHeadModel|ChatModel|Model)", str(name))
        if found is None:
            continue
        bare = bare_name(found[1])
        for family in (*names(), *ALIASES, *re.findall(r"^(\S+) {", TABLE, re.MULTILINE)):
            if bare_name(family) in (bare, f"{bare}text"):
                return family
        if bare in OTHERWISE_NAMED:
            return OTHERWISE_NAMED[bare]
    return None


def bare_name(name: str) -> str:
    """Letters and digits of a name, small."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _tie(outer: Mapping, inner: Mapping, usual: Mapping) -> tuple[Any, str]:
    """Whether the head is the token table, and what must be said of it; `None`: the text model's own default holds.

    Version 5 of the reference obeys the outer key, unless the wrapper holds a whole text model with its head; files
    that it saves leave the key out where it is the class default. Version 4 obeyed the text model's;
    `transformers_version` tells. Where it is absent, what the file says itself comes first.
    """
    said, own = outer.get("tie_word_embeddings"), inner.get("tie_word_embeddings")
    if usual.get("ties") is False:
        return (usual.get("tie_word_embeddings") if own is None else own), ""
    version = str(outer.get("transformers_version") or "")
    if version.startswith("4"):
        return (said if own is None else own), ""
    if said is not None:
        return said, ""
    default = usual.get("tie_word_embeddings")
    if version and any(isinstance(usual.get(key), Mapping) for key in INSIDE):
        default = bool(default) or (own is True and outer.get("model_type") in FORWARDED)
    elif own is not None:
        return own, f"tie_word_embeddings = {str(own).lower()} (as the text model's own key says)"
    return default, "" if default is None else f"tie_word_embeddings = {str(default).lower()} (the family's default)"
