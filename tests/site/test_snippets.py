"""Every snippet of this site runs in both languages."""

import pytest

from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner


@pytest.fixture(scope="module")
def runner(root):
    """A runner whose store holds every snippet; the build uses the same store."""
    runner = Runner(root)
    runner.prepare(snippet.names(root))
    return runner


def test_runs_in_both_languages(root, runner):
    for name in snippet.names(root):
        chinese, english = runner.get(name, "zh"), runner.get(name, "en")
        assert chinese.claims.keys() == english.claims.keys(), name
        assert len(chinese.table.rows) == len(english.table.rows), name
        assert len(chinese.table.columns) == len(english.table.columns), name
        assert chinese.digest == english.digest, name
