"""Nothing runs twice for the same inputs, everything runs for changed ones, and no order or accident changes a byte."""

import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
import threading
from functools import partial
from multiprocessing import forkserver
from pathlib import Path

import pytest

from llmnotes.site.snippets import runner as runner_module
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.problem import SiteError
from llmnotes.site.text.shown import Step
from tests.site.rows import rewrite, rows
from tests.waiting import PATIENCE_S, descendants, files_below, living, wait_until

pytestmark = pytest.mark.site

REPOSITORY = Path(__file__).resolve().parents[2]
NAME = "kvcache/how-long/growth"
DRAWINGS = [Step("draw", NAME, lang, width) for lang in ("en", "zh") for width in ("narrow", "wide")]
WORDS = [Step("words", NAME, lang) for lang in ("en", "zh")]
EVERYTHING = sorted([Step("compute", NAME), *DRAWINGS, *WORDS])


def build_code(root, workers, names, timeout_s=PATIENCE_S):
    """A program that prepares snippets as a build of its own."""
    return f"""
from pathlib import Path
from llmnotes.site.snippets.runner import Runner
Runner(Path({str(root)!r}), {workers}, {timeout_s}).prepare({names!r})"""


def ran(root, *names, **options):
    """Prepare snippets as a new build would, and return what ran."""
    runner = Runner(root, **options)
    runner.prepare(names or [NAME])
    return sorted(runner.ran)


def edit(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def snippet(tmp_path, write_snippet):
    """The file of one good snippet, already prepared."""
    file = write_snippet(tmp_path, NAME)
    assert ran(tmp_path) == EVERYTHING
    return file


def test_runs_nothing_twice(tmp_path, snippet):
    assert ran(tmp_path) == []


def test_answers_in_both_languages_with_one_computation(tmp_path, snippet):
    runner = Runner(tmp_path)
    chinese, english = runner.get(NAME, "zh"), runner.get(NAME, "en")
    assert (chinese.claims, english.claims) == ({"last": "16"}, {"last": "16"})
    assert chinese.table.rows == [[0, 1], [1, 2], [2, 4], [3, 8], [4, 16]]
    assert ">幂</text>" in chinese.svg_wide
    assert ">power</text>" in english.svg_narrow
    assert runner.ran == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('en="step"', 'en="steps"', [*DRAWINGS, *WORDS]),
        ("range(5)", "range(6)", EVERYTHING),
        ("set(xlabel=", "set(ylabel=", [*DRAWINGS, *WORDS]),
        ('enumerate(result["powers"])', 'enumerate(result["powers"], 1)', [*DRAWINGS, *WORDS]),
        ("def compute():", "def compute():  # two to the n", []),
        ("    return {", "    return    {", []),
    ],
    ids=["label", "computation", "drawing", "table", "comment", "spacing"],
)
def test_reruns_only_what_an_edit_touches(tmp_path, snippet, old, new, expected):
    edit(snippet, old, new)
    assert ran(tmp_path) == sorted(expected)
    edit(snippet, new, old)
    assert ran(tmp_path) == [], "an undone edit was run again"


def test_draws_again_only_if_the_result_differs(tmp_path, snippet):
    edit(snippet, "2**n for n in range(5)", "1 << n for n in range(5)")
    assert ran(tmp_path) == [Step("compute", NAME)]


def test_reruns_only_the_snippets_that_opened_a_changed_file(tmp_path, write_snippet):
    data = tmp_path / "data"
    data.mkdir()
    for model in ("small", "large"):
        (data / f"{model}.json").write_text("[1, 2]")
        code = f"""
        def compute():
            import json, pathlib
            folder = pathlib.Path(__file__).parents[2] / "data"
            return {{"powers": json.loads((folder / "{model}.json").read_text())}}"""
        write_snippet(tmp_path, f"shown/{model}", compute=textwrap.dedent(code))
    listing = """def compute():
    import os
    return {'powers': [len(os.listdir(os.path.dirname(__file__) + '/../../data'))]}"""
    write_snippet(tmp_path, "shown/listing", compute=listing)
    names = ["shown/small", "shown/large", "shown/listing"]
    ran(tmp_path, *names)
    assert Runner(tmp_path).get("shown/small", "en").data_files == ("data/small.json",)

    (data / "small.json").write_text("[1, 3]")
    assert {step.name for step in ran(tmp_path, *names)} == {"shown/small"}
    (data / "medium.json").write_text("[1]")
    assert {step.name for step in ran(tmp_path, *names)} == {"shown/listing"}
    (data / "large.json").unlink()
    with pytest.raises(SiteError, match="FileNotFoundError"):
        ran(tmp_path, *names)


def test_an_edited_package_is_run_as_it_is_now(tmp_path, write_snippet):
    ignored = shutil.ignore_patterns("__pycache__", "site", "data")
    shutil.copytree(REPOSITORY / "llmnotes", tmp_path / "llmnotes", ignore=ignored)
    shutil.copytree(REPOSITORY / "llmnotes/site/data", tmp_path / "llmnotes/site/data")
    units = tmp_path / "llmnotes" / "units.py"
    units.write_text(units.read_text("utf-8") + "\nMARK = 1\n", encoding="utf-8")
    code = "def compute():\n    from llmnotes import units\n    return {'powers': [units.MARK]}"
    write_snippet(tmp_path, NAME, compute=code)
    write_snippet(tmp_path, "other/growth")
    ran(tmp_path, NAME, "other/growth")
    # Same size, same second: neither a time stamp nor a bytecode file would notice.
    for mark in "234":
        units.write_text(units.read_text("utf-8")[:-2] + f"{mark}\n", encoding="utf-8")
        assert Step("compute", NAME) in ran(tmp_path, NAME, "other/growth")
        assert Runner(tmp_path).get(NAME, "en").table.rows == [[0, int(mark)]]


def test_reports_every_failure_at_once(tmp_path, write_snippet):
    write_snippet(tmp_path, "a/raises", compute="def compute():\n    return 1 / 0")
    write_snippet(tmp_path, "a/lacks", compute="")
    write_snippet(tmp_path, "a/good")
    with pytest.raises(SiteError) as caught:
        ran(tmp_path, "a/raises", "a/lacks", "a/good", "a/goood")
    assert [str(problem).split(": ")[0] for problem in caught.value.problems] == [
        "snippets/a/goood.py",
        "snippets/a/lacks.py:1",
        "snippets/a/raises.py:9",
    ]
    assert "did you mean a/good?" in str(caught.value)
    assert ran(tmp_path, "a/good") == [], "the good one was not kept"


def everything(root):
    """Every byte that pages get."""
    runner = Runner(root)
    shown = [runner.get(name, lang) for name in NAMES for lang in ("zh", "en")]
    assert runner.ran == []
    return shown


NAMES = ("a/hashes", "a/random", "a/place", "a/settings", "a/growth")
UNRULY = {
    "hashes": "return {'powers': [len(w) for w in {'one', 'three', 'fifteen', 'x' * 9}]}",
    "random": "import random, numpy as np\n    random.seed(7); np.random.seed(7)\n"
    "    return {'powers': [random.random(), float(np.random.rand())]}",
    "place": "import os, time\n    return {'powers': [1], 'a': [time.tzname[0], sorted(os.environ), f'{1.5:n}']}",
    "settings": "import os, sys, matplotlib, numpy, warnings, locale\n"
    "    first = [matplotlib.rcParams['lines.linewidth'], os.environ.get('LEFT'), 'colorsys' in sys.modules]\n"
    "    matplotlib.rcParams['lines.linewidth'] = 9\n    os.environ['LEFT'] = '1'\n    os.chdir('/')\n"
    "    numpy.seterr(all='ignore'); warnings.simplefilter('ignore'); sys.path.clear()\n"
    "    return {'powers': [1], 'first': first[:2]}",
}


def write_unruly(root, write_snippet):
    for name, body in UNRULY.items():
        write_snippet(root, f"a/{name}", compute=f"def compute():\n    {body}")
    write_snippet(root, "a/growth")


def test_order_workers_seed_locale_and_zone_change_no_byte(tmp_path, write_snippet):
    write_unruly(tmp_path, write_snippet)
    found = []
    for workers, seed, zone, language in (
        (1, "0", "UTC", "C"),
        (2, "77", "Asia/Shanghai", "zh_CN.UTF-8"),
        (4, "5", "", "de_DE"),
    ):
        shutil.rmtree(tmp_path / ".cache", ignore_errors=True)
        names = random.Random(seed).sample(NAMES, len(NAMES))
        code = build_code(tmp_path, workers, names)
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": language, "LEFT": seed}
        subprocess.run([sys.executable, "-c", code], env=environment, cwd=REPOSITORY, check=True)
        found.append(everything(tmp_path))
    assert found[0] == found[1] == found[2]


def test_a_snippet_leaves_nothing_to_the_next(tmp_path, write_snippet):
    write_unruly(tmp_path, write_snippet)
    (tmp_path / "snippets/a/again.py").write_text((tmp_path / "snippets/a/settings.py").read_text())
    Runner(tmp_path, workers=1).prepare(["a/settings", "a/again", "a/growth"])
    shown = [Runner(tmp_path).get(f"a/{name}", "en") for name in ("settings", "again")]
    assert shown[0].svg_wide == shown[1].svg_wide.replace("again-", "settings-")


def test_a_damaged_entry_is_made_again(tmp_path, snippet):
    good = Runner(tmp_path).get(NAME, "zh")
    kept = [name for kind in ("values", "inputs", "latest") for name in rows(tmp_path, kind)]
    assert len(kept) == 2 * len(EVERYTHING) + 3  # and what they are together
    damages = (lambda b: b[:-3], lambda b: "", lambda b: b.replace("1", "2"), lambda b: "{}", lambda b: b[:20])
    for damage in damages:
        for name in random.Random(0).sample(kept, 6):
            rewrite(tmp_path, name, damage)
        assert Runner(tmp_path).get(NAME, "zh") == good
        Runner(tmp_path).prepare([NAME])
    rewrite(tmp_path, kept[0], lambda _: rows(tmp_path, "values")[kept[1]][1])
    assert Runner(tmp_path).get(NAME, "zh") == good


def test_two_at_once_do_not_harm_each_other(tmp_path, write_snippet):
    write_unruly(tmp_path, write_snippet)
    code = build_code(tmp_path, 1, NAMES)
    both = [subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY) for _ in range(2)]
    assert [process.wait(PATIENCE_S) for process in both] == [0, 0]
    first = everything(tmp_path)
    shutil.rmtree(tmp_path / ".cache")
    runners = [Runner(tmp_path, 1) for _ in range(2)]
    threads = [threading.Thread(target=runner.prepare, args=(NAMES,)) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert everything(tmp_path) == first


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL and ps are POSIX")
def test_a_killed_build_leaves_no_process_and_a_usable_store(tmp_path, write_snippet):
    write_unruly(tmp_path, write_snippet)
    Runner(tmp_path).prepare(NAMES)
    expected = everything(tmp_path)
    # It says that it runs, and then ends only with its process.
    write_snippet(tmp_path, "a/endless", compute="def compute():\n    open('runs', 'w').close()\n    while True: pass")
    code = build_code(tmp_path, 2, [*NAMES, "a/endless"], PATIENCE_S)
    store = tmp_path / ".cache/llmnotes"
    moments = {
        "processes start": lambda build: len(descendants(build.pid)) >= 2,
        "a result is kept": lambda build: bool(rows(tmp_path, "values")),
        "in the endless one": lambda build: any(file.name == "runs" for file in files_below(store / "scratch")),
    }
    for moment, has_come in moments.items():
        shutil.rmtree(tmp_path / ".cache")
        with subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, stderr=subprocess.DEVNULL) as build:
            try:
                wait_until(partial(has_come, build))
                left = descendants(build.pid)
                assert build.poll() is None, moment
            finally:
                build.kill()
        wait_until(partial(none_of, left))
        Runner(tmp_path).prepare(NAMES)
        assert everything(tmp_path) == expected, moment


def none_of(pids):
    return not living(pids)


def test_workers_start_with_matplotlib_loaded(tmp_path, write_snippet):
    """Python 3.11's fork server hides a failed preload; then each worker would load it again."""
    write_snippet(tmp_path, NAME)
    Runner(tmp_path).prepare([NAME])
    if sys.platform == "linux":
        server = vars(forkserver)["_forkserver"]._forkserver_pid
        assert server in descendants(os.getpid())
        maps = Path(f"/proc/{server}/maps").read_text()
        assert "matplotlib" in maps
        assert "numpy" in maps


def commit(root, date, *files):
    environment = os.environ | {
        "GIT_COMMITTER_DATE": f"{date}T12:00:00 +0000",
        "GIT_AUTHOR_DATE": f"{date}T12:00:00 +0000",
    }
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@t"]
    subprocess.run([*git, "add", *files], check=True)
    subprocess.run([*git, "commit", "-q", "-m", date], check=True, env=environment)


def test_says_when_its_inputs_were_last_committed(tmp_path, write_snippet):
    file = write_snippet(tmp_path, NAME)
    code = (
        "def compute():\n    return {'powers': [len(open(__file__.split('snippets')[0] + 'data.txt').read())]}".replace(
            "len(open(__file__.split('snippets')[0] + 'data.txt').read())",
            "len(__import__('pathlib').Path(__file__.split('snippets')[0] + 'data.txt').read_text())",
        )
    )
    write_snippet(tmp_path, NAME, compute=code)
    (tmp_path / "data.txt").write_text("12")
    shown = Runner(tmp_path).get(NAME, "en")
    assert (shown.date, shown.changed) == ("", False), "there is no git here"

    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(".cache\n")
    assert Runner(tmp_path).get(NAME, "en").changed
    commit(tmp_path, "2026-01-02", "snippets", ".gitignore")
    commit(tmp_path, "2026-03-04", "data.txt")
    (tmp_path / "unrelated.txt").write_text("x")
    commit(tmp_path, "2026-05-06", "unrelated.txt")
    shown = Runner(tmp_path).get(NAME, "en")
    assert (shown.date, shown.changed) == ("2026-03-04", False)
    (tmp_path / "data.txt").write_text("34")
    assert Runner(tmp_path).get(NAME, "en").changed
    commit(tmp_path, "2026-07-08", "data.txt")
    edit(file, "fig, ax", "fig, axes = canvas.figure()\n    fig, ax")
    assert Runner(tmp_path).get(NAME, "en").changed

    clone = tmp_path / "clone"
    commit(tmp_path, "2026-09-10", "snippets")
    (tmp_path / "unrelated.txt").write_text("y")
    commit(tmp_path, "2026-11-12", "unrelated.txt")
    subprocess.run(["git", "clone", "-q", "--depth", "1", tmp_path.as_uri(), str(clone)], check=True)
    assert Runner(clone).get(NAME, "en").date == "", "a shallow clone does not know"


def test_the_digest_shown_follows_every_input_and_nothing_else(tmp_path, snippet):
    digest = Runner(tmp_path).get(NAME, "en").digest
    assert Runner(tmp_path).get(NAME, "zh").digest == digest
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(tmp_path / "snippets", elsewhere / "snippets")
    assert Runner(elsewhere).get(NAME, "en").digest == digest
    edit(snippet, "range(5)", "range(6)")
    assert Runner(tmp_path).get(NAME, "en").digest != digest


def test_plain_data_survives_the_store(tmp_path, write_snippet):
    value = {"powers": [1], "deep": {"a": [1.5, None, True, "缓存", 2**70, 1e-300, 0.1]}}
    write_snippet(tmp_path, NAME, compute=f"def compute():\n    return {value!r}")
    runner = Runner(tmp_path)
    runner.prepare([NAME])
    kept = runner.find(Step("compute", NAME))
    assert kept
    assert kept.value == json.loads(json.dumps(value))


def test_another_version_of_a_package_it_imports_reruns_a_snippet(tmp_path, write_snippet, monkeypatch):
    write_snippet(
        tmp_path, NAME, compute="def compute():\n    import yaml\n    return {'powers': yaml.safe_load('[1, 2]')}"
    )
    write_snippet(tmp_path, "other/growth")
    ran(tmp_path, NAME, "other/growth")
    real = runner_module.digest_path
    monkeypatch.setattr(
        runner_module, "digest_path", lambda root, path: "9.9" if path == "package:yaml" else real(root, path)
    )
    # What was drawn in the same process may have used it too.
    assert ran(tmp_path, NAME, "other/growth") == EVERYTHING


def test_runs_again_when_an_input_is_edited_meanwhile(tmp_path, write_snippet, monkeypatch):
    data = tmp_path / "data.json"
    data.write_text("[1]")
    code = "def compute():\n    import json, pathlib\n    data = pathlib.Path(__file__).parents[3] / 'data.json'"
    write_snippet(tmp_path, NAME, compute=f"{code}\n    return {{'powers': json.loads(data.read_text())}}")
    keep, edits = Runner(tmp_path).store.keep, iter(["[2]", "[3]"])

    def keep_and_edit(self, recipe, entry):
        keep.__func__(self, recipe, entry)
        if isinstance(entry.value, dict) and "powers" in entry.value:
            data.write_text(next(edits, "[3]"))

    monkeypatch.setattr(type(Runner(tmp_path).store), "keep", keep_and_edit)
    assert Runner(tmp_path).get(NAME, "en").table.rows == [[0, 3]]
