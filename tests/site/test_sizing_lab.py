"""The lab that sizes a model: its challenge is the reader's to fill, takes the printed solution and names mistakes."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from llmnotes.registry import find
from llmnotes.site.labs import execute
from llmnotes.site.text import percent
from llmnotes.units import LANGUAGES

NAME = "labs/size-your-own-model"
NOT_YET = [
    "lite_params: not filled in yet",
    "lite_cache_bytes: not filled in yet",
    "lite_read_bytes: not filled in yet",
]
SOLUTION = re.compile(r'^\?\?\? question ".*?^    ```python\n(.*?)^    ```$', re.M | re.S)


def text_of(root: Path, lang: str) -> str:
    return (root / execute.place_of(lang, NAME)).read_text(encoding="utf-8")


def run(root: Path, own: str = "") -> dict[str, Any]:
    names: dict[str, Any] = {}
    for cell in percent.cells(text_of(root, "zh")):
        code = cell.code.replace('OWN = ""', f"OWN = {own!r}")
        exec(compile(code, f"line {cell.line}", "exec"), names)
    return names


def solution(root: Path, lang: str) -> str:
    (found,) = SOLUTION.findall(percent.as_markdown(text_of(root, lang), NAME))
    return textwrap.dedent(found)


def test_the_challenge_is_open_until_the_printed_solution_fills_it(root, capsys):
    names = run(root)
    assert capsys.readouterr().out.splitlines()[-3:] == NOT_YET
    for lang in LANGUAGES:
        exec(solution(root, lang), names)
        said = capsys.readouterr().out.splitlines()[-3:]
        assert [line.split(",")[0] for line in said] == [
            "lite_params: right",
            "lite_cache_bytes: right",
            "lite_read_bytes: right",
        ]
    # Outside truth: the parameters that the hub counts in the files of both models.
    for config, count in (("qwen3-8b", names["n_params"]), ("deepseek-v2-lite", names["lite_params"](names["lite"]))):
        assert count == find(config).n_params_weights


def test_both_configurations_are_the_published_ones(root):
    names = run(root)
    for config, model in ((names["config"], "qwen3-8b"), (names["lite"], "deepseek-v2-lite")):
        published = {key: None if value == "null" else value for key, value in find(model).config.items()}
        assert {key: published[key] for key in config} == config


@pytest.mark.parametrize("model", ["llama-3.1-8b", "llama-3.2-1b", "mistral-7b-v0.3", "qwen3-14b", "qwen3-32b"])
def test_the_steps_by_hand_hold_for_a_file_of_the_reader_s(root, tmp_path, model):
    own = tmp_path / "config.json"
    own.write_text(json.dumps(dict(find(model).config)), encoding="utf-8")
    assert run(root, str(own))["n_params"] == find(model).n_params_weights


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ('(n_experts + c["n_shared_experts"])', "n_experts", "the shared experts are missing"),
        (' + d * c["n_routed_experts"]', "", "the router of each layer is missing"),
        ("+ rank  # with the norm of the latent", "", "the norm of the latent is missing"),
        ('c["first_k_dense_replace"]', "0", "the first layer has no experts"),
        ("d + 2 * c[", "d + c[", "the head has a table of its own"),
        (
            'config["kv_lora_rank"] + config["qk_rope_head_dim"]',
            'config["kv_lora_rank"]',
            "the rotary key is cached too",
        ),
        ("return 2 * config", "return 4 * config", "no factor of 2"),
        ("return 2 * config", "return config", "a number takes two bytes"),
        ('config["num_experts_per_tok"]', 'config["n_routed_experts"]', "a token visits 6"),
        (" + lite_cache_bytes(config, n_tokens)", "", "the cache is read too"),
        (") - table", ")", "one row is read"),
    ],
)
def test_a_common_mistake_is_named(root, capsys, line, wrong, said):
    names, right = run(root), solution(root, "en")
    assert line in right
    exec(right.replace(line, wrong), names)
    assert said in "\n".join(capsys.readouterr().out.splitlines()[-3:])
