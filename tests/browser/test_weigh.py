"""A file of llama-bench dropped on the page: weighed there, refused in one sentence, sent nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BOTH_WAYS
from tests.site.test_weigh import ROWS, row

pytestmark = pytest.mark.browser

ARTICLE = "kvcache/weighing-with-a-stopwatch.html"
SAID = ".ln-weigh .ln-explain__said"
# A file as the reader drops it; `size` pads it with blanks, which cost nothing to make here.
DROP = """([text, size]) => {
  const carried = new DataTransfer()
  carried.items.add(new File([text, " ".repeat(Math.max(0, size - text.length))], "depth.json"))
  document.getElementById("ln-weigh").dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true }))
}"""
REFUSED = {
    "another kind": (json.dumps({"hidden_size": 4096}), "no result of llama-bench", "不是 llama-bench 的结果"),
    "one depth": (json.dumps(ROWS[:1]), "one depth only", "只有一个深度"),
    "two models": (json.dumps([ROWS[0], row(8, 6, model_filename="other.gguf")]), "2 models", "2 个模型"),
    "prompts alone": (json.dumps([row(0, 900, n_prompt=512, n_gen=0)]), "reading prompts", "读提示词"),
    "broken": ("[\n{oops\n", "JSON", "JSON"),
}


def drop(page: Page, text: str, size: int = 0) -> None:
    """Drop a text as a file."""
    page.evaluate(DROP, [text, size])


@BOTH_WAYS
def test_a_dropped_file_is_weighed_and_a_wrong_one_refused(lang: str, address: str, visit: Callable) -> None:
    reader = visit(width=390)
    page = reader.page
    page.goto(f"{address}{lang}/{ARTICLE}")
    box, said = page.locator("#ln-weigh"), page.locator(SAID)
    drop(page, json.dumps(ROWS))
    expect(box).to_have_attribute("data-state", "ready")
    expect(said).to_contain_text("Qwen3.6-27B-UD-Q8_K_XL.gguf")
    expect(said).to_contain_text("64 KiB")
    expect(page.locator("#ln-weigh-bandwidth")).to_have_value("256")
    expect(page.locator(".ln-weigh__found tbody tr")).to_have_count(len(ROWS))
    for text, en, zh in REFUSED.values():
        drop(page, text)
        expect(said).to_contain_text({"en": en, "zh": zh}[lang])
        expect(box).to_have_attribute("data-state", "refused")
        expect(page.locator(".ln-weigh__found tbody tr")).to_have_count(0)
        assert "\n" not in (said.text_content() or "")
    drop(page, json.dumps(ROWS), 50_000_000)
    expect(said).to_contain_text("4 MiB")
    assert reader.complaints == []
    assert reader.elsewhere(address) == []


def test_the_example_is_weighed_by_keyboard_and_follows_what_is_typed(
    http: str, visit: Callable, violations: Callable
) -> None:
    reader = visit()
    page = reader.page
    page.goto(f"{http}en/{ARTICLE}")
    page.locator(".ln-weigh__example").press("Enter")
    said = page.locator(SAID)
    expect(said).to_contain_text("Qwen3.6 27B keeps 64 KiB")
    expect(said).to_contain_text("256 GB/s")
    page.locator("#ln-weigh-bandwidth").fill("512")
    page.locator("#ln-weigh-bandwidth").press("Tab")
    expect(said).to_contain_text("At 512 GB/s")
    page.locator("#ln-weigh-chip").select_option("rtx-4090")
    expect(said).to_contain_text("GeForce RTX 4090")
    page.locator("#ln-weigh-model").fill("no such model")
    page.locator("#ln-weigh-model").press("Tab")
    expect(said).to_contain_text("No registered model")
    page.locator("#ln-weigh-model").fill("qwen3 32b")
    page.locator("#ln-weigh-model").press("Tab")
    expect(said).to_contain_text("Qwen3 32B keeps 256 KiB")
    assert violations(page) == []
    assert reader.complaints == []


def test_nothing_of_a_file_leaves_the_page(http: str, visit: Callable) -> None:
    reader = visit()
    sent: list[str] = []
    reader.page.on("request", lambda request: sent.append(f"{request.method} {request.url} {request.post_data}"))
    reader.page.goto(f"{http}en/{ARTICLE}")
    marked = [one | {"model_filename": "<img src=x onerror=alert(1)>secret.gguf"} for one in ROWS]
    drop(reader.page, json.dumps(marked))
    expect(reader.page.locator(SAID)).to_contain_text("secret.gguf")
    assert reader.page.locator(f"{SAID} img").count() == 0
    assert sent
    assert all(re.match(rf"GET {re.escape(http)}\S+ None$", each) and "secret" not in each for each in sent)


def test_without_a_script_the_form_says_so(http: str, visit: Callable) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(f"{http}en/{ARTICLE}")
    expect(page.locator("#ln-weigh noscript")).to_be_visible()
