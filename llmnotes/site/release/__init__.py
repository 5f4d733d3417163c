"""What a release is made of: the package, what it carries of others, and where it goes."""
