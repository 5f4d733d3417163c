"""Predicted against measured: every published speed beside what is expected of it."""
