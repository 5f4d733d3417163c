"""The claims of the page by verdict, and what the registry says of those that are not about cost."""

from llmnotes import count_params, from_config, kv_cache, registry
from llmnotes.claims import VERDICTS, load_claims
from llmnotes.equations.training import training_flops_6nd
from llmnotes.quantities import bytes_of, count, flops, ratio, share, tokens

PAGE = "audit/which-claims-are-wrong"
LONG = 131_072


# --8<-- [start:compute]
def compute():
    here = [claim for claim in load_claims().values() if claim.page == PAGE]
    judged = {verdict: sum(claim.verdict == verdict for claim in here) for verdict in VERDICTS}
    return {
        "n_claims": count(len(here)),
        "n": count(judged),
        **of_counts(),
        **of_contexts(),
        **of_caches(),
    }


def total(model_id):
    return count_params(registry.find(model_id).spec).total


def of_counts():
    gpt3, before, after = count_params(registry.find("gpt3-175b").spec), total("deepseek-v3"), total("deepseek-v3.2")
    positions = gpt3.components["embedding_position"]
    mistral = dict(registry.find("mistral-7b-v0.1").config)
    wider = count_params(from_config(mistral | {"sliding_window": 2 * mistral["sliding_window"]})).total
    frame = registry.find("mixtral-8x7b").config
    tied = count_params(registry.find("llama-3.2-1b").spec).components["embedding_token"]
    alike = {"llama2": "llama-2-7b", "llama3": "llama-3-8b", "mixtral8x7b": "mixtral-8x7b"}
    return {
        "gpt3": count(gpt3.total),
        "gpt3_positions": count(positions),
        "gpt3_positions_share": share(positions / gpt3.total),
        "tied": count(tied),
        "chinchilla": flops(training_flops_6nd(n_params=70e9, n_tokens=1.4e12)),
        "gopher": flops(5.76e23, kind="reported", source="https://arxiv.org/abs/2203.15556"),  # read in two quotations
        "indexer": count(after - before),
        "indexer_share": share((after - before) / before),
        "window_change": count(wider - total("mistral-7b-v0.1")),
        "frame": count({"layers": frame["num_hidden_layers"], "width": frame["hidden_size"]})
        | count({name: total(model_id) for name, model_id in alike.items()}),
        "params_ratio": ratio(before / total("llama-3.1-70b")),
    }


def of_contexts():
    entries = {model_id: registry.find(model_id) for model_id in registry.model_ids()}
    claimed = {model_id: entry.context_advertised or 0 for model_id, entry in entries.items()}
    measured = [entry for entry in entries.values() if entry.context_effective]
    long = [model_id for model_id in entries if claimed[model_id] >= LONG]
    smallest = min(long, key=total)
    gpt4 = registry.find_price("gpt-4-turbo")
    window, answer = gpt4.context_advertised or 0, gpt4.output_limit or 0
    effective = {"small": "qwen3-4b", "large": "mistral-large-2407"}
    return {
        **count({"window": window, "answer": answer, "prompt": window - answer}),
        "n_measured": count(len(measured)),
        "n_shorter": count(sum((one.context_effective or 0) < (one.context_advertised or 0) for one in measured)),
        "n_long": count(sum(n_tokens >= 128_000 for n_tokens in claimed.values())),
        "n_million": count(sum(n_tokens >= 1_000_000 for n_tokens in claimed.values())),
        "n_claimed": count(sum(n_tokens > 0 for n_tokens in claimed.values())),
        **{f"{name}_effective": tokens(entries[m].context_effective) for name, m in effective.items()},
        **{f"{name}_params": count(total(m)) for name, m in effective.items()},
        "long": tokens(LONG),
        "smallest": entries[smallest].name,
        "smallest_params": count(total(smallest)),
        "glm": count({"before": total("glm-5"), "after": total("glm-5.2")})
        | count({"short": claimed["glm-5"], "long": claimed["glm-5.2"]}),
    }


def of_caches():
    ids = {"gpt3": "gpt3-175b", "llama": "llama-3.1-70b", "deepseek": "deepseek-v3"}
    return {"cache": bytes_of({name: kv_cache(registry.find(m).spec, LONG).ideal_bytes for name, m in ids.items()})}


# --8<-- [end:compute]
