"""A reader's own config.json in the calculator: the numbers and words of the command line, and nothing is run."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import llmnotes as ln
from llmnotes import units
from llmnotes.cli import main
from llmnotes.cli.verbs import show_facts
from llmnotes.described import answer
from tests.browser.test_brython import OWN_WORDS, broken, published
from tests.browser.test_calculator import GO, opened

pytestmark = pytest.mark.browser

OWN_MS = 120_000
ANSWERED = "['ready', 'refused'].includes(document.querySelector('#ln-own').dataset.state)"
# Windows, latents, experts, recurrent layers, layers side by side, and remarks of both kinds.
SPREAD = ("llama-3.1-8b", "gemma-4-e2b", "deepseek-v4-pro", "jamba-v0.1", "kimi-linear-48b-a3b", "glm-5.2")
NOTES = {"zh": ("注意：", "按惯例补上："), "en": ("note: ", "assumed: ")}
OWN_TABLES = """() => [...document.querySelectorAll(".ln-config__tables table")].map((table) =>
  [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim().replace(/\\s+/g, " "))))"""
# Once the page has loaded the program: each configuration, and its cache by the equations of the page.
ASK_ALL = """(texts) => texts.map((text) => {
  const found = llmnotes.ask(text, "en")
  if (found.error) return found
  const whole = llmnotes.reserving(found)
  const one = { n_tokens: found.n_ctx ?? 8192, n_chips: 1, batch_size: 1, kv_bits: 16 }
  found.cache = llmnotes.formulas.chip_cache_bytes(found.profile, one)
  found.reserved = llmnotes.formulas.chip_cache_bytes(whole.profile, one)
  return found
})"""


def size_own(page: Page, text: str) -> str:
    """Give the page a configuration and return what it says of it."""
    box = page.locator("#ln-own")
    if box.get_attribute("open") is None:
        box.locator("summary").click()
    box.locator("textarea").fill(text)
    box.locator("button").click()
    page.wait_for_function(ANSWERED, timeout=OWN_MS)
    return box.locator(".ln-config__said").text_content() or ""


def facts(text: str) -> dict:
    """What `llmnotes show` says of a configuration."""
    model = ln.from_config(json.loads(text), name="config.json")
    return show_facts(model, Namespace(lang="en", tokens=None, weights=None, kv=None, kv_k=None, kv_v=None))


def test_a_readers_own_configuration_gets_the_numbers_of_the_command_line(address: str, visit: Callable) -> None:
    by_id = published()
    # Whether every registered one is sized as in Python, `test_brython` asks; here, what a page makes of it.
    asked = SPREAD if address.startswith("http") else SPREAD[:2]
    reader = visit()
    page = opened(reader, address, "en")
    said = size_own(page, by_id["gpt-oss-120b"])
    counted = facts(by_id["gpt-oss-120b"])
    assert units.format_exact(counted["params"]["total"]) in said
    own = page.evaluate(
        "() => [...document.querySelectorAll('#ln-result td.ln-number:last-child')].map((one) => one.textContent)"
    )
    page.evaluate(GO, "#m=gpt-oss-120b")
    assert own == page.locator("#ln-result td.ln-number").all_text_contents()
    there = page.evaluate(ASK_ALL, [by_id[model_id] for model_id in asked])
    for model_id, found in zip(asked, there, strict=True):
        text = by_id[model_id]
        assert {key: found[key] for key in json.loads(answer(text, "en"))} == json.loads(answer(text, "en")), model_id
        shown = facts(text)
        got = [found["n_params"], found["n_active"], found["n_layers"], found["cache"], found["reserved"]]
        cache = shown["kv_cache"]
        wanted = [
            shown["params"]["total"],
            shown["params"]["active"],
            shown["n_layers"],
            cache["ideal_bytes"],
            cache["reserved_bytes"],
        ]
        assert got == wanted, model_id
    assert reader.elsewhere(address) == []


def printed(verb: str, file: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the command line about a file, a single space where there are many."""
    assert main([verb, str(file), "--lang", lang]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_tables_of_a_readers_own_configuration_are_those_of_the_command_line(
    lang: str,
    http: str,
    visit: Callable,
    violations: Callable,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nobody looks, so no line is folded.
    monkeypatch.delenv("COLUMNS", raising=False)
    by_id = published()
    page = opened(visit(width=360), http, lang)
    file = tmp_path / "config.json"
    # The numbers are the same in both languages, the words are not.
    for model_id in SPREAD if lang == "en" else SPREAD[::2]:
        file.write_text(by_id[model_id], encoding="utf-8")
        said = size_own(page, by_id[model_id])
        layers, params = page.evaluate(OWN_TABLES)
        shown, counted = printed("show", file, lang, capsys), printed("params", file, lang, capsys)
        where = shown.index(" ".join(layers[0]))
        assert shown[where + 1 : where + len(layers)] == [" ".join(row) for row in layers[1:]], model_id
        assert counted[2 : 1 + len(params)] == [" ".join(row) for row in params[1:]], model_id
        assert said.split("\n")[1:] == [line for line in shown if line.startswith(NOTES[lang])], model_id
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), model_id
    assert violations(page) == []


def test_a_broken_configuration_gets_the_words_of_the_command_line(http: str, visit: Callable) -> None:
    page = opened(visit(), http, "en")
    texts = broken([*published().values()])
    refused = {text: found["error"] for text in texts if "error" in (found := json.loads(answer(text, "en")))}
    first = '{"model_type": "gpt2", "n_head": 7}'
    assert size_own(page, first) == json.loads(answer(first, "en"))["error"]
    asked = [*refused][::4]
    there = page.evaluate(ASK_ALL, asked)
    assert [OWN_WORDS.sub("", found["error"]) for found in there] == [
        OWN_WORDS.sub("", refused[text]) for text in asked
    ]


def test_nothing_in_a_file_is_run_or_becomes_markup(http: str, visit: Callable) -> None:
    reader = visit()
    page = opened(reader, http, "en")
    hostile = "<img src=nowhere.png onerror=window.stung=1><script>window.stung=1</script>"
    said = size_own(page, json.dumps({"model_type": hostile}))
    assert hostile[:20] in said
    config = json.loads(published()["llama-3.1-8b"]) | {
        "_name_or_path": hostile,
        hostile: 1,
        "'''+window.stung": "{{1}}",
    }
    size_own(page, json.dumps(config))
    assert page.evaluate("window.stung") is None
    assert page.locator("main img, main script").count() == 0
    assert [url for url in reader.requested if "nowhere" in url] == []


def test_a_file_can_be_chosen_or_dropped(http: str, visit: Callable, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(published()["llama-3.1-8b"], encoding="utf-8")
    page = opened(visit(), http, "zh")
    page.locator(".ln-config summary").click()
    page.locator(".ln-config input[type=file]").set_input_files(file)
    expect(page.locator(".ln-config__said")).to_contain_text("8,030,261,248", timeout=OWN_MS)
    drop = """(text) => {
      const data = new DataTransfer()
      data.items.add(new File([text], "config.json"))
      document.querySelector("#ln-own").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }))
    }"""
    page.evaluate(drop, "{}")
    expect(page.locator(".ln-config__said")).to_contain_text("model_type is missing")


def test_it_stays_through_a_reload_and_the_other_language_and_goes_with_no_link(http: str, visit: Callable) -> None:
    reader = visit(permissions=["clipboard-read", "clipboard-write"])
    page = opened(reader, http, "en")
    size_own(page, published()["llama-3.1-8b"])
    expect(page.locator("#ln-result thead")).to_contain_text("your config.json")
    page.wait_for_function("location.hash.includes('own')")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#ln-spoken")).to_contain_text("not in the link")
    page.locator(".ln-other").click()
    expect(page.locator("#ln-result thead")).to_contain_text("你的 config.json", timeout=OWN_MS)
    stranger = visit().page
    stranger.goto(f"{http}en/calculator.html#m=own&n=32k")
    expect(stranger.locator(".ln-config__said")).to_contain_text("paste it again")


def test_what_is_far_too_much_is_refused_at_once(http: str, visit: Callable) -> None:
    reader = visit()
    page = opened(reader, http, "en")
    many = json.dumps({f"key_{index}": index for index in range(100_000)})
    assert "no config.json" in size_own(page, many)
    assert "no config.json" in size_own(page, json.dumps({f"k{index}": 1 for index in range(6_000)}))
    assert "line 1" in size_own(page, '{"hidden_size": 1,}')
    assert [url for url in reader.requested if "/own/" in url] == []
