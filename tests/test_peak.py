"""What meters of cards showed, and what is expected of them."""

import json

import pytest

from llmnotes.registry import DATA, find_chip, load_model
from llmnotes.timing.peak import peak

GIB = 2**30


@pytest.fixture(scope="module")
def told():
    return json.loads((DATA / "timing" / "peaks.json").read_text(encoding="utf-8"))


def expected(row):
    return peak(
        load_model(row["model"]),
        engine=row["engine"],
        memory_bytes=find_chip(row["chip"]).memory_bytes,
        n_cards=row["n_cards"],
        form=row["form"],
        n_tokens=row["n_tokens"],
        key_type=row["kv"],
    )


def test_seven_of_ten_readings_are_met_within_ten_percent(told):
    rows = [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]
    errors = sorted(abs(expected(row).total_bytes / GIB / row["value"] - 1) for row in rows)
    assert len(rows) > 90
    assert sum(error <= 0.1 for error in errors) / len(rows) > 0.75
    assert errors[len(errors) // 2] < 0.05


def test_every_reading_that_is_left_out_says_why(told):
    reasons = [row[-1] for row in told["left_out"]]
    assert all(reasons)
    assert len(told["rows"]) + len(reasons) == 259


def test_a_cache_that_nobody_asked_for_stands_for_the_own_limit_of_the_model():
    """Two RTX 3060 read 6.1 and 6.7 with Qwen3-0.6B and 1.7B whatever the prompt (llmfit, engine 13f2b28)."""
    for model_id, said in (("qwen3-0.6b", 6.1), ("qwen3-1.7b", 6.7)):
        model = load_model(model_id)
        assert model.n_ctx
        found = peak(model, engine="llama.cpp", memory_bytes=12 * GIB, n_cards=2, form="Q4_K_M", n_tokens=model.n_ctx)
        assert found.total_bytes / GIB == pytest.approx(said, rel=0.03)


def test_what_does_not_fit_stays_in_ram_and_the_parts_add_up_to_what_the_cards_have():
    model = load_model("qwen3-30b-a3b")
    found = peak(model, engine="ollama", memory_bytes=12 * GIB, form="Q4_K_M", n_tokens=8192)
    assert found.bytes_of("ram") < 0
    assert found.total_bytes == pytest.approx(10.5 * GIB)
    large = peak(model, engine="ollama", memory_bytes=48 * GIB, form="Q4_K_M", n_tokens=8192)
    assert large.bytes_of("ram") == 0
    assert large.total_bytes - found.total_bytes == pytest.approx(-found.bytes_of("ram"))


def test_a_server_takes_its_share_whatever_the_model():
    """vLLM on an RTX 5090 with 243,040 tokens of Qwen3.6-27B: 28.3 (llmfit)."""
    card = find_chip("rtx-5090").memory_bytes
    taken = {
        model_id: peak(load_model(model_id), engine="vllm", memory_bytes=card, n_tokens=1000).total_bytes
        for model_id in ("qwen3.6-27b", "qwen3-0.6b")
    }
    assert len(set(taken.values())) == 1
    assert taken["qwen3.6-27b"] / GIB == pytest.approx(28.3, rel=0.05)
