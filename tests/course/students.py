"""Write into a student's tree what a student might write."""

import ast
import textwrap
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT
from vae_np.course import blanks, exercises


class Tree(NamedTuple):
    """A student's folder."""

    root: Path

    def file(self, module: str) -> Path:
        return self.root / "vae_np" / f"{module}.py"

    def write(self, function: str, body: str) -> None:
        """Fill in a function, such as gaussian.sample, below its docstring."""
        module, name = function.split(".")
        source = self.file(module).read_text(encoding="utf-8")
        node = blanks.find(source, name)
        lines = source.splitlines(keepends=True)
        text = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
        lines[node.body[0].end_lineno : node.end_lineno] = [text]
        self.file(module).write_text("".join(lines), encoding="utf-8")

    def solve(self, *names: str) -> None:
        """Fill in the reference's bodies: of these exercises, or of all."""
        for exercise in exercises.choose(list(names) or None):
            for function in exercise.functions:
                self.write(function.removeprefix("vae_np."), reference_body(function))
        if not names or "2" in names:  # a constant that the reference's body uses
            source = self.file("adam").read_text(encoding="utf-8")
            self.file("adam").write_text(f"{source}\n\nBLOCK = 16_384\n", encoding="utf-8")


def reference_body(function: str) -> str:
    """The reference's body of a function such as vae_np.gaussian.sample, as text."""
    return "\n".join(ast.unparse(statement) for statement in reference_statements(function))


def reference_statements(function: str) -> list[ast.stmt]:
    """The statements below the docstring."""
    _package, module, name = function.split(".")
    source = (ROOT / "vae_np" / f"{module}.py").read_text(encoding="utf-8")
    return blanks.find(source, name).body[1:]
