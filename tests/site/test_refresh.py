"""What is published by now, asked of a server on this machine: listed, and written only where it is listed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from llmnotes import registry
from llmnotes.site.upkeep import links, refresh
from llmnotes.site.upkeep.refresh import Compared, Differs, Endpoints, compare, write
from llmnotes.site.upkeep.web import Unreachable, ask_json

ON = date(2026, 12, 8)


@pytest.fixture
def world() -> Iterator[tuple[str, dict[str, tuple[int, bytes]]]]:
    """A server on this machine and its answers by path, which a test fills in."""
    answers: dict[str, tuple[int, bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(urlsplit(self.path).path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name that the server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    thread.join()
    server.server_close()


def published(answers: dict[str, tuple[int, bytes]]) -> None:
    """Let the server publish just what the registry holds."""
    listed: dict = {}
    for price in map(registry.find_price, registry.price_ids()):
        place = refresh.PRICED.search(price.sources["usd_per_million_input_tokens"])
        assert place, f"{price.id} names no row of the list"
        model: dict = {"cost": {}, "limit": {}}
        for (table, name), key in refresh.PRICES.items():
            if getattr(price, key) is not None:
                model[table][name] = getattr(price, key)
        listed.setdefault(place["provider"], {"models": {}})["models"][place["model"]] = model
    answers["/api.json"] = (200, json.dumps(listed).encode())
    for model_id in registry.model_ids():
        if path := path_of(model_id):
            config = dict(registry.find(model_id).config)
            answers[path] = (200, json.dumps(config | {"unread": "by us"}).encode())
    for engine, (repository, tag) in {
        "llama.cpp": ("ggml-org/llama.cpp", "b10273"),
        "vllm": ("vllm-project/vllm", "v0.24.3"),
        "sglang": ("sgl-project/sglang", "v0.5.9"),
        "tensorrt-llm": ("NVIDIA/TensorRT-LLM", "v1.2.0"),
    }.items():
        assert engine in refresh.VERSIONS
        answers[f"/repos/{repository}/releases/latest"] = (200, json.dumps({"tag_name": tag}).encode())


def path_of(model_id: str) -> str:
    """Where the hub keeps a configuration; empty for one that was read elsewhere."""
    place = refresh.HUB_FILE.match(registry.find(model_id).sources["config"])
    return f"/{place['name']}/resolve/main/{place['file']}" if place else ""


def at(address: str) -> Endpoints:
    return Endpoints(address, f"{address}/api.json", address)


def test_a_world_that_says_the_same_differs_in_nothing(world):
    address, answers = world
    published(answers)
    compared = compare(at(address))
    assert compared.differs == ()
    assert set(compared.untold.values()) <= {"its configuration was not read on the hub"}
    assert len(compared.equal) > 200


def test_lists_a_changed_configuration_price_context_and_release(world):
    address, answers = world
    published(answers)
    path = path_of("qwen3-8b")
    config = json.loads(answers[path][1])
    answers[path] = (200, json.dumps(config | {"num_key_value_heads": 4}).encode())
    nested = path_of("llama-3.1-8b")
    config = json.loads(answers[nested][1])
    config["rope_scaling"]["factor"] = 32.0
    answers[nested] = (200, json.dumps(config).encode())
    listed = json.loads(answers["/api.json"][1])
    listed["openai"]["models"]["gpt-5.5"]["cost"]["input"] = 4.0
    listed["openai"]["models"]["gpt-5.5"]["limit"]["context"] = 2_000_000
    answers["/api.json"] = (200, json.dumps(listed).encode())
    answers["/repos/vllm-project/vllm/releases/latest"] = (200, b'{"tag_name": "v0.25.0"}')
    told = {(one.key, one.ours, one.theirs, one.writable) for one in compare(at(address)).differs}
    assert told == {
        ("config.num_key_value_heads", 8, 4, True),
        ("config.rope_scaling.factor", 8.0, 32.0, False),
        ("usd_per_million_input_tokens", 5.0, 4.0, True),
        ("context_advertised", 1_050_000, 2_000_000, True),
        ("VERSION", "0.24", "v0.25.0", False),
    }


BROKEN = {
    "qwen3-8b": ((404, b""), "answers with status 404"),
    "qwen3-14b": ((401, b""), "answers with status 401; it asks for a login"),
    "qwen3-32b": ((200, b"<html>"), "answers with no JSON"),
    "qwen3-4b": ((200, b"[" * 100_000), "answers with no JSON"),
    "qwen3-1.7b": ((200, b"[1]"), "answers with no table of keys"),
    "qwen3-0.6b": ((500, b""), "answers with status 500"),
}


def test_what_gives_no_answer_is_named_and_stops_nothing(world):
    address, answers = world
    published(answers)
    for model_id, (answer, _) in BROKEN.items():
        answers[path_of(model_id)] = answer
    listed = json.loads(answers["/api.json"][1])
    del listed["openai"]["models"]["gpt-5.5"]
    listed["anthropic"] = []
    answers["/api.json"] = (200, json.dumps(listed).encode())
    compared = compare(at(address))
    for model_id, (_, why) in BROKEN.items():
        assert compared.untold[f"llmnotes/data/models/{model_id}.toml"] == why
    assert "no longer lists openai/gpt-5.5" in compared.untold["llmnotes/data/prices/gpt-5.5.toml"]
    assert "no longer lists anthropic/" in compared.untold["llmnotes/data/prices/claude-fable-5.toml"]
    assert compared.differs == ()


def test_a_world_out_of_reach_is_no_answer(root):
    nowhere = "http://127.0.0.1:9"
    environment = {"HF_ENDPOINT": nowhere, "LLMNOTES_PRICES": f"{nowhere}/api.json", "LLMNOTES_RELEASES": nowhere}
    command = [sys.executable, "-m", "llmnotes.site", "refresh"]
    run = subprocess.run(command, cwd=root, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert "0 entries agree" in run.stdout
    assert run.returncode == 1


def test_nobody_there_is_one_line():
    with pytest.raises(Unreachable):
        ask_json("http://127.0.0.1:9/x")
    with pytest.raises(Unreachable, match="is no address of the web"):
        ask_json("file:///etc/hostname")


@pytest.fixture
def copied(tmp_path, root):
    """The data of the registry in a folder that may be written to."""
    shutil.copytree(root / "llmnotes/data", tmp_path / "llmnotes/data")
    return tmp_path


def changed_files(copied, root) -> list[str]:
    files = [path.relative_to(copied) for path in copied.rglob("*.toml")]
    return sorted(str(file) for file in files if (copied / file).read_bytes() != (root / file).read_bytes())


def test_writes_only_what_is_listed_and_what_is_written_can_be_read(copied, root):
    price, model = "llmnotes/data/prices/gpt-5.5.toml", "llmnotes/data/models/qwen3-8b.toml"
    said = 'https://x.org/"a"\n[source]'
    listed = (
        Differs(price, "usd_per_million_input_tokens", 5.0, 4.0, said),
        Differs(price, "context_advertised", 1_050_000, 2_000_000, said),
        Differs(model, "config.num_key_value_heads", 8, 4, said),
        Differs("llmnotes/engines/vllm.py", "VERSION", "0.24", "v0.25.0", said, writable=False),
    )
    assert write(copied, Compared(listed, (), {}), ON) == sorted([price, model])
    assert changed_files(copied, root) == sorted([price, model])
    found, before = (tomllib.loads((folder / price).read_text("utf-8")) for folder in (copied, root))
    assert (found["usd_per_million_input_tokens"], found["context_advertised"]) == (4.0, 2_000_000)
    assert found["source"]["usd_per_million_input_tokens"] == f"{said} (read {ON})"
    assert found["source"]["checked"] == ON
    assert found["priced"] == before["priced"], "prices for long prompts were not compared, so the day stays"
    assert found.keys() == before.keys()
    model_found = tomllib.loads((copied / model).read_text("utf-8"))
    assert (model_found["config"]["num_key_value_heads"], model_found["source"]["checked"]) == (4, ON)


def test_what_agrees_and_is_past_its_shelf_life_gets_the_day(copied, root):
    plain = "llmnotes/data/prices/gpt-5.4-nano.toml"
    partly = "llmnotes/data/prices/gpt-5.5.toml"
    model = "llmnotes/data/models/qwen3-8b.toml"
    assert write(copied, Compared((), (plain, partly, model), {}), ON) == [plain]
    assert changed_files(copied, root) == [plain]
    assert tomllib.loads((copied / plain).read_text("utf-8"))["priced"] == ON


def test_a_hostile_answer_stays_within_its_cell():
    hostile = Differs("a.toml", "key", 1, "x | y\n## z <img src=x> @everyone `code`", "https://x.org")
    row = Compared((hostile,), (), {}).as_markdown().splitlines()[6]
    assert row.count("|") == 6
    assert not set("<>@") & set(row)


def test_names_the_links_that_no_longer_answer(world, tmp_path):
    address, answers = world
    answers |= {"/there": (200, b"x"), "/login": (403, b""), "/gone": (404, b"")}
    page = tmp_path / "docs/en/a.md"
    page.parent.mkdir(parents=True)
    page.write_text("[a](https://x.org/there), (https://x.org/gone#top). https://x.org/login and https://localhost/no")
    found = links.addresses(tmp_path)
    assert [*found] == ["https://x.org/gone", "https://x.org/login", "https://x.org/there"]
    here = {one.replace("https://x.org", address): places for one, places in found.items()}
    dead = links.gone(here)
    assert dead == {f"{address}/gone": "status 404"}
    assert f"- {address}/gone (status 404), in `docs/en/a.md`" in links.report(here, dead)
