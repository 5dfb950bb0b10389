"""The house: who may import whom, and what an import costs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vae_np

PACKAGE = Path(vae_np.__file__).parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__"))


def reading_order() -> list[str]:
    listing = vae_np.__doc__.split("Reading order")[1]
    return re.findall(r"^    ([a-z_]+)  ", listing, flags=re.MULTILINE)


def imported(module: str) -> set[str]:
    """The modules of the package that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vae_np"):
            inner = node.module.removeprefix("vae_np").lstrip(".")
            names |= {inner.split(".")[0]} if inner else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("vae_np.")}
    return names


def test_the_reading_order_lists_every_module_once():
    assert sorted(reading_order()) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_those_above_it(module):
    order = reading_order()
    above = order[: order.index(module)]
    assert imported(module) <= set(above)


def run(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("module", ["vae_np", "vae_np.vae", "vae_np.train", "vae_np.evaluate"])
def test_the_library_does_without_matplotlib(module):
    assert run(f"import sys, {module}; print('matplotlib' in sys.modules)") == "False\n"


def test_no_module_prints_or_warns_on_import():
    names = ', '.join(MODULES)
    code = f"import warnings; warnings.simplefilter('error'); from vae_np import {names}"
    assert run(code) == ""
