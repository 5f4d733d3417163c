"""The page of what has to be read again."""
