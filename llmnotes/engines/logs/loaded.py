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
    divided = f" / {cards.n_cards}" if cards.n_cards > 1 else ""
    ways = [(each * SIXTEEN_BITS, f"{model.n_params:,} × 2 B{divided}")]
    if model.weight_bytes:
        ways.insert(0, (model.weight_bytes / cards.n_cards, f"{model.weight_bytes:,.0f} B{divided}"))
    for derived, formula in ways:
        if abs(said.value - derived) <= CLOSE * derived:
            agrees = said.agrees(derived)
            values = {"more": f"{(said.value - derived) / 2**20:,.0f} MiB"}
            why = "" if agrees else "weights_and_buffers"
            verdict = EQUAL if agrees else EXPLAINED
            return Finding(line.number, engine, "weights", said, verdict, derived, formula, why, values)
    values = {"bits": f"{said.value * 8 / each:.2f}"}
    return Finding(line.number, engine, "weights", said, INPUT, None, "", "weights_in_bits", values)
