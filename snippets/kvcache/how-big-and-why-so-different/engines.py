"""One sequence of 131,072 tokens: what the architecture needs, and what four engines set aside for it."""

from llmnotes import kv_cache, load_model, registry
from llmnotes.engines import ENGINES, VERSIONS, allocate
from llmnotes.figures import grouped_bars, label, name
from llmnotes.quantities import bytes_of, count, ratio

N_TOKENS = 131_072
MODELS = {"llama8": "llama-3.1-8b", "gemma": "gemma-3-27b", "oss": "gpt-oss-120b"}
TITLES = {"llama.cpp": "llama.cpp", "vllm": "vLLM", "sglang": "SGLang", "tensorrt-llm": "TensorRT-LLM"}


# --8<-- [start:compute]
def row(model_id):
    model = load_model(model_id)
    held = kv_cache(model, N_TOKENS)
    set_aside = {engine: allocate(model, engine=engine, n_tokens=N_TOKENS) for engine in ENGINES}
    sizes = {engine: found.bytes_of("cache", "state") for engine, found in set_aside.items()}
    return {
        "name": model.name,
        "ideal": bytes_of(held.ideal_bytes),
        "full": bytes_of(held.reserved_bytes),
        **bytes_of(sizes),
    }


def compute():
    all_models = [kv_cache(load_model(model_id), N_TOKENS) for model_id in registry.model_ids()]
    rows = {key: row(model_id) for key, model_id in MODELS.items()}
    return {
        **rows,
        "versions": VERSIONS,
        "n_models": count(len(all_models)),
        "n_apart": count(sum(held.reserved_bytes > held.ideal_bytes for held in all_models)),
        "overshoot": ratio(rows["gemma"]["full"].value / rows["gemma"]["ideal"].value),
    }


# --8<-- [end:compute]


def draw(result):
    names = {"ideal": label(zh="理想", en="ideal")}
    names |= {engine: f"{TITLES[engine]} {version}" for engine, version in result["versions"].items()}
    rows = {name(result[key]["name"]): result[key] for key in MODELS}
    values = {title: {names[who]: one[who] for who in names} for title, one in rows.items()}
    return grouped_bars(values, x="kv-cache", rows="model", height=470)
