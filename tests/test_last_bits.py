"""What a snippet shows does not hang on the last bit: another processor's arithmetic gives the same quantities."""

import json
import math
import os
import subprocess
import sys
from typing import Any

import pytest

from llmnotes.site.compare.moved import ROUNDING

# As if for a processor of 2011: numpy and OpenBLAS add in another order and round other products.
OLDER = {"OPENBLAS_CORETYPE": "Sandybridge", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F X86_V3 X86_V4"}
COMPUTE = """
import json, runpy, sys
from llmnotes.quantities import Quantity, to_json
tell = lambda one: to_json(one) if isinstance(one, Quantity) else str(one)
json.dump({path: runpy.run_path(path)["compute"]() for path in sys.argv[1:]}, sys.stdout, default=tell)
"""


@pytest.fixture(scope="module")
def with_arrays(root):
    """Snippets that do arithmetic on arrays."""
    found = [str(path) for path in sorted((root / "snippets").rglob("*.py")) if "import numpy" in path.read_text()]
    assert len(found) > 15
    return found


def computed(paths: list[str], **environment: str) -> Any:
    told = subprocess.run(
        [sys.executable, "-c", COMPUTE, *paths], env=os.environ | environment, capture_output=True, check=True
    )
    return json.loads(told.stdout)


def differing(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two results are not the same but for rounding."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [found for key in one for found in differing(one[key], other[key], f"{place}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            found for at, pair in enumerate(zip(one, other, strict=True)) for found in differing(*pair, f"{place}/{at}")
        ]
    if isinstance(one, float) and isinstance(other, float):
        return [] if math.isclose(one, other, rel_tol=ROUNDING) else [f"{place}: {one} and {other}"]
    return [] if one == other else [f"{place}: {one} and {other}"]


def test_an_older_processor_computes_the_same_quantities(with_arrays):
    assert differing(computed(with_arrays), computed(with_arrays, **OLDER)) == []


def test_a_difference_of_last_bits_is_seen():
    assert differing({"a": [1.0, 7.8e-16]}, {"a": [1.0 + 2e-16, 8.9e-16]}) == ["/a/1: 7.8e-16 and 8.9e-16"]
