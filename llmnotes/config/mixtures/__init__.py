"""Families with experts over grouped attention: said in a row, with layers that differ, with experts of other shapes."""
