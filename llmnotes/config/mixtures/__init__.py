"""Families with experts over grouped attention: in a row each, with layers that differ, with experts of other shape."""
