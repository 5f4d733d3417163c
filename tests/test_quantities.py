"""Quantities keep their unit, refuse another, survive JSON, and read as each language writes them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes import quantities
from llmnotes.quantities import (
    UNITS,
    Quantity,
    QuantityError,
    at_most,
    bytes_of,
    count,
    flops,
    from_json,
    named,
    number,
    ratio,
    seconds,
    share,
    text,
    to_json,
    tokens,
    usd,
)

VALUES = st.integers(1, 10**15)


@given(VALUES, VALUES, st.sampled_from(UNITS))
def test_sums_and_differences_keep_the_unit(a, b, unit):
    one, two = Quantity(a, unit), Quantity(b, unit)
    assert (one + two) - two == one
    assert sum([one, two]) == one + two
    assert max(one, two) == Quantity(max(a, b), unit)


@given(VALUES, VALUES, st.sampled_from(UNITS), st.sampled_from(UNITS))
def test_units_do_not_mix(a, b, unit, other):
    if unit == other:
        return
    for mixed in (lambda: Quantity(a, unit) + Quantity(b, other), lambda: Quantity(a, unit) < Quantity(b, other)):
        with pytest.raises(QuantityError, match=rf"{other} cannot be (added|compared).* {unit}"):
            mixed()


def test_a_plain_number_is_no_size():
    with pytest.raises(QuantityError, match="a plain number cannot be added to bytes"):
        bytes_of(8) + 8
    assert text(share(ratio(1.25) - 1)) == "25%"


def test_a_bound_holds_or_is_refused():
    assert at_most(1e-14, 8.9e-16) == number(1e-14)
    for more in (2e-14, float("nan")):
        with pytest.raises(QuantityError, match="more than 1e-14"):
            at_most(1e-14, more)


@given(VALUES, VALUES)
def test_equal_units_divide_to_a_ratio_and_others_to_a_rate_that_multiplies_back(a, b):
    assert (bytes_of(a) / bytes_of(b)).unit == "ratio"
    rate = bytes_of(a) / tokens(b)
    assert rate.unit == "bytes/tokens"
    assert (rate * tokens(b)).value == pytest.approx(a)
    assert (rate * tokens(b)).unit == "bytes"


@given(VALUES, st.sampled_from(UNITS))
def test_json_gives_back_what_it_was_given(value, unit):
    tagged = Quantity(value, unit, "kv_cache", {"model": "m", "n_tokens": 8}, "measured", "f", "a source")
    back = from_json(json.loads(json.dumps(to_json(tagged))))
    assert (back, back.name, dict(back.holds_for), back.kind, back.formula, back.source) == (
        tagged, "kv_cache", {"model": "m", "n_tokens": 8}, "measured", "f", "a source",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "form", "en", "zh"),
    [
        (count(8_030_261_248), "", "8,030,261,248", "8,030,261,248"),
        (count(8_030_261_248), "short", "8.03 B", "80.3 亿"),
        (count(8_030_261_248), "short4", "8.03 B", "80.3 亿"),
        (count(7_615_616_512), "short4", "7.616 B", "76.16 亿"),
        (count(1_500_000_000_000), "short", "1.5 T", "1.5 万亿"),
        (count(2.5), "", "2.5", "2.5"),
        (bytes_of(2**34), "", "16 GiB", "16 GiB"),
        (bytes_of(16e9), "decimal", "16 GB", "16 GB"),
        (bytes_of(2**17) / tokens(1), "", "128 KiB/token", "128 KiB/token"),
        (bytes_of(3.35e12) / seconds(1), "", "3.35 TB/s", "3.35 TB/秒"),
        (tokens(131_072), "", "128K", "128K"),
        (tokens(131_072), "exact", "131,072", "131,072"),
        (tokens(50) / seconds(1), "number", "50/s", "50/秒"),
        (share(0.0063), "", "0.63%", "0.63%"),
        (ratio(19.31), "", "19.3×", "19.3 倍"),
        (seconds(90), "", "1.5 min", "1.5 分钟"),
        (flops(14_372_306_944), "", "14.4 GFLOPs", "14.4 GFLOPs"),
        (usd(0.25), "", "$0.25", "0.25 美元"),
        (number(0.98765), "number2", "0.99", "0.99"),
    ],
)
def test_reads_as_its_language_writes_it(quantity, form, en, zh):
    assert (text(quantity, "en", form), text(quantity, "zh", form)) == (en, zh)


@pytest.mark.parametrize("form", ["Short", "short0", "shorter", "short44", "4x"])
def test_a_form_that_is_not_there_is_named(form):
    with pytest.raises(QuantityError, match="there is no form"):
        text(count(5), "en", form)


def test_what_is_no_number_cannot_be_tagged():
    for wrong in ("5", None, True, object()):
        with pytest.raises(QuantityError, match="tokens cannot be"):
            tokens(wrong)
    with pytest.raises(QuantityError, match="bytes cannot become tokens"):
        tokens(bytes_of(5))
    with pytest.raises(QuantityError, match="'parsecs' is no unit"):
        Quantity(1, "parsecs")
    with pytest.raises(QuantityError, match="'guessed' is no kind"):
        count(1, kind="guessed")


def test_prose_names_what_lies_within_and_not_what_is_listed():
    result = {"llama-3.1": {"total": count(8), "Parts": {"lm-head": count(3)}}, "sizes": [count(1)], "model": "M"}
    assert dict(named(result)) == {"llama_3_1_total": count(8), "llama_3_1_parts_lm_head": count(3), "model": "M"}
    assert quantities.text(dict(named(result))["llama_3_1_total"]) == "8"
