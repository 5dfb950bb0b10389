"""The command line as a student meets it, in a process of its own."""

import json
import os
import resource
import subprocess
import sys
import time

import pytest

from vae_np.__main__ import main
from vae_np.course import check, exercises

LOG_VARIANCE = "return 0.5 * np.sum(np.exp(log_std) + mean ** 2 - 1 - log_std, axis=1)"


def python(tree, *words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "vae_np", *words],
        cwd=tree.root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8"} | environment,
    )


def test_a_fresh_hand_out_is_not_written_yet(tree):
    done = python(tree, "check")
    assert done.returncode == 1
    assert done.stdout.count("not written yet") == len(exercises.EXERCISES)
    assert "0 of 8 exercises right, 0 of 10 points" in done.stdout
    assert done.stderr == ""


def test_a_solved_hand_out_is_right_in_less_than_five_cpu_seconds(tree):
    tree.solve()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = python(tree, "check")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout
    assert "8 of 8 exercises right, 10 of 10 points" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


def test_a_mistake_is_named_in_the_language_of_the_system_or_as_asked(tree):
    tree.write("gaussian.kl_from_standard", LOG_VARIANCE)
    english = python(tree, "check", "1.3").stdout
    assert "wrong: log variance" in english
    assert "[3.4268, 1.6342]" in english
    assert "incorrecto: log-varianza" in python(tree, "check", "1.3", LC_ALL="es_ES.UTF-8").stdout


def test_hints_come_one_level_at_a_time(tree):
    hints = exercises.find("1.3").hints
    two = python(tree, "check", "1.3", "--hint", "--hint").stdout
    assert [hint in two for hint in hints] == [True, True, False]


def test_the_json_is_for_machines(tree):
    tree.write("gaussian.kl_from_standard", LOG_VARIANCE)
    (tree.root / "course.toml").write_text('[points]\n"1.1" = 7\n', encoding="utf-8")
    done = python(tree, "check", "1.1", "1.3", "--json", "out.json", "--lang", "es")
    assert done.returncode == 1
    blank, wrong = json.loads((tree.root / "out.json").read_text(encoding="utf-8"))
    assert (blank["id"], blank["status"], blank["max_points"]) == ("1.1", "blank", 7)
    assert (wrong["status"], wrong["mistake"]) == ("wrong", "log variance")
    assert wrong["message"].startswith("log_std se lee")
    assert list(wrong) == [
        "id", "name", "status", "mistake", "message", "expected", "found", "points", "max_points",
        "where", "sha256",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["check", "9.9"],
        ["check", "nowhere.py"],
        ["check", "data"],
        ["check", "--lang", "xx"],
        ["check", "--settings", "nowhere.toml"],
        ["reset", "9.9"],
    ],
)
def test_a_wrong_command_is_one_line_and_two(tree, words):
    done = python(tree, *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_key_that_is_gone_is_one_line(tree):
    (tree.root / "vae_np/course/key/key.json").unlink()
    done = python(tree, "check")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_hand_out_has_no_command_that_students_do_not_get(tree):
    done = python(tree, "--help")
    assert "check" in done.stdout
    assert "handout" not in done.stdout
    assert "grade" not in done.stdout


@pytest.mark.parametrize("command", ["check", "reset", "handout", "data"])
def test_help_shows_examples(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"python -m vae_np {command}" in capsys.readouterr().out.split("examples:")[1]


def test_a_broken_file_leaves_the_terminal_and_the_others_alone(tree):
    tree.solve()
    tree.file("adam").write_bytes(b"print('\x1b[2J'\n")
    done = python(tree, "check")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert "SyntaxError" in done.stdout
    assert "at vae_np/adam.py:1" in done.stdout
    assert "7 of 8" in done.stdout


def test_reset_brings_one_blank_back_and_keeps_the_rest(tree):
    tree.solve("1.1", "1.3")
    written = tree.file("gaussian").read_text(encoding="utf-8")
    done = python(tree, "reset", "1.3")
    assert (done.returncode, done.stdout) == (
        0,
        "gaussian.kl_from_standard in vae_np/gaussian.py is blank again\n",
    )
    output = python(tree, "check", "1.1", "1.3").stdout
    assert "1/1  right" in output
    assert "not written yet" in output
    assert (tree.root / "vae_np/gaussian.py.old").read_text(encoding="utf-8") == written


@pytest.mark.parametrize("content", [b"def kl_from_standard(:\n", b"", b"\xff\xfe", None])
def test_reset_mends_a_file_that_is_no_python_any_more(tree, content):
    file = tree.file("gaussian")
    original = file.read_bytes()
    file.unlink() if content is None else file.write_bytes(content)
    assert python(tree, "reset", "1.3").returncode == 0
    assert file.read_bytes() == original


def test_reset_brings_a_deleted_function_back(tree):
    file = tree.file("gaussian")
    source = file.read_text(encoding="utf-8")
    file.write_text(source.replace("def kl_from_standard", "def mine"), encoding="utf-8")
    assert python(tree, "reset", "1.3").returncode == 0
    output = python(tree, "check", "1.3").stdout
    assert "not written yet" in output
    assert "def mine" in file.read_text(encoding="utf-8")


def test_reset_works_in_a_hand_out_only(capsys):
    assert main(["reset", "1.3", "--lang", "en"]) == 2
    assert "no blanks here" in capsys.readouterr().err


def test_a_full_checkout_checks_itself_without_a_key(capsys):
    assert main(["check", "1.1", "--lang", "en"]) == 0
    assert "1 of 1 exercises right" in capsys.readouterr().out


def test_watch_checks_again_when_a_file_is_saved(tree):
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "vae_np", "check", "1.3", "--watch", "--lang", "en"],
        cwd=tree.root,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert "not written yet" in read_until(process.stdout, "waiting")
        tree.write("gaussian.kl_from_standard", LOG_VARIANCE)
        assert "log variance" in read_until(process.stdout, "waiting")
        tree.solve("1.3")
        assert "1 of 1 exercises right" in read_until(process.stdout, "waiting")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def read_until(stream, word: str) -> str:
    lines = []
    while not lines or word not in lines[-1]:
        lines.append(stream.readline())
        assert lines[-1], "the command ended"
    return "".join(lines)


def test_a_save_within_the_same_second_and_of_the_same_size_counts(tree, check, other_process):
    """No compiled copy of the student's file is ever believed."""
    del other_process
    tree.write("gaussian.sample", "return mean + np.exp(log_std) * eps")
    file = tree.file("gaussian")
    stamp = time.time_ns() // 10**9 * 10**9
    for body, status in (("exp", "right"), ("cos", "wrong")):
        text = file.read_text(encoding="utf-8").replace(
            "np.exp(log_std) * eps", f"np.{body}(log_std) * eps"
        )
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(stamp, stamp))
        assert check(tree, "1.1")["1.1"].status == status


def test_what_is_watched_is_the_student_s_library(tree):
    before = check.saved(tree.root)
    tree.write("gaussian.sample", "return mean")
    assert check.saved(tree.root) != before
    assert {file.name for file in before} >= {"gaussian.py", "vae.py", "adam.py"}
