"""The one-file form: the template, right scripts, every known mistake, and bad input."""

from pathlib import Path

import numpy as np
import pytest

from tests.course import right_scripts, scripts
from vae_np.course import exercises, key, process, report, script, script_probes, script_reference
from vae_np.course.records import Result

EVERYTHING = [exercise.id for exercise in exercises.EXERCISES]


@pytest.fixture(scope="module")
def script_key() -> key.Key:
    return key.Key(0, {"script": script_probes.entries(np.random.default_rng(11))})


@pytest.fixture
def check(script_key, other_process, tmp_path):
    """A function: the results on a script of this text, by exercise; its layers are narrowed."""

    def results(text: str | bytes, names=EVERYTHING) -> dict[str, Result]:
        path = tmp_path / "vae.py"
        content = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(content.replace(b"n_units = 200", b"n_units = 30"))
        chosen = [exercises.find(name) for name in names]
        found = script.examine(path, chosen, script_key, other_process.ask)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["vae.py"]
        return {result.id: result for result in found}

    return results


def statuses(results: dict[str, Result]) -> dict[str, str]:
    return {name: result.status for name, result in results.items()}


def test_the_reference_put_together_from_the_library_is_right(check):
    results = check(script_reference.TEXT)
    assert [(r.status, r.mistake, r.message) for r in results.values()] == [("right", None, "")] * 8


@pytest.mark.parametrize("name", right_scripts.RIGHT)
def test_right_scripts_written_differently_earn_full_marks(check, name):
    for result in check(right_scripts.RIGHT[name]).values():
        assert (result.id, result.status) == (result.id, "right"), result
        assert result.points == result.max_points


def test_the_unfilled_template_is_blank_and_not_wrong(check):
    assert set(statuses(check(scripts.TEMPLATE)).values()) == {"blank"}


# What a mistake might spread to; the exercises without one are checked with it
REACH = {
    "1.1": ["1.1", "1.4", "3.2"],
    "1.2": ["1.2", "1.4"],
    "1.3": ["1.3", "1.4"],
    "1.4": ["1.4", "2"],
    "2": ["2"],
    "3.1": ["3.1", "3.2", "3.3"],
    "3.2": ["3.1", "3.2", "3.3"],
    "3.3": ["3.1", "3.2", "3.3"],
}


@pytest.mark.parametrize(
    "wrong", scripts.MISTAKES, ids=[f"{w.exercise} {w.case}" for w in scripts.MISTAKES]
)
def test_a_mistake_has_its_own_name_and_costs_one_exercise(check, wrong):
    thorough = wrong.case in ("S4", "B3", "K5", "E2", "A5", "D3", "G1", "U7")
    results = check(wrong.text(), EVERYTHING if thorough else REACH[wrong.exercise])
    result = results.pop(wrong.exercise)
    assert (result.status, result.mistake) == (wrong.status, wrong.mistake), result
    assert (result.points == result.max_points) == (wrong.status == "right")
    assert {(r.id, r.status, r.mistake) for r in results.values()} == {
        (name, "right", None) for name in results
    }


def test_the_mistakes_are_many():
    assert len({(w.exercise, w.mistake) for w in scripts.MISTAKES if w.status != "right"}) >= 100


def test_log_variance_in_both_functions_costs_points_once(check):
    cases = {"S2", "K1"}
    text = scripts.CLASSIC
    for wrong in scripts.MISTAKES:
        if wrong.case in cases:
            text = wrong.text(text)
    results = check(text)
    assert [results[name].points for name in ("1.1", "1.3")] == [0, 1]
    assert {results[name].mistake for name in ("1.1", "1.3")} == {"log variance"}


@pytest.mark.parametrize("wrong", ["1.1", "1.2", "1.3", "1.4", "2"])
def test_a_blank_does_not_spread(check, wrong):
    """Each part of the template in the place of the finished one."""
    finished = dict(
        zip(*(split(text) for text in (scripts.FUNCTIONS, scripts.BLANK_FUNCTIONS)), strict=True)
    )
    text = scripts.CLASSIC
    if wrong == "2":
        for line in scripts.ADAM.splitlines(keepends=True):
            if line.strip().startswith(("m =", "v =", "m_hat", "v_hat", "step", "flattened")):
                text = text.replace(line, "")
    else:
        old, new = list(finished.items())[["1.1", "1.2", "1.3", "1.4"].index(wrong)]
        text = text.replace(old, new)
    expected = {name: "blank" if name == wrong else "right" for name in EVERYTHING}
    assert statuses(check(text)) == expected


def split(functions: str) -> list[str]:
    return ["def " + part for part in functions.split("def ")[1:]]


BAD = {
    "a print statement": (scripts.CLASSIC + "\nprint 'done'\n", "SyntaxError"),
    "an open bracket": (scripts.CLASSIC.replace("def relu(x):", "def relu(x:"), "SyntaxError"),
    "a wrong encoding": (scripts.CLASSIC.encode() + b"# a\xf1o\n", "UnicodeDecodeError"),
    "UTF-16": (scripts.CLASSIC.encode("utf-16"), "Error"),
    "a zero byte": (scripts.CLASSIC.encode() + b"\0", "null bytes"),
    "mixed tabs": (
        scripts.CLASSIC.replace("    return 0.5 * (", "    y = 1\n\treturn 0.5 * ("),
        "Error",
    ),
    "two megabytes": (b"#" * 2_000_000, "megabyte"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_read_is_one_clear_line(check, case):
    text, said = BAD[case]
    results = check(text)
    assert set(statuses(results).values()) == {"error"}
    assert all(said in r.message and "\n" not in r.message for r in results.values())


# A slip, and the exercises that it stops; all others are right
SLIPS = {
    "xrange": (("range(num_epochs)", "xrange(num_epochs)"), {"2": "error"}),
    "a missing library": (("import time\n", "import time, no_such_library\n"), {}),
    "a missing file": (
        ("    npr.seed(0)\n", "    old = np.load('old.npy')\n    npr.seed(0)\n"),
        {},
    ),
    "files written": (("    npr.seed(0)\n", "    open('a.txt', 'w').write('x')\n"), {}),
    "an exit on the way": (
        ("    npr.seed(0)\n", "    exit()\n"),
        dict.fromkeys(["2", "3.1", "3.2", "3.3"], "error"),
    ),
    "an abrupt exit": (
        ("    npr.seed(0)\n", "    import os; os._exit(0)\n"),
        dict.fromkeys(["2", "3.1", "3.2", "3.3"], "error"),
    ),
    "a question": (
        ("    npr.seed(0)\n", "    input('go on?')\n"),
        {},
    ),
    "a nap": (("    npr.seed(0)\n", "    time.sleep(3600)\n"), {}),
    "a function renamed": (("def compute_KL(", "def kl("), {"1.3": "error"}),
    "a function in other letters": (("compute_KL", "computeKL"), {}),
    "recursion": (
        ("    return " + scripts.LOG_P, "    return bernoulli_log_prob(targets, logits)"),
        {"1.2": "error"},
    ),
    "a text": (("return " + scripts.KL, "return 'KL'"), {"1.3": "wrong"}),
    "values that are not finite": ((scripts.LOG_P, "np.nan * " + scripts.LOG_P), {"1.2": "wrong"}),
    "NotImplementedError": (
        ("    return " + scripts.KL, "    raise NotImplementedError"),
        {"1.3": "blank"},
    ),
    "a figure not written yet": (
        ("    x = test_images[:10, :]\n", "    raise NotImplementedError\n"),
        {"3.2": "blank"},
    ),
    "a figure of nothing": (
        (scripts.SAVED_1, "save_images(None, 'task_3_1.png')"),
        {"3.1": "wrong"},
    ),
    "a figure of another size": (
        (scripts.SAVED_1, "save_images(np.zeros((25, 27)), 'a_3_1.png')"),
        {"3.1": "wrong"},
    ),
    "an endless loop before all functions": (
        ("def sigmoid", "while True:\n    pass\n\n\ndef sigmoid"),
        dict.fromkeys(["2", "3.1", "3.2", "3.3"], "timeout"),
    ),
    "an endless loop among the figures": (
        ("    x = test_images[:10, :]\n", "    while True: pass\n"),
        {"3.2": "timeout", "3.3": "timeout"},
    ),
    "gradients caught": (
        (
            "            grad = objective_grad(flattened_current_params)\n",
            "            try:\n                grad = objective_grad(flattened_current_params)\n"
            "            except:\n                continue\n",
        ),
        {},
    ),
    "Windows line ends, a byte order mark": (
        ("\n", "\r\n", "from __future__", "\ufefffrom __future__"),
        {},
    ),
    "Latin-1 with a cookie": (
        ("from __future__", "# coding: utf-8\n# a\xf1o\nfrom __future__"),
        {},
    ),
    "tabs": (("    ", "\t"), {}),
    "a minus in two places": (
        (
            scripts.MEAN,
            "-" + scripts.MEAN,
            "return vae_lower_bound(gen_params",
            "return -vae_lower_bound(gen_params",
        ),
        {"1.4": "wrong"},
    ),
}


@pytest.mark.parametrize("case", SLIPS)
def test_a_slip_stops_no_other_exercise(check, case):
    edits, stopped = SLIPS[case]
    results = check(right_scripts.edited(*edits))
    assert statuses(results) == dict.fromkeys(EVERYTHING, "right") | stopped
    for name in stopped:
        assert "\n" not in results[name].message
        assert results[name].message or results[name].mistake


@pytest.mark.parametrize(
    ("line", "stopped"),
    [
        ("    import ctypes; ctypes.string_at(0)", "error"),
        ("    for i in iter(int, 1): pass", "timeout"),
    ],
)
def test_a_process_that_dies_or_hangs_costs_its_own_exercise(script_key, tmp_path, line, stopped):
    path = tmp_path / "vae.py"
    path.write_text(right_scripts.edited("    return " + scripts.LOG_P, line))
    with process.Plain(seconds=4) as plain:
        results = script.examine(path, exercises.EXERCISES, script_key, plain.ask)
    assert {r.id: r.status for r in results} == dict.fromkeys(EVERYTHING, "right") | {
        "1.2": stopped
    }


def test_results_tell_the_file_and_line(check):
    results = check(right_scripts.edited("    return " + scripts.KL, "    return 1 / 0"))
    line = right_scripts.edited("    return " + scripts.KL, "    return 1 / 0").split(
        "return 1 / 0"
    )[0]
    assert results["1.3"].where == f"vae.py:{line.count(chr(10)) + 1}"
    assert results["1.3"].message == "ZeroDivisionError: division by zero"


def test_the_table_shows_a_classic_script(check):
    results = list(check(scripts.CLASSIC).values())
    table = report.table(results)
    assert "sample_latent_variables_from_posterior" in table
    assert "8 of 8 exercises right, 10 of 10 points" in table


def test_one_exercise_can_be_checked_alone(script_key, other_process, tmp_path):
    path = tmp_path / "solution.py"
    path.write_text(scripts.CLASSIC)
    for exercise in exercises.EXERCISES:
        (result,) = script.examine(path, [exercise], script_key, other_process.ask)
        assert result.status == "right"


@pytest.mark.parametrize(
    ("chosen", "said"), [((), "nothing to check"), (exercises.EXERCISES, "not a file")]
)
def test_nothing_to_check_is_an_error(script_key, tmp_path, chosen, said):
    path = tmp_path / "vae.py"
    if not chosen:
        path.write_text("")
    with pytest.raises(ValueError, match=said):
        script.examine(path, chosen, script_key, lambda job: pytest.fail(str(job)))


def test_the_verdicts_do_not_depend_on_the_seed_of_the_key(other_process, tmp_path):
    path = tmp_path / "vae.py"
    path.write_text(scripts.CLASSIC)
    for seed in range(5):
        fresh = key.Key(0, {"script": script_probes.entries(np.random.default_rng(seed))})
        results = script.examine(path, exercises.EXERCISES, fresh, other_process.ask)
        assert {r.status for r in results} == {"right"}


def test_the_key_survives_the_disk(script_key, other_process, tmp_path):
    key.save(script_key, tmp_path / "key")
    path = Path(tmp_path / "vae.py")
    path.write_text(scripts.CLASSIC)
    again = key.load(tmp_path / "key")
    results = script.examine(path, exercises.EXERCISES, again, other_process.ask)
    assert {r.status for r in results} == {"right"}
