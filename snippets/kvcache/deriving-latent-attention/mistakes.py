"""Ways to get MLA's cache wrong that people published, each beside the right number; the reported tools recomputed."""

from typing import Any

from llmnotes import load_model
from llmnotes.equations import kvcache
from llmnotes.quantities import bytes_of, count, ratio, tokens

ASKED, ASKED_BITS = 65_536, 4
# gguf-parser-go, issue 8: GiB of DeepSeek-V3 Q4_K_M at 65,536 tokens and at one.
REPORTED_GIB = (697.66, 376.57)
SOURCE = "https://github.com/gpustack/gguf-parser-go/issues/8"


# --8<-- [start:compute]
def compute():
    model = load_model("deepseek-v3")
    mixer: Any = model.layers[0].mixer
    rank, rotary, layers = mixer.kv_lora_rank, mixer.qk_rope_head_dim, model.n_layers
    own = kvcache.latent_elements_per_token(kv_lora_rank=rank, qk_rope_head_dim=rotary)
    full = kvcache.expanded_elements_per_token(
        n_heads=mixer.n_heads,
        qk_nope_head_dim=mixer.qk_nope_head_dim,
        qk_rope_head_dim=rotary,
        v_head_dim=mixer.v_head_dim,
    )

    def held(elements, bits=16, n_tokens=1):
        return bytes_of(kvcache.cached_bytes(elements=elements * n_tokens, bits=bits))

    reported = (REPORTED_GIB[0] - REPORTED_GIB[1]) * 2**30
    return {
        "asked": tokens(ASKED),
        "asked_bits": count(ASKED_BITS),
        "right": held(layers * own),
        "two_latents": held(layers * 2 * rank),
        "two_latents_factor": ratio(2 * rank / own),
        "key_and_value": count(own + rank),
        "key_and_value_factor": ratio((own + rank) / own),
        "one_layer": held(own, ASKED_BITS, ASKED),
        "all_layers": held(layers * own, ASKED_BITS, ASKED),
        "expanded": held(layers * full, 16, ASKED),
        "tool": bytes_of(reported, kind="reported", source=SOURCE),
    }


# --8<-- [end:compute]
