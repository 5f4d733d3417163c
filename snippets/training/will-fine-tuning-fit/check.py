"""Peaks of memory that others published or measured, beside what the parts add up to; nothing is fitted to them."""

from llmnotes import count_params, fine_tuning, from_config, load_model
from llmnotes.equations.training import adapter_params
from llmnotes.figures import label, lines
from llmnotes.finetuning import layer_elements
from llmnotes.quantities import bytes_of, count, number, ratio, share
from llmnotes.quantities import tokens as tokens_of
from llmnotes.units import GIB

LOMO = "https://arxiv.org/abs/2306.09782"
TORCHTUNE = "https://github.com/pytorch/torchtune/blob/0031bfb/README.md"
UNSLOTH = "https://unsloth.ai/docs/get-started/fine-tuning-for-beginners/unsloth-requirements"
QWEN = "https://github.com/QwenLM/Qwen/blob/03cd81f/README.md"
FACTORY = "https://github.com/hiyouga/LLaMA-Factory/wiki/Performance-comparison"
TUNE = {"n_tokens": 2048, "batch_size": 2, "rank": 8, "optimizer": "adamw-bf16", "fused_loss": True}
# Model, method, settings, and the peak in GB of 2**30 as its source prints it.
# --8<-- [start:published]
PEAKS = {
    "lomo": ("llama-2-7b", "full", {"n_tokens": 512, "batch_size": 8}, 102.20, LOMO),
    "lomo_sgd": ("llama-2-7b", "full", {"n_tokens": 512, "batch_size": 8, "optimizer": "sgd"}, 51.99, LOMO),
    "tune_lora": ("llama-3.1-8b", "lora", TUNE, 16.2, TORCHTUNE),
    "tune_qlora": ("llama-3.1-8b", "qlora", TUNE, 7.4, TORCHTUNE),
    "unsloth_8b": ("llama-3.1-8b", "qlora", {"n_tokens": 512, "fused_loss": True}, 6, UNSLOTH),
    "unsloth_70b": ("llama-3.3-70b", "qlora", {"n_tokens": 512, "fused_loss": True}, 41, UNSLOTH),
    "qwen_short": ("qwen1.5-7b", "lora", {"n_tokens": 1024, "rank": 64}, 21.5, QWEN),
    "qwen_long": ("qwen1.5-7b", "lora", {"n_tokens": 8192, "rank": 64}, 36.6, QWEN),
}
# LLaMA-Factory, Llama 2 7B in 4 bits, rank 8 on all modules, whole GB: with FlashAttention-2, and with Unsloth's loss.
GROWTH = {1024: (6, 5), 2048: (7, 6), 4096: (9, 7), 8192: (12, 8), 16_384: (19, 10), 32_768: (32, 16)}
# Peak of output head and loss beside their inputs, transformers' own loss, RTX A2000: tokens, vocabulary, GiB.
HEAD = (4_096, 151_936, 8.1143)
# --8<-- [end:published]
# tests/truth/kept.py on a tiny Llama, 2026-12-01: torch 2.14.1 (CPU), transformers 5.24.0, peft 0.21.2, eager, bfloat16.
KEPT = {"eager": 11_048, "checkpointing": 512, "adapters": 16_776, "two_adapters": 9_704}
TINY = {
    "model_type": "llama",
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "head_dim": 32,
    "num_key_value_heads": 2,
    "intermediate_size": 704,
    "vocab_size": 1000,
    "max_position_embeddings": 2048,
}


RECEIPT = "https://github.com/pjordanandrsn/experts4bit-qlora/blob/f1c8451/bench/chunked-lm-loss/receipts/lm_head_loss_a2000.json"
LORA = "https://arxiv.org/abs/2106.09685"
PAPER = "https://arxiv.org/abs/2305.14314"
HEADS, GPT3_WIDTH, GPT3_LAYERS = ("q_proj", "v_proj"), 12_288, 96


# --8<-- [start:compute]
def row(model_id, method, settings, published, source):
    found = fine_tuning(load_model(model_id), method, **settings).total_bytes
    return {
        "published": bytes_of(published * GIB, kind="reported", source=source),
        "computed": bytes_of(found),
        "ratio": ratio(found / (published * GIB)),
    }


def compute():
    def grown(fused):
        model = load_model("llama-2-7b")
        return [fine_tuning(model, "qlora", n_tokens=n, rank=8, fused_loss=fused).total_bytes for n in GROWTH]

    stored, pieces = grown(False), grown(True)
    kept = 2 * layer_elements(from_config(TINY))[0][0]
    return {
        **{key: row(*case) for key, case in PEAKS.items()},
        "lengths": tokens_of([*GROWTH]),
        "flash": bytes_of([whole * GIB for whole, _ in GROWTH.values()], kind="reported", source=FACTORY),
        "unsloth": bytes_of([pieces * GIB for _, pieces in GROWTH.values()], kind="reported", source=FACTORY),
        "stored": bytes_of(stored),
        "pieces": bytes_of(pieces),
        "stored_share": share(stored[-1] / (GROWTH[32_768][0] * GIB)),
        "kept": {**bytes_of(KEPT, kind="measured"), "counted": bytes_of(kept)},
        "kept_over": ratio(KEPT["eager"] / kept, kind="measured"),
        "adapters_over": ratio(KEPT["adapters"] / KEPT["eager"], kind="measured"),
        **papers(),
    }


def papers():
    """What the papers on QLoRA and LoRA print, and torchtune's tutorial, each beside its count."""
    pair = adapter_params(rank=1, rows=GPT3_WIDTH, columns=GPT3_WIDTH)
    llama = load_model("llama-2-7b")
    n_tokens, vocab_size, peak = HEAD
    unchecked = fine_tuning(llama, "full", n_tokens=512, batch_size=8, checkpointing=False)
    return {
        "paper_weights": bytes_of(5048e6, kind="reported", source=PAPER),
        "nf4_weights": bytes_of(fine_tuning(llama, "qlora", n_tokens=1).parts[0].bytes),
        "head_peak": bytes_of(peak * GIB, kind="reported", source=RECEIPT),
        "head_each": number(peak * GIB / (n_tokens * vocab_size), kind="reported", source=RECEIPT),
        "paper_drop": ratio(567 / 18, kind="reported", source=PAPER),
        "llama_layers": count(llama.n_layers),
        "gpt3_frozen": bytes_of(fine_tuning(load_model("gpt3-175b"), n_tokens=1).parts[0].bytes),
        "gpt3_each": number(1.2e12 / count_params(load_model("gpt3-175b")).total, kind="reported", source=LORA),
        "lomo_kept": bytes_of(sum(part.bytes for part in unchecked.parts[-2:])),
        "gpt3_one": count(2 * GPT3_LAYERS * pair),
        "gpt3_eight": count(8 * 2 * GPT3_LAYERS * pair),
        "tune_adapter": count(fine_tuning(llama, n_tokens=1, rank=8, targets=HEADS).n_params),
    }


# --8<-- [end:compute]


def draw(result):
    curves = {
        label(zh="公布：FlashAttention-2", en="published: FlashAttention-2"): result["flash"],
        label(zh="算出：存下 logits", en="computed: logits stored"): result["stored"],
        label(zh="公布：Unsloth", en="published: Unsloth"): result["unsloth"],
        label(zh="算出：损失分块", en="computed: chunked loss"): result["pieces"],
    }
    return lines(
        result["lengths"],
        curves,
        x=label(zh="一个序列的长度", en="length of a sequence"),
        y="memory",
        log="x",
        key=True,
    )
