"""A model in words, Chinese and English: the same on the command line, on the site and in a reader's browser."""
