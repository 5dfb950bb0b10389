"""The command that makes an autograder for Gradescope: a zip with `setup.sh` and `run_autograder`.

Formats: gradescope-autograders.readthedocs.io, "Autograder Specifications".
"""

import argparse
import json
import secrets
import textwrap
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vae_np import files
from vae_np.course import exercises, texts
from vae_np.course.check import ROOT
from vae_np.course.texts import _
from vae_np.grading import plan

SETTINGS = ("pyproject.toml", "LICENSE", "README.md")
PACKAGE = ("*.py", "*.mo", "*.txt", "*.json", "*.html")
FOLDER = "/autograder"

SETUP = """#!/usr/bin/env bash
# Run once, when the autograder is built: installs the grader into an environment of its own
set -euo pipefail
apt-get update
apt-get install -y python3 python3-venv
python3 -m venv {folder}/grader
{folder}/grader/bin/python -m pip install --quiet {folder}/source
# Submissions run as a user of their own, who need not read the solution or the seed
chmod 700 {folder}/source {folder}/grader/lib/python3*/site-packages/vae_np
"""

RUN = """#!/usr/bin/env bash
# Run for each submission. Whatever happens, results.json is there in the end, whole and valid
export AUTOGRADER="${{AUTOGRADER:-{folder}}}"
PYTHON="${{PYTHON:-$AUTOGRADER/grader/bin/python}}"
results="$AUTOGRADER/results/results.json"
mkdir -p "$AUTOGRADER/results"
rm -f "$results"
cd "$AUTOGRADER/source" || true
"$PYTHON" -m vae_np.grading.gradescope_run "$AUTOGRADER" {options}
if [ ! -s "$results" ]; then
  printf '%s' '{fallback}' > "$results.part"
  mv "$results.part" "$results"
fi
exit 0
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options and the help of this command."""
    parser.description = textwrap.fill(
        "Make the zip to upload to Gradescope as an autograder. A container there may allow the "
        "basic sandbox only; then each result says so."
    )
    parser.epilog = "example:\n  python -m vae_np gradescope --out autograder.zip"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the zip")
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="points and choice of exercises (TOML)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help="seed of the probes (default: a secret one)"
    )
    parser.add_argument("--lang", default="en", metavar="LANG", help="of the verdicts: en or es")
    parser.add_argument(
        "--require", choices=("strong", "basic"), default="basic", help="(%(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the zip. Raises ValueError for settings that cannot be read."""
    exercises.load(args.settings)
    texts.use(args.lang)
    chosen = args.settings.read_bytes() if args.settings and args.settings.is_file() else b""
    seed = secrets.randbits(63) if args.seed is None else args.seed
    try:
        write(args.out, chosen, seed, args.lang, args.require)
    except OSError as error:
        raise ValueError(f"{args.out}: {error.strerror or error}") from error
    print(args.out)
    return 0


def write(target: Path, settings: bytes, seed: int, language: str, require: str) -> None:
    """Write the zip for these settings (TOML; empty for none)."""
    options = f"--lang {language} --require {require}"
    fallback = json.dumps(failure(_("The autograder failed to run. Please tell your teacher.")))
    assert "'" not in fallback  # it stands between quotes of the shell
    scripts = {
        "setup.sh": SETUP.format(folder=FOLDER),
        "run_autograder": RUN.format(folder=FOLDER, options=options, fallback=fallback),
        plan.SECRET: json.dumps({"seed": seed}),
    }
    with files.replacing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in scripts.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name != plan.SECRET else 0o600) << 16
            out.writestr(entry, text)
        if settings:
            out.writestr(exercises.SETTINGS, settings)
        for path in sources():
            out.write(path, path.relative_to(ROOT).as_posix())


def sources() -> list[Path]:
    """What the grader is installed from."""
    package = [path for pattern in PACKAGE for path in (ROOT / "vae_np").rglob(pattern)]
    kept = [path for path in package if "__pycache__" not in path.parts]
    return [*(ROOT / name for name in SETTINGS if (ROOT / name).is_file()), *sorted(kept)]


def failure(message: str) -> dict[str, Any]:
    """The results of a submission that could not be graded."""
    return {"score": 0, "output": message, "output_format": "text", "visibility": "visible"}


def results(
    found: Sequence[dict[str, Any]], seconds: float, note: str, remarks: Sequence[str] = ()
) -> dict[str, Any]:
    """The results of a submission, in Gradescope's form."""
    return {
        "score": round(sum(result["points"] for result in found), 4),
        "execution_time": round(seconds, 2),
        "output": "\n".join([note, *remarks]),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(result) for result in found],
    }


def _test(result: dict[str, Any]) -> dict[str, Any]:
    lines = [_(result["mistake"]) if result["mistake"] else "", result["message"]]
    for label, field in ((_("expected"), "expected"), (_("found"), "found"), ("", "where")):
        if result[field] and result["status"] not in ("right", "blank"):
            lines.append(f"{label}: {result[field]}".removeprefix(": "))
    return {
        "number": result["id"],
        "name": result["name"],
        "score": result["points"],
        "max_score": result["max_points"],
        "status": "passed" if result["status"] == "right" else "failed",
        "output": "\n".join(filter(None, lines)),
        "visibility": "visible",
    }
