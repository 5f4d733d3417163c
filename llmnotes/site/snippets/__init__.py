"""Snippets parsed, run in guarded worker processes, and kept."""
