"""All that a page needs of a model: what it is, what it holds, and the coefficients of what it costs.

This module runs in Python and, unchanged, in the browser: a reader's own configuration gets the numbers of the
registry's models.
"""

import json
from dataclasses import asdict

from llmnotes.config import ConfigError
from llmnotes.config.files import from_text
from llmnotes.cost import cost_profile
from llmnotes.cost.layers import count_layers
from llmnotes.report import count_params
from llmnotes.spec import ModelSpec
from llmnotes.weights.served import MIXES, planned_forms
from llmnotes.weights.sizes import StoredWeights, memory_precision, stored_weights
from llmnotes.wording.model import layer_columns, layer_rows, notes, param_rows
from llmnotes.wording.words import WORDS


def described(model: ModelSpec) -> dict[str, object]:
    """Shape, parameters and coefficients of a model, as plain values."""
    counted = count_params(model)
    return {
        "name": model.name,
        "family": model.family,
        "n_layers": model.n_layers,
        "d_model": model.d_model,
        "n_ctx": model.n_ctx,
        "n_params": counted.total,
        "n_active": counted.active,
        "profile": asdict(cost_profile(model)),
        "counts": asdict(count_layers(model)),
        "file": stored_form(model),
        "mixes": mixes(model),
    }


def stored_form(model: ModelSpec) -> dict[str, object] | None:
    """The form in which the checkpoint states its weights, and mean bits of one: of memory (`weight_bits`, towers and
    projectors spread over the decoder), of what a token reads (`read_bits`), and of routed experts; `None` where what
    it states is not understood.

    >>> from llmnotes.registry import load_model
    >>> stored_form(load_model("gpt-oss-20b"))["form"]
    'mxfp4'
    """
    try:
        stored = stored_weights(model)
    except ConfigError:
        return None
    return dict(zip(("form", "weight_bits", "read_bits", "expert_bits"), (stored.form, *_bits(stored)), strict=True))


def mixes(model: ModelSpec) -> dict[str, tuple[float, float, float]]:
    """The forms in which people download a model besides its own, each with the three means of `stored_form`.

    >>> from llmnotes.registry import load_model
    >>> f"{mixes(load_model('llama-3.3-70b'))['Q4_K_M'][0]:.2f}"
    '4.82'
    """
    return {form: _bits(stored_weights(model, form)) for form in MIXES}


def _bits(stored: StoredWeights) -> tuple[float, float, float]:
    precision = memory_precision(stored)
    # A page carries them for every model; a billionth of a bit of a trillion weights is 125 bytes.
    return round(precision.weights, 9), round(stored.read_bits, 9), round(precision.expert_bits, 9)


def answer(text: str, lang: str) -> str:
    """What a page says of a configuration, as JSON: a description with its tables, or the one line that refuses it.

    >>> json.loads(answer("{}", "en"))["error"][:28]
    'config.json: model_type is m'
    """
    try:
        model = from_text(text)
    except ConfigError as error:
        return json.dumps({"error": str(error)})
    counted, unknown = count_params(model), ()
    try:
        stored_weights(model)
    except ConfigError as error:
        unknown = (WORDS[lang]["warning"] + str(error),)
    told = {
        "layer_columns": layer_columns(lang),
        "layers": layer_rows(model, lang),
        "params": param_rows(counted.components, counted.active, lang),
        "notes": [*notes(model, lang), *unknown],
        "forms": planned_forms(model),
    }
    whole = described(model)
    if model.uncounted_flops:  # an encoder: sized, with nothing to choose for a calculation
        whole["profile"] = None
    return json.dumps({**whole, **told})
