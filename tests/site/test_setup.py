"""The set-up says in one line what a machine lacks."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from llmnotes.site import setup


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A project without an environment, on a machine without a browser."""
    (tmp_path / "requirements.lock").write_text("six==1.17.0\n")
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(setup, "venv_python", lambda root: root / "no-such-python")
    return tmp_path


def executable(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    ("version", "has_venv", "says"),
    [((3, 10, 13), True, "3.10.13 is too old"), ((3, 11, 2), False, "apt-get install python3-venv")],
)
def test_a_python_that_will_not_do_is_one_line_with_a_remedy(version, has_venv, says):
    with pytest.raises(setup.SetupError, match=says) as error:
        setup.require_python(version, has_venv=has_venv)
    assert "\n" not in str(error.value)


def test_an_environment_made_for_this_lock_is_kept_and_for_another_is_not(tmp_path):
    (tmp_path / "requirements.lock").write_text("a==1\n")
    first = setup.wanted_stamp(tmp_path)
    assert setup.wanted_stamp(tmp_path) == first
    (tmp_path / "requirements.lock").write_text("a==2\n")
    assert setup.wanted_stamp(tmp_path) != first


def test_a_moved_project_needs_a_new_environment(tmp_path):
    stamps = set()
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.lock").write_text("a==1\n")
        stamps.add(setup.wanted_stamp(tmp_path / name))
    assert len(stamps) == 2


def test_chromium_named_by_the_user_wins_over_the_path(bare, monkeypatch):
    executable(bare / "bin/chromium")
    mine = executable(bare / "mine")
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert setup.find_browser(bare) == str(mine)


def test_a_wrong_chromium_is_named_and_never_replaced(bare, monkeypatch):
    executable(bare / "bin/chromium")
    monkeypatch.setenv("CHROMIUM", str(bare / "gone"))
    with pytest.raises(setup.SetupError, match=r"CHROMIUM=.*gone"):
        setup.install_by_apt(bare)


@pytest.fixture
def apt(bare, monkeypatch):
    """Apt for root, which has no `xvfb`; what it was asked."""
    asked = []

    def run(what, command):
        asked.append(command[1:])
        if "xvfb" in command:
            raise setup.SetupError("unable to locate package xvfb")

    executable(bare / "bin/apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(setup, "run", run)
    return asked


@pytest.mark.skipif(os.name == "nt", reason="apt and root are Unix matters")
def test_apt_is_asked_for_all_browsers_at_once_and_then_for_each(bare, apt, monkeypatch):
    all_four = ["chromium", "firefox-esr", "webkit2gtk-driver", "xvfb"]
    assert set(setup.install_by_apt(bare)) == {"unable to locate package xvfb"}
    assert apt[0][0] == "update"
    assert apt[1][-4:] == all_four
    assert [command[-1] for command in apt[2:]] == all_four
    apt.clear()
    executable(bare / "bin/Xvfb")
    assert setup.install_by_apt(bare) == []
    assert apt[1][-3:] == all_four[:3]
    assert len(apt) == 2
    apt.clear()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert setup.install_by_apt(bare) == []
    assert apt == []


@pytest.mark.skipif(os.name == "nt", reason="apt and root are Unix matters")
def test_nothing_is_installed_where_all_is_there(bare, apt):
    for name in ("chromium", *setup.OTHER_BROWSERS):
        executable(bare / "bin" / name)
    assert setup.install_by_apt(bare) == []
    assert apt == []


@pytest.mark.skipif(os.name == "nt", reason="apt and root are Unix matters")
def test_a_chromium_that_playwright_keeps_is_not_installed_again(bare, apt, monkeypatch):
    kept = executable(bare / "kept")
    python = executable(bare / "python")
    python.write_text(f"#!/bin/sh\necho {kept}\n")
    monkeypatch.setattr(setup, "venv_python", lambda root: python)
    for name in setup.OTHER_BROWSERS:
        executable(bare / "bin" / name)
    assert setup.install_by_apt(bare) == []
    assert apt == []


def test_where_no_browser_can_be_had_one_line_says_what_to_install(bare, monkeypatch):
    def refuse(what, command):
        raise setup.SetupError("no network")

    monkeypatch.setattr(setup, "find_browser", lambda root: None)
    monkeypatch.setattr(setup, "run", refuse)
    with pytest.raises(setup.SetupError, match="apt-get install chromium") as error:
        setup.get_browser(bare, ["apt has none"])
    assert "\n" not in str(error.value)
    assert "apt has none; no network" in str(error.value)
