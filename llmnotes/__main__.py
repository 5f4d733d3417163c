"""`python -m llmnotes`: the command line."""

from llmnotes.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
