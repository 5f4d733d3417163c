"""Results of snippets as HTML: figure, controls, table, files."""
