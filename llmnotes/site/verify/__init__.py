"""Verification of the finished files of a site, whatever built them."""
