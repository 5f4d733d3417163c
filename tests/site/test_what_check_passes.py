"""What `check` passes, the build passes: the faults with which it once said “all holds” and the build failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llmnotes.site.build import build as building
from llmnotes.site.text.problem import SiteError

SLUG = "kvcache/how-long"


def broken(text: str) -> Callable[[Path], str]:
    """Write a text into an article; return the file that is to blame."""

    def write(root: Path) -> str:
        page = root / "docs" / "en" / f"{SLUG}.md"
        page.write_text(page.read_text("utf-8") + f"\n{text}\n", encoding="utf-8")
        return f"docs/en/{SLUG}.md"

    return write


def template(root: Path) -> str:
    page = root / "docs" / "en" / f"{SLUG}.md"
    page.write_text(page.read_text("utf-8").replace("---\n", "---\ntemplate: mine.html\n", 1), encoding="utf-8")
    return f"docs/en/{SLUG}.md"


def loop(root: Path) -> str:
    (root / "docs" / "en" / "kvcache" / "again").symlink_to(root / "docs" / "en", target_is_directory=True)
    return "docs/en/kvcache/again"


def stray(root: Path) -> str:
    (root / "docs" / "en" / "old.html").write_text("<p>old</p>", encoding="utf-8")
    return "docs/en/old.html"


FAULTS = {
    "broken link": broken("[there](no-such-page.md)"),
    "remote image": broken("![a chart](https://a.example/a.png)"),
    "iframe": broken('<iframe src="https://a.example"></iframe>'),
    "meta": broken('<meta name="robots" content="noindex">'),
    "javascript by entity": broken("[there](&#106;avascript:alert&#40;1&#41;)"),
    "onerror": broken('<img src="x.svg" onerror="alert(1)">'),
    "include above": broken('```text\n--8<-- "../mkdocs.yml"\n```'),
    "include from the root": broken('```text\n--8<-- "/etc/hostname"\n```'),
    "unknown template": template,
    "symlink loop": loop,
    "stray html": stray,
}


@pytest.mark.parametrize("break_it", FAULTS.values(), ids=FAULTS)
def test_a_fault_that_the_build_finds_is_found_by_check(project: Path, break_it: Callable[[Path], str]) -> None:
    assert building.check(project) == []
    place = break_it(project)
    found = building.check(project)
    assert {problem.place for problem in found} == {place}
    assert all(problem.remedy for problem in found)


def test_a_page_that_was_found_to_hold_is_asked_again_for_its_links(project: Path) -> None:
    broken("[home](../index.md#derive)")(project)
    assert building.check(project) == []
    home = project / "docs" / "en" / "index.md"
    # With its twin, so that the pair holds; the article with the link is as it was.
    for page in (home, project / "docs" / "zh" / "index.md"):
        page.write_text(page.read_text("utf-8").replace("{ #derive }", "{ #run }"), encoding="utf-8")
    said = [str(problem) for problem in building.check(project)]
    assert any(f"docs/en/{SLUG}.md" in one and "has a link to #derive, which docs/en/index.md" in one for one in said)


def test_nothing_is_read_or_built_where_a_link_leads_out_of_the_tree(project: Path, tmp_path_factory) -> None:
    secret = tmp_path_factory.mktemp("outside") / "passwords.txt"
    secret.write_text("secret", encoding="utf-8")
    (project / "docs" / "en" / "notes.txt").symlink_to(secret)
    with pytest.raises(SiteError, match=r"docs/en/notes\.txt: is a symbolic link"):
        building.build(project)
    assert not (project / "site").exists()
    assert not any(path.read_bytes() == b"secret" for path in project.rglob("*.txt") if not path.is_symlink())
