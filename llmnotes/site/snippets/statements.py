"""The top-level statements of a snippet: which names each defines, and which statements a name needs."""

from __future__ import annotations

import ast


def bound(node: ast.stmt) -> list[str]:
    """Return the names that a top-level statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    targets = {ast.Assign: "targets", ast.AnnAssign: "target", ast.AugAssign: "target"}.get(type(node))
    if targets is None:
        return []
    found = getattr(node, targets)
    return [
        inner.id
        for target in (found if isinstance(found, list) else [found])
        for inner in ast.walk(target)
        if isinstance(inner, ast.Name)
    ]


def needed(tree: ast.Module, roots: tuple[str, ...] | list[str]) -> list[ast.stmt]:
    """Return, in their order, the top-level statements that the names in `roots` reach.

    >>> code = "import math\\nimport json\\nA = 2\\nB = 3\\ndef compute(): return math.sqrt(A)"
    >>> [ast.unparse(node).splitlines()[0] for node in needed(ast.parse(code), ["compute"])]
    ['import math', 'A = 2', 'def compute():']
    """
    definitions: dict[str, list[int]] = {}
    for index, node in enumerate(tree.body):
        for name in bound(node):
            definitions.setdefault(name, []).append(index)
    # What `from __future__` changes, it changes everywhere.
    wanted = {i for i, n in enumerate(tree.body) if isinstance(n, ast.ImportFrom) and n.module == "__future__"}
    queue = list(roots)
    seen = set(queue)
    while queue:
        for index in definitions.get(queue.pop(), []):
            wanted.add(index)
            used = {inner.id for inner in ast.walk(tree.body[index]) if isinstance(inner, ast.Name)} - seen
            seen |= used
            queue += sorted(used)
    return [tree.body[index] for index in sorted(wanted)]
