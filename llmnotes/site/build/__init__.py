"""Both editions built, kept, served and put into place."""
