"""Cut a solution out of a source, or put one in, by syntax tree; all other text stays as it is."""

import ast
import re

Function = ast.FunctionDef


def cut(source: str, bodies: dict[str, str]) -> str:
    """The source with the bodies of these functions, below their docstrings, replaced by a blank.

    `bodies` maps a function's name to what its NotImplementedError says. A constant of the module
    that only these bodies used goes too. Raises ValueError for a function that is not there.
    """
    for name, text in bodies.items():
        function = find(source, name)
        if function is None:
            raise ValueError(f"there is no function {name}: expected one at the file's top level")
        lines = source.splitlines(keepends=True)
        indent = " " * function.body[0].col_offset
        body = _body(function)
        blank = f'{indent}raise NotImplementedError("{text}")\n'
        lines[_first_line(source, function, body) - 1 : function.end_lineno] = [blank]
        source = "".join(lines)
    return source


def without_orphans(original: str, cut_source: str) -> str:
    """The cut source without the constants that were used, but that nothing uses any more.

    What a docstring names is still used: whoever fills the blank needs it.
    """
    used, still_used = _used(original), _used(cut_source) | _named(cut_source)
    lines = cut_source.splitlines(keepends=True)
    for node in reversed(ast.parse(cut_source).body):
        if isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets):
            names = {target.id for target in node.targets}
            if names <= used and not names & still_used:
                end = node.end_lineno
                while end < len(lines) and not lines[end].strip():
                    end += 1
                del lines[node.lineno - 1 : end]
                before = node.lineno - 2
                lines[before + 1 : before + 1] = ["\n"] if before + 1 < len(lines) else []
    return "".join(lines)


def with_numpy(source: str) -> str:
    """The source with autograd's NumPy imported as np, which whoever fills a blank expects."""
    imports = [n for n in ast.parse(source).body if isinstance(n, (ast.Import, ast.ImportFrom))]
    if any(alias.asname == "np" for node in imports for alias in node.names):
        return source
    lines = source.splitlines(keepends=True)
    lines.insert(imports[0].lineno - 1, "import autograd.numpy as np\n")
    return "".join(lines)


def find(source: str, name: str) -> Function | None:
    """The function of this name at the top level. Raises SyntaxError for a source that is none."""
    found = None
    for node in ast.parse(source).body:
        if isinstance(node, Function) and node.name == name:
            found = node  # the last definition is the one that counts
    return found


def text_of(source: str, name: str) -> str | None:
    """A function's own text, decorators included."""
    function = find(source, name)
    if function is None:
        return None
    lines = source.splitlines(keepends=True)
    return "".join(lines[_start(function) - 1 : function.end_lineno])


def put(source: str, name: str, text: str) -> str:
    """The source with the text of a function in the place of the function of that name.

    Raises ValueError for a function that is not there.
    """
    function = find(source, name)
    if function is None:
        raise ValueError(f"there is no function {name}: expected one at the file's top level")
    lines = source.splitlines(keepends=True)
    lines[_start(function) - 1 : function.end_lineno] = [text]
    return "".join(lines)


def is_blank(source: str, name: str) -> bool:
    """Whether a function is there and still raises the hand-out's NotImplementedError."""
    function = find(source, name)
    if function is None:
        return False
    body = _body(function)
    return len(body) == 1 and "NotImplementedError('exercise " in ast.unparse(body[0])


def normalised(statements: list[ast.stmt]) -> tuple[str, ...]:
    """Statements as text that neither names of variables nor modules before names can hide in.

    Local names become numbers in the order in which they appear, vae.decode becomes decode, and
    docstrings go.
    """
    module = ast.parse(ast.unparse(ast.Module(statements, [])))
    numbers: dict[str, str] = {}
    nodes = list(ast.walk(module))
    called = {node.func for node in nodes if isinstance(node, ast.Call)}
    local = {n.id for n in nodes if isinstance(n, ast.Name) and n not in called}

    class Rename(ast.NodeTransformer):
        def visit_Attribute(self, node):
            self.generic_visit(node)
            if isinstance(node.value, ast.Name) and node.value.id in MODULES:
                return ast.Name(node.attr, node.ctx)
            return node

        def visit_Name(self, node):
            if node.id in local and node.id not in MODULES:
                numbers.setdefault(node.id, f"v{len(numbers)}")
                return ast.Name(numbers[node.id], node.ctx)
            return node

    return tuple(ast.unparse(Rename().visit(statement)) for statement in module.body)


MODULES = ("np", "numpy", "anp", "gaussian", "bernoulli", "mlp", "ops", "vae", "adam", "self")


def _body(function: Function) -> list[ast.stmt]:
    """The statements below the docstring."""
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


def _start(function: Function) -> int:
    return min([function.lineno, *(d.lineno for d in function.decorator_list)])


def _first_line(source: str, function: Function, body: list[ast.stmt]) -> int:
    """Where the body starts, with the comments above its first statement."""
    if body is not function.body:
        return function.body[0].end_lineno + 1
    lines = source.splitlines()
    first = body[0].lineno
    while lines[first - 2].strip().startswith("#"):
        first -= 1
    return first


def _named(source: str) -> set[str]:
    """The words in the docstrings of a source."""
    texts = [
        node.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    return set(re.findall(r"\w+", " ".join(map(str, texts))))


def _used(source: str) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
