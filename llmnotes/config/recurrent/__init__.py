"""Decoders whose layers keep a state of fixed size, alone or among others that attend."""
