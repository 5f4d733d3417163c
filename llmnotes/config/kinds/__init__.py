"""Files that people have beside the usual `config.json` of a decoder: recognised by what they hold, read by a module
each."""

import re
from collections.abc import Callable, Mapping
from importlib import import_module

from llmnotes.config.keys import ConfigError
from llmnotes.spec import ModelSpec

Reader = Callable[[Mapping, str], ModelSpec]
FOLDER = "llmnotes.config.kinds"
# The modules here, each with a function `read`.
READERS = ("adapter", "diffusion", "draft", "encoders", "native", "seq2seq")

# Files of a model that say nothing of its size: a key that only they have, what they are.
NEIGHBOURS = (
    ("weight_map", "the index of a model's weight files (model.safetensors.index.json, pytorch_model.bin.index.json)"),
    ("producer", "how the weights of a quantized file are stored (hf_quant_config.json)"),
    ("damp_percent", "how the weights of a quantized file are stored (quantize_config.json)"),
    ("w_bit", "how the weights of a quantized file are stored (quant_config.json)"),
    ("tokenizer_class", "the settings of a tokenizer (tokenizer_config.json)"),
    ("added_tokens_decoder", "the settings of a tokenizer (tokenizer_config.json)"),
    ("merges", "a tokenizer"),
    ("added_tokens", "a tokenizer (tokenizer.json)"),
    ("image_processor_type", "the settings of an image processor (preprocessor_config.json)"),
    ("feature_extractor_type", "the settings of a feature extractor (preprocessor_config.json)"),
    ("processor_class", "the settings of a processor (processor_config.json)"),
    ("chat_template", "a chat template"),
    ("feedforward_size", "a model described for TencentPretrain or UER-py, in that tool's words"),
    ("pre_encoder_hook", "the pipeline of a runner, with parts of a model in it"),
    ("global_step", "the state of a training run (trainer_state.json)"),
    ("_diffusers_version", "part of a diffusion model"),
    ("max_new_tokens", "the settings of generation (generation_config.json)"),
    ("do_sample", "the settings of generation (generation_config.json)"),
)
# Families whose `config.json` has the keys of a `params.json`.
OF_OWN = ("minimind",)
# What an `architectures` of a draft head has in its name.
DRAFTS = ("eagle", "dflash", "dflare", "dspark", "domino", "medusa", "hydra", "mlpspeculator")
# Models that write by diffusion (`diffusion` reads them), by `model_type`.
DIFFUSION = ("Dream", "llada", "llada2_moe", "lladamoe", "rnd1")
# Encoders (`encoders` reads them) and encoder–decoders (`seq2seq`), by `model_type`.
ENCODERS = frozenset(
    """
    albert bert camembert deberta-v2 distilbert electra ernie eurobert gte jina_embeddings_v3 longformer modernbert
    mpnet new nomic_bert roberta xlm-roberta
    """.split()  # noqa: SIM905 - so many words read better as a paragraph
)
SEQ2SEQ = frozenset(
    """
    bart blenderbot blenderbot-small led longt5 m2m_100 marian mbart mt5 mvp pegasus plbart switch_transformers t5
    t5gemma umt5 whisper
    """.split()  # noqa: SIM905 - so many words read better as a paragraph
)


def reader(config: Mapping, name: str) -> Reader | None:
    """The reader of a file that is no decoder's `config.json`; `None` where it is one.

    Args:
        config: The keys of the file.
        name: What to call it in messages.

    Raises:
        ConfigError: If it is a file that says nothing of a model's size; the line says what it is and what to give.
    """
    kind = config.get("model_type")
    if kind is None and (meant := _meant(config)):  # files of before the key
        read = _in("encoders" if meant in ENCODERS else "seq2seq")
        return lambda keys, called: read({**keys, "model_type": meant}, called)
    if kind == "SentenceTransformer":
        what = "the settings of sentence-transformers (config_sentence_transformers.json)"
        raise ConfigError(f"{name}: this is {what}; give the config.json that is published beside it")
    if "peft_type" in config:
        return _in("adapter")
    if "draft_vocab_size" in config or "speculators_model_type" in config or "medusa_num_heads" in config:
        return _in("draft")
    if any(word in named.lower() for named in architectures(config) for word in DRAFTS):
        return _in("draft")
    if isinstance(kind, str) and kind in ENCODERS:
        return _in("encoders")
    if isinstance(kind, str) and kind in SEQ2SEQ:
        return _in("seq2seq")
    if kind in DIFFUSION:
        return _in("diffusion")
    if "sinusoidal_pos_embds" in config and kind is None:
        raise ConfigError(
            f'{name}: model_type is missing; these are the keys of DistilBERT: add "model_type": "distilbert"'
        )
    of_hub = not {"hidden_size", "auto_map", "architectures"}.isdisjoint(config)
    if {"experts_per_token", "swiglu_limit"} <= set(config) and kind is None:
        return _in("native")
    if {"dim", "n_layers"} <= set(config) and not of_hub and kind not in OF_OWN:
        return _in("native")
    if "ffn_embed_dim" in config and "hidden_dim" in config:
        raise ConfigError(
            f"{name}: this is a model described for llm-analysis, in that tool's simplified sizes; give the "
            "config.json that its authors publish"
        )
    if kind is not None or config.get("architectures"):
        return None
    if {"d_model", "n_layer", "ssm_cfg"} <= set(config):
        return _in("native")
    found = next((what for key, what in NEIGHBOURS if key in config), None)
    if found:
        raise ConfigError(f"{name}: this is {found}; give the config.json that is published beside it")
    return None


def _meant(config: Mapping) -> str:
    """The encoder or encoder–decoder whose class a file without `model_type` names; empty if it is none."""
    for named in architectures(config):
        bare = re.sub(r"(For[A-Z]\w*|EncoderModel|Model)$", "", named).lower()
        for family in (*ENCODERS, *SEQ2SEQ):
            if family.replace("-", "").replace("_", "") == bare:
                return family
    return ""


def architectures(config: Mapping) -> list[str]:
    """The classes that a file names, as far as they are names."""
    value = config.get("architectures")
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def n_labels(config: Mapping) -> int:
    """Labels of a classifier: those that are named, or as many as are said; two where nothing is."""
    labels, said = config.get("id2label"), config.get("num_labels")
    if isinstance(labels, Mapping):
        return len(labels) or 2
    return said if type(said) is int and said > 0 else 2


def _in(module: str) -> Reader:
    return import_module(f"{FOLDER}.{module}").read
