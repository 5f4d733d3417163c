# ---
# title: 动手写一个 KV 缓存：它存了什么，省了什么？
# description: 用十几行 numpy 写一个 KV 缓存，字节数和公式核对，答案和不带缓存的模型核对。
# tags: [lab, 手写 KV 缓存, 手搓 kvcache, numpy 实现, 从零实现, 动手]
# translation_of: en
# source_hash: sha-2f616e771c31
# ---

# %% [markdown]
# # 动手写一个 KV 缓存：它存了什么，省了什么？
#
# **每个 token、每层、每个 KV 头存一个键、一个值，运算几乎全省下来了：从头写 {{saved.n}} 个 token，Llama 3.1 8B 不带缓存要做 {{saved.ratio}} 倍的运算。**
# 这一页给一个注意力做法相同的小模型写一个缓存，看答案变不变，再数一数它占多少字节。
#
# 键（key）和值（value）是什么，见[入门](../question/in-ten-minutes.md)；真实模型的缓存有多大，见[讲缓存的那篇](../kvcache/how-big-and-why-so-different.md)。
# 下面每一格都在构建这一页时跑过，`assert` 不成立，构建就停。
#
# ## 一个读得完的小模型 { #model }
#
# 形状照着 Llama 缩小：几个查询头共用一个 KV 头。`llmnotes` 读它，和读一份公布的 `config.json` 一样。

# %%
import numpy as np

import llmnotes as ln

config = {
    "model_type": "llama",
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "intermediate_size": 96,
    "vocab_size": 101,
    "max_position_embeddings": 4096,
    "tie_word_embeddings": True,
}
model = ln.from_config(config)
shape = model.layers[0].mixer
n_heads, n_kv_heads, head_dim = shape.n_heads, shape.n_kv_heads, shape.head_dim
n_layers, d_model = model.n_layers, config["hidden_size"]
print(f"{n_layers} layers, {n_heads} query heads, {n_kv_heads} KV heads")

# %% [markdown]
# 这里只关心注意力（attention），所以没有前馈层、归一化和旋转位置。权重是随机的：不管权重是什么，带不带缓存，答案都该一样。

# %%
rng = np.random.default_rng(0)


def matrix(n_in: int, n_out: int) -> np.ndarray:
    drawn = rng.normal(0, n_in**-0.5, (n_layers, n_in, n_out))
    return drawn.astype(np.float32)


embedding = rng.normal(0, 1, (config["vocab_size"], d_model)).astype(np.float32)
w_query = matrix(d_model, n_heads * head_dim)
w_key = matrix(d_model, n_kv_heads * head_dim)
w_value = matrix(d_model, n_kv_heads * head_dim)
w_out = matrix(n_heads * head_dim, d_model)


def split(x: np.ndarray, heads: int) -> np.ndarray:
    """[n_new, heads * head_dim] -> [heads, n_new, head_dim]"""
    return x.reshape(len(x), heads, head_dim).transpose(1, 0, 2)


def attend(query: np.ndarray, key: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Each new token sees all earlier ones and itself."""
    n_new, n_seen = query.shape[1], key.shape[1]
    # Each KV head serves several query heads.
    key = np.repeat(key, n_heads // n_kv_heads, axis=0)
    value = np.repeat(value, n_heads // n_kv_heads, axis=0)
    scores = query @ key.transpose(0, 2, 1) / head_dim**0.5
    places = np.arange(n_seen)
    future = places > places[n_seen - n_new :, None]
    scores[:, future] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ value


# %% [markdown]
# ## 一次前向，带不带缓存都用它 { #forward }
#
# 差别只有一行：带缓存时，新的键和值接到旧的后面，注意力看到全部。`n_projected` 数的是 token 经过投影矩阵的次数。

# %%
n_projected = 0


def forward(tokens, cache=None):
    """Logits of the new tokens. Without a cache the new tokens are all there are."""
    global n_projected
    x = embedding[tokens]
    for layer in range(n_layers):
        n_projected += len(tokens)
        query = split(x @ w_query[layer], n_heads)
        key = split(x @ w_key[layer], n_kv_heads)
        value = split(x @ w_value[layer], n_kv_heads)
        if cache is not None:
            key, value = cache.add(layer, key, value)
        seen = attend(query, key, value).transpose(1, 0, 2)
        x = x + seen.reshape(len(tokens), -1) @ w_out[layer]
    return x @ embedding.T


# %% [markdown]
# ## 缓存本身 { #cache }
#
# 每层两个数组，按最长的文本一次建好。来一个新 token，往每个数组写一格。


# %%
class Cache:
    def __init__(self, capacity: int) -> None:
        shape = (2, n_layers, n_kv_heads, capacity, head_dim)
        self.held = np.zeros(shape, np.float32)
        self.n_tokens = [0] * n_layers

    def add(self, layer: int, key: np.ndarray, value: np.ndarray):
        begin = self.n_tokens[layer]
        end = begin + key.shape[1]
        self.held[0, layer, :, begin:end] = key
        self.held[1, layer, :, begin:end] = value
        self.n_tokens[layer] = end
        return self.held[0, layer, :, :end], self.held[1, layer, :, :end]


# %% [markdown]
# ## 答案相同，活少得多 { #same }
#
# 逐个 token 写完这段文本，一遍不带缓存，一遍带。不带缓存，每一步都要把全文重读一遍，次数随长度的平方涨；带上缓存，每个 token 在每层只投影一次。
# 两边的答案只差舍入误差。

# %%
tokens = rng.integers(0, config["vocab_size"], 64)
steps = range(len(tokens))

n_projected = 0
without = np.stack([forward(tokens[: step + 1])[-1] for step in steps])
projected_without = n_projected

n_projected = 0
cache = Cache(len(tokens))
cached = np.stack([forward(tokens[step : step + 1], cache)[-1] for step in steps])
projected_with = n_projected

difference = np.abs(without - cached).max()
assert difference < 1e-4
assert projected_with == n_layers * len(tokens)
print("same answers" if difference < 1e-4 else "different answers")
print(f"tokens projected: {projected_without} without the cache")
print(f"                  {projected_with} with it")

# %% [markdown]
# 真实模型能省多少？下图数的是 Llama 3.1 8B 从第一个 token 写起，全部矩阵乘法的运算量。
#
# ```python exec="on" html="on" id="saved"
# from llmnotes.site import show
# print(show("saved"))
# ```
#
# /// figure | saved
# 写 {{saved.n}} 个 token，不带缓存要做 {{saved.ratio}} 倍的运算
#
# 不带缓存，写每个 token 都要把前面全部重算一遍；带缓存，每个 token 只算一次。只计矩阵乘法，因果注意力。
#
# 两条线：带缓存的运算量几乎随长度成正比，不带缓存的随长度的平方增长，差距越拉越大。
# ///
#
# ## 它占多少字节 { #bytes }
#
# 数组知道自己多大，公式必须给出同一个数。两边都没有查询头的份。

# %%
assert cache.held.shape == (2, n_layers, n_kv_heads, 64, head_dim)
assert cache.held.nbytes == ln.kv_cache(model, n_tokens=64, kv_bits=32).ideal_bytes
per_token = cache.held.nbytes // len(tokens)
print(f"{cache.held.nbytes} bytes for {len(tokens)} tokens, {per_token} a token")
print(f"one KV head per query head: {per_token * n_heads // n_kv_heads} a token")

# %% [markdown]
# ## 有了窗口，它就不再增长 { #window }
#
# 如果一层只能回看一段距离，更早的 token 就可以覆盖掉：缓存成了一个环。注意力不在乎键的先后，所以这个环不用转回来。


# %%
class Ring(Cache):
    """Holds the newest tokens of each layer: the next overwrites the oldest."""

    def add(self, layer: int, key: np.ndarray, value: np.ndarray):
        capacity = self.held.shape[3]
        slot = self.n_tokens[layer] % capacity
        self.held[:, layer, :, slot] = key[:, 0], value[:, 0]
        self.n_tokens[layer] += 1
        filled = min(self.n_tokens[layer], capacity)
        return self.held[0, layer, :, :filled], self.held[1, layer, :, :filled]


as_mistral = {"model_type": "mistral", "sliding_window": 16}
windowed = ln.from_config(config | as_mistral)
ring = Ring(16)
for token in tokens:
    forward(np.array([token]), ring)
for n_tokens in (8, 16, 64, 4096):
    size = ln.kv_cache(windowed, n_tokens=n_tokens, kv_bits=32).ideal_bytes
    print(f"{n_tokens:>5} tokens: {size:>6.0f} bytes")
assert ring.held.nbytes == size

# %% [markdown]
# ## 要多长时间 { #time }
#
# 次数数得准，时间却看机器。下面的时间是在所写的那台机器上记下来的，构建时不会重测。你自己跑这个笔记本，这一格打印的是你机器上的时间。

# %% tags=["measured"]
from time import perf_counter


def milliseconds(run) -> float:
    """The fastest of five: what the work takes when nothing else disturbs it."""
    times = []
    for _ in range(5):
        begun = perf_counter()
        run()
        times.append(perf_counter() - begun)
    return 1000 * min(times)


print("tokens   without      with   (ms for the next token)")
for n_tokens in (128, 256, 512, 1024):
    text = rng.integers(0, config["vocab_size"], n_tokens)
    filled = Cache(n_tokens + 5)
    forward(text[:-1], filled)
    without_ms = milliseconds(lambda text=text: forward(text))
    with_ms = milliseconds(lambda text=text, held=filled: forward(text[-1:], held))
    print(f"{n_tokens:>6} {without_ms:>9.2f} {with_ms:>9.2f}")

# %% [markdown]
# ## 小模型省略了什么 { #limits }
#
# 真实模型先按位置旋转查询和键，再把键存起来；缓存用的位数是这里的一半或更少；显存按页分配。上面两种数法都没算这些损耗。带缓存的那一步也不是白来的：
# 它仍要读完手里的每一个键和值，所以聊得越久回得越慢。
#
# ## 练习 { #exercises }
#
# ??? question "每个查询头都配一个自己的 KV 头，要改哪一行？"
#     只改配置：把 `num_key_value_heads` 设成查询头数。代价写在数字节那一格的输出里。
#
# ??? question "为什么 `Ring.add` 不能一次收两个新 token？"
#     它只写一格。一段提示得在环的末尾断开，而且靠前的 token 要用的键，这时已经被后面的覆盖了。所以推理引擎处理提示时用全部的键，算完再只留窗口那一段。
