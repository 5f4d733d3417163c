"""SGLang's pools for compressed attention: against its own logs, and buffers against its own sum."""

import json

import pytest

from llmnotes import load_model
from llmnotes.cli import main
from llmnotes.engines import allocate, sglang_compressed
from llmnotes.engines.logs import explain
from llmnotes.engines.outline import INDEX, outline_of
from llmnotes.engines.parts import EngineError, Parallel

GIB = 2**30
FLASH, PRO = (outline_of(load_model(name)) for name in ("deepseek-v4-flash", "deepseek-v4-pro"))


def test_a_token_takes_the_bytes_that_a_log_says():
    # DeepSeek-V4-Flash, 2026-08-10: “bytes_per_full_token=7705.45, available_bytes=6.16 GB, c128_state_fixed=0.04 GB”.
    assert round(sglang_compressed.full_token_bytes(FLASH), 2) == 7705.45
    assert round(sglang_compressed.request_state_bytes(FLASH, 1) / GIB, 2) == 0.04
    least, most = (sglang_compressed.n_tokens_in(FLASH, room * GIB, 1) for room in (6.155, 6.165))
    assert least <= 852_992 <= most


@pytest.mark.parametrize(
    ("full", "window", "fours", "many", "rows"),
    [(852_992, 85_248, 213_248, 6664, 5328), (32_768, 3200, 8192, 256, 200)],
)
def test_pools_have_the_sizes_that_a_log_says(full, window, fours, many, rows):
    # The same log, before and after `--max-total-tokens`; its cards are Ascend's, whose pages have 128 tokens.
    told = sglang_compressed.Pools(full, window, {4: fours, 128: many}, rows)
    assert sglang_compressed.pools(FLASH, full, page=128) == told


def test_pages_and_rows_are_those_of_two_reports():
    window = next(entry for entry in PRO.entries if entry.window)
    assert sglang_compressed.page_bytes(window, 256) == 149_760  # sglang#26783
    ring = next(entry for entry in FLASH.entries if entry.stride == 4 and entry.kind != INDEX)
    for tokens, rows in ((262_144, 16_396), (524_288, 32_780)):  # sglang#40337
        found = allocate(FLASH, engine="sglang", n_tokens=10 * tokens)
        assert f" × {rows:,} × {4 * ring.key_dim * 4:,} B" in " ".join(part.formula for part in found.parts)


@pytest.mark.parametrize("model", [FLASH, PRO])
@pytest.mark.parametrize(("n_tokens", "n_seqs"), [(1_048_576, 1), (131_072, 8), (65_536, 64)])
def test_buffers_take_what_the_engine_reckons_with_and_their_padding(model, n_tokens, n_seqs):
    held = allocate(model, engine="sglang", n_tokens=n_tokens, n_seqs=n_seqs).total_bytes
    reckoned = n_tokens * n_seqs * sglang_compressed.full_token_bytes(model)
    reckoned += sglang_compressed.request_state_bytes(model, n_seqs)
    # A page of two entries of 584 bytes is padded to 1,728.
    assert reckoned < held < 1.01 * reckoned


def test_stages_hold_a_part_and_cards_that_share_layers_hold_all():
    whole = allocate(FLASH, engine="sglang", n_tokens=131_072).total_bytes
    assert allocate(FLASH, engine="sglang", n_tokens=131_072, parallel=Parallel(tensor=8)).total_bytes == whole
    staged = allocate(FLASH, engine="sglang", n_tokens=131_072, parallel=Parallel(pipeline=2)).total_bytes
    assert 0.4 * whole < staged < 0.6 * whole


def test_other_widths_are_refused_and_the_verb_tells_each_pool(capsys):
    with pytest.raises(EngineError, match="8 bits alone"):
        allocate(FLASH, engine="sglang", n_tokens=1024, key_type="bf16")
    assert main(["kv", "deepseek-v4-flash", "--engine", "sglang", "--tokens", "128k", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["allocation"]
    assert [part["name"] for part in told["parts"]].count("cache") == 4
    assert told["version"] == "at 003fca8"


# The log of the first test; and that of a server whose windows are capped, SGLang on two GB10, 2026-09-11, whose
# entries take fewer bytes than the rule's.
PLAIN = """\
DSV4 memory calculation: bytes_per_full_token=7705.45, available_bytes=6.16 GB, c128_state_fixed=0.04 GB, \
full_token=852992
DSV4 pool sizes: full=852992, swa=85248, c4=213248, c128=6664, c4_state=5328, c128_state=0
max_total_num_tokens=852992, chunked_prefill_size=8192, max_prefill_tokens=16384, max_running_requests=1
"""
CAPPED = """\
[2026-09-11 23:46:11 TP0 EP0] DSV4 memory calculation: bytes_per_full_token=1670.75, available_bytes=8.84 GB, \
c128_state_fixed=0.00 GB, swa_fixed=0.30 GB, full_token=5491200
[2026-09-11 23:46:11 TP0 EP0] DSV4 pool sizes: full=5491200, swa=13312, c4=1372800, c128=42900, c4_state=1664, \
c128_state=0
"""


def verdicts(text):
    spec = load_model("deepseek-v4-flash")
    return [(one.subject, one.said.text, one.verdict) for one in explain("sglang\n" + text, model=spec).findings]


def test_a_log_of_pools_is_derived_line_by_line():
    assert verdicts("--page-size 128\n" + PLAIN) == [
        ("token_bytes", "7,705.45 B", "equal"),
        ("tokens", "852,992", "equal"),
        ("tokens_windowed", "85,248", "equal"),
        ("entries", "213,248", "equal"),
        ("entries", "6,664", "equal"),
        ("state_rows", "5,328", "equal"),
    ]


def test_other_bytes_and_capped_windows_are_said_and_the_rest_still_follows():
    assert verdicts(CAPPED) == [
        ("token_bytes", "1,670.75 B", "explained"),
        ("tokens", "5,491,200", "equal"),
        ("tokens_windowed", "13,312", "explained"),
        ("entries", "1,372,800", "equal"),
        ("entries", "42,900", "equal"),
        ("state_rows", "1,664", "explained"),
    ]
