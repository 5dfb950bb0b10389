"""Whose submission is it, and what is it: names of platforms, duplicates, rosters, forms."""

import zipfile

import pytest

from vae_np.grading import forms, plan, submissions
from vae_np.grading.submissions import Listed


@pytest.fixture(scope="module")
def given_files():
    from vae_np.course import exercises

    return plan.make(exercises.Course(exercises.choose(["1.1"])), 1, "en").given


def students(folder, *names, pattern=None):
    for name in names:
        (folder / name).touch()
    found = submissions.find([folder], pattern)
    return {s.student: s for s in found.submissions}


@pytest.mark.parametrize(
    ("name", "student", "person", "late"),
    [
        ("Ana Ruiz_12345_assignsubmission_file_", "12345", "Ana Ruiz", False),
        ("Ana Ruiz_12345_assignsubmission_file_vae.py", "12345", "Ana Ruiz", False),
        ("ruizana_678_91011_vae.py", "678", "ruizana", False),
        ("ruizana_LATE_678_91011_vae-2.py", "678", "ruizana", True),
        ("submission_424242", "424242", "", False),
        ("submission_424242.zip", "424242", "", False),
        ("P2_s1234567_attempt_2026-01-31-23-59-59_vae.py", "s1234567", "", False),
        ("ruiz.zip", "ruiz", "", False),
        ("ruiz.tar.gz", "ruiz", "", False),
        ("José Núñez.py", "José Núñez", "", False),
    ],
)
def test_the_names_of_learning_platforms_are_read(tmp_path, name, student, person, late):
    (found,) = students(tmp_path, name).values()
    assert (found.student, found.name, found.late) == (student, person, late)


def test_the_newest_attempt_counts_and_the_others_are_mentioned(tmp_path):
    for name in ("ruiz_1_2_vae.py", "ruiz_1_3_vae-1.py", "ruiz_1_4_vae-10.py", "ruiz_1_5_vae-9.py"):
        (tmp_path / name).touch()
    found = submissions.find([tmp_path])
    assert [path.name for path in found.submissions[0].paths] == ["ruiz_1_4_vae-10.py"]
    assert "newest" in found.remarks[0]


def test_several_files_of_one_student_are_one_submission(tmp_path):
    found = students(tmp_path, "ruiz_1_2_gaussian.py", "ruiz_1_3_adam.py")
    assert len(found["1"].paths) == 2


@pytest.mark.parametrize(
    "names",
    [("ruiz.zip", "ruiz.tar.gz"), ("ruiz.zip", "Ruiz.zip"), ("ruiz.py", "ruiz.zip")],
)
def test_two_submissions_of_one_student_are_an_error_in_one_line(tmp_path, names):
    with pytest.raises(ValueError, match="several submissions of one student") as caught:
        students(tmp_path, *names)
    assert "\n" not in str(caught.value)


def test_a_pattern_of_ones_own_decides(tmp_path):
    pattern = r"g(?P<attempt>\d)-(?P<student>\w+)\.py"
    assert list(students(tmp_path, "g1-ana.py", "g2-ana.py", pattern=pattern)) == ["ana"]
    with pytest.raises(ValueError, match="does not fit"):
        students(tmp_path, "other.py", pattern=pattern)
    with pytest.raises(ValueError, match="no group"):
        submissions.find([tmp_path], "(.*)")
    with pytest.raises(ValueError, match="cannot be read"):
        submissions.find([tmp_path], "(")


def test_hidden_files_and_lists_are_no_submissions(tmp_path):
    found = students(tmp_path, ".DS_Store", "grades.csv", "submission_metadata.yml", "ana.py")
    assert list(found) == ["ana"]


def test_a_folder_that_is_a_submission_is_one(tmp_path, write):
    write(tmp_path / "ana")
    assert len(submissions.find([tmp_path / "ana"]).submissions) == 1
    assert [s.student for s in submissions.find([tmp_path]).submissions] == ["ana"]


def test_a_name_cannot_leave_its_place_or_its_line(tmp_path):
    hostile = "a\x1b[2J\nb‮c"
    (found,) = students(tmp_path, f"{hostile}.py").values()
    assert found.student.isprintable()


def test_a_missing_path_is_said(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        submissions.find([tmp_path / "nothing"])


def test_a_roster_is_read(tmp_path):
    path = tmp_path / "class.csv"
    path.write_text("﻿Student,Name\nana,Ana Ruiz\n,\nluis,\n", encoding="utf-8")
    assert submissions.roster(path) == [Listed("ana", "Ana Ruiz"), Listed("luis", "")]
    for text, says in (("x,y\n1,2\n", "needs a column"), ("id\na\nA\n", "twice"), ("", "needs")):
        path.write_text(text)
        with pytest.raises(ValueError, match=says):
            submissions.roster(path)
    with pytest.raises(ValueError, match="cannot be read"):
        submissions.roster(tmp_path / "none.csv")


def read(path, given_files):
    return forms.read([path], given_files)


def test_a_hand_out_is_found_wherever_it_is(tmp_path, write, right, given_files):
    folder = write(tmp_path / "ana" / "P2" / "final")
    (folder / "tasks").mkdir()
    (folder / "vae_np" / "course" / "blank").mkdir(parents=True)
    (folder / "vae_np" / "course" / "blank" / "gaussian.py").write_text("raise NotImplementedError")
    work = read(tmp_path / "ana", given_files)
    assert work.form == forms.PACKAGE
    assert work.files["gaussian.py"] == right["gaussian.py"]
    assert "blank" not in work.files


def test_loose_files_of_a_hand_out_are_completed_by_the_given_ones(tmp_path, right, given_files):
    for name in ("gaussian.py", "adam.py"):
        (tmp_path / name).write_bytes(right[name])
    work = read(tmp_path, given_files)
    assert work.form == forms.PACKAGE
    assert {"ops.py", "mlp.py", "__init__.py"} <= set(work.files)
    assert "vae.py" not in work.files  # an exercise that is missing is missing
    assert any("since missing" in remark for remark in work.remarks)


def test_a_given_file_that_was_changed_is_mentioned(tmp_path, write, given_files):
    work = read(write(tmp_path / "ana", ops="# mine\n"), given_files)
    assert any("changed: " in r and "ops.py" in r for r in work.remarks)


def test_line_ends_are_no_change():
    assert not forms._differs(b"a = 1\r\nb = 2  \r\n", b"a = 1\nb = 2\n")
    assert forms._differs(b"a = 1\n", b"a = 2\n")


@pytest.mark.parametrize(
    "names",
    [("vae.py",), ("vae.py", "data.py"), ("ruiz_1_2_vae.py",), ("solution.py",), ("my vae.py",)],
)
def test_a_script_is_found_by_its_name_or_by_its_functions(tmp_path, names, given_files):
    folder = tmp_path / "ana"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("def compute_KL(x):\n    return x\n")
    work = read(folder, given_files)
    assert work.form == forms.SCRIPT
    assert work.main.endswith(".py")
    assert b"compute_KL" in work.files[work.main]
    assert "data.py" not in work.files


def test_modules_beside_a_script_come_along_unless_they_hide_a_library(tmp_path, given_files):
    for name in ("vae.py", "helpers.py", "numpy.py", "random.py", "data.py", "no-module.py"):
        (tmp_path / name).write_text("x = 1\n")
    assert set(read(tmp_path, given_files).files) == {"vae.py", "helpers.py"}


def test_what_is_neither_or_both_is_one_clear_line(tmp_path, write, given_files):
    (tmp_path / "a.py").touch()
    (tmp_path / "b.py").touch()
    with pytest.raises(ValueError, match="neither a hand-out nor one program"):
        read(tmp_path, given_files)
    write(tmp_path / "c" / "one")
    write(tmp_path / "c" / "two")
    with pytest.raises(ValueError, match="more than one hand-out"):
        read(tmp_path / "c", given_files)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(ValueError, match="no Python file"):
        read(tmp_path / "empty.zip", given_files)


def test_the_hash_tells_contents_and_names_apart():
    def hashed(files, form=forms.PACKAGE):
        return forms.Work(form, "", files, []).sha256

    assert hashed({"a.py": b"1", "b.py": b"2"}) == hashed({"b.py": b"2", "a.py": b"1"})
    distinct = [{"a.py": b"12"}, {"a.py": b"1", "b.py": b"2"}, {"b.py": b"12"}, {"a.py": b"21"}]
    assert len({hashed(files) for files in distinct}) == len(distinct)
