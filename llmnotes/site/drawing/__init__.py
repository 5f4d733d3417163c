"""Figures of matplotlib as small SVG for a page."""
