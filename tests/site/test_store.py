"""What is kept is found for the same inputs, and only what was written whole is ever believed."""

import json
import os
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


def test_believes_no_file_that_lost_or_changed_a_byte(store):
    store.keep("recipe", Entry({"number": 1234567}, {"x": "1"}))
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    assert len(files) == 2
    for file in files:
        whole = file.read_bytes()
        for place in range(len(whole)):
            for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
                file.write_bytes(damaged)
                assert store.find("recipe", lookup(x="1")) is None
        file.write_bytes(whole)
        assert store.find("recipe", lookup(x="1")) is not None


def test_believes_no_entry_under_another_name(store):
    store.keep("one", Entry(1, {}))
    store.keep("two", Entry(2, {}))
    one, two = (store._path("values", digest(name, {})) for name in ("one", "two"))
    one.write_bytes(two.read_bytes())
    assert store.find("one", lookup()) is None


def test_an_interrupted_write_leaves_what_was_there(store, monkeypatch):
    store.keep("recipe", Entry(1, {}))

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.keep("recipe", Entry(2, {}))
    assert store.find("recipe", lookup()) == Entry(1, {})
    assert not list(store.folder.rglob(".new-*"))


def test_removes_what_killed_builds_left_and_nothing_younger(store):
    old, young = store.scratch(), store.scratch()
    (old / "file").write_text("x")
    unfinished = store.folder / "scratch" / ".new-abc"
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
