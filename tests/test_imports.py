"""The house: who may import whom, and what an import costs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vae_np
from vae_np import experiments

PACKAGE = Path(vae_np.__file__).parent


def in_folder(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("__"))


def listed(text: str) -> list[str]:
    """The modules of a package in the order in which its docstring lists them."""
    return re.findall(r"^    ([a-z_]+)  ", text, flags=re.MULTILINE)


MODULES = in_folder(PACKAGE)
ORDER = listed(vae_np.__doc__.split("Reading order")[1])
BEHIND = listed(experiments.__doc__)  # on top of all of the above
ALL = [*ORDER, *(f"experiments.{name}" for name in BEHIND)]


def imported(module: str) -> set[str]:
    """The modules of the package that a module imports, anywhere in it."""
    path = PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vae_np"):
            within = node.module.removeprefix("vae_np").lstrip(".")
            for alias in node.names:
                whole = f"{within}.{alias.name}".lstrip(".")
                names.add(whole if whole in ALL else within)
        elif isinstance(node, ast.Import):
            names |= {a.name[7:] for a in node.names if a.name.startswith("vae_np.")}
    return names


def test_the_reading_orders_list_every_module_once():
    assert sorted(ORDER) == MODULES
    assert sorted(BEHIND) == in_folder(PACKAGE / "experiments")


@pytest.mark.parametrize("module", ALL)
def test_a_module_imports_only_from_those_above_it(module):
    assert imported(module) <= set(ALL[: ALL.index(module)])


def run(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("module", ["vae_np", "vae_np.vae", "vae_np.train", "vae_np.evaluate"])
def test_the_library_does_without_matplotlib(module):
    assert run(f"import sys, {module}; print('matplotlib' in sys.modules)") == "False\n"


def test_no_module_prints_or_warns_on_import():
    names = ", ".join(MODULES)
    code = f"import warnings; warnings.simplefilter('error'); from vae_np import {names}"
    assert run(code) == ""
