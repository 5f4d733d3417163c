"""Staying true: what has to be read again, and what the world says by now."""
