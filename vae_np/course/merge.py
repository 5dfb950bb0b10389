"""A new version of a hand-out's file, with what a student wrote in the old one."""

import ast

from vae_np.course import blanks
from vae_np.course.texts import _


def merged(new: bytes, old: bytes) -> tuple[bytes, str]:
    """The new file with the old one's filled-in blanks, helpers and imports; and what was done.

    A file that is no Python any more, or has no blanks, cannot be merged: then the new one counts.
    """
    set_aside = _("the new version; yours is beside it, with the ending .old")
    try:
        source, written = new.decode("utf-8"), old.decode("utf-8")
        names = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        empty = [name for name in names if blanks.is_blank(source, name)]
        filled = {
            name: blanks.text_of(written, name)
            for name in empty
            if blanks.find(written, name) and not blanks.is_blank(written, name)
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return new, set_aside
    if not filled:
        return new, set_aside
    for name, text in filled.items():
        source = blanks.put(source, name, text)
    source = _with_extras(source, written)
    kept = _("new, with your {names}").format(names=", ".join(filled))
    return source.encode(), kept


def _with_extras(source: str, written: str) -> str:
    """The source with the imports, constants and functions that only the other one has."""
    known = {name for node in ast.parse(source).body for name in _defined(node)}
    lines = written.splitlines(keepends=True)
    imports, definitions = "", ""
    for node in ast.parse(written).body:
        names = _defined(node)
        if not names or names <= known:
            continue
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = "".join(lines[first - 1 : node.end_lineno]).rstrip() + "\n"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports += text
        else:
            definitions += f"\n\n{text}"
    if imports:
        last = max(
            node.end_lineno
            for node in ast.parse(source).body
            if isinstance(node, (ast.Import, ast.ImportFrom))
        )
        parts = source.splitlines(keepends=True)
        source = "".join([*parts[:last], imports, *parts[last:]])
    return source + definitions


def _defined(node: ast.stmt) -> set[str]:
    """The names that a statement at the top level defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()
