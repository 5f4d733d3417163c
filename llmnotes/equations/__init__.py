"""Equations: plain numbers in, plain numbers out, one equation a function."""
