"""The site printed as one PDF for each language."""
