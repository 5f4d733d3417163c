"""Exact and tiled attention, rotary embeddings and tokenizers on real arrays."""
