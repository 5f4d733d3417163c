"""The Markdown extension of the pages: formulas, notes, tables, filled-in numbers."""
