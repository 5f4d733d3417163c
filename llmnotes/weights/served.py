"""Forms in which a server may hold the weights of a model: that of its checkpoint, and narrower ones."""

from llmnotes.config.keys import ConfigError
from llmnotes.cost.assumptions import Precision
from llmnotes.spec import ModelSpec
from llmnotes.weights.sizes import StoredWeights, stored_weights

FORMS = ("fp8", "nvfp4", "awq")
"""Forms besides that of the checkpoint, thought of where they take at least a bit less."""

SIXTEEN_BITS = "bf16"

MIXES = ("Q6_K", "Q5_K_M", "Q4_K_M", "IQ4_XS", "Q3_K_M", "Q2_K", "awq")
"""Forms in which a model is mostly downloaded to be run at home; their mean bits differ by model."""


def read_precision(stored: StoredWeights, *, cache_bits: float = 16) -> Precision:
    """Bits of what a token reads of the decoder: of routed experts, and of everything else; and what memory holds."""
    experts = stored.bits_of(experts=True) or None
    return Precision(weights=stored.read_bits, experts=experts, held=stored.bits_of(experts=False), cache=cache_bits)


def forms_of(model: ModelSpec) -> dict[str, Precision]:
    """Forms of the weights to think of, with their bits: that of the checkpoint, and narrower ones.

    >>> from llmnotes.registry import load_model
    >>> list(forms_of(load_model("llama-3.1-8b"))), list(forms_of(load_model("deepseek-v3")))
    (['bf16', 'fp8', 'nvfp4', 'awq'], ['fp8', 'nvfp4', 'awq'])
    """
    try:
        stored = stored_weights(model)
    except ConfigError:
        stored = stored_weights(model, SIXTEEN_BITS)
    own = read_precision(stored)
    found = {stored.form: own}
    for form in FORMS:
        precision = read_precision(stored_weights(model, form))
        if precision.expert_bits <= own.expert_bits - 1:
            found[form] = precision
    return found


def planned_forms(model: ModelSpec) -> dict[str, list[float]]:
    """The same for a page: of each form the bits that are read, those of routed experts, and those that are held.

    >>> from llmnotes.registry import load_model
    >>> list(planned_forms(load_model("gpt-oss-20b")))
    ['mxfp4']
    """
    return {form: [bits.weights, bits.expert_bits, bits.held_bits] for form, bits in forms_of(model).items()}
