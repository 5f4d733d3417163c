"""Cards of claims on the pages that show them, and `claims.json` for programs."""
