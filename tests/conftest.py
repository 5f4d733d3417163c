"""What every test shares: where the project is, and a calm hypothesis."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A shared machine pauses at random: a deadline would fail a test for the neighbour's load. A pull request must not fail
# for an example that its author never saw, so there the examples are the same each time; at home they differ.
settings.register_profile(
    "llmnotes",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("llmnotes")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project folder."""
    return Path(__file__).resolve().parents[1]
