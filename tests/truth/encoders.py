"""Parameters of encoders and encoder–decoders, as transformers instantiates them on the meta device.

Run with a Python that has torch and transformers: `python tests/truth/encoders.py` writes tests/data/encoders.json.
Nothing here imports llmnotes.
"""

import json
import random
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig

CLASSES = {
    "albert": ("AlbertForMaskedLM", "AlbertModel"),
    "bart": ("BartForConditionalGeneration",),
    "bert": ("BertForMaskedLM", "BertModel"),
    "camembert": ("CamembertForMaskedLM", "CamembertModel"),
    "deberta-v2": ("DebertaV2ForMaskedLM", "DebertaV2Model"),
    "distilbert": ("DistilBertForMaskedLM", "DistilBertModel"),
    "electra": ("ElectraForMaskedLM", "ElectraModel"),
    "ernie": ("ErnieForMaskedLM", "ErnieModel"),
    "m2m_100": ("M2M100ForConditionalGeneration",),
    "marian": ("MarianMTModel",),
    "mbart": ("MBartForConditionalGeneration",),
    "modernbert": ("ModernBertForMaskedLM", "ModernBertModel"),
    "mpnet": ("MPNetForMaskedLM", "MPNetModel"),
    "mt5": ("MT5ForConditionalGeneration",),
    "nomic_bert": ("NomicBertForMaskedLM", "NomicBertModel"),
    "pegasus": ("PegasusForConditionalGeneration",),
    "roberta": ("RobertaForMaskedLM", "RobertaModel"),
    "t5": ("T5ForConditionalGeneration",),
    "umt5": ("UMT5ForConditionalGeneration",),
    "whisper": ("WhisperForConditionalGeneration",),
    "xlm-roberta": ("XLMRobertaForMaskedLM", "XLMRobertaModel"),
    "eurobert": ("EuroBertForMaskedLM", "EuroBertModel"),
    "gte": ("GteForMaskedLM", "GteModel"),
    "jina_embeddings_v3": ("JinaEmbeddingsV3ForMaskedLM", "JinaEmbeddingsV3Model"),
    "longformer": ("LongformerForMaskedLM", "LongformerModel"),
}
LATER = {
    "mt5": ("MT5EncoderModel",),
    "t5": ("T5EncoderModel",),
    "umt5": ("UMT5EncoderModel",),
    "blenderbot": ("BlenderbotForConditionalGeneration",),
    "blenderbot-small": ("BlenderbotSmallForConditionalGeneration",),
    "led": ("LEDForConditionalGeneration",),
    "longt5": ("LongT5ForConditionalGeneration", "LongT5EncoderModel"),
    "mvp": ("MvpForConditionalGeneration",),
    "plbart": ("PLBartForConditionalGeneration",),
    "switch_transformers": ("SwitchTransformersForConditionalGeneration", "SwitchTransformersEncoderModel"),
    "t5gemma": ("T5GemmaForConditionalGeneration",),
}
KEPT = """
vocab_size hidden_size embedding_size dim hidden_dim n_layers n_heads num_hidden_layers num_attention_heads d_model d_kv
d_ff num_layers num_decoder_layers num_heads intermediate_size max_position_embeddings type_vocab_size feed_forward_proj
relative_attention_num_buckets encoder_layers encoder_ffn_dim encoder_attention_heads decoder_layers decoder_ffn_dim
decoder_attention_heads num_mel_bins max_source_positions max_target_positions num_hidden_groups inner_group_num
relative_attention position_buckets norm_rel_ebd share_att_key pos_att_type position_biased_input attention_bias
mlp_bias norm_bias decoder_bias classifier_bias tie_word_embeddings encoder_attention_type num_experts
num_sparse_encoder_layers num_sparse_decoder_layers max_encoder_position_embeddings max_decoder_position_embeddings
""".split()  # noqa: SIM905
FLAGS = ("relative_attention", "share_att_key", "position_biased_input", "attention_bias", "mlp_bias", "norm_bias")


def varied(family: str, config: dict, rng: random.Random) -> dict:
    """Other sizes, other flags, some keys dropped."""
    heads, new = rng.choice((2, 4)), dict(config)
    for key, value in config.items():
        if "heads" in key:
            new[key] = heads
        elif key in ("hidden_size", "dim", "d_model", "embedding_size"):
            new[key] = heads * 8 * rng.randint(1, 6)
        elif key.endswith("layers") or key == "num_hidden_groups":
            new[key] = rng.randint(1, 4)
        elif key == "vocab_size" and family in ("whisper", "modernbert", "eurobert"):
            new[key] = value + rng.randint(1, 99)  # ids of theirs stand in the class
        elif key in ("intermediate_size", "hidden_dim", "d_ff", "vocab_size") or key.endswith("ffn_dim"):
            new[key] = rng.randint(20, 90)
        elif isinstance(value, bool) and rng.random() < 0.4 and key in FLAGS:
            new[key] = not value
    if family == "t5gemma":
        both = {"hidden_size": 16 * heads, "num_attention_heads": heads, "num_key_value_heads": rng.choice((1, heads))}
        both |= {"vocab_size": rng.randint(20, 90), "head_dim": 16, "intermediate_size": rng.randint(20, 90)}
        new |= {side: both | {"num_hidden_layers": rng.randint(1, 5)} for side in ("encoder", "decoder")}
        new["vocab_size"] = both["vocab_size"]
    if "encoder_attention_type" in config:
        new["encoder_attention_type"] = rng.choice(("local", "transient-global"))
    if "feed_forward_proj" in config:
        new["feed_forward_proj"] = rng.choice(("relu", "gated-gelu", "gated-silu"))
    if "relative_attention" in config:
        new |= rng.choice(({}, {"position_buckets": 24, "norm_rel_ebd": "layer_norm", "pos_att_type": "p2c|c2p"}))
    for key in list(new):
        if rng.random() < 0.1 and key not in ("encoder", "decoder"):
            del new[key]
    return new


def main() -> None:
    transformers.logging.set_verbosity_error()
    rng, found = random.Random(20261201), []
    for family, classes in (*CLASSES.items(), *LATER.items()):
        usual = {key: value for key, value in AutoConfig.for_model(family).to_dict().items() if key in KEPT}
        for name in classes:
            for attempt in range(8):
                config = varied(family, usual, rng) if attempt else usual
                try:
                    with torch.device("meta"):
                        model = getattr(transformers, name)(AutoConfig.for_model(family, **config))
                except Exception as error:  # a shape that the reference refuses is no case
                    print(family, type(error).__name__, str(error)[:90])
                    continue
                count = sum(parameter.numel() for parameter in model.parameters())
                full = {"model_type": family, "architectures": [name], **config}
                found.append({"id": f"{name}-{attempt}", "config": full, "total": count})
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in found)
    path = Path(__file__).parents[1] / "data" / "encoders.json"
    path.write_text(json.dumps({"versions": versions})[:-1] + f', "cases": [\n{lines}\n]}}\n', encoding="utf-8")
    print(len(found), "cases")


if __name__ == "__main__":
    main()
