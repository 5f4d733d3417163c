"""Two builds beside each other: what each says in numbers, and which of them moved."""
