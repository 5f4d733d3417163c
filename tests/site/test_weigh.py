"""What the page says of a file of llama-bench: the package's line in V8, and one sentence for each wrong file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.registry import find_chip
from llmnotes.site.script import formulas
from llmnotes.timing.curves import depth_curve, line_of, line_through

ASK = """
function asked(text, given, lang) {
  try {
    const found = llmnotes.bench.weigh(text)
    const chip = given.chip ?? llmnotes.bench.chipOf(found)
    const model = given.model ?? llmnotes.bench.modelOf(found.file)
    const bandwidth = chip ? llmnotes.chips[chip].bandwidth_bytes_per_s : 0
    const kept = model ? llmnotes.bench.kept(found, llmnotes.models[model].profile) : null
    const said = llmnotes.benchSaid(found, { chip, bandwidth, model }, lang)
    return JSON.stringify({ ...found, chip, model, kept, said })
  } catch (error) {
    if (!(error instanceof llmnotes.bench.Refusal)) throw error
    const told = llmnotes.benchWords[lang][error.message].replace(/\\{(\\w+)\\}/g, (_, key) => error.given[key])
    return JSON.stringify({ refused: error.message, told })
  }
}
"""
ARTICLE = "kvcache/weighing-with-a-stopwatch.md"
RYZEN = "AMD RYZEN AI MAX+ 395 w/ Radeon 8060S"


@pytest.fixture(scope="module")
def ask(root: Path):
    """The page's answer to a text."""
    with MiniRacer() as context:
        for script in (formulas.formulas_script(), formulas.models_script(), formulas.names_script()):
            context.eval(script)
        for name in ("numbers.js", "finder.js", "weigh.js"):
            context.eval((root / "docs/theme/assets" / name).read_text(encoding="utf-8"))
        context.eval(ASK)

        def asked(text: object, lang: str = "en", **given: str) -> dict:
            written = text if isinstance(text, str) else json.dumps(text)
            call = ", ".join(json.dumps(one) for one in (written, given, lang))
            return json.loads(str(context.eval(f"asked({call})")))

        yield asked


def row(depth: int, speed: float, **other: object) -> dict:
    """A row of llama-bench in which tokens are written."""
    return {
        "model_filename": "/home/somebody/models/Qwen3.6-27B-UD-Q8_K_XL.gguf",
        "model_type": "qwen35 27B Q8_0",
        "cpu_info": RYZEN,
        "gpu_info": "AMD Radeon 8060S Graphics (RADV GFX1151)",
        "type_k": "f16",
        "type_v": "f16",
        "n_prompt": 0,
        "n_gen": 128,
        "n_depth": depth,
        "avg_ns": round(128e9 / speed),
        "avg_ts": speed,
    } | other


CURVE = {n: one.value for n, one in depth_curve(model="qwen3.6-27b", version="10269 Vulkan").items()}
ROWS = [row(depth, speed) for depth, speed in CURVE.items()]


def test_the_line_is_python_s(ask):
    found = ask(ROWS)
    at = [depth + 64 for depth in CURVE]
    line = line_through(at, [1 / speed for speed in CURVE.values()])
    assert found["slope"] == pytest.approx(line.slope, rel=1e-7)
    assert found["start"] == pytest.approx(line.start, rel=1e-7)
    assert found["most_off"] == pytest.approx(line.most_off, rel=1e-4)
    assert (found["chip"], found["model"]) == ("ryzen-ai-max-395-128gb", "qwen3.6-27b")
    profile = cost_profile(load_model("qwen3.6-27b"))
    assert found["kept"] == pytest.approx(line_of(at, lambda n: ideal_cache_bytes(profile, n_tokens=n)).slope)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_says_the_weight_and_the_speed_of_reading_and_no_path(ask, lang):
    said = "\n".join(ask(ROWS, lang)["said"])
    assert "Qwen3.6-27B-UD-Q8_K_XL.gguf" in said
    assert "somebody" not in said
    assert "64 KiB" in said
    assert re.search(r"2[12]\d GB/(s|秒)", said)
    assert "{" not in said


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS, indent=2),
        "\ufeff" + json.dumps(ROWS),
        "\r\n".join(map(json.dumps, ROWS)) + "\n",
        "ggml_vulkan: Found 1 Vulkan devices:\n" + json.dumps(ROWS),
        json.dumps([row(0, 900, n_prompt=512, n_gen=0), *ROWS]),
        json.dumps([*ROWS, row(8192, 90, n_prompt=512)]),
        json.dumps(ROWS[::-1]),
    ],
    ids=["json", "mark", "lines", "after a driver", "with prompts", "with both", "backwards"],
)
def test_every_form_of_one_run_is_read_alike(ask, text):
    assert ask(text)["slope"] == pytest.approx(ask(ROWS)["slope"], rel=1e-12)


WRONG = {
    "empty": ["", "  \n"],
    "large": ["x" * (4 * 2**20 + 1), "[" * (50 * 10**6)],
    "format": [
        "| model | size | test | t/s |\n| -- | -- | -- | -- |\n| qwen | 1 GiB | tg128 | 9.1 |",
        'build_commit,build_number\n"a","1"',
        "CREATE TABLE IF NOT EXISTS llama_bench (",
    ],
    "no_json": ["hello", "total 12.5 tokens per second"],
    "broken": ['[\n{"n_gen": 1}\n{"n_gen": 2}]', '{"n_gen": 1}\n{"n_gen": oops}', '{"n_gen": 1}\n{"n_gen"'],
    "cut": [json.dumps(ROWS)[:-40], "[", json.dumps(ROWS[0], indent=2)[:-9]],
    "invalid": ['[{"n_gen": oops}]'],
    "other": ["{}", "[]", "[1, 2]", '{"hidden_size": 4096, "num_hidden_layers": 32}', '{"results": []}', "[null]"],
    "many": [json.dumps([ROWS[0]] * 5001)],
    "prompts": [json.dumps([row(0, 900, n_prompt=512, n_gen=0), row(4096, 800, n_prompt=512, n_gen=0)])],
    "no_depth": [json.dumps([{"n_gen": 128, "n_prompt": 0, "avg_ts": 9.0}]), json.dumps([row(-1, 9.0), row(8, 8.0)])],
    "models": [json.dumps([ROWS[0], ROWS[1] | {"model_filename": "Llama-3.gguf"}])],
    "settings": [
        json.dumps([ROWS[0], ROWS[1] | {"type_k": "q8_0"}]),
        json.dumps([ROWS[0], ROWS[1] | {"n_gpu_layers": 1}]),
    ],
    "number": [
        json.dumps([ROWS[0], row(4096, 8.0, avg_ns=0, avg_ts=0)]),
        json.dumps([ROWS[0], row(4096, 8.0, avg_ns="x", avg_ts=None)]),
    ],
    "one_depth": [json.dumps([ROWS[2]]), json.dumps([ROWS[2], row(16384, 6.3)])],
    "falls": [json.dumps([row(0, 8.0), row(4096, 9.0)])],
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_in_one_sentence(ask, name, lang):
    for text in WRONG[name]:
        found = ask(text, lang)
        assert found.get("refused") == name, (text[:80], found)
        assert "\n" not in found["told"]
        assert "{" not in found["told"]
        assert "undefined" not in found["told"]
        assert len(found["told"]) < 200


def test_a_broken_line_is_told_by_its_number(ask):
    text = "ggml: hello\n" + '{"n_gen": 1}\n{"n_gen": oops}'
    assert ask(text)["told"].startswith("Line 3 is")


def test_both_languages_know_the_same_sentences(ask, root):
    words = (root / "docs/theme/assets/weigh.js").read_text(encoding="utf-8")
    zh, en = (re.findall(r"^    (\w+): ", part, re.M) for part in words.partition("benchWords = {")[2].split("  en: {"))
    assert zh == en[: len(zh)]
    assert set(WRONG) <= set(zh)


@pytest.mark.parametrize(
    ("said", "chip"),
    [
        ("NVIDIA GeForce RTX 4090", "rtx-4090"),
        ("NVIDIA GeForce RTX 4090 D", "rtx-4090-d"),
        ("NVIDIA GeForce RTX 4070 Ti SUPER", "rtx-4070-ti-super"),
        ("AMD Radeon RX 7900 XTX (RADV NAVI31)", "rx-7900-xtx"),
        ("AMD Radeon RX 7900 XT", "rx-7900-xt"),
        ("Apple M3 Max", "m3-max-128gb"),
        ("NVIDIA GB10", "gb10-128gb"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", ""),
        ("Llama 4 accelerator", ""),
        ("", ""),
    ],
)
def test_a_chip_is_known_by_the_longest_name(ask, said, chip):
    rows = [one | {"gpu_info": said, "cpu_info": "AMD EPYC 7J13 64-Core Processor"} for one in ROWS]
    assert ask(rows)["chip"] == chip


def test_forms_of_keys_and_values_count_each(ask):
    mixed = [one | {"type_k": "q8_0"} for one in ROWS]
    assert ask(mixed)["kept"] == pytest.approx(ask(ROWS)["kept"] * (8.5 + 16) / 32)
    # Of a latent the engine keeps keys alone.
    latent = [one | {"model_filename": "GLM-4.7-Flash-Q4_K_M.gguf", "type_v": "q4_0"} for one in ROWS]
    assert ask(latent)["kept"] == pytest.approx(47 * (512 + 64) * 2)
    unknown = [one | {"type_k": "turbo3"} for one in ROWS]
    assert "turbo3" in "\n".join(ask(unknown)["said"])


def test_what_lies_elsewhere_and_what_bends_is_said(ask):
    outside = "\n".join(ask([one | {"no_kv_offload": True} for one in ROWS])["said"])
    assert "main memory" in outside
    several = "\n".join(ask([one | {"gpu_info": "NVIDIA A10, NVIDIA A10"} for one in ROWS])["said"])
    assert "several cards" in several
    bent = [row(0, 10.0), row(8192, 6.0), row(65536, 5.5)]
    assert "no straight line" in "\n".join(ask(bent)["said"])
    light = [row(depth, 1 / (0.15 + 1e-9 * depth)) for depth in CURVE]
    assert "lighter than the shape" in "\n".join(ask(light)["said"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_example_on_the_page_is_published_and_read(ask, root, lang):
    page = (root / "docs" / lang / ARTICLE).read_text(encoding="utf-8")
    example = page.partition("```json\n")[2].partition("```")[0]
    assert {one["n_depth"]: one["avg_ts"] for one in json.loads(example)}.items() <= CURVE.items()
    found = ask(example)
    assert found["model"] == "qwen3.6-27b"
    assert found["slope"] * find_chip(found["chip"]).bandwidth_bytes_per_s == pytest.approx(65_536, rel=0.2)


def test_a_refusal_repeats_no_path_and_a_folder_makes_no_other_model(ask):
    told = ask([ROWS[0], ROWS[1] | {"model_filename": "/home/somebody/other.gguf"}])["told"]
    assert "other.gguf" in told
    assert "somebody" not in told
    moved = [ROWS[0] | {"model_filename": r"C:\models\Qwen3.6-27B-UD-Q8_K_XL.gguf"}, *ROWS[1:]]
    assert ask(moved)["slope"] == pytest.approx(ask(ROWS)["slope"])
