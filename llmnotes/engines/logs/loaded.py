"""Weights as one rank loads them, against the parameters of the model."""

from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, Finding
from llmnotes.engines.logs.reading import Line, Printed
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import Parallel

SIXTEEN_BITS = 2.0
CLOSE = 0.02


def weights(line: Line, engine: str, said: Printed, model: Outline | None, cards: Parallel) -> Finding:
    """What the weights of one rank are: parameters at 16 bits, or how many bits each takes on average.

    Tables of positions, padding and scales come on top of parameters; norms and small projections stand on every card.
    """
    if model is None or not model.n_params:
        return Finding(line.number, engine, "weights", said, INPUT, why="weights_of_one_rank")
    each = model.n_params / cards.n_cards
    derived = each * SIXTEEN_BITS
    formula = f"{model.n_params:,} × 2 B" + (f" / {cards.n_cards}" if cards.n_cards > 1 else "")
    if abs(said.value - derived) <= CLOSE * derived:
        agrees = said.agrees(derived)
        values = {"more": f"{(said.value - derived) / 2**20:,.0f} MiB"}
        why = "" if agrees else "weights_and_buffers"
        return Finding(
            line.number, engine, "weights", said, EQUAL if agrees else EXPLAINED, derived, formula, why, values
        )
    values = {"bits": f"{said.value * 8 / each:.2f}"}
    return Finding(line.number, engine, "weights", said, INPUT, None, "", "weights_in_bits", values)
