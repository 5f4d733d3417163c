"""The formulas page: every public equation of the package, as its docstring says it."""
