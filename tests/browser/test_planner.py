"""The planner: its answer is that of `llmnotes plan`, it comes within 100 ms, and every way unfolds to its numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from llmnotes import units
from llmnotes.registry import load_model
from llmnotes.timing.plan import Need, Option, pareto, plan, rents
from tests.browser.conftest import BOTH_WAYS

pytestmark = pytest.mark.browser

MOST_MS = 100
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
CASES = {
    "#m=llama-3.3-70b": ("llama-3.3-70b", Need(4096, 512, 64, 2, 20), False),
    "#m=gpt-oss-120b&n=8k&o=1000&u=7&t=0.5&s=40&sure=1": ("gpt-oss-120b", Need(8192, 1000, 7, 0.5, 40), True),
    "#m=deepseek-v3&u=300": ("deepseek-v3", Need(4096, 512, 300, 2, 20), False),
}


def shown(one: Option, lang: str) -> list[str]:
    number = units.format_number
    key = ",".join((one.chip, str(one.all_chips), one.parallelism, one.form, one.engine))
    first = units.format_seconds(one.first_token_s[0], lang)
    return [key, number(one.usd_per_hour), number(one.usd_per_million), number(one.tokens_per_s[0]), first]


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


def test_an_answer_comes_within_a_tenth_of_a_second(http: str, visit: Callable) -> None:
    reader = visit()
    opened(reader.page, f"{http}en/planner.html#m=llama-3.3-70b")
    assert reader.page.evaluate(FASTEST, TIMES) < MOST_MS


def test_a_way_unfolds_to_numbers_that_lead_to_it(http: str, visit: Callable) -> None:
    reader = visit()
    opened(reader.page, f"{http}en/planner.html#m=llama-3.3-70b")
    reader.page.locator("#ln-result .ln-how").first.click()
    told = reader.page.locator("#ln-how-0").inner_text()
    (best, *_) = pareto(plan(load_model("llama-3.3-70b"), Need(4096, 512, 64, 2, 20)))
    for value in (best.usd_per_hour, best.usd_per_million, best.tokens_per_s[0], best.tokens_per_s[1]):
        assert units.format_number(value) in told
    assert "1 / " in told


def test_a_pipeline_unfolds_to_its_stages(http: str, visit: Callable) -> None:
    reader, need = visit(), Need(4096, 512, 300, 8, 4)
    others = "".join(f"&{chip}=" for chip in rents() if chip != "l4-24gb")
    opened(reader.page, f"{http}en/planner.html#m=llama-3.3-70b&u=300&t=8&s=4{others}")
    found = pareto(plan(load_model("llama-3.3-70b"), need, prices={"l4-24gb": rents()["l4-24gb"]}))
    assert reader.page.evaluate(ROWS) == [shown(one, "en") for one in found]
    index, one = next((index, one) for index, one in enumerate(found) if one.n_stages > 1)
    reader.page.locator("#ln-result .ln-how").nth(index).click()
    told = reader.page.locator(f"#ln-how-{index}").inner_text()
    assert f"80 layers in {one.n_stages} stages" in told
    assert f"{units.format_number(one.batch_size / one.n_stages)} sequences through all stages" in told


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
