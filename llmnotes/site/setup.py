"""Make the environment: `.venv` from `requirements.lock`, and a Chromium for the browser tests.

Runs on a bare Python, with the standard library alone: `python3 -m llmnotes.site.setup [--browser]`. The Makefile calls
it, and so does a Windows user, who has no make.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OLDEST_PYTHON = (3, 11)
# The lock names all packages, so that each can be installed without the others: one installer at a time leaves the
# second core idle.
INSTALLERS = 4
# Programs that tests drive beside Chromium, and the Debian packages that have them.
OTHER_BROWSERS = {"firefox-esr": "firefox-esr", "WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge")


class SetupError(Exception):
    """One line that says what is missing and how to get it."""


def venv_python(root: Path) -> Path:
    """Return the interpreter inside the project's environment, whether or not it exists yet."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted_stamp(root: Path) -> str:
    """Return a digest of what decides the environment: the lock and the folder, as a venv cannot move."""
    return hashlib.sha256(f"{root}\n".encode() + (root / "requirements.lock").read_bytes()).hexdigest()


def require_python(version: tuple[int, ...], has_venv: bool) -> None:
    """Stop with one line where this Python cannot make the environment.

    Raises:
        SetupError: If it is too old, or comes without `venv` (as on Debian).

    >>> require_python((3, 11, 2), has_venv=True)
    """
    if version[:2] < OLDEST_PYTHON:
        found = ".".join(map(str, version[:3]))
        raise SetupError(
            f"Python {found} is too old: install Python 3.11 or newer, or name one with make PYTHON=python3.12"
        )
    if not has_venv:
        raise SetupError(
            "this Python has no venv module: install it first (Debian and Ubuntu: apt-get install python3-venv)"
        )


def make_environment(root: Path) -> bool:
    """Make or renew `.venv`; return whether anything had to be done.

    The packages come through the user's own index, proxy and mirror settings; each must have the hash in the lock.
    """
    stamp = root / ".venv" / "llmnotes-stamp"
    if stamp.is_file() and stamp.read_text() == wanted_stamp(root) and venv_python(root).exists():
        return False
    require_python(sys.version_info[:3], has_venv=importlib.util.find_spec("ensurepip") is not None)
    print("setting up .venv from requirements.lock (once; about 220 MB to download)", file=sys.stderr, flush=True)
    # A new environment, not an update in place: what the lock no longer names must not linger.
    run("make the environment", [sys.executable, "-m", "venv", "--clear", str(root / ".venv")])
    pip = [str(venv_python(root)), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    locked = [*pip, "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r"]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as side_by_side:
        done = []
        for number, portion in enumerate(portions((root / "requirements.lock").read_text("utf-8"), INSTALLERS)):
            (file := Path(folder) / f"{number}.txt").write_text(portion, encoding="utf-8")
            done.append(side_by_side.submit(run, "install the locked packages", [*locked, str(file)]))
        for one in done:
            one.result()
    run("install llmnotes itself", [*pip, "--no-deps", "--no-build-isolation", "--editable", str(root)])
    stamp.write_text(wanted_stamp(root))
    return True


def portions(lock: str, n: int) -> list[str]:
    r"""Return the requirements of a lock in so many files, each with its marker and its hashes.

    >>> portions("a==1\n  --hash=sha256:0\nb==2\nc==3\n", 2)
    ['a==1\n  --hash=sha256:0\nc==3\n', 'b==2\n']
    """
    requirements = re.findall(r"^[A-Za-z0-9].*\n(?:[ #].*\n)*", lock, flags=re.M)
    return ["".join(requirements[start::n]) for start in range(n)]


def run(what: str, command: list[str]) -> None:
    """Run a command; its output is shown only where it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise SetupError(f"could not {what}:\n{tail}")


def browser_on_path() -> str | None:
    """Return a Chromium: `$CHROMIUM`, or one on the PATH; None where there is none.

    Raises:
        SetupError: If `$CHROMIUM` names something that cannot be run.
    """
    if named := os.environ.get("CHROMIUM"):
        if found := shutil.which(named):
            return found
        raise SetupError(f"CHROMIUM={named} is not an executable file: correct it or unset it")
    return next(filter(None, map(shutil.which, BROWSER_NAMES)), None)


def find_browser(root: Path) -> str | None:
    """Return a Chromium: one named or on the PATH, or the one that Playwright keeps; None where there is none.

    Raises:
        SetupError: If `$CHROMIUM` names something that cannot be run.
    """
    if (found := browser_on_path()) or not venv_python(root).exists():
        return found
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    answer = subprocess.run([str(venv_python(root)), "-c", ask], capture_output=True, text=True, check=False)
    return shutil.which(answer.stdout.strip()) if answer.stdout.strip() else None


def missing_others() -> list[str]:
    """Return which of `OTHER_BROWSERS` are not on the PATH."""
    return [name for name in OTHER_BROWSERS if not shutil.which(name)]


def install_by_apt(root: Path) -> list[str]:
    """Install the browsers that are missing, where apt gives them to root; return what it said of those it did not.

    Raises:
        SetupError: If `$CHROMIUM` names something that cannot be run.
    """
    packages = [] if find_browser(root) else ["chromium"]
    packages += [OTHER_BROWSERS[name] for name in missing_others()]
    if not packages or not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    print(f"installing {', '.join(packages)} for the browser tests", file=sys.stderr, flush=True)
    failures = apt("update", "-qq")
    install = ("install", "-y", "-qq", "--no-install-recommends")
    if not (failed := apt(*install, *packages)):
        return failures
    # Where one cannot be had, that is no reason to go without the others.
    each = [line for package in packages for line in apt(*install, package)] if packages[1:] else failed
    return failures + each


def apt(*arguments: str) -> list[str]:
    """Return the last line of what apt-get complained of; nothing where it did as it was told."""
    try:
        run(f"run apt-get {arguments[0]}", ["apt-get", *arguments])
    except SetupError as error:
        return [str(error).splitlines()[-1]]
    return []


def get_browser(root: Path, failures: list[str]) -> str:
    """Return a Chromium, by Playwright where apt gave none.

    Args:
        root: The project, whose environment has Playwright.
        failures: Why there is none yet.

    Raises:
        SetupError: If none could be had: one line that says what to install.
    """
    if found := find_browser(root):
        return found
    print("no Chromium here: installing one for the browser tests", file=sys.stderr, flush=True)
    try:
        run("run playwright install", [str(venv_python(root)), "-m", "playwright", "install", "chromium"])
    except SetupError as error:
        failures = [*failures, str(error).splitlines()[-1]]
    if found := find_browser(root):
        return found
    advice = "install one (Debian: apt-get install chromium), or name it with CHROMIUM=/path/to/chromium"
    raise SetupError(f"the browser tests need a Chromium: {advice} (tried: {'; '.join(failures)})")


def main(arguments: list[str] | None = None) -> int:
    """Run the set-up; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m llmnotes.site.setup", description=__doc__.split("\n")[0])
    parser.add_argument("--browser", action="store_true", help="also find or install browsers, for make test")
    options = parser.parse_args(arguments)
    root = Path(__file__).resolve().parents[2]
    try:
        with ThreadPoolExecutor(1) as beside:
            browsers = beside.submit(install_by_apt, root) if options.browser else None
            make_environment(root)
        if browsers:
            get_browser(root, browsers.result())
            if missing := missing_others():
                print(f"without {', '.join(missing)}: the tests that need them are skipped", file=sys.stderr)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
