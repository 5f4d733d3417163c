"""What every test shares: where the project is, and a calm hypothesis."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# As many workers as cores, each with as many threads for a product of matrices, would wait for each other: one each.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

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
