"""Weight files of a hub: the header alone is asked for, in ranges, without a token."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from math import prod

import pytest

from tests.test_gguf_shapes import CASES, header
from tests.test_headers import gguf_bytes, llama, safe, tensors

CONFIG = {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 128}
CONFIG |= {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False}
DATA = 50_000_000  # bytes of weights that nobody must ask for
TENSOR = {"t": {"dtype": "F16", "shape": [DATA // 2], "data_offsets": [0, DATA]}}


def in_parts(n_parts: int) -> dict[str, bytes]:
    """A model whose layers differ in kind, in so many files: the first has its metadata, each some of its tensors."""
    whole = header(CASES["rand-qwen3_5_text-0"])
    shapes = {tensor.name: tensor.shape for tensor in whole.tensors}
    keys = {key: value for key, value in whole.metadata.items() if isinstance(value, int | str)}
    names, found = list(shapes), {}
    for place in range(n_parts):
        split = {"split.no": place, "split.count": n_parts}
        mine = {name: shapes[name] for name in names[place::n_parts]}
        file = f"part-{place + 1:05d}-of-{n_parts:05d}.gguf"
        found[file] = gguf_bytes(keys | split if place == 0 else split, mine, kind=0)
    return found


class Hub(http.server.BaseHTTPRequestHandler):
    """A hub with the files of two models, which sends parts."""

    files = {  # noqa: RUF012 - read only
        **in_parts(3),
        "model.gguf": gguf_bytes(llama(), tensors()) + bytes(64),
        "model.safetensors": safe(TENSOR),
        "config.json": json.dumps(CONFIG).encode(),
    }
    sent: list[int]
    tokens: set

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body: bool):
        data = self.files.get(self.path.rsplit("/", 1)[-1])
        type(self).tokens.add(self.headers.get("Authorization"))
        if data is None:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        size = len(data) + (DATA if self.path.endswith(".safetensors") else 0)
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        self.send_response(206 if part else 200)
        first, last = (int(part[1]), min(int(part[2]), size - 1)) if part else (0, size - 1)
        length = last - first + 1
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("ETag", '"e"')
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if body:
            sent = data[first : last + 1].ljust(length, b"\0")
            type(self).sent.append(len(sent))
            self.wfile.write(sent)

    def log_message(self, format, *args):
        pass


@pytest.fixture
def hub():
    Hub.sent, Hub.tokens = [], set()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(root, home, endpoint: str, model: str):
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_TOKEN": "hf_secret"}
    command = [sys.executable, "-m", "llmnotes", "params", model, "--json"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("file", ["model.gguf", "model.safetensors"])
def test_the_header_alone_is_asked_for(root, tmp_path, hub, file):
    found = ask(root, tmp_path, hub, f"hf:org/name/{file}")
    assert found.stderr == ""
    facts = json.loads(found.stdout)
    assert facts["total"] == 78_144
    assert re.match(r"a (GGUF|safetensors) file of", facts["warnings"][0])
    assert sum(Hub.sent) < 2**20
    assert Hub.tokens == {None}


def test_a_model_in_several_files_is_read_from_the_headers_of_all(root, tmp_path, hub):
    found = ask(root, tmp_path, hub, "hf:org/name/part-00001-of-00003.gguf")
    assert found.stderr == ""
    facts = json.loads(found.stdout)
    assert "(all 3 parts)" in facts["warnings"][0]
    assert facts["total"] == sum(prod(tensor.shape) for tensor in header(CASES["rand-qwen3_5_text-0"]).tensors)
    assert sum(Hub.sent) < 2**20


@pytest.mark.parametrize("model", ["hf:org/name/absent.gguf", "hf:../x/model.gguf"])
def test_what_is_not_there_is_one_line(root, tmp_path, hub, model):
    refused = ask(root, tmp_path, hub, model)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"llmnotes: {model}: ")
    assert refused.stderr.count("\n") == 1


def test_out_of_reach_is_one_line(root, tmp_path):
    refused = ask(root, tmp_path, "http://127.0.0.1:9", "hf:org/name/model.gguf")
    assert refused.returncode == 2
    assert "cannot be reached" in refused.stderr
    assert refused.stderr.count("\n") == 1
