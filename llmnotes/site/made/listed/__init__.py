"""The tables of registered chips and of registered prices, each number with the place where it was read."""
