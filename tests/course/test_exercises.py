"""The table of exercises, and its settings in TOML."""

import importlib

import pytest

from vae_np.course import exercises, keymaker, probes, sheet


def test_every_row_is_complete():
    for exercise in exercises.TABLE:
        assert exercise.id in probes.PROBES
        assert exercise.id in sheet.WHAT
        assert exercise.hints
        assert len(exercise.shares) == len(exercise.functions)
        assert sum(exercise.shares) == pytest.approx(1)
        for function in exercise.functions:
            assert callable(keymaker.library(function))


def test_an_exercise_needs_only_earlier_ones_and_they_are_what_its_module_calls():
    seen = set()
    for exercise in exercises.TABLE:
        assert set(exercise.needs) <= seen
        seen.add(exercise.id)


def test_the_functions_of_an_exercise_are_in_one_module_each():
    for exercise in exercises.TABLE:
        for function in exercise.functions:
            module, _dot, name = function.rpartition(".")
            assert hasattr(importlib.import_module(module), name)


def test_settings_change_points_choice_and_seconds(tmp_path):
    file = tmp_path / "course.toml"
    file.write_text(
        'exercises = ["1.3", "1.1"]\nseconds = 2.5\n[points]\n"1.3" = 4\n', encoding="utf-8"
    )
    course = exercises.load(file)
    assert [(e.id, e.points) for e in course.exercises] == [("1.1", 1), ("1.3", 4)]
    assert course.seconds == 2.5


def test_settings_and_names_choose_exercises_on_the_experiments(tmp_path):
    file = tmp_path / "course.toml"
    assert [e.id for e in exercises.load(file, ["9.1", "5.1"]).exercises] == ["5.1", "9.1"]
    file.write_text('[points]\n"6.1" = 3\n', encoding="utf-8")
    assert [(e.id, e.points) for e in exercises.load(file, ["6.1"]).exercises] == [("6.1", 3)]
    file.write_text('exercises = ["1.1", "6.1"]\n', encoding="utf-8")
    assert [e.id for e in exercises.load(file).exercises] == ["1.1", "6.1"]
    assert [e.id for e in exercises.load(file, ["6.1", "7.1"]).exercises] == ["6.1"]
    with pytest.raises(ValueError, match="none of the exercises"):
        exercises.load(file, ["7.1"])


def test_without_settings_exercises_1_to_3_are_chosen(tmp_path):
    assert sum(exercise.points for exercise in exercises.EXERCISES) == 10
    assert {exercise.id[0] for exercise in exercises.EXERCISES} == set("123")
    assert exercises.load().exercises == exercises.EXERCISES
    assert exercises.load(tmp_path / "course.toml").exercises == exercises.EXERCISES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exercises = [", "course.toml"),
        ('exercise = ["1.1"]', "expected exercises, seconds or points"),
        ('exercises = ["7"]', "expected one of"),
        ("exercises = []", "no exercise"),
        ('[points]\n"1.1" = -1', "positive"),
        ('[points]\n"1.1" = true', "positive"),
        ('[points]\n"1.1" = "two"', "positive"),
        ('[points]\n"8" = 1', "expected one of"),
        ("seconds = 0", "positive"),
        ("points = 3", "points"),
        ('exercises = "1.1"', "a list"),
    ],
)
def test_wrong_settings_are_named(tmp_path, text, said):
    file = tmp_path / "course.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        exercises.load(file)


def test_a_settings_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(ValueError, match="not a file"):
        exercises.load(tmp_path / "mine.toml")
