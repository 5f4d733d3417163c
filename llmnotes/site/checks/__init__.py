"""Checks of pages and snippets before anything is built."""
