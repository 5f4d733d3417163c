"""Where the package, its data and its vendored files lie."""

from pathlib import Path

SITE = Path(__file__).resolve().parent
PACKAGE = SITE.parent
CHECKOUT = PACKAGE.parent
DATA = SITE / "data"
VENDOR = SITE / "vendor"
