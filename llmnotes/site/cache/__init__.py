"""The content-addressed store of finished work, and which files that work opened."""
