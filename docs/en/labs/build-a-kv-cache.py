# ---
# title: "Build a KV cache: what does it hold, and what does it save?"
# description: A KV cache from scratch in a dozen lines of numpy, its bytes held against the formula, its answers against a model without one.
# tags: [lab, write a KV cache, from scratch, numpy implementation, hands-on, notebook]
# ---

# %% [markdown]
# # Build a KV cache: what does it hold, and what does it save?
#
# **It holds one key and one value for each token, layer and KV head, and saves almost everything: to write {{saved.n}} tokens from the first on,
# Llama 3.1 8B without a cache would do {{saved.ratio}} times the arithmetic.** You will build one from scratch, for a toy with the same kind of attention, see that the answers
# stay the same, and count its bytes.
#
# What keys and values are, [the primer](../question/in-ten-minutes.md) tells. How big real caches get, [the article on the cache](../kvcache/how-big-and-why-so-different.md) computes.
# Every cell below ran when this page was built, and stops the build where an `assert` fails.
#
# ## A model small enough to read { #model }
#
# The shape is a Llama's, shrunk: query heads share KV heads. `llmnotes` reads it as it would read a published `config.json`.

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
# Attention is all that matters here, so there are no feed-forward layers, no norms and no rotation. The weights are random: a cache must give
# the same answer for any weights.

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
# ## One forward pass, with or without a cache { #forward }
#
# The only difference is one line: with a cache, the new keys and values are added to the old ones, and attention sees them all. `n_projected` counts
# how often a token passes through the projections.

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
# ## The cache { #cache }
#
# Two arrays for each layer, made once for the longest text they may hold. A new token writes one slot in each.


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
# ## Same answers, less work { #same }
#
# Write the text token by token, once without and once with the cache. Without it, each step reads the whole text again, so the count grows with
# the square of the length; with it, each token is projected once in each layer. The answers differ by rounding alone.

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
# What does that save in a real model? The figure counts every matrix product of Llama 3.1 8B while it writes a text from the first token on.
#
# ```python exec="on" html="on" id="saved"
# from llmnotes.site import show
# print(show("saved"))
# ```
#
# /// figure | saved
# Writing {{saved.n}} tokens without a cache takes {{saved.ratio}} times the arithmetic
#
# Without a cache each new token computes all earlier ones again; with one, each is computed once. Matrix products only, causal attention.
#
# Two lines: with a cache the arithmetic grows almost in proportion to the length, without one with its square, so the gap widens.
# ///
#
# ## How many bytes it holds { #bytes }
#
# The array knows its size, and the formula must give the very same number. Query heads appear in neither.

# %%
assert cache.held.shape == (2, n_layers, n_kv_heads, 64, head_dim)
assert cache.held.nbytes == ln.kv_cache(model, n_tokens=64, kv_bits=32).ideal_bytes
per_token = cache.held.nbytes // len(tokens)
print(f"{cache.held.nbytes} bytes for {len(tokens)} tokens, {per_token} a token")
print(f"one KV head per query head: {per_token * n_heads // n_kv_heads} a token")

# %% [markdown]
# ## A window makes it stop growing { #window }
#
# If a layer may look back only so far, older tokens can be overwritten: the cache becomes a ring. Attention does not mind the order of its keys,
# so the ring need not be turned.


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
# ## How long it takes { #time }
#
# Counting is exact; time depends on the machine. These times were recorded on the machine named below and are not measured again by a build. In your
# own run of the notebook the cell prints yours.

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
# ## What the toy leaves out { #limits }
#
# A real model rotates queries and keys by their position before it stores the keys, keeps the cache in half the bits of this one or fewer, and hands
# out its memory in pages. Both counts above assume that nothing is lost to that. The step with the cache is not free either: it still reads
# every key and value it holds, which is why long chats slow down.
#
# ## Exercises { #exercises }
#
# ??? question "Which line changes if every query head gets a KV head of its own?"
#     Only the configuration: set `num_key_value_heads` to the number of query heads. The output of the bytes cell says what that costs.
#
# ??? question "Why does `Ring.add` fail for two new tokens at once?"
#     It writes one slot. A prompt would have to be cut at the ring's end, and its first tokens would need keys that later ones have already
#     overwritten: so engines process a prompt with the full keys and keep the window's share afterwards.
