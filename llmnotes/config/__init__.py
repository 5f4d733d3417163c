"""Published configurations to specs: a module for each part that families differ in, a row or a reader a family."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module

from llmnotes.config import kinds
from llmnotes.config.defaults import defaults
from llmnotes.config.keys import ConfigError, Keys, named
from llmnotes.config.parts import whole
from llmnotes.config.precision import stated_precision
from llmnotes.config.wrappers import ALIASES, bare_name, named_by, text_keys
from llmnotes.spec import ModelSpec

__all__ = ["ALIASES", "MODULES", "REFUSED", "ConfigError", "families", "from_mapping", "reader"]

# The modules whose `FAMILIES` read what is not an everyday decoder, and whom; `dense` reads all others.
MODULES = {
    "layernorm": (
        "biogpt bloom ctrl falcon gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gptj jais2 modernbert-decoder "
        "mpt nemotron openai-gpt opt orion persimmon phi phi3small stablelm starcoder2 xglm"
    ),
    "sliding": (
        "cohere2 cohere_compass_text cwm exaone4 gemma gemma2 gemma3_text gemma3n_text gemma4_text "
        "gemma4_unified_text granite_swa ministral muse_glimmer_text olmo3 smallthinker vaultgemma"
    ),
    "mixtures.rows": (
        "afmoe aria_text bailing_moe deepseek deepseek_ocr2_text dots1 ernie4_5_moe exaone_moe flex_olmo glm4_moe "
        "glm4v_moe_text gpt_oss granitemoe granitemoe_swa granitemoeshared hunyuan_v1_moe hy_v3 kolibri1 mellum "
        "minicpm minimax_m2 minimind mixtral olmoe phimoe qwen2_moe qwen3_moe solar_open"
    ),
    "mixtures.windows": "beam cohere2_moe flint laguna llama4_text mimo_v2_flash minimax_m3_vl_text step3p5",
    "mixtures.shapes": "arctic dbrx doge ernie4_5_vl_moe_text grok-1 jetmoe muse_spark_text",
    "mla": (
        "axk1 axk2 deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 glm4_moe_lite glm_moe_dsa hy_v4 longcat_flash "
        "minicpm3 mistral4 plm youtu"
    ),
    "linear": (
        "bailing_hybrid kimi_linear lara_mini lfm2 lfm2_moe lfm3 minimax olmo_hybrid qwen3_5_moe_text qwen3_5_text "
        "qwen3_next recurrent_gemma"
    ),
    "recurrent.ssm": (
        "bamba falcon_h1 falcon_mamba granitemoehybrid jamba mamba mamba2 nemotron_h rwkv xlstm zamba zamba2"
    ),
    "recurrent.statematrix": "delta_net gated_deltanet gla kda rwkv5 rwkv6 rwkv7",
    "convolved": "inkling2_loop_text inkling2_text inkling_text zaya",
    "picked": "dots3_note_text glm5_next_text mistral_large4_text qwen4_exp_text",
}
# What is not counted, and who has it: a cost that is not known to the last number is none.
REASONS = {
    "its windows keep the image in reach": "unlimited_ocr_text",
    "its middle layers run in loops that share weights and, by choice, caches": "dory",
    "it writes blocks of text in several passes (diffusion)": "diffusion_gemma_text",
    "it drafts for another model and reads that one's cache": "gemma4_assistant gemma4_unified_assistant",
    "it reads bytes in patches of lengths that the text decides": "blt",
    "it attends by buckets or permutations, and not to all that came before": "reformer xlnet",
    "it is a decoder of 2019 to 2023 with parts that no other has": "cpmant xlm prophetnet",
    "it is an encoder that fills in words": (
        "bert-generation big_bird data2vec-text megatron-bert rembert roberta-prelayernorm roc_bert roformer "
        "xlm-roberta-xl xmod"
    ),
    "it has an encoder beside its decoder": (
        "bigbird_pegasus codet5p encoder-decoder florence2 pix2struct_text_model pp_formulanet_text "
        "speech-encoder-decoder t5gemma2_decoder trocr udop vision-encoder-decoder"
    ),
    "its decoder attends to an image or a protein in extra layers": (
        "blip_text_model evolla git idefics kosmos_2_text_model kosmos_2_5_text_model"
    ),
    "it compares images with texts and writes none": (
        "align altclip chinese_clip clip clip_text_model clipseg metaclip_2 siglip siglip2 "
        "siglip2_text_model siglip_text_model"
    ),
    "it writes or reads sound as text": (
        "cohere_asr kyutai_speech_to_text moshi musicgen musicgen_decoder musicgen_melody musicgen_melody_decoder "
        "vibevoice voxtral_realtime_text"
    ),
}
REFUSED = {family: reason for reason, names in REASONS.items() for family in names.split()}


def from_mapping(config: Mapping, *, name: str = "model") -> ModelSpec:
    """The spec of a published configuration: its text model, with what stands beside it as `parts`.

    Args:
        config: The keys of a `config.json` as its authors publish them.
        name: What to call the model.

    Raises:
        ConfigError: If something is missing, impossible or not understood; one line, with field, value and remedy.
    """
    if isinstance(config, Mapping) and (of_kind := kinds.reader(config, name)) is not None:
        return of_kind(config, name)
    outer = config.get("model_type") if isinstance(config, Mapping) else None
    keys = Keys(config, name) if isinstance(outer, str) and outer in REFUSED else text_keys(config, name)
    published, _ = keys.raw("model_type")
    if published is None:
        architectures, _ = keys.raw("architectures")
        if architectures:
            raise keys.error("architectures", "model_type is missing, and this names no family that is read")
        raise ConfigError(f"{name}: model_type is missing; it names the family, for example llama or qwen3")
    if not isinstance(published, str):
        raise keys.error("model_type", "give the name of a family, for example llama or qwen3")
    if published in REFUSED:
        raise keys.error("model_type", f"this family is not counted: {REFUSED[published]}; size it by hand")
    read = reader(ALIASES.get(published, published))
    if read is None and {"image_size", "patch_size"} <= set(config) and "vocab_size" not in config:
        raise keys.error("model_type", "this reads images and writes no text; give the config.json of a text model")
    if read is None and not SOUND.isdisjoint(config):
        raise keys.error("model_type", "this hears or makes sound; give the config.json of a text model")
    if read is None and published.endswith(("_vision", "_vision_model")):
        raise keys.error("model_type", "this reads images and writes no text; give the config.json of a text model")
    if read is None and any(one.endswith(NO_TEXT) for one in kinds.architectures(keys.config)):
        what = named(str(keys.config["architectures"][0]))
        raise keys.error("model_type", f"{what} writes no text; give the config.json of a text model")
    if read is None:
        raise keys.error("model_type", f"this family is not known{_nearly(published)}")
    found = named_by(keys.config.get("architectures"))
    if found is not None and ALIASES.get(found, found) != ALIASES.get(published, published):
        other = named(str(keys.config["architectures"][0]))
        keys.warnings.append(f"architectures is {other}, which is no {published}; counted as {published}")
    model = _headed(replace(read(keys), stated=stated_precision(config)), config, keys)
    if model.n_layers == 1 and "eagle" in f"{name} {config.get('_name_or_path')}".lower():
        model = replace(model, warnings=(*model.warnings, HEAD_OF_EAGLE))
    if "embedding" in f"{name} {config.get('_name_or_path')}".lower() and not model.embedding.tied:
        told = HEAD_OF_EMBEDDER.format(model.embedding.params()["lm_head"])
        model = replace(model, warnings=(*model.warnings, told))
    try:
        return whole(model, config, keys)
    except ConfigError as error:  # a tower that cannot be sized hides no decoder that can
        return replace(model, warnings=(*model.warnings, f"its other parts are not counted: {error}"))


HEAD_OF_EAGLE = (
    "one layer, and EAGLE in its name: this may be a draft head, which reads states of a larger model and borrows its "
    "table and head; counted as a model of its own, as the file says"
)
# Keys that only files of models of sound have (Wav2Vec2, HuBERT, codecs, talkers).
SOUND = frozenset(("audio_channels", "codebook_size", "feat_extract_norm", "num_mel_bins", "sampling_rate"))
# As the index of wenchunchia/MultiModal-Search-Qwen3-VL-Embedding- has it, whose configuration names a whole class.
HEAD_OF_EMBEDDER = (
    "embedding in its name: files of such models often leave the head out, which would be {:,} parameters less; "
    "counted with it, as the file says"
)
# Ends of the names of classes that hear or see and answer with anything but text of their own.
NO_TEXT = (
    *("ForImageClassification", "ForObjectDetection", "ForSemanticSegmentation", "ForDepthEstimation", "ForCTC"),
    *("ForAudioClassification", "ForImageSegmentation", "ForUniversalSegmentation", "ForVideoClassification"),
)
CLASSIFIERS = ("ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering")


def _headed(model: ModelSpec, config: Mapping, keys: Keys) -> ModelSpec:
    """The model with the head that its `architectures` names, where that is none over the vocabulary.

    Source:
        `GenericForSequenceClassification`, `GenericForTokenClassification` and `GenericForQuestionAnswering`,
        transformers 5.24.0, modeling_layers.py: one row for each label (two where the file names none, and for answers
        always), a bias but for whole sequences. A family's base class (`MistralModel`, as many models of embeddings
        are saved) ends with its last norm.
    """
    found = kinds.architectures(keys.config)
    if any(one.endswith("RewardModel") for one in found):
        told = f"{named(found[0])} has a small head of its own; counted with one over the vocabulary"
        return replace(model, warnings=(*model.warnings, told))
    first = next((one for one in found if one.endswith(CLASSIFIERS)), "")
    if not first and found and _is_bare(found[0], config) and not model.embedding.tied:
        told = f"{named(found[0])}: no head over the vocabulary in the files; logits are counted over the token table"
        ends = replace(model.embedding, tied=True, head_bias=False, head_matrix=0)
        return replace(model, embedding=ends, warnings=(*model.warnings, told))
    if not first:
        return model
    n_labels = 2 if first.endswith(CLASSIFIERS[2]) else kinds.n_labels(config)
    ends = model.embedding
    bias = 0 if first.endswith(CLASSIFIERS[0]) else n_labels
    own = replace(
        ends,
        tied=False,
        head_bias=False,
        head_matrix=n_labels * ends.d_model,
        lookup_params=ends.lookup_params + bias,
    )
    told = f"{named(first)}: a head of {n_labels} labels, none over the vocabulary"
    return replace(model, embedding=own, warnings=(*model.warnings, told))


def _is_bare(architecture: str, config: Mapping) -> bool:
    """Whether a class is the base class of its family in the reference, which has no head."""
    family = config.get("model_type")
    if not isinstance(family, str) or not architecture.endswith("Model"):
        return False
    own = bare_name(architecture.removesuffix("Model"))
    return architecture.endswith("BidirectionalModel") or (bool(defaults(family)) and own == bare_name(family))


def reader(family: str) -> Callable[[Keys], ModelSpec] | None:
    """What reads a family's keys; `None` if nothing does."""
    module = next((module for module, names in MODULES.items() if family in names.split()), "dense")
    return _rows(module).get(family)


def families() -> dict[str, str]:
    """Every family that is read, and the module that reads it."""
    return dict(sorted((family, module) for module in (*MODULES, "dense") for family in _rows(module)))


def names() -> list[str]:
    """Every family that is read, without loading what reads it."""
    return [*(name for listed in MODULES.values() for name in listed.split()), *_rows("dense")]


def _rows(module: str) -> dict[str, Callable[[Keys], ModelSpec]]:
    return import_module(f"llmnotes.config.{module}").FAMILIES


def _nearly(published: str) -> str:
    """A family that is the same but for case, dots and dashes: nothing else about a name says what a model is."""
    bare = bare_name(published)
    same = [family for family in (*families(), *ALIASES) if bare_name(family) == bare]
    return f"; did you mean {same[0]}?" if same else f"; {len(families())} are, such as llama and qwen3"
