"""A model as its layers: runs merge equal neighbours, and sums over the census are sums over the layers."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

import llmnotes as ln
from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN, Window
from llmnotes.blocks.feedforward import GatedMLP, PlainMLP
from llmnotes.spec import Layer, Run, runs_of
from tests.truth.cases import MODELS

KINDS = (Layer(None, GatedMLP(3, 5), 7), Layer(None, PlainMLP(3, 5), 7))


@given(st.lists(st.sampled_from(KINDS), max_size=12))
def test_runs_keep_the_order_and_merge_equal_neighbours(layers):
    runs = runs_of(layers)
    assert [run.layer for run in runs for _ in range(run.count)] == layers
    assert all(a.layer != b.layer for a, b in pairwise(runs))


@given(st.sampled_from(sorted(MODELS)))
def test_the_census_counts_every_layer_once(name):
    model = MODELS[name]
    assert sum(run.count for run in model.census) == model.n_layers == len(model.layers)
    for run in model.census:
        assert run == Run(run.layer, model.layers.count(run.layer))


def test_layers_alternate_as_published():
    gemma2 = {"model_type": "gemma2", "vocab_size": 7, "hidden_size": 12, "num_attention_heads": 2, "head_dim": 3}
    gemma2 |= {"num_key_value_heads": 1, "num_hidden_layers": 4, "intermediate_size": 5, "sliding_window": 9}
    mixers = [layer.mixer for layer in ln.from_config(gemma2).layers]
    assert [mixer.span for mixer in mixers if isinstance(mixer, Attention)] == [Window(9), EVERY_TOKEN] * 2


def test_a_shape_can_be_changed_by_hand():
    model = MODELS["real-gpt2"]
    layer = model.layers[0]
    assert isinstance(layer.mixer, Attention)
    narrower = replace(layer, mixer=replace(layer.mixer, n_kv_heads=1))
    changed = replace(model, runs=(Run(narrower, model.n_layers),))
    ratio = ln.kv_cache(changed, n_tokens=100).ideal_bytes / ln.kv_cache(model, n_tokens=100).ideal_bytes
    assert ratio == 1 / 12
