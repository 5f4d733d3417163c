"""Pages, snippets and navigation as authors wrote them."""
