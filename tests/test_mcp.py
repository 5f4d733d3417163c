"""`llmnotes mcp`: the verbs as tools, asked through the SDK's own client; hostile arguments open and run nothing."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest
from mcp import Client

import llmnotes
from llmnotes.cli.parser import VERBS
from llmnotes.mcp import server
from llmnotes.registry import find

DATA = str(Path(llmnotes.__file__).parent / "data")
CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "vocab_size": 100,
}


def in_a_loop(talk: Callable[[], Awaitable[Any]]) -> Any:
    """What a conversation comes to, in a thread of its own: the browser's driver keeps a loop in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, talk).result()


def ask(*calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """The answers to calls, over one connection."""

    async def talk() -> list[Any]:
        async with Client(server()) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return in_a_loop(talk)


def tools() -> dict[str, Any]:
    async def listed() -> list[Any]:
        async with Client(server()) as client:
            return (await client.list_tools()).tools

    return {tool.name: tool for tool in in_a_loop(listed)}


def test_each_verb_is_a_tool_that_only_reads():
    found = tools()
    assert set(found) == set(VERBS) - {"mcp"}
    assert all(tool.annotations.read_only_hint and not tool.annotations.open_world_hint for tool in found.values())
    for tool in found.values():
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert all(one.get("description") for one in tool.input_schema["properties"].values()), tool.name


def test_the_schema_is_that_of_the_command():
    schema = tools()["flops"].input_schema
    assert schema["required"] == ["model"]
    assert schema["properties"]["logits"]["enum"] == ["all", "last"]
    assert schema["properties"]["causal"]["type"] == "boolean"
    assert tools()["speed"].input_schema["required"] == ["model", "chip"]


@pytest.mark.parametrize(
    ("argv", "name", "arguments"),
    [
        (["kv", "qwen3-32b", "--tokens", "64k"], "kv", {"model": "qwen3-32b", "tokens": "64k"}),
        (["kv", "qwen3-32b", "--tokens", "65536"], "kv", {"model": "qwen3-32b", "tokens": 65536}),
        (["flops", "gpt2", "--causal"], "flops", {"model": "gpt2", "causal": True}),
        (["compare", "gpt2", "qwen3-8b"], "compare", {"models": ["gpt2", "qwen3-8b"]}),
        (["fit", "qwen3-8b", "--chip", "rtx-4090"], "fit", {"model": "qwen3-8b", "chip": "rtx-4090"}),
    ],
)
def test_answers_what_the_command_prints(argv, name, arguments, capsys):
    from llmnotes.cli import main

    assert main([*argv, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (answer,) = ask((name, arguments))
    assert not answer.is_error
    assert answer.structured_content == (printed if isinstance(printed, dict) else {name: printed})


def test_a_configuration_and_a_log_are_given_as_content():
    mapping, text, log = ask(
        ("params", {"model": CONFIG}),
        ("params", {"model": json.dumps(CONFIG)}),
        ("explain", {"log": "GPU KV cache size: 1,000 tokens", "model": "qwen3-8b"}),
    )
    # By hand: two tables, two layers of (q, o: 64·64; k, v: 64·32; three of 64·128; two norms), and a norm.
    assert mapping.structured_content["total"] == 2 * 6400 + 2 * (2 * 4096 + 2 * 2048 + 3 * 8192 + 128) + 64
    assert text.structured_content == mapping.structured_content
    assert log.structured_content["model"] == find("qwen3-8b").name


HOSTILE = [
    ("kv", {"model": "/etc/passwd"}),
    ("kv", {"model": "../../etc/passwd"}),
    ("kv", {"model": "config.json"}),
    ("kv", {"model": "C:\\config.json"}),
    ("kv", {"model": "hf:org/name"}),
    ("kv", {"model": "-"}),
    ("kv", {"model": ""}),
    ("kv", {"model": "x" * 10**6}),
    ("kv", {"model": "{" * 10**5}),
    ("kv", {"model": '{"model_type": "llama"'}),
    ("kv", {"model": {"model_type": "__import__('os').system('true')"}}),
    ("kv", {"model": CONFIG | {"num_hidden_layers": 10**300}}),
    ("kv", {"model": 7}),
    ("kv", {}),
    ("kv", {"model": "gpt2", "path": "/etc/passwd"}),
    ("kv", {"model": "gpt2", "tokens": "$(touch x)"}),
    ("kv", {"model": "gpt2", "tokens": -1}),
    ("kv", {"model": "gpt2", "tokens": 10**30}),
    ("kv", {"model": "gpt2", "tokens": float("1e308")}),
    ("kv", {"model": "gpt2", "tokens": [1]}),
    ("kv", {"model": "gpt2", "tokens": True}),
    ("kv", {"model": "gpt2", "engine": "../../x"}),
    ("kv", {"model": "gpt2", "engine": "vllm\n--help"}),
    ("weights", {"model": "gpt2", "weights": "--help"}),
    ("kv", {"model": "gpt2", "batch": "--json"}),
    ("fit", {"model": "gpt2"}),
    ("fit", {"model": "gpt2", "chip": "../models/gpt2"}),
    ("compare", {"models": ["gpt2"]}),
    ("compare", {"models": ["gpt2"] * 1000}),
    ("explain", {"log": "a", "config": "/etc/passwd"}),
    ("explain", {"log": "/etc/passwd", "model": "/etc/passwd"}),
    ("plan", {"model": "gpt2", "price": ["a=/etc/passwd"]}),
    ("mcp", {}),
    ("__init__", {}),
]


def test_hostile_arguments_are_one_clear_line_and_open_nothing():
    opened: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event.startswith(("open", "subprocess", "os.system", "os.exec", "socket.connect", "urllib")):
            opened.append(f"{event} {arguments[0]}")

    watching = False
    sys.addaudithook(watch)
    # What they load, they have loaded.
    ask(*HOSTILE)
    watching = True
    answers = ask(*HOSTILE)
    watching = False
    for (name, arguments), answer in zip(HOSTILE, answers, strict=True):
        said = answer.content[0].text
        assert answer.is_error, (name, str(arguments)[:80], said[:200])
        assert "\n" not in said, said
        assert "Traceback" not in said
        assert len(said) < 700, said
    python = (sys.prefix, sys.base_prefix)
    assert [one for one in opened if not any(place in one for place in (*python, DATA))] == []


RAW = ("NaN", "Infinity", "-Infinity", "1e999")


def test_what_is_no_finite_number_is_refused_and_not_taken_as_left_out():
    # Written by hand: the SDK's own client sends null in their place.
    asked = [(name, number) for name in ("tokens", "weights", "batch") for number in RAW]
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    rows = [json.dumps({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": hello})]
    rows.append(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}))
    for n, (name, number) in enumerate(asked):
        call = {"name": "kv", "arguments": {"model": "gpt2", name: "given"}}
        row = json.dumps({"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": call})
        rows.append(row.replace('"given"', number))
    command = [sys.executable, "-m", "llmnotes", "mcp"]
    answers: dict[Any, Any] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin
        assert running.stdout
        running.stdin.write("\n".join(rows) + "\n")
        running.stdin.flush()
        while len(answers) < len(asked) + 1:
            answer = json.loads(running.stdout.readline())
            answers[answer["id"]] = answer["result"]
        running.stdin.close()
    for n, (name, number) in enumerate(asked):
        said = answers[n]["content"][0]["text"]
        assert answers[n]["isError"], (name, number)
        shown = {"NaN": "nan", "-Infinity": "-inf"}.get(number, "inf")
        assert said.endswith(f"--{name} is {shown}, which is no finite number; give one, or leave it out")


LONG = "x" * 100_000
CUT = "x" * 57 + "..."


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (CONFIG | {LONG: 1}, f"{CUT} is not understood and was left out of the count"),
        ({key: CONFIG[key] for key in CONFIG if key != "hidden_size"} | {LONG: 100}, f"{CUT} is not a key of this"),
        (CONFIG | {"architectures": [LONG + "RewardModel"]}, f"{CUT} has a small head of its own"),
        (CONFIG | {"a\nb": 1}, r"'a\nb' is not understood"),
    ],
    ids=["unknown", "missing", "architecture", "two lines"],
)
def test_a_name_in_a_configuration_is_shown_cut_and_in_one_line(config, words, tmp_path, capsys):
    from llmnotes.cli import main

    (answer,) = ask(("params", {"model": config}))
    facts = answer.structured_content
    (said,) = [answer.content[0].text] if answer.is_error else facts["warnings"]
    assert words in said
    assert "\n" not in said
    assert len(said) < 300
    (path := tmp_path / "config.json").write_text(json.dumps(config))
    assert main(["params", str(path)]) == (2 if answer.is_error else 0)
    printed = capsys.readouterr()
    # The command breaks long lines.
    assert "".join(words.split()) in "".join((printed.out + printed.err).split())
    assert len(printed.out + printed.err) < 3000


def test_without_the_sdk_the_command_says_what_to_install(tmp_path):
    (tmp_path / "mcp.py").write_text("raise ModuleNotFoundError('none', name='mcp')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from llmnotes.cli import main; sys.exit(main(['mcp']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "llmnotes: mcp needs the package mcp; run pip install 'llmnotes[mcp]'\n"
