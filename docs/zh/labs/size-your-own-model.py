# ---
# title: 从文件算起：权重、缓存和速度各是多少？
# description: 从一份 config.json 算出参数、权重的字节数、缓存、一张卡放得下多长的上下文和速度的上限，每一步先手算，再用程序算，两边相等；最后有一道由代码判分的挑战题。
# tags: [lab, 用自己的模型算, 动手算参数量, notebook 算模型]
# ---

# %% [markdown]
# # 从文件算起：权重、缓存和速度各是多少？
#
# **除了显卡和引擎在卡上保留的余量，要知道的都写在 `config.json` 里：[bf16](../glossary.md#bf16) 的 Qwen3 8B 权重占 {{room.bf16_weights}}，在一张 {{room.chip}} 上还放得下 {{room.bf16_longest}} 个 [token](../glossary.md#token) 的缓存。**这一页从这份文件出发，分五步算出来。每一步先用几行代码手算，再交给 `llmnotes`，两边的数必须一模一样。最后换一个结构不同的模型，由你来算，代码来判。
#
# 键（key）和值（value）是什么，见[入门](../question/in-ten-minutes.md)；一张卡为什么只放得下这么多，见[《我的显卡装得下吗》](../memory/will-it-fit.md)。下面每一格都在构建这一页时跑过，`assert` 不成立，构建就停。想自己跑，页尾可以下载笔记本；要先装好[这个包](../calculate.md)。
#
# ## 那份文件 { #model }
#
# 下面是公布的 [config.json](https://huggingface.co/Qwen/Qwen3-8B/blob/main/config.json) 里用得上的键，各是什么意思见[速查表](../cheatsheet.md)。要算自己的模型，把文件路径填进 `OWN`。手算的几步适用于 Llama 一类的稠密模型（Llama、Mistral、Qwen3）；换成别的结构，哪一步数法不同，`assert` 就停在哪一步，`llmnotes` 那一行照样能数。

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
# ## 参数 { #params }
#
# 一层里，注意力有四个矩阵，前馈层有三个，另外还有归一化。query 和输出的宽度是全部查询头加在一起，key 和 value 只有 KV 头那么宽。Qwen3 还给每个 query 和 key 做归一化，头里每个数一个系数。各层之外，还有最后一次归一化和两张词表：一张查 token，一张给 token 打分；`tie_word_embeddings` 为真时，两张合成一张。

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
# ## 权重的字节数 { #weights }
#
# bf16 的数占两个字节。权重分成几个文件时，旁边会有一份索引 `model.safetensors.index.json`，其中的 `total_size` 是全部张量的字节数。[Qwen3 8B 公布的那份](https://huggingface.co/Qwen/Qwen3-8B/blob/main/model.safetensors.index.json)和我们数出来的一样。

# %%
from llmnotes.weights.sizes import stored_weights

INDEX = """{"metadata": {"total_size": 16381470720}}"""
n_bytes = 2 * n_params
print(f"{n_bytes:,} bytes, {n_bytes / 2**30:.2f} GiB")
assert n_bytes == stored_weights(model).checkpoint_bytes
if not OWN:
    assert n_bytes == json.loads(INDEX)["metadata"]["total_size"]

# %% [markdown]
# 没有索引，就看权重文件本身。safetensors 文件开头八个字节写着文件头有多长；文件头是 JSON，写着每个张量的类型、形状和位置。不用装入任何权重。这一格先在内存里写一个这样的小文件，好让谁都跑得起来。

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
# GGUF 文件的头是它自己的二进制格式，模型的形状也在里面：`ln.from_config("model.gguf")` 直接读它，不需要 `config.json`。
#
# 换一种格式会有多大？Q8_0 每 {{room.block}} 个数共用一个 {{room.scale_bits}} 位的缩放因子，合 {{room.block_bytes}} 字节；只有归一化的系数改存 [32]{.def} 位。Q4_K_M 给不同的张量用不同的格式，就交给程序算。

# %%
in_norms = n_layers * norms + d
q8 = (n_params - in_norms) * 34 / 32 + 4 * in_norms
assert q8 == stored_weights(model, "q8_0").checkpoint_bytes

for form in ("bf16", "q8_0", "q4_k_m"):
    stored = stored_weights(model, form)
    gib = stored.checkpoint_bytes / 2**30
    print(f"{form:<7} {stored.bits_per_param:5.2f} bits {gib:6.2f} GiB")

# %% [markdown]
# ## 你的上下文要多少缓存 { #cache }
#
# 每个 token 在每层、每个 KV 头留下一个键和一个值，其中每个数占两个字节。这里没有查询头的份。

# %%
N_TOKENS = 32_768

per_token = 2 * n_layers * n_kv_heads * head_dim * 2
cache = per_token * N_TOKENS
print(f"{per_token:,} bytes a token, {cache / 2**30} GiB for {N_TOKENS:,}")
assert cache == ln.kv_cache(model, N_TOKENS).ideal_bytes

# %% [markdown]
# ## 卡上放得下多少 { #card }
#
# vLLM 默认只用显存的 {{room.usable}}。先放权重，再放算完就扔的激活值：一块 {{room.chunk}} 个 token，每个有三个隐藏维度、三个中间层维度的向量，每个数两字节。剩下的都归缓存。`CHIP` 可以换成[芯片表](../chips.md)里的任何一个。

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
# 同一张卡，剩下多少由权重决定。权重每换一种更省的格式，省下的都变成了上下文：
#
# ```python exec="on" html="on" id="room"
# from llmnotes.site import show
# print(show("room"))
# ```
#
# /// figure | room
# 同一张 {{room.chip}}，bf16 剩下的显存放得下 {{room.bf16_longest}} 个 token，Q4_K_M 放得下 {{room.four_longest}} 个
#
# {{room.model}}，一个序列，缓存每个数两个字节。Q8_0 居中，放得下 {{room.eight_longest}} 个。放得下不等于训练过这么长：它的配置里只有 {{room.positions}} 个位置。
#
# 三根一样长的条，每种格式一根。权重在第一根里占三分之二，在最后一根里占五分之一；留给缓存的正好多出这么多。
# ///
#
# ## 最快能有多快 { #speed }
#
# 写一个 token，芯片要把全部权重读一遍（查 token 的那张词表只读一行），再把整份缓存读一遍。这些字节除以带宽，就是只有一个序列时走一遍的最短时间（只有投机解码一遍能写出几个 token）；真实的引擎还要慢一些，慢多少见[预测与实测](../measured.md)。

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
# 命令行也能算：`llmnotes params` 数参数，`llmnotes fit config.json --chip rtx-4090 --tokens 32k` 看放不放得下，`llmnotes speed` 加同样的参数给速度。
#
# ## 挑战：换一种结构 { #challenge }
#
# DeepSeek-V2-Lite 有两处不同：
#
# - **专家。**第一层是稠密的。其余每层有 {{room.experts}} 个路由专家，一个 token 只去其中 {{room.visited}} 个；还有两个共享专家，每个 token 都去。去哪几个，由这一层的一个路由矩阵来选。
# - **注意力。**它用 [MLA](../kvcache/deriving-latent-attention.md)：所有头的键和值都从同一个潜在向量还原，这个向量有 `kv_lora_rank` 个数，有自己的归一化。旁边还有一个 `qk_rope_head_dim` 个数的旋转键，由所有头共用。每个头的 query 分两部分，共 {{room.nope}} + {{room.rope}} 个数。
#
# 输入和输出各有一张词表。把下面三个函数填好，再跑后面那一格。

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
# 下一格把你的数和 `llmnotes` 的比一比，几种常见的错它认得出来。这一格不用改。

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
# ??? question "看一种解法"
#
#     `q_lora_rank` 是 null，所以 query 直接从隐藏状态算出。全部专家和一个 token 去的专家，用同一个函数来数：
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
#     参数是 {{room.lite_params}} 个，[和公布的权重文件一样多](https://huggingface.co/deepseek-ai/DeepSeek-V2-Lite)；{{room.n}} 个 token 的缓存是 {{room.lite_cache}}，只有 Qwen3 8B 的 {{room.lite_over}}。这时写一个 token 要读 {{room.lite_read}}，Qwen3 8B 要读 {{room.read}}：它的参数将近是 Qwen3 8B 的两倍，速度的上限反而更高，前提是卡装得下 {{room.lite_weights}} 的权重（{{room.chip}} 装不下）。
#
# ## 没算进去的 { #limits }
#
# 这里全是数出来的：哪些字节必须在，哪些必须读。引擎要的还多一些：驱动先留下一点显存，PyTorch 以外的占用和录制的计算图，vLLM 也都从缓存里扣。照它的规则，日志在这里写的是 {{room.logged}} 个 token，不是 {{room.bf16_longest}} 个，[日志里的显存是怎么来的](../memory/what-the-engine-log-says.md#lines)推过这几项。滑动窗口、循环层、另有格式的专家，`llmnotes` 会数，上面手写的几行不会。上下文这么长时答得好不好，哪份文件里都没有。
