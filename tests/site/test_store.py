"""What is kept is found for the same inputs, and only what was written whole is ever believed."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

import pytest

from llmnotes.site.cache.store import ABSENT, Entry, Store, digest, digest_path


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def lookup(**digests):
    return lambda path: digests[path]


def test_finds_a_value_for_the_same_inputs_only(store):
    store.keep("recipe", Entry({"a": [1]}, {"x": "1", "y": "2"}))
    assert store.find("recipe", lookup(x="1", y="2")) == Entry({"a": [1]}, {"x": "1", "y": "2"})
    assert store.find("recipe", lookup(x="1", y="3")) is None
    assert store.find("another", lookup()) is None


def test_keeps_a_value_for_each_state_of_its_inputs(store):
    for state in ("1", "2"):
        store.keep("recipe", Entry(state, {"x": state}))
    assert [store.find("recipe", lookup(x=state)).value for state in ("1", "2")] == ["1", "2"]


@pytest.mark.parametrize("value", [None, 0, "", [], {}, False], ids=repr)
def test_tells_an_empty_value_from_none(store, value):
    store.keep("recipe", Entry(value, {}))
    assert store.find("recipe", lookup()) == Entry(value, {})


def kept_file(store):
    """The one file of a store, as another process would find it."""
    (file,) = (path for path in store.folder.iterdir() if path.suffix == ".sqlite")
    with sqlite3.connect(file) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    return file


def test_believes_no_file_that_lost_or_changed_a_byte(store):
    kept = Entry({"number": 1234567}, {"x": "1"})
    store.keep("recipe", kept)
    file = kept_file(store)
    whole = file.read_bytes()
    lost = 0
    for place in [*range(0, 100, 3), *range(100, len(whole), 173), whole.index(b"1234567")]:
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
            for path in store.folder.iterdir():
                path.unlink()
            file.write_bytes(damaged)
            found = Store(store.folder)
            assert found.find("recipe", lookup(x="1")) in (None, kept), place
            lost += found.find("recipe", lookup(x="1")) is None
            found.keep("recipe", kept)
            assert found.find("recipe", lookup(x="1")) == kept, place
    assert lost > 50


def test_believes_no_entry_under_another_name(store):
    store.keep("one", Entry(1, {}))
    store.keep("two", Entry(2, {}))
    one, two = (f"values {digest(name, {})}" for name in ("one", "two"))
    with sqlite3.connect(kept_file(store)) as other:
        other.execute(
            "UPDATE kept SET (seal, body) = (SELECT seal, body FROM kept WHERE name = ?) WHERE name = ?", (two, one)
        )
    other.close()
    assert store.find("one", lookup()) is None
    assert store.find("two", lookup()) == Entry(2, {})


KILLED = """
import itertools, sys
from pathlib import Path
from llmnotes.site.cache.store import Entry, Store
store = Store(Path(sys.argv[1]))
for number in itertools.count():
    store.keep("recipe", Entry([number] * 5000, {}))
    print(number, flush=True)
"""


def test_a_killed_write_leaves_what_was_there(store):
    for least in (1, 7, 20):
        writer = subprocess.Popen([sys.executable, "-c", KILLED, store.folder], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= least:
                break
        writer.kill()
        said = [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        writer.stdout.close()
        found = store.find("recipe", lookup())
        assert found.value == [found.value[0]] * 5000
        assert found.value[0] >= (said[-1] if said else least)


def test_several_processes_write_at_once(store):
    writing = """
import sys
from pathlib import Path
from llmnotes.site.cache.store import Entry, Store
store = Store(Path(sys.argv[1]))
for number in range(200):
    store.keep(f"{sys.argv[2]} {number}", Entry(number, {}))
"""
    writers = [subprocess.Popen([sys.executable, "-c", writing, store.folder, name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert all(store.find(f"{name} {number}", lookup()).value == number for name in "abc" for number in range(200))


def test_the_folder_may_be_deleted_at_any_time(store):
    store.keep("recipe", Entry(1, {}))
    shutil.rmtree(store.folder)
    assert store.find("recipe", lookup()) is None
    store.keep("recipe", Entry(2, {}))
    assert Store(store.folder).find("recipe", lookup()) == Entry(2, {})


def test_removes_what_killed_builds_left_and_nothing_younger(store):
    old, young = store.scratch(), store.scratch()
    (old / "file").write_text("x")
    unfinished = store.folder / "scratch" / "half"
    unfinished.write_text("half")
    for left in (old, unfinished):
        os.utime(left, (time.time() - 7200, time.time() - 7200))
    store.scratch()
    assert not old.exists()
    assert not unfinished.exists()
    assert young.exists()


def test_digests_follow_content_and_names(tmp_path):
    file, folder = tmp_path / "a.txt", tmp_path / "folder"
    folder.mkdir()
    assert digest_path(tmp_path, "a.txt") == ABSENT
    file.write_text("one")
    first = digest_path(tmp_path, "a.txt")
    os.utime(file, (1, 1))
    assert digest_path(tmp_path, "a.txt") == first
    file.write_text("two")
    assert digest_path(tmp_path, "a.txt") != first
    empty = digest_path(tmp_path, "folder/")
    (folder / "__pycache__").mkdir()
    assert digest_path(tmp_path, "folder/") == empty
    (folder / "b").touch()
    assert digest_path(tmp_path, "folder/") != empty


def test_a_digest_does_not_confuse_what_differs():
    values = [(), ("",), ("a", "b"), ("ab",), ({"a": 1},), ({"a": "1"},), (["a"],), (None,), (1,), (1.5,), (True,)]
    assert len({digest(*value) for value in values}) == len(values)
    assert digest({"b": 1, "a": 2}) == digest(json.loads('{"a": 2, "b": 1}'))
