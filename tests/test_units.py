"""Numbers to text in both languages, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes import units


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (12_345, "12.3 K", "1.23 万"),
        (999_999_999, "1 B", "10 亿"),
        (1.04e12, "1.04 T", "1.04 万亿"),
    ],
    ids=str,
)
def test_counts_are_written_in_the_units_of_the_language(value, en, zh):
    assert units.format_count(value, "en") == en
    assert units.format_count(value, "zh") == zh


@given(st.integers(1, 2**60))
def test_bytes_are_within_half_a_unit_of_the_third_digit(n):
    text = units.format_bytes(n).replace(",", "")
    assert units.parse_bytes(text) == pytest.approx(n, rel=0.005)


@given(st.floats(1e-12, 1e12))
def test_three_digits_are_kept(value):
    assert float(units.format_number(value).replace(",", "")) == pytest.approx(value, rel=0.005)


@given(st.integers(0, 2**52))
def test_tokens_survive_the_way_to_text_and_back(n):
    assert units.parse_tokens(units.format_tokens(n)) == n


@pytest.mark.parametrize("text", ["", "k", "12q", "-4k", "1.5", "1e3", "nan", "inf", "9" * 400, "１２８k"])
def test_refuses_what_is_not_a_number_of_tokens(text):
    with pytest.raises(ValueError, match="number of tokens"):
        units.parse_tokens(text)


@pytest.mark.parametrize(("text", "bits"), [("fp8", 8), ("BF16", 16), ("4.5", 4.5), (" int4 ", 4)])
def test_reads_precisions(text, bits):
    assert units.parse_bits(text) == bits


@pytest.mark.parametrize("text", ["", "0", "65", "fp7", "-8", "8 bits"])
def test_refuses_what_is_not_a_precision(text):
    with pytest.raises(ValueError, match="precision"):
        units.parse_bits(text)


@pytest.mark.parametrize("text", ["", "24 GX", "GiB", "..GB", "-1GB", "1,5 GB", "1,50GB", "1.024,5 GB", ",5GB"])
def test_refuses_what_is_not_a_size(text):
    with pytest.raises(ValueError, match="size"):
        units.parse_bytes(text)


@pytest.mark.parametrize(("text", "n"), [("80,000 MB", 80e9), ("1,024KiB", 2**20), ("1,000.5 kB", 1_000_500)])
def test_reads_grouped_thousands(text, n):
    assert units.parse_bytes(text) == n


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_refuses_what_has_no_digits(value):
    with pytest.raises(ValueError, match="cannot be written"):
        units.format_number(value)


def test_refuses_a_language_that_it_does_not_know():
    with pytest.raises(ValueError, match="lang must be zh or en"):
        units.format_bytes(1, "fr")


@given(st.lists(st.floats(1e-6, 1e5), min_size=2, max_size=4), st.sampled_from(["zh", "en"]))
def test_the_ends_of_an_interval_have_one_unit(times, lang):
    told = units.format_seconds_alike({str(place): time for place, time in enumerate(times)}, lang)
    assert len({text.split()[1] for text in told.values()}) == 1


def test_an_interval_across_a_minute_is_told_in_seconds():
    assert units.format_seconds_alike({"low": 13.3, "high": 70.8}) == {"low": "13.3 s", "high": "70.8 s"}
