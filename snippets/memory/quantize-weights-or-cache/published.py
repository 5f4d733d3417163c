"""What others measured of quality: weights and cache in llama.cpp on one model, and caches of fewer than eight bits."""

from llmnotes.quantities import number, share

PERPLEXITY = "https://github.com/ggml-org/llama.cpp/pull/6936"
CACHE = "https://github.com/ggml-org/llama.cpp/pull/7412"
ROTATED = "https://github.com/ikawrakow/ik_llama.cpp/pull/1034"
FP4 = "https://github.com/sgl-project/sglang/pull/36172"
KIVI = "https://github.com/jy-yuan/KIVI/blob/6ceef73/docs/long_bench.md"
BIASED = "https://github.com/ggml-org/llama.cpp/issues/21385"
SINKS = "https://github.com/TheTom/llama-cpp-turboquant/issues/305"
# --8<-- [start:reported]
# Mean divergence (Kullback-Leibler) from the model in f16, WikiText-2, Llama 3 8B.
WEIGHTS = {"q8_0": 0.001355, "q6_k": 0.005452, "q5_k_m": 0.010762, "q4_k_m": 0.031273, "q3_k_m": 0.101913}
BOTH = {"q8_0": 0.000980, "none": 0.000189}
KEYS = {"plain": 10.5681, "q8_0": 10.5727, "q4_0": 11.7625, "turned": 10.6654}  # perplexity, Qwen3 30B-A3B
GSM8K = {"plain": 0.9117, "fp4": 0.8896, "turned": 0.9041}  # Qwen3 8B
LONG = {  # mean of LongBench: 16, 2 and 4 bits
    "mistral": {"plain": 43.54, "two": 42.43, "four": 43.53},
    "longchat": {"plain": 38.72, "two": 38.30, "four": 38.79},
}
# PassageRetrieval of LongBench: 16, 2 and 4 bits, from the same tables.
FOUND = {
    "mistral": {"plain": 89.33, "two": 80.83, "four": 89.42},
    "longchat": {"plain": 30.50, "two": 32.25, "four": 31.50},
}
OSS = 0.749  # gpt-oss-20b with a cache in q8_0: positions whose most likely token stays
QWEN25 = {"plain": 7.52, "three": 9_410}  # perplexity, keys and values in 3 bits after a rotation


# --8<-- [end:reported]


# --8<-- [start:compute]
def compute():
    def said(values, source, tag=number):
        return tag(values, kind="reported", source=source)

    return {
        "weights": said(WEIGHTS, PERPLEXITY),
        "cache": said(BOTH, CACHE),
        "keys": said(KEYS, ROTATED),
        "keys_more": said({key: KEYS[key] / KEYS["plain"] - 1 for key in ("q4_0", "turned")}, ROTATED, share),
        "gsm8k": said(GSM8K, FP4, share),
        "long": {key: said(scores, KIVI) for key, scores in LONG.items()},
        "found": {key: said(scores, KIVI) for key, scores in FOUND.items()},
        "q3_more": said(WEIGHTS["q3_k_m"] - WEIGHTS["q4_k_m"], PERPLEXITY),
        "oss_same": said(OSS, SINKS, share),
        "qwen25": said(QWEN25, BIASED),
    }


# --8<-- [end:compute]
