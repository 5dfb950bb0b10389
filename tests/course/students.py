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
        return self.root / "vae_np" / f"{module.replace('.', '/')}.py"

    def exercises(self, *names: str) -> tuple[exercises.Exercise, ...]:
        """The exercises with these ids, or those of this hand-out."""
        return exercises.load(self.root / exercises.SETTINGS, list(names) or None).exercises

    def write(self, function: str, body: str) -> None:
        """Fill in a function, such as gaussian.sample, below its docstring."""
        module, _dot, name = function.rpartition(".")
        source = self.file(module).read_text(encoding="utf-8")
        node = blanks.find(source, name)
        lines = source.splitlines(keepends=True)
        text = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
        lines[node.body[0].end_lineno : node.end_lineno] = [text]
        self.file(module).write_text("".join(lines), encoding="utf-8")

    def solve(self, *names: str) -> None:
        """Fill in the reference's bodies: of these exercises, or of all of this hand-out."""
        for exercise in self.exercises(*names):
            for function in exercise.functions:
                self.write(function.removeprefix("vae_np."), reference_body(function))
        if "2" in {
            exercise.id for exercise in self.exercises(*names)
        }:  # a constant that the reference's body uses
            source = self.file("adam").read_text(encoding="utf-8")
            self.file("adam").write_text(f"{source}\n\nBLOCK = 16_384\n", encoding="utf-8")


def reference_body(function: str) -> str:
    """The reference's body of a function such as vae_np.gaussian.sample, as text."""
    return "\n".join(ast.unparse(statement) for statement in reference_statements(function))


def reference_statements(function: str) -> list[ast.stmt]:
    """The statements below the docstring."""
    file, name = exercises.place(function)
    return blanks.find((ROOT / file).read_text(encoding="utf-8"), name).body[1:]
