"""The verbs about several models, models from a hub, completion in a shell, and Chinese to the last remark."""

import contextlib
import http.server
import importlib
import io
import json
import os
import pkgutil
import re
import subprocess
import sys
import threading
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llmnotes as ln
from llmnotes import blocks, registry
from llmnotes.blocks.base import Block
from llmnotes.cli import main
from llmnotes.config.files import INDEXES
from llmnotes.wording.sentences import spoken
from llmnotes.wording.words import WORDS
from tests.truth.cases import KNOWN

EXAMPLE = "tests/data/example-config.json"
MANY = (
    "deepseek-v3",
    "llama-3.1-8b",
    "qwen3-next-80b-a3b",
    "llama-2-7b",
    "gpt-oss-120b",
    "nemotron-3.5-lightning-30b",
    "gemma-3-27b",
    "gpt2",
)


@pytest.fixture(autouse=True)
def _in_the_project(root, monkeypatch):
    monkeypatch.chdir(root)
    monkeypatch.delenv("COLUMNS", raising=False)


def run(capsys, *arguments: str) -> str:
    assert main([*arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def cells(line: str) -> int:
    """Columns a terminal gives this line: Han and full-width marks take two."""
    return len(line) + sum(1 for character in line if "\u2e80" <= character <= "\uffef")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("columns", [60, 80, 120, 200])
@pytest.mark.parametrize("arguments", [("models",), ("compare", *MANY), ("compare", EXAMPLE, "gpt2")], ids=" ".join)
def test_fits_the_terminal_and_cuts_no_cell(capsys, monkeypatch, arguments, columns, lang):
    monkeypatch.setenv("COLUMNS", str(columns))
    out = run(capsys, *arguments, "--lang", lang)
    assert max(map(cells, out.splitlines())) <= columns
    assert "…" not in out


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_layers_fit_the_terminal_and_lose_nothing(capsys, monkeypatch, columns, lang):
    for model in ("gemma-4-e2b", "gemma-4-26b-a4b", "deepseek-v4-flash"):
        monkeypatch.delenv("COLUMNS", raising=False)
        whole = run(capsys, "show", model, "--lang", lang)
        monkeypatch.setenv("COLUMNS", str(columns))
        out = run(capsys, "show", model, "--lang", lang)
        table = out[: out.index("KV")].splitlines()
        assert max(map(cells, table)) <= columns
        assert "…" not in out
        sizes = sorted(re.findall(r"[a-z_]+=\d[\d,]*", whole))
        assert len(sizes) > 8
        assert sorted(re.findall(r"[a-z_]+=\d[\d,]*", out)) == sizes


def test_one_more_token_is_counted_where_the_context_stands(capsys):
    # 2 x 32 layers x 32 KV heads x 96 x 2 bytes; its window of 262,144 is not full at 128K.
    assert re.search(r"one more token +384 KiB", run(capsys, "kv", "phi-3-mini-128k", "--tokens", "128k"))
    # Half of the layers have a window of 128: they grow before it is full, and not after.
    assert re.search(r"one more token +72 KiB", run(capsys, "kv", "gpt-oss-120b", "--tokens", "64"))
    assert re.search(r"one more token +36 KiB", run(capsys, "kv", "gpt-oss-120b", "--tokens", "8k"))


def test_a_length_beyond_the_positions_is_said_to_borrow_the_shape(capsys):
    assert "allows 1,024 positions" in run(capsys, "kv", "gpt2", "--tokens", "128k")
    assert "positions" not in run(capsys, "kv", "gpt2", "--tokens", "1k")


def test_layers_that_differ_read_differently(capsys):
    # DeepSeek-V4-Flash: layers that compress four tokens into one entry, and layers that compress 128.
    rows = [
        line.split(maxsplit=1)[1] for line in run(capsys, "show", "deepseek-v4-flash").splitlines() if "=128" in line
    ]
    assert len(rows) == len(set(rows)) == 3


def test_every_kind_of_block_has_a_name_in_both_languages():
    kinds: list[type[Block]] = [Block]
    for module in pkgutil.iter_modules(blocks.__path__, "llmnotes.blocks."):
        importlib.import_module(module.name)
    for kind in kinds:
        kinds += kind.__subclasses__()
    for lang in WORDS:
        assert {kind.__name__ for kind in kinds[1:]} <= set(WORDS[lang])


def test_both_languages_have_the_same_words():
    assert set(WORDS["zh"]) == set(WORDS["en"])


def test_a_wider_terminal_shows_more_about_each_model(capsys, monkeypatch):
    heads = []
    for columns in ("60", "80", "120", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        heads.append(run(capsys, "models").splitlines()[0].split())
    assert [len(head) for head in heads] == sorted({len(head) for head in heads})
    assert heads[-1][-1] == "family"


def test_piped_tables_are_plain_and_whole(capsys):
    out = run(capsys, "models")
    assert set(out) & set("─│┃━╭\x1b") == set()
    assert len(out.splitlines()) == 1 + len(ln.model_ids())
    assert len(run(capsys, "compare", *MANY[:6]).split("\n\n")[1].splitlines()) == 15


@pytest.mark.parametrize(
    ("order", "key"),
    [("params", "params"), ("context", "context_advertised"), ("released", "released"), ("kv", "kv_bytes_at_131072")],
)
def test_rows_come_in_the_order_asked_for_and_the_unknown_last(capsys, order, key):
    rows = json.loads(run(capsys, "models", "--sort", order, "--json"))
    values = [row[key] for row in rows]
    known = [value for value in values if value is not None]
    assert known == sorted(known)
    assert values == known + [None] * (len(rows) - len(known))


def test_compare_tells_the_published_figures(capsys):
    # DeepSeek-V3 (arXiv:2412.19437): 61 layers, 671B parameters of which 37B act; 70 KB a token in DeepSeek's own
    # account of the cache (arXiv:2505.09343, table 1: 70.272 KB).
    first, second = json.loads(run(capsys, "compare", "deepseek-v3", "llama-2-7b", "--tokens", "4k", "--json"))
    assert first["n_layers"] == 61
    assert round(first["params"], -9) == 671_000_000_000
    assert first["active"] == pytest.approx(37e9, rel=0.02)
    assert first["growing_bytes_per_token"] == 70_272
    # Half a MiB a token for Llama 2 7B in 16 bits (2 x 32 layers x 4096 x 2 bytes).
    assert second["ideal_bytes"] == 4096 * 2**19


def test_compare_passes_batch_and_bits_on(capsys):
    both = ("compare", "gpt2", "jamba-v0.1", "--tokens", "1k", "--json")
    plain, twice = json.loads(run(capsys, *both)), json.loads(run(capsys, *both, "--batch", "2", "--kv-bits", "fp8"))
    assert twice[0]["ideal_bytes"] == plain[0]["ideal_bytes"]
    assert twice[1]["state_bytes"] > plain[1]["state_bytes"]


def test_compare_says_where_a_model_does_not_reach(capsys):
    out = run(capsys, "compare", "gpt2", "llama-3.1-8b")
    assert "GPT-2 small · note: allows 1,024 positions, fewer than 131,072" in out
    assert "fewer than" not in run(capsys, "compare", "gpt2", "llama-3.1-8b", "--tokens", "1k")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "gpt2"], "compare got 1 models; name 2 to 8"),
        (["compare", *["gpt2"] * 9], "compare got 9 models"),
        (["models", "--family", "qwen3moe"], "closest: qwen3_moe"),
    ],
)
def test_a_bad_call_is_one_line(capsys, arguments, message):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_every_remark_about_a_model_has_its_chinese():
    specs = [registry.load_model(model_id) for model_id in ln.model_ids()]
    specs += [ln.from_config(case["config"]) for case in KNOWN]
    specs.append(ln.from_config({**json.loads(Path(EXAMPLE).read_text()), "secret": 3}))
    remarks = {sentence for spec in specs for sentence in (*spec.assumed, *spec.warnings)}
    assert len(remarks) > 40
    for sentence in remarks:
        chinese = spoken(sentence, "zh")
        assert re.search(r"[\u4e00-\u9fff]", chinese), sentence
        assert set(re.findall(r"\d+", chinese)) == set(re.findall(r"\d+", sentence)), sentence
        assert spoken(sentence, "en") == sentence


# As the index of Llama 3.1 8B has it: 8,030,261,248 numbers of two bytes in four files.
INDEX = json.dumps(
    {"metadata": {"total_size": 16_060_522_496}, "weight_map": {f"layer.{n}": f"model-{n % 4}" for n in range(8)}}
).encode()


class Hub(http.server.BaseHTTPRequestHandler):
    """A hub with one good model; the others fail the way the real one does."""

    config = b""
    beside = {  # noqa: RUF012 - read only
        ("modelopt", "hf_quant_config.json"): json.dumps(
            {"quantization": {"quant_algo": "NVFP4", "group_size": 16}}
        ).encode(),
        ("indexed", "model.safetensors.index.json"): INDEX,
        ("pickled", "pytorch_model.bin.index.json"): INDEX,
    }
    asked: list[tuple[str, str, str | None]]
    failures = {  # noqa: RUF012 - read only
        "absent": (404, "RepoNotFound"),
        "gated": (401, "GatedRepo"),
        "bare": (404, "EntryNotFound"),
        "closed": (403, ""),
        "sick": (500, ""),
    }

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        _, _, name, _, revision, file = self.path.split("/")
        type(self).asked.append((self.command, self.path, self.headers.get("Authorization")))
        status, code = self.failures.get(name, (404, "RevisionNotFound") if revision == "v9" else (200, ""))
        body = self.config
        if status == 200 and file != "config.json":
            body = self.beside.get((name, file), b"")
            status, code = (200, "") if body else self.failures["bare"]
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("ETag", f'"{file}"')
        self.send_header("Content-Length", str(len(body) if status == 200 else 0))
        self.end_headers()
        if self.command == "GET" and status == 200:
            self.wfile.write(body)

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="module")
def hub(root):
    Hub.config, Hub.asked = (root / EXAMPLE).read_bytes(), []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask_hub(root, home, endpoint: str, model: str, *, verb: str = "params"):
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_TOKEN": "hf_secret"}
    return subprocess.run(
        [sys.executable, "-m", "llmnotes", verb, model], cwd=root, capture_output=True, text=True, env=environment
    )


def test_a_model_of_a_hub_is_sized_without_a_token_and_kept(root, tmp_path, hub):
    Hub.asked.clear()
    found = ask_hub(root, tmp_path, hub, "hf:org/good")
    assert found.stderr == ""
    # Llama 3.1 8B: 8,030,261,248 in the tensor index of the published weights.
    assert "hf:org/good" in found.stdout
    assert "8,030,261,248" in found.stdout
    assert {path for _, path, _ in Hub.asked} == {
        f"/org/good/resolve/main/{file}" for file in ("config.json", "hf_quant_config.json", *INDEXES)
    }
    assert len(Hub.asked) == 6  # whether it is within reach, the file itself in two, once for each that is missing
    assert {token for _, _, token in Hub.asked} == {None}
    nowhere = ask_hub(root, tmp_path, "http://127.0.0.1:9", "hf:org/good")
    assert nowhere.stdout == found.stdout


def test_the_form_of_the_weights_is_asked_for_where_the_configuration_does_not_say_it(root, tmp_path, hub):
    found = ask_hub(root, tmp_path, hub, "hf:org/modelopt", verb="weights")
    assert found.stderr == ""
    assert "nvfp4" in found.stdout.lower()
    assert ask_hub(root, tmp_path, "http://127.0.0.1:9", "hf:org/modelopt", verb="weights").stdout == found.stdout


@pytest.mark.parametrize(("model", "index"), [("indexed", INDEXES[0]), ("pickled", INDEXES[1])])
def test_what_the_index_of_the_weight_files_counts_is_said(root, tmp_path, hub, model, index):
    Hub.asked.clear()
    found = ask_hub(root, tmp_path, hub, f"hf:org/{model}", verb="weights")
    assert found.stderr == ""
    assert f"{index} beside it counts 16,060,522,496 bytes in 4 files" in found.stdout
    files = [path.rsplit("/", 1)[-1] for _, path, _ in Hub.asked]
    assert files.count(index) == 2
    assert (INDEXES[1] in files) == (index == INDEXES[1])  # the second is asked for where the first is missing
    assert ask_hub(root, tmp_path, "http://127.0.0.1:9", f"hf:org/{model}", verb="weights").stdout == found.stdout


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("hf:org/absent", "has no such public model"),
        ("hf:org/gated", "ask for a login"),
        ("hf:org/bare", "has no config.json"),
        ("hf:org/closed", "403"),
        ("hf:org/sick", "cannot be reached"),
        ("hf:org/good@v9", "no revision 'v9'"),
        ("hf:not a name", "not the name of a model"),
        ("hf:", "not the name of a model"),
        ("hf:../../etc", "not the name of a model"),
    ],
)
def test_what_a_hub_refuses_is_one_line_with_status_2(root, tmp_path, hub, model, message):
    refused = ask_hub(root, tmp_path, hub, model)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"llmnotes: {model}: ")
    assert message in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_no_network_is_one_line(root, tmp_path):
    refused = ask_hub(root, tmp_path, "http://127.0.0.1:9", "hf:org/good")
    assert refused.returncode == 2
    assert refused.stderr == ("llmnotes: hf:org/good: the hub cannot be reached; check the network, or HF_ENDPOINT\n")


def test_without_the_package_one_line_says_how_to_get_it(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert main(["params", "hf:org/good"]) == 2
    assert "pip install huggingface_hub" in capsys.readouterr().err


@pytest.fixture(scope="module")
def command(root, tmp_path_factory):
    """A folder with the command as an installation leaves it."""
    folder = tmp_path_factory.mktemp("bin")
    file = folder / "llmnotes"
    file.write_text(f'#!/bin/sh\ncd "{root}" && exec "{sys.executable}" -m llmnotes "$@"\n')
    file.chmod(0o755)
    return folder


def completed(command, line: str) -> list[str]:
    """What bash offers at the end of a line."""
    script = f"""
        source <(llmnotes --completion bash)
        COMP_LINE={line!r} COMP_POINT={len(line)} COMP_TYPE=9
        _python_argcomplete llmnotes 2>&1
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environment = {**os.environ, "PATH": f"{command}:{os.environ['PATH']}"}
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, check=True)
    return [word.strip() for word in found.stdout.split("\n") if word.strip()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("llmnotes p", {"params", "plan"}),
        ("llmnotes params gpt2-", {"gpt2-medium", "gpt2-xl"}),
        ("llmnotes compare gpt2 phi-3-", {"phi-3-mini-4k", "phi-3-mini-128k"}),
        ("llmnotes kv gpt2 --kv", {"--kv", "--kv-k", "--kv-v", "--kv-bits"}),
        ("llmnotes kv gpt2 --lang ", {"zh", "en"}),
        ("llmnotes fit gpt2 --chip rtx-40", {name for name in registry.chip_ids() if name.startswith("rtx-40")}),
        ("llmnotes models --family gemma3", {"gemma3_text", "gemma3n_text"}),
        ("llmnotes params tests/data/example", {EXAMPLE}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bash_completes(command, line, expected):
    assert set(completed(command, line)) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_prints_a_script_for_each_shell(capsys, shell):
    with pytest.raises(SystemExit) as ended:
        main(["--completion", shell])
    assert ended.value.code == 0
    assert "llmnotes" in capsys.readouterr().out


def test_an_output_without_chinese_is_one_line(root):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "llmnotes", "params", "gpt2", "--lang", "zh"]
    refused = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "set PYTHONIOENCODING=utf-8" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_an_unknown_shell_is_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--completion", "csh"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_fit_takes_as_many_chips_as_the_division_of_cards_names(capsys):
    asked = ("fit", "qwen3-32b", "--chip", "h200", "--engine", "vllm", "--tp", "2", "--pp", "2")
    main(list(asked))
    assert "4 × NVIDIA H200" in capsys.readouterr().out
    assert main([*asked, "--chips", "8"]) == 2
    assert "make 4 cards, but --chips says 8" in capsys.readouterr().err


MODELS = ("gpt2", "jamba-v0.1", EXAMPLE, "nowhere.json", "tests", "", "GPT 2", "hf:", "hf:a/b/c", "\x00/", "-", "--")
CACHE = ("--tokens", "--batch", "--kv-bits", "--kv", "--kv-k", "--kv-v", "--weights", "--state-bits", "--page")
ENGINE = ("--engine", "--tp", "--pp", "--dp", "--cp")
FIT = (
    *CACHE,
    *ENGINE,
    "--chip",
    "--chips",
    "--memory",
    "--usable",
    "--weight-bits",
    "--expert-bits",
    "--prefill-chunk",
)
OPTIONS = {
    "params": ("--lang", "--tokens"),
    "kv": (*CACHE, *ENGINE),
    "flops": ("--tokens", "--logits", "--latent"),
    "show": ("--tokens", "--lang"),
    "fit": FIT,
    "compare": CACHE,
    "models": ("--family", "--sort"),
    "weights": ("--weights", "--lang"),
    "train": ("--tokens", "--batch", "--rank", "--targets", "--weights", "--memory", "--chip", "--usable"),
    "weigh": ("--tokens",),
    "explain": ("--model", "--config", "--lang"),
}
JUNK = (
    "",
    "0",
    "1",
    "7",
    "-1",
    "1e400",
    "nan",
    "inf",
    "2.5",
    "128k",
    "9" * 30,
    "９",
    "fp8",
    "24GiB",
    "rtx-4090",
    "zh",
    "last",
    "vllm",
    "ollama",
    "q8_0,f16",
)


EMPTY = io.TextIOWrapper(io.BytesIO())


@settings(max_examples=300)
@given(st.data())
def test_any_line_is_answered_or_refused_in_one_line(data):
    verb = data.draw(st.sampled_from([*OPTIONS]))
    models = data.draw(
        st.lists(st.sampled_from(MODELS), max_size=0 if verb == "models" else 2 if verb == "compare" else 1)
    )
    options = data.draw(st.lists(st.tuples(st.sampled_from(OPTIONS[verb]), st.sampled_from(JUNK)), max_size=3))
    flags = data.draw(st.lists(st.sampled_from(("--json", "--lang=zh")), max_size=2))
    arguments = [verb, *models, *(word for option in options for word in option), *flags]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch("sys.stdin", EMPTY):
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = ended.code
    assert status in (0, 2), arguments
    # A name that is not an id is answered too, and a note says what it was taken for.
    notes = [line for line in err.getvalue().splitlines() if " is taken for " in line]
    assert len(err.getvalue().splitlines()) - len(notes) == (1 if status else 0), arguments
    assert bool(out.getvalue()) == (status == 0), arguments
