"""Make `metrics.ttf`: the widths of Chinese text without its shapes, so that a drawing can be laid out without a font.

A drawing keeps its text as text and the reader's own font draws it; only the widths are needed while it is laid out. In
Chinese type every character is one em wide, so one square stands for all: a `cmap` of format 13 maps whole ranges to
it. What is in no range (an emoji, say) still counts as a missing glyph. Run it as
`python -m llmnotes.site.data.make_metrics_font`; it needs fonttools and gives the same bytes each time.
"""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fontTools.ttLib.tables._g_l_y_f import Glyph

FAMILY = "llmnotes metrics"
UNITS_PER_EM = 1000
RANGES = (
    (0x2E80, 0x2FDF),  # radicals
    (0x3000, 0x30FF),  # punctuation, kana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF01, 0xFF60),  # full-width forms
    (0xFFE0, 0xFFE6),
    (0x20000, 0x2A6DF),
)
# Left, bottom, right and top of a Chinese character, as most fonts draw it; the drawing needs its height too.
SQUARE = (50, -80, 950, 840)


def square() -> Glyph:
    """Return the glyph that stands for every character."""
    left, bottom, right, top = SQUARE
    pen = TTGlyphPen(None)
    pen.moveTo((left, bottom))
    for corner in ((left, top), (right, top), (right, bottom)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def build(file: Path) -> None:
    """Write the font."""
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.font.recalcTimestamp = False
    builder.setupGlyphOrder([".notdef", "em"])
    builder.setupGlyf({".notdef": Glyph(), "em": square()})
    builder.setupHorizontalMetrics({".notdef": (UNITS_PER_EM, 0), "em": (UNITS_PER_EM, SQUARE[0])})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupCharacterMap({})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    builder.setupNameTable({"familyName": FAMILY, "styleName": "Regular"})
    builder.setupPost(keepGlyphNames=False)
    table = CmapSubtable.newSubtable(13)
    table.platformID, table.platEncID, table.language = 3, 10, 0
    table.cmap = {code: "em" for first, last in RANGES for code in range(first, last + 1)}
    builder.font["cmap"].tables = [table]
    builder.updateHead(created=0, modified=0)
    builder.save(file)


if __name__ == "__main__":
    build(Path(__file__).with_name("metrics.ttf"))
