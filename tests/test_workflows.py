"""What a code host reads: workflows, pins, forms and owners, by the tools that know their rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

WORKFLOWS = ("check.yml", "links.yml", "publish.yml", "refresh.yml")
FORMS = ("new-model.yml", "new-question.yml", "translation.yml", "unexplained-log.yml", "wrong-number.yml")
# Which job may do more than read, and what.
GRANTED = {
    ("publish.yml", "deploy"): {"pages": "write", "id-token": "write"},
    ("publish.yml", "release"): {"contents": "write"},
    ("publish.yml", "index"): {"id-token": "write"},
    ("refresh.yml", "compare"): dict.fromkeys(("contents", "pull-requests", "issues", "actions"), "write"),
}
READS = (None, {"contents": "read"})


@pytest.fixture(scope="module")
def folder(root) -> Path:
    return root / ".github"


def workflow(folder: Path, name: str) -> dict:
    return yaml.safe_load((folder / "workflows" / name).read_text("utf-8"))


def commands(folder: Path, name: str) -> list[str]:
    """Every line of shell in a workflow."""
    steps = [step for job in workflow(folder, name)["jobs"].values() for step in job.get("steps", [])]
    return [line.strip() for step in steps for line in step.get("run", "").splitlines()]


def told_by(*command: str) -> str:
    """What a tool of this environment says; an empty text where it finds nothing."""
    run = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else run.stdout + run.stderr


def zizmor(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("zizmor.exe" if os.name == "nt" else "zizmor")
    command = [str(program), "--offline", "--no-progress", "--quiet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_workflows_are_those_that_are_checked_here(folder):
    assert tuple(sorted(path.name for path in (folder / "workflows").iterdir())) == WORKFLOWS


def test_zizmor_finds_nothing(folder):
    run = zizmor(str(folder))
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("old", "new", "audit"),
    [
        ("          persist-credentials: false\n", "", "artipacked"),
        ('make -s diff A="$BASE" PYTHON', "make -s diff A=${{ github.head_ref }} PYTHON", "template-injection"),
        ("permissions:\n  contents: read", "permissions: write-all", "excessive-permissions"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7", "unpinned-uses"),
        ("  pull_request:\n", "  pull_request_target:\n", "dangerous-triggers"),
    ],
    ids=["credentials", "injection", "permissions", "pin", "trigger"],
)
def test_zizmor_finds_it_when_put_in(folder, tmp_path, old, new, audit):
    text = (folder / "workflows/check.yml").read_text("utf-8")
    assert old in text
    (tmp_path / "check.yml").write_text(text.replace(old, new), "utf-8")
    run = zizmor(str(tmp_path / "check.yml"))
    assert run.returncode != 0
    assert audit in run.stdout


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", [f"workflows/{name}" for name in WORKFLOWS]),
        ("vendor.github-issue-forms", [f"ISSUE_TEMPLATE/{name}" for name in FORMS]),
        ("vendor.github-issue-config", ["ISSUE_TEMPLATE/config.yml"]),
        ("vendor.dependabot", ["dependabot.yml"]),
    ],
    ids=["workflows", "forms", "chooser", "pins"],
)
def test_holds_to_the_published_schema(folder, schema, files):
    assert told_by("check_jsonschema", "--builtin-schema", schema, *(str(folder / file) for file in files)) == ""


def test_a_misspelt_key_is_found(folder, tmp_path):
    text = (folder / "workflows/check.yml").read_text("utf-8").replace("timeout-minutes", "timeout_minutes")
    (tmp_path / "check.yml").write_text(text, "utf-8")
    assert told_by("check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(tmp_path / "check.yml"))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit_with_their_version_beside(folder, name):
    used = re.findall(r"uses: (.+)", (folder / "workflows" / name).read_text("utf-8"))
    form = r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+"
    assert used
    assert [one for one in used if not one.startswith("./") and not re.fullmatch(form, one)] == []


def test_an_action_has_one_pin(folder):
    texts = [(folder / "workflows" / name).read_text("utf-8") for name in WORKFLOWS]
    pins = {tuple(one.split("@")) for text in texts for one in re.findall(r"uses: ([\w-]+/[\w-]+@\w+)", text)}
    assert len(pins) == len({action for action, _ in pins}), "one of them was left behind"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_reads_and_holds_no_secret_but_for_named_jobs(folder, name):
    assert workflow(folder, name)["permissions"] == {"contents": "read"}
    assert "secrets." not in (folder / "workflows" / name).read_text("utf-8")
    for job, given in workflow(folder, name)["jobs"].items():
        allowed = GRANTED.get((name, job))
        assert given.get("permissions") in ((allowed,) if allowed else READS), f"{name}: {job}"


def test_a_job_that_may_write_runs_nothing_of_a_pull_request(folder):
    for name, _ in GRANTED:
        assert not {"pull_request", "pull_request_target"} & set(workflow(folder, name)[True]), (
            "YAML reads `on` as true"
        )


def test_what_is_published_is_what_was_checked_and_from_main_alone(folder):
    publish = workflow(folder, "publish.yml")["jobs"]
    assert publish["check"]["if"] == "github.ref == 'refs/heads/main'"
    assert publish["deploy"]["needs"] == "check"
    assert publish["release"]["needs"] == ["version", "deploy"]
    assert publish["index"]["needs"] == ["version", "release"]
    for job in ("deploy", "index"):
        assert not [step for step in publish[job]["steps"] if "run" in step], "it runs no code of this repository"
    assert "cached" not in publish["check"].get("with", {}), "without what earlier runs left"


def test_caches_are_written_on_main_alone(folder):
    steps = [step for job in workflow(folder, "check.yml")["jobs"].values() for step in job["steps"]]
    saving = [step for step in steps if "actions/cache/save" in step.get("uses", "")]
    assert len(saving) == 2
    assert {step["if"] for step in saving} == {"github.event_name == 'push' && github.ref == 'refs/heads/main'"}
    assert not [step for step in steps if "actions/cache@" in step.get("uses", "")], "it would save as well"


def test_zip_and_pdfs_are_there_before_the_tests_that_open_them(folder):
    run = [step.get("run", "") for step in workflow(folder, "check.yml")["jobs"]["linux"]["steps"]]
    order = [
        next(i for i, line in enumerate(run) if f"make {verb} " in line) for verb in ("offline", "test", "published")
    ]
    assert order == sorted(order)


def test_every_supported_python_is_tried_and_every_system(folder, root):
    jobs = workflow(folder, "check.yml")["jobs"]
    known = set(re.findall(r"Python :: (3\.\d+)", (root / "pyproject.toml").read_text("utf-8")))
    assert set(jobs["linux"]["strategy"]["matrix"]["python"]) == known
    systems = {one["system"].split("-")[0] for one in jobs["elsewhere"]["strategy"]["matrix"]["include"]}
    assert systems == {"macos", "windows"}


def test_each_step_is_a_verb_that_exists(folder, root):
    verbs = set(re.findall(r"^(\w+):", (root / "Makefile").read_text("utf-8"), re.M))
    own = set(re.findall(r"add_parser\(\s*\"(\w+)\"", (root / "llmnotes/site/__main__.py").read_text("utf-8")))
    lines = [line for name in WORKFLOWS for line in commands(folder, name)]
    made = {verb for line in lines for verb in re.findall(r"\bmake (?:-s )?(\w+)", line)}
    assert {"offline", "test", "package", "published", "diff", "refresh", "due", "links", "advisories"} <= made
    assert made <= verbs
    called = {verb for line in lines for verb in re.findall(r"-m llmnotes\.site (\w+)", line)}
    assert called == {"package", "build"}
    assert called <= own


def test_pull_requests_and_ci_run_the_command_of_the_readme(folder, root):
    assert "make test PYTHON=python" in commands(folder, "check.yml")
    assert "exec make test" in (root / ".ci/run").read_text("utf-8")
    assert os.name == "nt" or os.access(root / ".ci/run", os.X_OK)
    assert "make test" in (root / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", FORMS)
def test_a_form_asks_in_both_languages(folder, name):
    form = yaml.safe_load((folder / "ISSUE_TEMPLATE" / name).read_text("utf-8"))
    labels = [part["attributes"]["label"] for part in form["body"]]
    said = [form["name"], form["description"], *labels]
    assert [
        text for text in said if not re.search(r"[\u4e00-\u9fff]", text) or not re.search(r"[A-Za-z]{3}", text)
    ] == []
    assert any(part.get("validations", {}).get("required") for part in form["body"])


def test_owners_are_named_for_what_runs_with_rights(folder, root):
    rows = [row.split() for row in (folder / "CODEOWNERS").read_text("utf-8").splitlines() if row and row[0] != "#"]
    assert all(len(row) > 1 and row[1].startswith("@") for row in rows)
    assert [row[0] for row in rows if row[0] != "*" and not (root / row[0].strip("/")).exists()] == []
    # What a job with rights runs: its workflow, set-up, the verbs and what they import to ask, write and publish.
    kept = {row[0] for row in rows if row[1] == "@llmnotes/maintainers"}
    site = {f"/llmnotes/site/{name}" for name in ("__main__.py", "setup.py", "release/", "upkeep/", "verbs/")}
    assert {"/.github/", "/Makefile", "/requirements.lock", *site} <= kept
    # Of the rows that fit a file the last one decides: the one for everything comes first.
    assert [row[0] for row in rows].index("*") == 0


def test_the_environments_that_jobs_wait_for_are_named_to_maintainers(folder, root):
    named = {
        job["environment"]["name"] if isinstance(job["environment"], dict) else job["environment"]
        for name in WORKFLOWS
        for job in workflow(folder, name)["jobs"].values()
        if "environment" in job
    }
    told = (root / "CONTRIBUTING.md").read_text("utf-8")
    assert all(told.count(f"`{name}`") == len(("en", "zh")) for name in named)
