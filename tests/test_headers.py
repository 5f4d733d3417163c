"""Headers of weight files: real ones as the formats' own packages write them, hostile ones by hand."""

import io
import json
import math
import random
import struct
import time

import pytest

import llmnotes as ln
from llmnotes.headers.gguf import Long, read_gguf
from llmnotes.headers.models import from_gguf
from llmnotes.headers.safetensors import read_safetensors
from llmnotes.weights.sizes import stored_weights

TINY = {"block_count": 2, "embedding_length": 64, "feed_forward_length": 96, "context_length": 512}
TINY |= {"attention.head_count": 4, "attention.head_count_kv": 2}
VOCABULARY = 128


def tensors(*, tied: bool = False) -> dict[str, tuple[int, ...]]:
    """Those of a small Llama, rows first."""
    found: dict[str, tuple[int, ...]] = {"token_embd.weight": (VOCABULARY, 64), "output_norm.weight": (64,)}
    if not tied:
        found["output.weight"] = (VOCABULARY, 64)
    for layer in range(2):
        shapes: dict[str, tuple[int, ...]] = {
            "attn_q": (64, 64),
            "attn_k": (32, 64),
            "attn_v": (32, 64),
            "attn_output": (64, 64),
        }
        shapes |= {"ffn_gate": (96, 64), "ffn_up": (96, 64), "ffn_down": (64, 96)}
        shapes |= {"attn_norm": (64,), "ffn_norm": (64,)}
        found |= {f"blk.{layer}.{name}.weight": shape for name, shape in shapes.items()}
    return found


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def gguf_bytes(keys: dict, shapes: dict[str, tuple[int, ...]], *, kind: int = 1, version: int = 3) -> bytes:
    """A file by the published layout, without data."""
    data = b"GGUF" + struct.pack("<IQQ", version, len(shapes), len(keys))
    for key, value in keys.items():
        if isinstance(value, str):
            data += text(key) + struct.pack("<I", 8) + text(value)
        elif isinstance(value, list):
            data += text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
        else:
            data += text(key) + struct.pack("<II", 4, value)
    for name, shape in shapes.items():
        data += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape[::-1])
        data += struct.pack("<IQ", kind, 0)
    return data


def llama(**more) -> dict:
    keys = {f"llama.{key}": value for key, value in TINY.items()}
    return {"general.architecture": "llama", **keys, "tokenizer.ggml.tokens": ["a"] * VOCABULARY, **more}


def read(data: bytes):
    return read_gguf(io.BytesIO(data), len(data), "file")


def test_parts_of_a_model_that_stand_together_are_read_as_one(tmp_path):
    """The same tensors in three files hold the same bytes as in one; a part alone says that it is one."""
    shapes, whole = tensors(), tmp_path / "whole.gguf"
    whole.write_bytes(gguf_bytes(llama(), shapes))
    names = list(shapes)
    parts = [tmp_path / f"tiny-{place:05d}-of-00003.gguf" for place in (1, 2, 3)]
    for place, part in enumerate(parts):
        keys = {"split.no": place, "split.count": 3, "split.tensors.count": len(names)}
        mine = {name: shapes[name] for name in names[4 * place : 4 * place + 4 if place < 2 else None]}
        part.write_bytes(gguf_bytes(llama(**keys) if place == 0 else keys, mine))
    for given in (parts[0], parts[2]):
        model = ln.from_config(given)
        assert stored_weights(model).checkpoint_bytes == stored_weights(ln.from_config(whole)).checkpoint_bytes
        assert "all 3 parts" in model.warnings[0]
    parts[1].unlink()
    assert "part 1 of 3" in ln.from_config(parts[0]).warnings[0]
    with pytest.raises(ln.ConfigError, match="this is part 3 of 3; give part 1"):
        ln.from_config(parts[2])


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({"general.type": "imatrix", "imatrix.chunk_count": 10}, "an importance matrix"),
        ({"general.architecture": "clip", "general.type": "mmproj"}, "a tower and projector"),
        ({"general.architecture": "clip"}, "a tower and projector"),
        ({"general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora"}, "an adapter"),
        ({"general.architecture": "controlvector"}, "a control vector"),
        ({"general.architecture": "eagle3"}, "a draft head"),
    ],
)
def test_a_file_that_is_no_model_is_named_for_what_it_is(tmp_path, keys, what):
    """Kinds of llama.cpp's gguf-py/gguf/constants.py (GGUFType) and its tools."""
    path = tmp_path / "file.gguf"
    path.write_bytes(gguf_bytes(keys, {"v.blk.0.attn_q.weight": (64, 64)}))
    with pytest.raises(ln.ConfigError, match=what) as told:
        ln.from_config(path)
    assert "cannot be read" not in str(told.value)
    assert "config.json" not in str(told.value)


def test_a_vocabulary_alone_is_no_model(tmp_path):
    path = tmp_path / "ggml-vocab.gguf"
    path.write_bytes(gguf_bytes(llama(), {}))
    with pytest.raises(ln.ConfigError, match="a vocabulary alone"):
        ln.from_config(path)


def test_a_file_written_by_the_format_s_own_package_is_read_whole(tmp_path):
    gguf = pytest.importorskip("gguf")
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    for key, value in TINY.items():
        writer.add_uint32(f"llama.{key}", value)
    writer.add_array("tokenizer.ggml.tokens", ["word"] * 5000)
    writer.add_array("tokenizer.ggml.scores", [0.5] * 5000)
    for name, shape in tensors().items():
        quantized = len(shape) == 2 and not shape[1] % 32
        form = gguf.GGMLQuantizationType.Q8_0 if quantized else gguf.GGMLQuantizationType.F32
        data = gguf.quants.quantize(numpy.zeros(shape, numpy.float32), form)
        writer.add_tensor(name, data, raw_dtype=form)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with path.open("rb") as file:
        header = read_gguf(file, path.stat().st_size, "file")
    theirs = gguf.GGUFReader(path)
    assert {tensor.name: (tensor.n_params, tensor.n_bytes) for tensor in header.tensors} == {
        tensor.name: (int(tensor.n_elements), int(tensor.n_bytes)) for tensor in theirs.tensors
    }
    assert header.metadata["tokenizer.ggml.tokens"] == Long(5000)
    model = ln.from_config(path)
    assert ln.count_params(model).total == header.n_params
    assert ln.kv_cache(model, n_tokens=10).ideal_bytes == 2 * 2 * 2 * 10 * 2 * 16


def test_a_safetensors_file_written_by_the_format_s_own_package_is_read_whole(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "model.safetensors"
    arrays = {name: numpy.zeros(shape, numpy.float16) for name, shape in tensors().items()}
    safetensors.save_file(arrays, path, metadata={"format": "pt"})
    with path.open("rb") as file:
        header = read_safetensors(file, path.stat().st_size, "file")
    assert header.n_params == sum(array.size for array in arrays.values())
    assert header.n_bytes == sum(array.nbytes for array in arrays.values())
    assert header.metadata == {"format": "pt"}
    with pytest.raises(ln.ConfigError, match=r"config\.json") as refusal:
        ln.from_config(path)
    assert f"{header.n_params:,} parameters" in str(refusal.value)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    assert any(f"{header.n_bytes:,} bytes" in said for said in ln.from_config(path).warnings)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("version", [2, 3])
def test_shape_and_tensors_agree(tied, version):
    header = read(gguf_bytes(llama(), tensors(tied=tied), version=version))
    model = from_gguf(header, "file")
    counted = ln.count_params(model)
    assert counted.total == header.n_params
    assert model.embedding.tied is tied
    assert not any("the shape in its metadata" in said for said in model.warnings)


def test_a_shape_that_does_not_agree_is_said():
    shapes = tensors() | {"something.else": (64, 64)}
    model = from_gguf(read(gguf_bytes(llama(), shapes)), "file")
    assert any("the shape in its metadata" in said for said in model.warnings)


def test_bytes_are_those_of_the_file_s_own_types():
    from llmnotes.weights.sizes import stored_weights

    header = read(gguf_bytes(llama(), tensors(), kind=30))
    assert stored_weights(from_gguf(header, "file")).checkpoint_bytes == header.n_bytes == 2 * header.n_params


def test_an_architecture_that_is_not_read_says_what_the_file_holds():
    with pytest.raises(ln.ConfigError, match="plamo2") as refusal:
        from_gguf(read(gguf_bytes({"general.architecture": "plamo2"}, tensors())), "file")
    assert "parameters" in str(refusal.value)
    assert "\n" not in str(refusal.value)


GOOD = gguf_bytes(llama(), tensors())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GGUF", "points beyond its end"),
        (b"GGUF" + struct.pack("<I", 9), "version 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**63, 1), "no model's"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 2**63), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IQ", 8, 2**63), "beyond its end"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 4, 2**62), "beyond its end"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 8, 2**62), "no vocabulary"),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 2) * 9,
            "deep",
        ),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<I", 77), "unknown kind"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<I", 2**31), "dimensions"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<IQQIQ", 2, 2**40, 2**40, 0, 0), "numbers"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<IQIQ", 1, 33, 12, 0), "whole blocks"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<IQIQ", 1, 32, 99, 0), "type 99"),
        (GOOD[:-9], "beyond its end"),
    ],
)
def test_a_hostile_gguf_is_refused_in_one_line_and_at_once(data, said):
    start = time.process_time()
    with pytest.raises(ln.ConfigError, match=said) as refusal:
        read(data)
    assert time.process_time() - start < 1
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


class Endless(io.BytesIO):
    """A file of 2^62 zeros that counts what is read of it."""

    def __init__(self, head: bytes):
        super().__init__()
        self.head, self.at, self.taken = head, 0, 0

    def read(self, n: int | None = -1, /) -> bytes:
        assert n is not None
        self.taken += n
        data = (self.head[self.at : self.at + n]).ljust(n, b"\0")
        self.at += n
        return data

    def seek(self, n: int, whence: int = 0, /) -> int:
        self.at = n if whence == 0 else self.at + n
        return self.at


@pytest.mark.parametrize(
    "head",
    [
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 4, 2**58),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IQ", 8, 2**61),
        b"GGUF" + struct.pack("<IQQ", 3, 60_000, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 60_000),
    ],
)
def test_no_more_is_read_than_is_needed(head):
    file = Endless(head)
    start = time.process_time()
    with pytest.raises(ln.ConfigError):
        read_gguf(file, 2**62, "file")
    assert time.process_time() - start < 1
    assert file.taken < 2**20


def safe(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def f32(start: int, end: int) -> dict:
    return {"dtype": "F32", "shape": [(end - start) // 4], "data_offsets": [start, end]}


WRONG = [0, -1, None, True, "x", [], [0], [1, 2], 2**63, 1.5, float("nan"), {"a": 1}, [3] * 300, "F4", [0, 8], [4, 4]]


def damaged(dice: random.Random) -> bytes:
    """A small file with values, tensors, offsets, bytes or lengths changed, or none."""
    header: dict = {"__metadata__": {"format": "pt"}}
    end = 0
    for index in range(dice.randint(1, 5)):
        kind, width = dice.choice([("F32", 4), ("BF16", 2), ("I8", 1), ("F64", 8)])
        shape = [dice.randint(0, 4) for _ in range(dice.randint(0, 3))]
        start, end = end, end + width * math.prod(shape)
        header[f"t{index}"] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    for _ in range(dice.randint(0, 2)):
        name = dice.choice(sorted(header))
        held, how = header[name], dice.randrange(5)
        if how == 0 or not isinstance(held, dict):
            header[name] = dice.choice(WRONG)
        elif how == 1:
            header[f"{name} again"] = header.pop(name) if dice.random() < 0.5 else held
        elif how == 2 and isinstance(held.get("data_offsets"), list):
            held["data_offsets"] = [at + dice.choice([-1, 1, 4]) for at in held["data_offsets"] if type(at) is int]
        else:
            held[dice.choice(["dtype", "shape", "data_offsets", "more"])] = dice.choice(WRONG)
    text = json.dumps(header).encode()
    at, length = dice.randrange(len(text)), dice.choice([-1, 1, 2**63])
    changed = [text[:at], text + b" ", b" " + text, text[:at] + bytes([dice.randrange(256)]) + text[at + 1 :]]
    text = dice.choice([text] * 8 + changed)
    length = len(text) if dice.random() < 0.95 else max(0, len(text) + length)
    return struct.pack("<Q", length) + text + bytes(max(0, end + dice.choice([0, 0, 0, 0, 0, 0, -1, 1])))


def test_damaged_safetensors_are_refused_where_the_format_s_own_package_refuses_them():
    reference, seen = pytest.importorskip("safetensors"), {True: 0, False: 0}
    for seed in range(300):
        data = damaged(random.Random(seed))
        try:
            reference.deserialize(data)
            sound = True
        except reference.SafetensorError:
            sound = False
        start = time.process_time()
        try:
            read_safetensors(io.BytesIO(data), len(data), "file")
            read = True
        except ln.ConfigError as refusal:
            read = "\n" in str(refusal)
        assert time.process_time() - start < 1
        assert read == sound, (seed, data)
        seen[sound] += 1
    assert min(seen.values()) > 50


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "beyond its end"),
        (struct.pack("<Q", 2**63), "no safetensors file"),
        (struct.pack("<Q", 50_000_000), "beyond its end"),
        (safe(b"{"), "not JSON"),
        (safe(b"[" * 100_000), "not JSON"),
        (safe([1]), "no object"),
        (safe({"t": 7}), "type"),
        (safe({"t": {"dtype": "F99", "shape": [1], "data_offsets": [0, 1]}}), "type"),
        (safe({"t": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 1]}}), "shape"),
        (safe({"t": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 1]}}), "shape"),
        (safe({"t": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}), "shape"),
        (safe({"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}), "as long as"),
        (safe({"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}), "beyond the file"),
        (safe({"t": f32(0, 8), "u": f32(4, 12)}, bytes(12)), "overlap"),
        (safe({"t": f32(0, 8), "u": f32(12, 20)}, bytes(20)), "gap"),
        (safe({"t": f32(2**63, 2**63 + 8)}), "gap"),
        (safe({"t": f32(0, 8)}, bytes(9)), "behind its data"),
        (safe({"t": {**f32(0, 8), "shape": float("nan")}}), "not JSON"),
        (safe({"__metadata__": {"a": 7}}), "no object of texts"),
        (struct.pack("<Q", 100 * 2**20) + b"{", "no safetensors file"),
        (safe(b'{"__metadata__":{' + b'"a":[],' * 2**21 + b"}}"), "millions of entries"),
    ],
)
def test_a_hostile_safetensors_is_refused_in_one_line(data, said):
    with pytest.raises(ln.ConfigError, match=said) as refusal:
        read_safetensors(io.BytesIO(data), len(data), "file")
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300
