"""The page of each registered model: every number on it is the package's own, and the pages stay small and whole."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from llmnotes.fitting import fit
from llmnotes.registry import find, model_ids
from llmnotes.report import count_params, kv_cache
from llmnotes.site.made import write as made
from llmnotes.site.made.document import Cell, Section, Table, as_html, as_markdown
from llmnotes.site.made.models import content, layers, overview, registry_file
from llmnotes.site.made.models.facts import CARDS, LENGTHS, all_facts, facts
from llmnotes.site.text.problem import SiteError
from llmnotes.units import format_bytes, format_exact
from llmnotes.weights.sizes import memory_precision

LANGUAGES = ("zh", "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_says_the_published_count_of_a_known_model(lang):
    # The size of the weight files that Meta published.
    assert "8,030,261,248" in content.answer(facts("llama-3.1-8b"), lang)
    assert "16 GiB" in content.answer(facts("llama-3.1-8b"), lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_carries_what_the_package_answers(lang):
    for known in all_facts():
        page = as_html(content.sections(known, lang))
        counted = count_params(find(known.id).spec)
        wanted = [format_exact(count) for count in (*counted.components.values(), counted.total)]
        wanted += [format_bytes(kv_cache(known.spec, n).ideal_bytes, lang) for n in LENGTHS]
        assert [number for number in wanted if f">{number}<" not in page.replace("<strong>", "")] == [], known.id
        assert "None" not in page, known.id


def test_the_parts_of_every_model_sum_to_its_total():
    for known in all_facts():
        (table,) = content.sections(known, "en")[0].blocks
        assert isinstance(table, Table)
        counts = {row[0].text: row[2].value or 0 for row in table.rows if row[1].share is not None}
        assert sum(counts.values()) == next(row[2].value for row in table.rows if row[0].text == "total"), known.id


@pytest.mark.parametrize("model_id", ["llama-3.1-70b", "gemma-3-27b", "deepseek-v4-flash", "nemotron-3-nano-30b"])
def test_the_cards_agree_with_the_fit_of_the_command_line(model_id):
    known = facts(model_id)
    cases = [(card, stored) for card in CARDS for stored in known.stored]
    for one, (card, stored) in zip(known.placed, cases, strict=True):
        precision = memory_precision(stored)
        asked: dict[str, Any] = {"weight_bits": precision.weights, "expert_bits": precision.experts}
        asked["n_tokens"] = known.tokens_to_fit
        alone = fit(known.spec, card, **asked)
        assert one.n_chips == alone.ideal.fewest_chips, (card, stored.form)
        if one.n_chips:
            held = fit(known.spec, card, one.n_chips, **asked)
            limits = [limit for limit in (held.ideal.longest_context, known.spec.n_ctx) if limit is not None]
            assert one.longest == (min(limits) if limits else None)


@pytest.mark.parametrize("model_id", model_ids())
def test_the_order_of_layers_says_each_layer_once(model_id):
    spec = find(model_id).spec
    spelt = [
        letter
        for stretch in layers.order(layers.row(spec))
        for _ in range(stretch.times)
        for letter, count in stretch.parts
        for _ in range(count)
    ]
    assert len(spelt) == spec.n_layers
    same = dict(zip(spelt, spec.layers, strict=True))
    assert [same[letter] for letter in spelt] == list(spec.layers)


def test_a_reader_learns_the_pattern_that_a_paper_describes():
    # "5:1 interleaving of local and global layers", Gemma 3 Technical Report, arXiv:2503.19786, section 2.
    assert layers.in_words(layers.order(layers.row(find("gemma-3-12b").spec)), "en") == "5 A, 1 B, 8 times over"
    assert layers.tags(find("gemma-3-12b").spec) == ["GQA", "SWA"]
    assert layers.tags(find("deepseek-v3").spec) == ["MLA", "MoE"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_table_names_every_model_and_sorts_by_numbers(lang):
    markup = overview.as_html(all_facts(), lang)
    assert [one for one in model_ids() if f'href="models/{one}.html"' not in markup] == []
    assert len(re.findall(r'data-value="[\d.e+]+"', markup)) == 6 * len(model_ids())
    assert overview.as_markdown(all_facts(), lang).count("\n") == len(model_ids()) + 1


def test_what_others_wrote_cannot_become_markup():
    table = Table("<i>", ("<b>",), [[Cell('<script>"|', parts=(("<u>", "<b>"),), href='https://x/?"<')]])
    page = as_html([Section("a", "<h>", (table,))])
    assert re.findall(r"<(?:script|i|b|u|h)>", page) == []
    assert '"<' not in page
    assert r"\|" in as_markdown([Section("a", "<h>", (table,))])


def test_a_lost_mark_stops_the_build(tmp_path):
    page = tmp_path / "models.html"
    page.write_text("<p>nothing to fill</p>")
    with pytest.raises(SiteError, match="0 times"):
        made.fill(page, "models", "table")


def test_the_registry_file_is_json_with_sources_and_counts():
    known = json.loads(registry_file.text())
    assert list(known["models"]) == list(model_ids())
    llama = known["models"]["llama-3.1-8b"]
    assert llama["config"]["hidden_size"] == 4096
    assert llama["count"]["total"] == llama["n_params_weights"] == 8_030_261_248
    assert llama["sources"]["config"].startswith("https://")
    assert llama["checked"] == find("llama-3.1-8b").checked.isoformat()
    assert known["chips"]["rtx-4090"]["memory_bytes"] == 25_757_220_864
    assert known["format"] == 1


def _fitted(model_id: str, lang: str = "en") -> str:
    (section,) = [one for one in content.sections(facts(model_id), lang) if one.id == "fit"]
    return as_markdown([section])


def test_cards_with_the_same_answers_share_a_row_and_one_answer_for_all_is_a_sentence():
    assert "| RTX 4090, RTX 5090, L40S, H100 SXM, H200 SXM, B200 SXM |" in _fitted("qwen3-8b")
    small = _fitted("qwen2.5-0.5b")
    assert "the same on all of these cards, 1, up to 32K: RTX 4060, " in small
    assert "| RTX 4060" not in small


def test_cards_for_a_desk_are_not_counted_beyond_one_machine():
    large = _fitted("deepseek-v3")
    assert "| RTX 4090" not in large
    assert "| H100 SXM | 16, " in large
    assert "more than 8 cards, which no one machine takes: RTX 4060, RTX 3060, RTX 4060 Ti 16 GB, RTX 4090" in large


def test_a_file_says_which_parts_beside_the_text_model_it_holds():
    rows = _fitted("gemma-3-4b").splitlines()
    assert any(row.startswith("| bf16 (not stated, assumed), with vision tower, projector |") for row in rows)
    assert any(row.startswith("| Q4_K_M, without vision tower, projector |") for row in rows)
    assert "| fp8, its own file, with prediction module" in _fitted("deepseek-v3")


def test_most_remarks_on_sources_are_chinese_on_chinese_pages():
    """Those of a single model may stay English, and are marked so."""
    cells = [
        cell
        for known in all_facts()
        for block in content.sections(known, "zh")[-1].blocks
        if isinstance(block, Table)
        for row in block.rows
        for cell in row
        if cell.href and ("：" in cell.text or ": " in cell.text)
    ]
    assert sum(not cell.lang for cell in cells) > 0.8 * len(cells)
