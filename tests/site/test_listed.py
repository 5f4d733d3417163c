"""The tables of chips and prices: every entry with the registry's numbers, and what fits agrees with `fit`."""

import pytest

from llmnotes.fitting import fit
from llmnotes.registry import chip_ids, find, find_chip, find_price, price_ids
from llmnotes.site.made.document import as_markdown, table_markdown
from llmnotes.site.made.listed import chips, prices
from llmnotes.site.made.listed.words import TEXT
from llmnotes.weights.sizes import memory_precision, stored_weights


def test_both_languages_have_the_same_words():
    assert TEXT["zh"].keys() == TEXT["en"].keys()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_chip_stands_in_the_table_once(lang):
    names = [row[0].text for row in chips.table(lang).rows]
    assert sorted(names) == sorted(find_chip(chip_id).name.removeprefix("NVIDIA ") for chip_id in chip_ids())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_list_stands_in_the_table_with_its_day(lang):
    rows = {row[0].text: [cell.text for cell in row] for row in prices.table(lang).rows}
    assert len(rows) == len(price_ids())
    for price in map(find_price, price_ids()):
        assert price.priced.isoformat() in rows[price.name]


def test_a_known_row_of_prices():
    # Gemini 2.5 Pro: $1.25 and $10 a million up to 200,000 tokens of prompt, $2.50 and $15 above.
    (line,) = [one for one in table_markdown(prices.table("en")).splitlines() if one.startswith("| Gemini 2.5 Pro ")]
    assert "| $1.25 | $10 | 8× |" in line
    assert "| 200,000 | $2.50 / $15 |" in line


def test_every_source_of_a_chip_is_listed():
    text = as_markdown([chips.sources("en")])
    addresses = {
        s.partition(" ")[0] for i in chip_ids() for s in find_chip(i).sources.values() if s.startswith("https")
    }
    assert [one for one in addresses if one not in text] == []


@pytest.mark.parametrize(("chip_id", "form"), [("rtx-4090", "own"), ("h100-sxm-80gb", "q4"), ("l4-24gb", "q4")])
def test_the_largest_model_fits_and_the_next_larger_does_not(chip_id, form):
    def fits(model_id):
        spec = find(model_id).spec
        bits = memory_precision(stored_weights(spec, chips.FORMS[form]))
        asked = fit(spec, chip_id, 1, bits.weights, 16, chips.N_TOKENS, expert_bits=bits.expert_bits)
        return asked.ideal.fits

    column = 12 + list(chips.FORMS).index(form)
    named = find_chip(chip_id).name.removeprefix("NVIDIA ")
    (row,) = [row for row in chips.table("en").rows if row[0].text == named]
    ids = [model_id for model_id, _, _ in chips.needs(form)]
    chosen = ids.index(row[column].href.removeprefix("models/").removesuffix(".html"))
    assert fits(ids[chosen])
    assert not any(fits(model_id) for model_id in ids[max(0, chosen - 3) : chosen])
