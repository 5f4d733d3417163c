"""Measure configurations with another implementation: the source of `tests/data/cases*.json`.

    pip install -e '.[truth]'
    python tests/truth/regenerate.py                                 # everything, on the newest reference
    python tests/truth/regenerate.py shapes.json cases-more.json     # [{"id": …, "config": {…}}, …] -> measured cases

Each shape is instantiated by transformers (small ones on the CPU in float32, published ones on the meta device in
bfloat16 unless the shape names its `dtype`) and *measured*: unique parameters by component, FLOPs as torch counts them
while it runs, tensors that the cache holds. Nothing here knows a formula of ours, and the package never imports this
file.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import absent
import reference
import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig, AutoModelForCausalLM

SMALL = 50_000_000  # parameters up to which a shape is held in memory and run for its numbers
RANDOM_LENGTHS, PUBLISHED_LENGTHS = (5, 40), (2048,)

N_EXPERTS = ("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts")
TOP_K = ("num_experts_per_tok", "moe_topk", "moe_k", "top_k_experts", "moe_top_k")

# First match wins: what a parameter belongs to, by its name in the published modelling code, `Class:` before it.
COMPONENTS = (
    ("other", r"_hc\.|\.hc_head\.|residual_scale\b|hyper_connection\.(input_mix|block_inject)|\.ple\.(?!norm)"),
    ("mixer_recurrent", r"_sconv\."),
    ("embedding_position", r"(wpe|embed_positions|positions_embed|position_embeddings)\."),
    ("norm_mla_latent", r"(q_a|kv_a)_(layer)?norm|(q_a|kv_a)_proj_norm"),
    ("norm_qk", r"(q|k|query|key)_(layer)?norms?\b|\.(query|key)_layernorm"),
    ("attention", r"self_attention\.experts\.bias"),
    ("experts_shared", r"shared_(expert|mlp|head_gate)|\.shared_experts?\b|CDMoE:.*_proj\b"),
    ("experts_routed", r"\bmlp\.(input|output)_linear|(down|up)_embed\."),
    (
        "router",
        r"(mlp|moe|feed_forward|block_sparse_moe|mixer)\.(gate|router)\b(?!_)|\.router\.|router_gate|expert_bias",
    ),
    ("experts_routed", r"\.experts\."),
    ("attention", r"norm_attn_norm\.attn\."),
    ("norm", r"norm|\.ln_|layernorm|\.ln\d?\b|pre_ln\."),
    ("mlp", r"mlp|feed_forward|fc[12]\b|ffn|fc[12]_latent"),
)
# What is left is told apart by the class of the module that holds it: families reuse one name for both kinds.
MIXERS = (
    (
        "mixer_recurrent",
        r"Mamba|Mixer|Lightning|RecurrentBlock|RgLru|Delta|(?<!Kimi)LinearAttention|ShortConv|RwkvSelf|xLSTMLayer",
    ),
    ("attention", r"Attention|Attn|MLA"),
    ("mlp", r"MLP"),
)


def component(model, name: str) -> str:
    """The component a parameter counts towards."""
    parts = name.split(".")
    holder = type(model.get_submodule(".".join(parts[:-2]))).__name__
    for which, pattern in COMPONENTS:
        if re.search(pattern, f"{holder}:{name}"):
            return which
    owners = [type(model.get_submodule(".".join(parts[:depth]))).__name__ for depth in range(len(parts) - 1, 0, -1)]
    for owner in owners:
        for which, pattern in MIXERS:
            if re.search(pattern, owner):
                return which
    return "other"


def measure_params(model) -> dict:
    """Unique parameters by component: a tied head counts once, buffers do not count."""
    table = model.get_input_embeddings().weight
    head = model.get_output_embeddings()
    counts: Counter[str] = Counter()
    seen: set[int] = set()
    for name, weight in model.named_parameters(remove_duplicate=True):
        if id(weight) in seen:
            continue
        seen.add(id(weight))
        if weight is table:
            counts["embedding_token"] += weight.numel()
        elif head is not None and any(weight is part for part in head.parameters()):
            counts["lm_head"] += weight.numel()
        else:
            counts[component(model, name)] += weight.numel()
    return {
        "total": sum(counts.values()),
        "components": dict(counts),
        "tied": head is not None and head.weight is table,
    }


def measure_flops(model, tokens, cache: dict | None = None) -> tuple[dict, dict]:
    """FLOPs of one pass as torch counts them, and the cache it returns, by the name under which it is handed back."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = model(tokens, use_cache=True, **(cache or {}))
    by_op = {str(op).split(".")[-1]: n for op, n in counter.get_flop_counts()["Global"].items()}
    kept = {name: out[name] for name in ("past_key_values", "cache_params", "state") if out.get(name) is not None}
    return {"flops": counter.get_total_flops(), "by_op": by_op}, kept


def measure_passes(model, device: str, lengths: tuple[int, ...], windows: list[int | None]) -> dict:
    """FLOPs of prompts and of a decode step, and what the cache holds after each prompt."""
    flops, held = [], []
    for n in lengths:
        tokens = torch.ones((1, n), dtype=torch.long, device=device)
        counted, cache = measure_flops(model, tokens)
        flops.append({"phase": "prefill", "n": n, **counted, "logits_positions": n})
        if cache:
            held.append(measure_cache(cache, n, windows))
            if n == lengths[-1]:
                counted, _ = measure_flops(model, tokens[:, :1], cache)
                flops.append({"phase": "decode", "n": n, **counted, "logits_positions": 1})
    return {"flops": flops, "kv": held}


def tensors_of(cache) -> list[tuple[str, torch.Tensor]]:
    """Every floating tensor that a cache holds, found by looking, each once."""
    found: dict[int, tuple[str, torch.Tensor]] = {}
    todo: list[tuple[str, object]] = [("cache", cache)]
    visited: set[int] = set()
    while todo:
        name, value = todo.pop()
        if id(value) in visited:
            continue
        visited.add(id(value))
        if isinstance(value, torch.Tensor):
            if value.is_floating_point() and value.numel():
                found[id(value)] = (name, value)
        elif isinstance(value, dict):
            todo += [(name if isinstance(key, int) else str(key), item) for key, item in value.items()]
        elif isinstance(value, list | tuple):
            todo += [(name, item) for item in value]
        elif hasattr(value, "__dict__") and type(value).__module__.startswith("transformers"):
            todo += list(vars(value).items())
    return list(found.values())


def measure_cache(cache, n: int, windows: list[int | None]) -> dict:
    """Bytes held. `bytes_nominal` lets windowed layers hold their whole window: the library keeps one token less."""
    tensors = tensors_of(cache)
    size = sum(tensor.numel() * tensor.element_size() for _, tensor in tensors)
    short = {window - 1: window for window in windows if window and n >= window}
    nominal = 0
    for name, tensor in tensors:
        length = tensor.shape[-2] if name in ("keys", "values") and tensor.dim() == 4 else 0
        per_token = tensor.numel() * tensor.element_size() // length if length else 0
        grown = short.get(length, length) if length != n else length
        nominal += per_token * grown if length else tensor.numel() * tensor.element_size()
    shapes = Counter((name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")) for name, tensor in tensors)
    rows = [{"name": name, "shape": [*shape], "dtype": dtype, "count": k} for (name, shape, dtype), k in shapes.items()]
    return {"n": n, "bytes": size, "bytes_nominal": nominal, "tensors": rows}


def measure(shape: dict) -> dict:
    """One case."""
    given = dict(shape["config"])
    config = AutoConfig.for_model(given.pop("model_type"), **given)
    with torch.device("meta"):
        model = _model(config, getattr(torch, shape.get("dtype", "bfloat16")))
    small = sum(weight.numel() for weight in model.parameters()) <= SMALL
    device, lengths = ("cpu", RANDOM_LENGTHS) if small else ("meta", PUBLISHED_LENGTHS)
    if small:
        torch.manual_seed(0)
        model = _model(config, torch.float32)
    model.eval().requires_grad_(False)
    longest = getattr(config, "max_position_embeddings", None) or max(lengths)
    lengths = tuple(min(n, longest) for n in lengths)
    windows = [
        getattr(config, name, None) for name in ("sliding_window", "attention_chunk_size", "attention_window_size")
    ]
    try:
        passes = measure_passes(model, device, lengths, windows)
    except (NotImplementedError, RuntimeError) as error:  # a router that sorts tokens needs numbers; meta has none
        if small:
            raise
        passes = {"flops": [], "kv": [], "not_run": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
    return {
        "id": shape["id"],
        "kind": "random" if small else "real",
        "family": shape["config"]["model_type"],
        "model_type": shape["config"]["model_type"],
        "config": shape["config"],
        "params": measure_params(model) | _moe(shape, model),
        **passes,
        **{key: shape[key] for key in ("source", "dtype") if key in shape},
    }


class Headed(torch.nn.Module):
    """A text model that the reference has only within a multimodal one, with the head that it is given there."""

    def __init__(self, model, config, dtype):
        super().__init__()
        self.model, self.config = model, config
        self.lm_head = torch.nn.Linear(config.hidden_size, config.vocab_size, bias=False, dtype=dtype)
        if config.tie_word_embeddings:
            self.lm_head.weight = model.get_input_embeddings().weight
        self.get_input_embeddings, self.get_output_embeddings = model.get_input_embeddings, lambda: self.lm_head

    def forward(self, tokens, use_cache, past_key_values=None, cache=None):
        """The pass, and logits of all positions."""
        out = self.model(tokens, use_cache=use_cache, cache=past_key_values or cache)
        self.lm_head(out.last_hidden_state)
        return {"past_key_values": out.cache}


def _model(config, dtype):
    how = {"dtype": dtype, "attn_implementation": "eager", "experts_implementation": "batched_mm"}
    # A few text models are listed only as a part of their multimodal one.
    alone = getattr(transformers, type(config).__name__.replace("Config", "ForCausalLM"), None)
    if alone is None and type(config) not in AutoModelForCausalLM._model_mapping:
        text = getattr(transformers, type(config).__name__.replace("Config", "Model"))
        return Headed(text._from_config(config, **how), config, dtype)
    return alone._from_config(config, **how) if alone else AutoModelForCausalLM.from_config(config, **how)


def _moe(shape: dict, model) -> dict:
    config = shape["config"] | shape["config"].get("ffn_config", {})
    n_experts = next((config[k] for k in N_EXPERTS if config.get(k)), 0)
    top_k = next((config[k] for k in TOP_K if config.get(k)), 0)
    counted = measure_params(model)
    routed = counted["components"].get("experts_routed", 0)
    if not n_experts or not top_k or not routed:
        return {}
    active = counted["total"] - routed * (n_experts - top_k) // n_experts
    unlooked = 0 if counted["tied"] else counted["components"]["embedding_token"]
    moe = {"num_experts": n_experts, "top_k": top_k, "active": active, "active_excl_token_embedding": active - unlooked}
    return {"moe": moe}


def main(source: str, target: str) -> None:
    """Measure every shape of a file; what cannot be measured is said and left out."""
    cases = []
    for shape in json.loads(Path(source).read_text()):
        try:
            cases.append(measure(shape))
            print(f"{shape['id']}: {cases[-1]['params']['total']:,} parameters")
        except Exception as error:  # one family that a library release breaks must not lose the others
            print(f"{shape['id']}: left out: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    rows = ",\n".join(json.dumps(case) for case in cases)
    Path(target).write_text(f'{{"versions": {json.dumps(versions)},\n"cases": [\n{rows}\n]}}\n')


def everything() -> None:
    """Defaults and families of the reference, what it builds where keys are absent, and every case measured again."""
    reference.write()
    absent.write(sorted(reference.MAPPINGS["causal"]), sorted(reference.MAPPINGS["image-text"]))
    for file in sorted(absent.DATA.glob("cases*.json")):
        held = json.loads(file.read_text())
        versions = {"torch": torch.__version__, "transformers": transformers.__version__}
        cases = []
        for case in held["cases"]:
            try:
                again = measure(case | {"config": case["config"] | {"model_type": case["family"]}})
            except Exception as error:  # a release that breaks one family must not lose the others
                print(f"{case['id']}: kept as it was: {type(error).__name__}: {str(error).splitlines()[0]}")
                again = {}
            if again and again["params"]["total"] != case["params"]["total"]:
                print(f"{case['id']}: {case['params']['total']:,} parameters, now {again['params']['total']:,}")
            cases.append(case | {key: again[key] for key in ("params", "flops", "kv") if again.get(key)})
        rows = ",\n".join(json.dumps(case) for case in cases)
        head = {name: value for name, value in held.items() if name not in ("cases", "versions")}
        told = "".join(f"{json.dumps(name)}: {json.dumps(value)},\n" for name, value in head.items())
        file.write_text(f'{{"versions": {json.dumps(versions)},\n{told}"cases": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else everything()
