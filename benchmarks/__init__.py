"""What the site engine costs beside others: `make bench`."""
