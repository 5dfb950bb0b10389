"""Whatever a student's file does, it ends in one line for its exercise, and the others go on."""

import pytest

from vae_np.course import examine, exercises, process, report, reset

LOOP = "while True:\n    pass"
CASES = {
    "an endless loop": ("gaussian.sample", LOOP, "timeout", "too long"),
    "a loop that catches everything": (
        "gaussian.sample",
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n"
        "        pass",
        "timeout",
        "too long",
    ),
    "sys.exit": ("gaussian.sample", "import sys\nsys.exit(0)", "error", "SystemExit"),
    "os._exit": ("gaussian.sample", "import os\nos._exit(0)", "error", "exit 0"),
    "a crash": (
        "gaussian.sample",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "error",
        "SIGSEGV",
    ),
    "an exception": ("gaussian.sample", "return mean / undefined", "error", "NameError"),
    "endless recursion": (
        "gaussian.sample",
        "return sample(mean, log_std, eps)",
        "error",
        "RecursionError",
    ),
    "KeyboardInterrupt": ("gaussian.sample", "raise KeyboardInterrupt", "error", "Keyboard"),
    "an exception without text": (
        "gaussian.sample",
        "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd()",
        "error",
        "Odd",
    ),
    "a blank of another name": (
        "gaussian.sample",
        "raise NotImplementedError('later')",
        "error",
        "NotImplementedError: later",
    ),
    "a closed channel": (
        "gaussian.sample",
        "import os\nfor fd in range(3, 20):\n    try:\n        os.close(fd)\n"
        "    except OSError:\n        pass\nreturn mean",
        "error",
        "",
    ),
    "rubbish in the channel": (
        "gaussian.sample",
        "import os\nfor fd in range(3, 20):\n    try:\n        os.write(fd, b'rubbish' * 9)\n"
        "    except OSError:\n        pass\nreturn mean",
        "error",
        "no answer",
    ),
    "a terabyte": ("gaussian.sample", "return np.zeros(2**40)", "error", "Memory"),
    "too large an answer": (
        "gaussian.sample",
        "return np.zeros((4000, 4000))",
        "error",
        "",
    ),
}


@pytest.fixture(scope="module")
def impatient():
    with process.Plain(seconds=2.0) as plain:
        yield plain


def run(tree, answers, plain, *names):
    chosen = exercises.choose(list(names) or None)
    results = examine.examine(
        tree.root, chosen, answers, plain.ask, tree.root / "vae_np/course/blank"
    )
    return {result.id: result for result in results}


@pytest.mark.parametrize("case", CASES)
def test_it_ends_in_one_line_and_the_others_are_still_checked(tree, answers, impatient, case):
    function, body, status, said = CASES[case]
    tree.solve()
    tree.write(function, body)
    results = run(tree, answers, impatient)
    result = results.pop("1.1")
    assert result.status == status
    assert said in result.message
    assert "\n" not in result.message
    assert {other.status for other in results.values()} == {"right"}, results


def test_an_error_is_shown_with_the_student_s_file_and_line(tree, answers, impatient):
    tree.write("gaussian.sample", "return mean / undefined")
    where = run(tree, answers, impatient, "1.1")["1.1"].where
    file, line = where.split(":")
    assert file == "vae_np/gaussian.py"
    source = tree.file("gaussian").read_text(encoding="utf-8").splitlines()
    assert source[int(line) - 1].strip() == "return mean / undefined"


FILES = {
    "a syntax error": (b"def sample(mean, log_std, eps:\n", "SyntaxError"),
    "an indentation error": (b"def sample(mean):\nreturn mean\n", "IndentationError"),
    "tabs and spaces": (b"if 1:\n\tx = 1\n        y = 2\n", "TabError"),
    "not UTF-8": ("# año\nx = 'ñ'\n".encode("latin-1"), "SyntaxError"),
    "UTF-16": ("x = 1\n".encode("utf-16"), ""),
    "a zero byte": (b"x = 1\x00\n", ""),
    "an import that fails": (b"import no_such_module\n", "no_such_module"),
    "sys.exit while it is imported": (b"import sys\nsys.exit()\n", "SystemExit"),
    "an endless loop while it is imported": (b"while True:\n    pass\n", "too long"),
    "empty": (b"", "There is no vae_np.gaussian."),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_read_costs_its_own_exercises_only(tree, answers, impatient, case):
    content, said = FILES[case]
    tree.solve()
    tree.file("gaussian").write_bytes(content)
    results = run(tree, answers, impatient)
    for name in ("1.1", "1.3"):
        result = results.pop(name)
        assert result.status in ("error", "timeout")
        assert said in result.message
    assert {result.status for result in results.values()} == {"right"}, results


@pytest.mark.parametrize("module", ["gaussian", "bernoulli", "adam"])
def test_a_missing_file_costs_its_own_exercises_only(tree, answers, impatient, module):
    tree.solve()
    tree.file(module).unlink()
    results = run(tree, answers, impatient)
    own = {e.id for e in exercises.EXERCISES if any(module == f.split(".")[1] for f in e.functions)}
    for name, result in results.items():
        assert result.status == ("error" if name in own else "right"), result
        if name in own:
            assert f"There is no vae_np/{module}.py" in result.message


@pytest.mark.parametrize("content", [b"def manifold(:\n", None])
def test_so_does_a_file_of_an_experiment(tree_with, check, content):
    tree = tree_with("5.1")
    tree.solve()
    file = tree.file("experiments.latent_plane")
    file.unlink() if content is None else file.write_bytes(content)
    results = check(tree)
    said = results["5.1"].message + results["5.1"].where
    assert "vae_np/experiments/latent_plane.py" in said
    assert {name for name, result in results.items() if result.status != "right"} == {"5.1"}
    reset.reset(
        tree.root, tree.root / "vae_np/course/blank", "vae_np.experiments.latent_plane.manifold"
    )
    assert check(tree, "5.1")["5.1"].status == "blank"


def test_a_renamed_function_is_missed_by_its_name(tree, answers, impatient):
    source = tree.file("gaussian").read_text(encoding="utf-8")
    tree.file("gaussian").write_text(source.replace("def sample(", "def draw("), encoding="utf-8")
    result = run(tree, answers, impatient, "1.1")["1.1"]
    assert (result.status, result.message) == (
        "error",
        "There is no vae_np.gaussian.sample: was it renamed or deleted?",
    )


def test_gigabytes_of_output_are_read_and_dropped(tree, answers):
    tree.write(
        "gaussian.sample",
        "import sys\nfor _ in range(300):\n    sys.stdout.write('\\x1b[2J' * 250_000)\n"
        "return mean + np.exp(log_std) * eps",
    )
    with process.Plain(seconds=30) as plain:
        assert run(tree, answers, plain, "1.1")["1.1"].status == "right"
        assert len(plain.printed.take()) <= process.KEPT_OUTPUT


def test_prints_do_not_disturb_the_answer_and_are_shown(tree, answers, impatient):
    tree.write(
        "gaussian.sample",
        "print('here\\x1b[2J', len(mean))\nreturn mean + np.exp(log_std) * eps",
    )
    printed = {}
    chosen = exercises.choose(["1.1"])
    blank = tree.root / "vae_np/course/blank"
    results = examine.examine(tree.root, chosen, answers, impatient.ask, blank, printed.__setitem__)
    assert results[0].status == "right"
    assert printed["1.1"].startswith("here [2J 1")
    assert "| here" in report.table(results, printed=printed)


def test_standard_input_is_empty(tree, answers, impatient):
    tree.write("gaussian.sample", "return input()")
    result = run(tree, answers, impatient, "1.1")["1.1"]
    assert "EOFError" in result.message


def test_no_exercise_or_no_folder_is_an_error(tree, answers, tmp_path):
    with pytest.raises(ValueError, match="nothing to check"):
        examine.examine(tree.root, [], answers, None)
    with pytest.raises(ValueError, match="no folder vae_np"):
        examine.examine(tmp_path, exercises.EXERCISES, answers, None)


def test_control_codes_never_reach_the_terminal(tree, answers, impatient):
    tree.write("gaussian.sample", "raise ValueError('\\x1b[31mred\\x07')")
    assert "\x1b" not in run(tree, answers, impatient, "1.1")["1.1"].message
