# ---
# title: "Size your own model: what do its files say about memory and speed?"
# description: From a config.json to parameters, bytes of weights, cache, what fits a card and a bound on the speed, each first by hand and then by the package; with a challenge that code checks.
# tags: [lab, size my own model, notebook, hands-on parameter count]
# translation_of: zh
# source_hash: sha-0eca4f92fee1
# ---

# %% [markdown]
# # Size your own model: what do its files say about memory and speed?
#
# **Apart from the card and what an engine keeps free on it, all you need to know is in a model's `config.json`: Qwen3 8B in [bf16](../glossary.md#bf16) takes {{room.bf16_weights}} of weights and leaves room for {{room.bf16_longest}} [tokens](../glossary.md#token) on a {{room.chip}}.** You will work that out from the file in five steps, each by hand in a few lines and then by the package, which must give the very same number. At the end you size a model with another architecture yourself, and code checks your answer.
#
# [The primer](../question/in-ten-minutes.md) explains keys and values, [Will it fit my GPU?](../memory/will-it-fit.md) what a card has to hold. Every cell below ran when this page was built, and stops the build where an `assert` fails. To run them yourself, take the notebook from the end of this page; it needs the [package](../calculate.md).
#
# ## The file { #model }
#
# These are the keys of the published [config.json](https://huggingface.co/Qwen/Qwen3-8B/blob/main/config.json) that count; what they mean is in the [cheat sheet](../cheatsheet.md). Put the path of your own file into `OWN`. The steps by hand hold for dense models of the Llama kind (Llama, Mistral, Qwen3). For another, an `assert` stops you at the first step that is counted differently, and the package still counts it.

# %%
import io
import json
from math import prod
from pathlib import Path

import llmnotes as ln

OWN = ""  # the path of your own config.json
QWEN3_8B = """{
  "model_type": "qwen3",
  "hidden_size": 4096,
  "num_hidden_layers": 36,
  "num_attention_heads": 32,
  "num_key_value_heads": 8,
  "head_dim": 128,
  "intermediate_size": 12288,
  "vocab_size": 151936,
  "tie_word_embeddings": false,
  "max_position_embeddings": 40960,
  "torch_dtype": "bfloat16"
}"""
config = json.loads(Path(OWN).read_text() if OWN else QWEN3_8B)
model = ln.from_config(config)
print(f"{len(config)} keys, {model.n_layers} layers")

# %% [markdown]
# ## Parameters { #params }
#
# A layer holds four matrices of attention, three of the feed-forward block, and norms. Queries and output are as wide as all query heads together, keys and values only as wide as the KV heads. Qwen3 also norms each query and each key, one gain for each number of a head. Outside the layers there are a last norm and two tables, one to look tokens up and one to score them, unless `tie_word_embeddings` makes them one.

# %%
d, d_ff = config["hidden_size"], config["intermediate_size"]
n_heads = config["num_attention_heads"]
n_kv_heads = config.get("num_key_value_heads") or n_heads
head_dim = config.get("head_dim") or d // n_heads
n_layers = config["num_hidden_layers"]

query = output = d * n_heads * head_dim
key = value = d * n_kv_heads * head_dim
attention = query + key + value + output
feed_forward = 3 * d * d_ff
norms = 2 * d + (2 * head_dim if config["model_type"] == "qwen3" else 0)
table = config["vocab_size"] * d
tied = config.get("tie_word_embeddings", False)
tables = table if tied else 2 * table

n_params = n_layers * (attention + feed_forward + norms) + d + tables
print(f"one layer  {attention + feed_forward + norms:>13,}")
print(f"tables     {tables:>13,}")
print(f"parameters {n_params:>13,}")
assert n_params == ln.count_params(model).total

# %% [markdown]
# ## Bytes of the weights { #weights }
#
# In bf16 a number takes two bytes. Weights that come in several files have an index beside them, `model.safetensors.index.json`, and its `total_size` is the sum of all tensors. The one [published with Qwen3 8B](https://huggingface.co/Qwen/Qwen3-8B/blob/main/model.safetensors.index.json) says the same as our count.

# %%
from llmnotes.weights.sizes import stored_weights

INDEX = """{"metadata": {"total_size": 16381470720}}"""
n_bytes = 2 * n_params
print(f"{n_bytes:,} bytes, {n_bytes / 2**30:.2f} GiB")
assert n_bytes == stored_weights(model).checkpoint_bytes
if not OWN:
    assert n_bytes == json.loads(INDEX)["metadata"]["total_size"]

# %% [markdown]
# Without an index, read the weight file itself. A safetensors file begins with eight bytes that say how long its header is; the header is JSON and names type, shape and place of every tensor. You need not load a single weight. Here such a file is written in memory first, so that the cell runs for everybody.

# %%
from llmnotes.headers.safetensors import read_safetensors

shapes = {
    "model.norm.weight": [48],
    "model.embed_tokens.weight": [101, 48],
    "lm_head.weight": [101, 48],
}
header, end = {}, 0
for name, shape in shapes.items():
    begin, end = end, end + 2 * prod(shape)
    header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, end]}
text = json.dumps(header).encode()
file = io.BytesIO(len(text).to_bytes(8, "little") + text + bytes(end))

# From here on, as with any file: open(path, "rb") instead of the above.
length = int.from_bytes(file.read(8), "little")
found = json.loads(file.read(length))
found.pop("__metadata__", None)
held = sum(one["data_offsets"][1] - one["data_offsets"][0] for one in found.values())
print(f"{len(found)} tensors, {held:,} bytes of data, read {8 + length} bytes")

size = file.seek(0, 2)
file.seek(0)
assert held == read_safetensors(file, size, "a tiny file").n_bytes

# %% [markdown]
# A GGUF file carries its header in a binary form of its own, and there the shape of the model is included: `ln.from_config("model.gguf")` reads it, and no `config.json` is needed.
#
# How large would the model be in another format? In Q8_0, {{room.block}} numbers share one scale of {{room.scale_bits}} bits, which makes {{room.block_bytes}} bytes; only the gains of the norms are widened to [32]{.def} bits. Q4_K_M gives different tensors different formats, so we leave it to the package.

# %%
in_norms = n_layers * norms + d
q8 = (n_params - in_norms) * 34 / 32 + 4 * in_norms
assert q8 == stored_weights(model, "q8_0").checkpoint_bytes

for form in ("bf16", "q8_0", "q4_k_m"):
    stored = stored_weights(model, form)
    gib = stored.checkpoint_bytes / 2**30
    print(f"{form:<7} {stored.bits_per_param:5.2f} bits {gib:6.2f} GiB")

# %% [markdown]
# ## The cache of your context { #cache }
#
# Each token leaves a key and a value in every layer and KV head, and each of their numbers takes two bytes. Query heads do not appear.

# %%
N_TOKENS = 32_768

per_token = 2 * n_layers * n_kv_heads * head_dim * 2
cache = per_token * N_TOKENS
print(f"{per_token:,} bytes a token, {cache / 2**30} GiB for {N_TOKENS:,}")
assert cache == ln.kv_cache(model, N_TOKENS).ideal_bytes

# %% [markdown]
# ## What fits the card { #card }
#
# Unless told otherwise, vLLM fills {{room.usable}} of the memory. Weights come first, then activations, which a pass computes and throws away: for each token of a {{room.chunk}}-token chunk, three vectors of `hidden_size` and three of `intermediate_size`, two bytes a number. The rest belongs to the cache. Any id of the [chips page](../chips.md) may go into `CHIP`.

# %%
from llmnotes.registry import find_chip

CHIP = "rtx-4090"
card = find_chip(CHIP)

usable = 0.92 * card.memory_bytes
activations = 2048 * (3 * d + 3 * d_ff) * 2
room = usable - n_bytes - activations
longest = max(0, int(room // per_token))
print(f"usable {usable / 2**30:.2f} GiB, left for the cache {room / 2**30:.2f}")
print(f"{longest:,} tokens fit")
assert longest == ln.fit(model, CHIP).ideal.longest_context

# %% [markdown]
# On the same card the weights decide how much is left. Every byte that a smaller format saves becomes room for context:
#
# ```python exec="on" html="on" id="room"
# from llmnotes.site import show
# print(show("room"))
# ```
#
# /// figure | room
# On the same {{room.chip}}, Q4_K_M leaves room for {{room.four_longest}} tokens where bf16 leaves {{room.bf16_longest}}
#
# {{room.model}}, one sequence, a cache of two bytes a number. Q8_0, in between, leaves room for {{room.eight_longest}}. What the model was trained for is another matter: its configuration names {{room.positions}} positions.
#
# Three bars of equal length, one for each format. Weights fill two thirds of the first and a fifth of the last; what is left to the cache grows by as much.
# ///
#
# ## How fast it can be { #speed }
#
# To write one token, the chip reads all weights once, but only one row of the table in which it looks the token up. It also reads the whole cache. These bytes over the bandwidth are the least time of a pass over one sequence; only speculative decoding gets several tokens out of one. Real engines take longer: [Predicted against measured](../measured.md) says by how much.

# %%
from llmnotes.cost import cost_profile
from llmnotes.cost.intensity import step_bytes

looked_up = 0 if tied else table
print("tokens  GB read  ms a token  tokens/s")
for n_tokens in (0, 8_192, N_TOKENS):
    read = 2 * (n_params - looked_up) + per_token * n_tokens
    assert read == step_bytes(cost_profile(model), n_tokens=n_tokens)
    seconds = read / card.bandwidth_bytes_per_s
    gb, ms = read / 1e9, 1000 * seconds
    print(f"{n_tokens:>6} {gb:>8.2f} {ms:>11.1f} {1000 / ms:>9.1f}")

# %% [markdown]
# On the command line, `llmnotes params config.json` counts, `llmnotes fit config.json --chip rtx-4090 --tokens 32k` tells what fits, and `llmnotes speed` with the same arguments gives this bound and an expected speed.
#
# ## Challenge: another architecture { #challenge }
#
# DeepSeek-V2-Lite differs in two ways:
#
# - **Experts.** Its first layer is dense. Each other layer has {{room.experts}} routed experts, of which a token visits {{room.visited}}, and two shared ones that every token visits. A router, one matrix in each of these layers, chooses.
# - **Attention.** It is [MLA](../kvcache/deriving-latent-attention.md). Keys and values of all heads are rebuilt from one latent of `kv_lora_rank` numbers, which has a norm of its own. Beside the latent, one rotary key of `qk_rope_head_dim` numbers is shared by all heads. The query of a head has two parts, {{room.nope}} + {{room.rope}} numbers.
#
# Input and output have a table each. Fill in the three functions and run the cell below them.

# %%
LITE = """{
  "model_type": "deepseek_v2",
  "hidden_size": 2048,
  "num_hidden_layers": 27,
  "num_attention_heads": 16,
  "num_key_value_heads": 16,
  "q_lora_rank": null,
  "kv_lora_rank": 512,
  "qk_nope_head_dim": 128,
  "qk_rope_head_dim": 64,
  "v_head_dim": 128,
  "intermediate_size": 10944,
  "first_k_dense_replace": 1,
  "moe_layer_freq": 1,
  "moe_intermediate_size": 1408,
  "n_routed_experts": 64,
  "n_shared_experts": 2,
  "num_experts_per_tok": 6,
  "vocab_size": 102400,
  "max_position_embeddings": 163840
}"""
lite = json.loads(LITE)


def lite_params(config):
    """All parameters."""


def lite_cache_bytes(config, n_tokens):
    """Bytes of the cache of one sequence, two for each number."""


def lite_read_bytes(config, n_tokens):
    """Bytes of weights and cache read to write one token, two for each number."""


# %% [markdown]
# The next cell compares your numbers with those of the package, and knows a few wrong ones by heart. It needs no editing.

# %%
spec = ln.from_config(lite)
counted = ln.count_params(spec)
part, latent = counted.components, spec.layers[0].mixer
right_cache = ln.kv_cache(spec, N_TOKENS).ideal_bytes
right_read = step_bytes(cost_profile(spec), n_tokens=N_TOKENS)
unused = 2 * (counted.total - counted.active)
one_expert, router = part["experts_routed"] // (26 * 64), part["router"] // 26
heads = latent.n_heads * (latent.qk_nope_head_dim + latent.qk_rope_head_dim + latent.v_head_dim)

MISTAKES = {
    "lite_params": {
        counted.total - part["experts_shared"]: "the shared experts are missing",
        counted.total - part["router"]: "the router of each layer is missing",
        counted.total - part["norm_mla_latent"]: "the norm of the latent is missing",
        counted.total - part["mlp"] + 66 * one_expert + router: "the first layer has no experts",
        counted.total - part["lm_head"]: "the head has a table of its own",
    },
    "lite_cache_bytes": {
        2 * right_cache: "one latent serves as key and value: no factor of 2",
        right_cache * 512 / 576: "the rotary key is cached too",
        2 * 27 * heads * N_TOKENS: "the heads are not cached, the latent is",
        right_cache / 2: "a number takes two bytes",
    },
    "lite_read_bytes": {
        right_read + unused: "of 64 experts, a token visits 6 and the shared ones",
        right_read - right_cache: "the cache is read too",
        right_read + 2 * part["embedding_token"]: "of the input table, one row is read",
    },
}


def check(name, given, right):
    if given is None:
        return f"{name}: not filled in yet"
    if given == right:
        return f"{name}: right, {given:,.0f}"
    return f"{name}: {given:,.0f} is not it; {MISTAKES[name].get(given, 'recount part by part')}"


def check_all():
    print(check("lite_params", lite_params(lite), counted.total))
    print(check("lite_cache_bytes", lite_cache_bytes(lite, N_TOKENS), right_cache))
    print(check("lite_read_bytes", lite_read_bytes(lite, N_TOKENS), right_read))


check_all()

# %% [markdown]
# ??? question "Show a solution"
#
#     A query comes straight from the hidden state, because `q_lora_rank` is null. Three matrices are left: down to the latent and the rotary key, up to keys and values, and the output. One function counts all experts as well as those of one token:
#
#     ```python
#     def lite_attention(c):
#         d, heads = c["hidden_size"], c["num_attention_heads"]
#         nope, rope, rank = c["qk_nope_head_dim"], c["qk_rope_head_dim"], c["kv_lora_rank"]
#         query = d * heads * (nope + rope)
#         down = d * (rank + rope) + rank  # with the norm of the latent
#         up = rank * heads * (nope + c["v_head_dim"])
#         return query + down + up + heads * c["v_head_dim"] * d
#
#
#     def lite_counts(c, n_experts):
#         """Parameters with so many routed experts in each layer that has any."""
#         d, n_layers, dense = c["hidden_size"], c["num_hidden_layers"], c["first_k_dense_replace"]
#         expert = 3 * d * c["moe_intermediate_size"]
#         sparse = (n_experts + c["n_shared_experts"]) * expert + d * c["n_routed_experts"]
#         layers = n_layers * (lite_attention(c) + 2 * d)
#         inside = dense * 3 * d * c["intermediate_size"] + (n_layers - dense) * sparse
#         return layers + inside + d + 2 * c["vocab_size"] * d
#
#
#     def lite_params(config):
#         return lite_counts(config, config["n_routed_experts"])
#
#
#     def lite_cache_bytes(config, n_tokens):
#         kept = config["kv_lora_rank"] + config["qk_rope_head_dim"]
#         return 2 * config["num_hidden_layers"] * kept * n_tokens
#
#
#     def lite_read_bytes(config, n_tokens):
#         table = config["vocab_size"] * config["hidden_size"]
#         active = lite_counts(config, config["num_experts_per_tok"]) - table
#         return 2 * active + lite_cache_bytes(config, n_tokens)
#
#
#     check_all()
#     ```
#
#     It gives {{room.lite_params}} parameters, [as many as the published files hold](https://huggingface.co/deepseek-ai/DeepSeek-V2-Lite), and a cache of {{room.lite_cache}} at {{room.n}} tokens, {{room.lite_over}} of what Qwen3 8B keeps. To write one token at that length, {{room.lite_read}} are read, against {{room.read}} for Qwen3 8B. So the model with nearly twice the parameters has the higher bound on its speed, on any card that holds its {{room.lite_weights}} of weights (a {{room.chip}} does not).
#
# ## What is left out { #limits }
#
# Everything here is a count: bytes that must be there and must be read. An engine needs more. The driver hides a part of the card, and vLLM takes what lies outside PyTorch and the graphs that it records off the cache as well: by its rules the log names {{room.logged}} tokens here instead of {{room.bf16_longest}}, as [What do the memory lines of an engine's log mean?](../memory/what-the-engine-log-says.md#lines) derives. Windows, recurrent layers and experts in a format of their own are counted by the package, and not by the lines above. Whether the answers are any good at that length, no file says.
