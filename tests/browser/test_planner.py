"""The planner: its answer is that of `llmnotes plan`, it comes within 100 ms, and every way unfolds to its numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from math import hypot
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from llmnotes import units
from llmnotes.cli import main
from llmnotes.registry import load_model
from llmnotes.spec import ModelSpec
from llmnotes.timing.plan import Need, Option, pareto, plan, rents
from tests.browser.conftest import BOTH_WAYS
from tests.browser.test_brython import published
from tests.browser.test_own_config import OWN_MS, size_own

pytestmark = pytest.mark.browser

MOST_MS = 100
# A number of the chart is drawn on a disc as wide as this.
BADGE_PX = 18
TIMES = 15
ROWS = """() => [...document.querySelectorAll("#ln-result tr[data-row]")].map((row) => [
  row.dataset.row, ...[...row.cells].slice(1).map((cell) => cell.firstChild.textContent)])"""
FASTEST = """(times) => {
  const field = document.getElementById("ln-n_prompt"), taken = []
  for (let turn = 0; turn < times; turn++) {
    field.value = 4000 + turn
    const before = performance.now()
    field.dispatchEvent(new Event("input", { bubbles: true }))
    taken.push(performance.now() - before)
  }
  return Math.min(...taken)
}"""
SET = "(one, value) => { one.value = value; one.dispatchEvent(new Event('input', { bubbles: true })) }"
KEYS = ("chip", "all_chips", "parallelism", "form", "engine")
NUMBERS = ("usd_per_hour", "usd_per_million", "tokens_per_s")
CASES = {
    "#m=llama-3.3-70b": ("llama-3.3-70b", Need(4096, 512, 32, 2, 20), True),
    "#m=gpt-oss-120b&n=8k&o=1000&u=7&t=0.5&s=40&sure=": ("gpt-oss-120b", Need(8192, 1000, 7, 0.5, 40), False),
    "#m=deepseek-v3&u=300": ("deepseek-v3", Need(4096, 512, 300, 2, 20), True),
}


def shown(one: Option, lang: str) -> list[str]:
    return as_shown({key: getattr(one, key) for key in (*KEYS, *NUMBERS, "first_token_s", "sure")}, lang)


def as_shown(one: dict, lang: str) -> list[str]:
    dear, dearer, fast = (one[key] for key in NUMBERS)
    # A safe plan shows the slow ends of its intervals first.
    speed, first = (fast[1], one["first_token_s"][2]) if one["sure"] else (fast[0], one["first_token_s"][0])
    numbers = [units.format_number(value) for value in (dear, dearer, speed)]
    return [",".join(str(one[key]) for key in KEYS), *numbers, units.format_seconds(first, lang)]


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("document.querySelectorAll('#ln-verdict p').length > 0")


@BOTH_WAYS
def test_the_page_says_what_the_command_line_says(lang: str, address: str, visit: Callable) -> None:
    for state, (model_id, need, sure) in CASES.items():
        reader = visit()
        opened(reader.page, f"{address}{lang}/planner.html{state}")
        here = pareto(plan(load_model(model_id), need, sure=sure))
        assert reader.page.evaluate(ROWS) == [shown(one, lang) for one in here]
        assert reader.complaints == []


def test_what_a_buyer_needs_stands_first_and_what_is_expected_beside_it(http: str, visit: Callable) -> None:
    page, need, model = visit().page, Need(4096, 512, 32, 2, 20), load_model("llama-3.3-70b")
    opened(page, f"{http}en/planner.html")
    safe, expected = (pareto(plan(model, need, sure=sure))[0] for sure in (True, False))
    said, beside = (
        page.locator(f"#ln-verdict {one}").first.inner_text() for one in (".ln-verdict__yes", ".ln-plan__other")
    )
    assert f"at least {units.format_number(safe.tokens_per_s[1])} tokens/s" in said
    assert f"({units.format_number(safe.tokens_per_s[0])} expected)" in said
    assert units.format_usd(safe.usd_per_hour, "en") in said
    assert units.format_usd(expected.usd_per_hour, "en") in beside
    assert f"{units.format_number(expected.tokens_per_s[1])} if slow" in beside
    page.locator("#ln-sure").select_option("")
    said, beside = (
        page.locator(f"#ln-verdict {one}").first.inner_text() for one in (".ln-verdict__yes", ".ln-plan__other")
    )
    assert said.startswith("Cheapest as expected")
    assert units.format_usd(safe.usd_per_hour, "en") in beside
    page.wait_for_function("location.hash.includes('sure=')")
    # Where nothing is safe, that is said beside what is expected to be enough.
    page.locator("#ln-n_users").fill("1")
    page.locator("#ln-tokens_per_s").fill(str(tightest(model)))
    assert "At the slow end of the interval nothing meets the need" in page.locator("#ln-verdict").inner_text()


def tightest(model: ModelSpec) -> int:
    """A speed that can be expected of some way, but of none at the slow end."""
    every = plan(model, Need(4096, 512, 1, 2, 1), sure=False)
    return int(max(one.tokens_per_s[0] for one in every))


def test_an_answer_comes_within_a_tenth_of_a_second(http: str, visit: Callable) -> None:
    reader = visit()
    opened(reader.page, f"{http}en/planner.html#m=llama-3.3-70b")
    assert reader.page.evaluate(FASTEST, TIMES) < MOST_MS


def test_no_number_of_the_chart_covers_another_on_a_phone(http: str, visit: Callable) -> None:
    page = visit(width=360).page
    opened(page, f"{http}en/planner.html")
    badges = page.eval_on_selector_all(
        "svg text.n", "all => all.map((one) => [+one.getAttribute('x'), +one.getAttribute('y')])"
    )
    assert len(badges) > 1
    apart = [hypot(a[0] - b[0], a[1] - b[1]) for a, b in combinations(badges, 2)]
    assert min(apart) >= BADGE_PX


@pytest.mark.parametrize("n_users", [32, 300])
def test_a_number_of_the_chart_stands_at_the_height_of_its_dot_and_near_it(
    n_users: int, http: str, visit: Callable
) -> None:
    page = visit().page
    opened(page, f"{http}en/planner.html#m=llama-3.3-70b&u={n_users}")
    places = "all => all.map((one) => [+one.getAttribute('cx'), +one.getAttribute('cy')])"
    dots, badges = (page.eval_on_selector_all(f"svg circle.a[r='{r}']", places) for r in (3, BADGE_PX // 2))
    assert len(dots) == page.locator("#ln-result .ln-how").count()
    assert 1 < len(badges) <= len(dots)
    for left, height in badges:
        assert min(abs(at - left) for at, top in dots if top == height) <= 2.5 * BADGE_PX


def test_a_way_unfolds_to_numbers_that_lead_to_it(http: str, visit: Callable) -> None:
    reader = visit()
    opened(reader.page, f"{http}en/planner.html#m=llama-3.3-70b")
    reader.page.locator("#ln-result .ln-how").first.click()
    told = reader.page.locator("#ln-how-0").inner_text()
    (best, *_) = pareto(plan(load_model("llama-3.3-70b"), Need(4096, 512, 32, 2, 20)))
    for value in (best.usd_per_hour, best.usd_per_million, best.tokens_per_s[0], best.tokens_per_s[1]):
        assert units.format_number(value) in told
    assert "1 / " in told


def test_a_pipeline_unfolds_to_its_stages(http: str, visit: Callable) -> None:
    reader, need = visit(), Need(4096, 512, 300, 8, 4)
    others = "".join(f"&{chip}=" for chip in rents() if chip != "l4-24gb")
    opened(reader.page, f"{http}en/planner.html#m=llama-3.3-70b&u=300&t=8&s=4&sure={others}")
    found = pareto(plan(load_model("llama-3.3-70b"), need, prices={"l4-24gb": rents()["l4-24gb"]}, sure=False))
    assert reader.page.evaluate(ROWS) == [shown(one, "en") for one in found]
    index, one = next((index, one) for index, one in enumerate(found) if one.n_stages > 1)
    reader.page.locator("#ln-result .ln-how").nth(index).click()
    told = reader.page.locator(f"#ln-how-{index}").inner_text()
    assert f"80 layers in {one.n_stages} stages" in told
    assert f"{units.format_number(one.batch_size / one.n_stages)} sequences through all stages" in told


def test_a_divided_cache_unfolds_to_tokens_and_bytes(http: str, visit: Callable) -> None:
    reader, need = visit(), Need(65_536, 1000, 64, 30, 15)
    opened(reader.page, f"{http}en/planner.html#m=deepseek-v3&n=64k&o=1000&u=64&t=30&s=15")
    found = pareto(plan(load_model("deepseek-v3"), need))
    assert reader.page.evaluate(ROWS) == [shown(one, "en") for one in found]
    index, one = next((index, one) for index, one in enumerate(found) if one.n_context > 1)
    reader.page.locator("#ln-result .ln-how").nth(index).click()
    told = reader.page.locator(f"#ln-how-{index}").inner_text()
    assert f"each keeps {units.format_exact(-(-66_536 // one.n_context))} of 66,536" in told
    # 61 layers with 128 heads: queries of 576 numbers, and what was found, 512, in two bytes, to each of the others.
    sent = 2 * one.batch_size * 61 * (128 // one.n_chips) * (576 + 512) * (one.n_context - 1)
    assert f"sends {units.format_bytes(sent)} more with {one.batch_size} sequences" in told


def test_what_cannot_be_read_or_met_is_said_in_one_line(http: str, visit: Callable) -> None:
    reader = visit()
    opened(reader.page, f"{http}en/planner.html#m=llama-3.1-8b")
    for name, value, said in (
        ("n_users", "0", "whole number"),
        ("tokens_per_s", "fast", "number above 0"),
        ("rent-h100-sxm-80gb", "-1", "above 0"),
    ):
        field = reader.page.locator(f"#ln-{name}")
        before = field.input_value()
        field.evaluate(SET, value)
        assert said in reader.page.locator(f"#ln-wrong-{name}").text_content()
        assert reader.page.locator(".ln-blank").count() == 1
        field.evaluate(SET, before)
    reader.page.locator("#ln-tokens_per_s").fill("100000")
    assert "Closest is" in reader.page.locator("#ln-verdict").inner_text()
    assert reader.page.locator("#ln-result").is_hidden()


def changed(model_id: str, **keys: object) -> str:
    """A published configuration with other sizes, as nobody has registered it."""
    return json.dumps(json.loads(published()[model_id]) | keys)


OWN = {
    "fewer layers": changed("llama-3.1-8b", num_hidden_layers=20),
    "quantized experts": changed("gpt-oss-20b", num_hidden_layers=12, layer_types=None),
    "latents": published()["deepseek-v3"],
    "windows": published()["gemma-3-27b"],
    "states": published()["qwen3.6-35b-a3b"],
    "a form that is not known": changed("qwen3-8b", quantization_config={"quant_method": "of-tomorrow"}),
}


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[[str], dict]:
    """What the command line says of a configuration in a file."""

    def asked(text: str) -> dict:
        file = tmp_path / "config.json"
        file.write_text(text, encoding="utf-8")
        assert main(["plan", str(file), "--users", "32", "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return asked


def test_a_readers_own_configuration_gets_the_plan_of_the_command_line(
    address: str, visit: Callable, told: Callable, violations: Callable
) -> None:
    reader = visit()
    opened(reader.page, f"{address}en/planner.html")
    # From the disk the page loads its program in another way, and then does the same.
    for name, text in [*OWN.items()][:: 1 if address.startswith("http") else len(OWN) - 1]:
        said, there = size_own(reader.page, text), told(text)
        rows = reader.page.evaluate(ROWS)
        assert rows == [as_shown(one, "en") for one in there["pareto"]], name
        assert rows, name
        assert reader.page.locator("#ln-verdict").inner_text().count(f"{there['n_options']:,} ways") == 1, name
        for why in there["weights_unknown"]:
            assert why.partition(": ")[2] in said
    assert "this form is not known" in said
    assert reader.page.evaluate(FASTEST, TIMES) < MOST_MS
    assert reader.elsewhere(address) == []
    assert reader.complaints == []
    assert violations(reader.page) == []


def test_an_own_configuration_stays_through_the_other_language_with_its_form(http: str, visit: Callable) -> None:
    reader = visit()
    page = reader.page
    opened(page, f"{http}en/planner.html#u=300")
    size_own(page, OWN["fewer layers"])
    page.locator("#ln-form_of").select_option("nvfp4")
    rows = page.evaluate(ROWS)
    page.wait_for_function("location.hash.includes('m=own') && location.hash.includes('w=nvfp4')")
    page.locator(".ln-other").click()
    expect(page.locator("#ln-model")).to_have_value("你的 config.json", timeout=OWN_MS)
    assert page.locator("#ln-form_of").input_value() == "nvfp4"
    assert page.locator("#ln-n_users").input_value() == "300"
    assert [row[0] for row in page.evaluate(ROWS)] == [row[0] for row in rows]
    stranger = visit().page
    opened(stranger, f"{http}zh/planner.html#m=own&u=300")
    expect(stranger.locator(".ln-config__said").first).to_contain_text("请再粘贴一次")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"hidden_size": 1,}', "not JSON"),
        ('{"model_type": "no-such"}', "no-such"),
        (
            '{"model_type": "bert", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, '
            '"intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 64, "type_vocab_size": 2}',
            "no speed and no plan",
        ),
    ],
)
def test_what_cannot_be_planned_is_said_and_is_no_model(http: str, visit: Callable, text: str, said: str) -> None:
    page = visit().page
    opened(page, f"{http}en/planner.html")
    before = page.evaluate(ROWS)
    size_own(page, OWN["fewer layers"])
    assert page.evaluate(ROWS) != before
    assert said in size_own(page, text)
    assert page.locator("#ln-model").input_value() == "Llama 3.3 70B"
    assert page.evaluate(ROWS) == before
