"""The autograder for Gradescope, in Gradescope's folder layout; results.json by its schema."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from vae_np import __main__ as command
from vae_np.grading import gradescope, plan

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Gradescope runs Linux")

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
TOP = {
    **{"score": (int, float), "execution_time": (int, float), "output": str, "tests": list},
    **{"output_format": FORMATS, "test_output_format": FORMATS, "test_name_format": FORMATS},
    **{"visibility": VISIBILITY, "stdout_visibility": VISIBILITY, "extra_data": dict},
}
TEST = {
    **{"score": (int, float), "max_score": (int, float), "status": {"passed", "failed"}},
    **{"name": str, "number": str, "output": str, "tags": list, "visibility": VISIBILITY},
    **{"name_format": FORMATS, "output_format": FORMATS, "extra_data": dict},
}


def check(record: dict, fields: dict) -> None:
    """Every field is one of the published ones, with a value of its kind."""
    for name, value in record.items():
        kind = fields[name]
        assert value in kind if isinstance(kind, set) else isinstance(value, kind), name
        assert not isinstance(value, bool)


def check_results(content: dict) -> None:
    check(content, TOP)
    assert "score" in content or content["tests"]
    for test in content.get("tests", []):
        check(test, TEST)


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    """The zip, unpacked as Gradescope does it."""
    folder = tmp_path_factory.mktemp("gradescope")
    settings = folder / "course.toml"
    settings.write_text('exercises = ["1.1", "1.3"]\nseconds = 2\n')
    archive = folder / "autograder.zip"
    words = ["--out", archive, "--settings", settings, "--seed", 3]
    assert command.main(["gradescope", *map(str, words)]) == 0
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder / "autograder" / "source")
    return folder / "autograder"


def graded(autograder, python=sys.executable) -> dict:
    """What results.json holds after a run."""
    done = subprocess.run(
        ["bash", str(autograder / "source" / "run_autograder")],
        env={**os.environ, "AUTOGRADER": str(autograder), "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    content = json.loads((autograder / "results" / "results.json").read_text(encoding="utf-8"))
    check_results(content)
    return content


def submit(autograder, write, **changed):
    target = autograder / "submission"
    subprocess.run(["rm", "-rf", str(target)], check=True)
    write(target, **changed)


def test_the_zip_holds_what_gradescope_wants(autograder):
    source = autograder / "source"
    for script in ("setup.sh", "run_autograder"):
        assert (source / script).read_text().startswith("#!/usr/bin/env bash")
        assert subprocess.run(["bash", "-n", str(source / script)], check=False).returncode == 0
    assert json.loads((source / plan.SECRET).read_text()) == {"seed": 3}
    for name in ("pyproject.toml", "vae_np/grading/inside/syscalls.json", "vae_np/gaussian.py"):
        assert (source / name).is_file()


def test_a_submission_gets_its_points_and_its_mistake(autograder, write):
    half = "def sample(mean, log_std, eps):\n    return mean + np.exp(0.5 * log_std) * eps\n"
    submit(autograder, write, gaussian=half)
    content = graded(autograder)
    assert content["score"] == 1
    assert [test["number"] for test in content["tests"]] == ["1.1", "1.3"]
    assert [test["status"] for test in content["tests"]] == ["failed", "passed"]
    assert "expected" in content["tests"][0]["output"]
    assert "sandbox:" in content["output"]


def test_what_cannot_be_read_has_a_reason(autograder):
    subprocess.run(["rm", "-rf", str(autograder / "submission")], check=True)
    (autograder / "submission").mkdir()
    content = graded(autograder)
    assert (content["score"], content["output"]) == (0, "no Python file in it")


def test_even_when_python_is_missing_the_results_are_valid(autograder):
    content = graded(autograder, python="/nowhere/python")
    assert content["score"] == 0
    assert "tell your teacher" in content["output"]


def test_a_failure_is_valid_results():
    check_results(gradescope.failure("x"))
