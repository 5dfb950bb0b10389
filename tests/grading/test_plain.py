"""Grading where nothing can confine a process, as on other systems: the same verdicts."""

import sys

from vae_np import __main__ as command
from vae_np.grading import grades, levels, sandbox

HALF = "def sample(mean, log_std, eps):\n    return mean + np.exp(0.5 * log_std) * eps\n"


def test_other_systems_grade_at_the_basic_level_if_that_is_enough(
    tmp_path, write, monkeypatch, capsys
):
    monkeypatch.setattr(sys, "platform", "darwin")
    write(tmp_path / "class" / "ana")
    write(tmp_path / "class" / "bob", gaussian=HALF + "\nopen('left', 'w').close()\n")
    settings = tmp_path / "course.toml"
    settings.write_text('exercises = ["1.1"]\n')
    words = ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--lang", "en"]
    words += ["--settings", str(settings)]
    monkeypatch.chdir(tmp_path)
    assert command.main(words) == 2
    assert "--require basic" in capsys.readouterr().err
    assert command.main([*words, "--require", "basic"]) == 0
    found = {one["student"]: one for one in grades.read(tmp_path / "out" / grades.NAME)["students"]}
    assert (found["ana"]["points"], found["bob"]["points"]) == (1, 0)
    assert found["ana"]["sandbox"]["name"] == levels.BASIC
    assert set(found["ana"]["sandbox"]["possible"]) == set(levels.ATTEMPTS)
    assert sandbox.Limits().wall > 0
