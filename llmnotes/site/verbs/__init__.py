"""The author's verbs beside build and serve."""
