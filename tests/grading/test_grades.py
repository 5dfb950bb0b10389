"""Tables of grades, their comparison, and parts put together."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_np import __main__ as command
from vae_np.course import exercises
from vae_np.grading import grades, plan, shards
from vae_np.grading.shards import Shard
from vae_np.grading.submissions import Listed

CHOSEN = exercises.choose(["1.1", "1.3"])


def result(name, points=1, status="right", mistake=None):
    return {"id": name, "points": points, "max_points": 1, "status": status, "mistake": mistake}


def entry(student, points=2, work="w", digest="d", problem="", **more):
    first = result("1.1", points - 1, "right" if points == 2 else "wrong")
    return {
        **{"student": student, "name": "", "late": False, "points": points, "max_points": 2},
        **{"problem": problem, "remarks": [], "files": [], "work": work, "result": digest},
        **{"form": "", "grader": "", "sandbox": None},
        "results": [] if problem else [first, result("1.3")],
        **more,
    }


def table(*entries, key="k"):
    return grades.collect(entries, CHOSEN, "en", key)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "|", "%"])
def test_no_cell_is_a_formula(start):
    text = grades.to_csv(table(entry(f"{start}cmd()", name=f"{start}1", remarks=[f"{start}2"])))
    (row,) = list(csv.reader(io.StringIO(text)))[1:]
    assert all(cell.lstrip()[:1] not in tuple("=+-@|%") for cell in row if cell)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4))
def test_a_table_has_a_row_for_every_student_whatever_the_names(names):
    text = grades.to_csv(table(*(entry(name) for name in names)))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 1 + len(names)
    assert {len(row) for row in rows} == {len(rows[0])}


def test_students_are_in_order_and_copies_are_together():
    found = table(
        entry("b", work="x"), entry("A", work="x"), entry("c", work="y"), entry("d", work="")
    )
    assert [one["student"] for one in found["students"]] == ["A", "b", "c", "d"]
    assert found["identical"] == [["A", "b"]]


def test_a_roster_matches_ids_then_names_and_adds_who_is_absent():
    entries = [entry("ANA"), entry("77", name="Luis Paz"), entry("eve")]
    listed = [Listed("ana", "Ana Ruiz"), Listed("s7", "luis paz"), Listed("zoe")]
    found, remarks = grades.with_roster(entries, listed, CHOSEN)
    assert [(one["student"], one["name"]) for one in found] == [
        *[("ana", "Ana Ruiz"), ("s7", "luis paz"), ("eve", ""), ("zoe", "")]
    ]
    assert found[-1]["problem"] == grades.NO_SUBMISSION
    assert remarks == ["eve is not in the roster"]
    with pytest.raises(ValueError, match="two submissions belong to s7"):
        grades.with_roster([entry("s7"), entry("x", name="Luis Paz")], listed, CHOSEN)


def test_changes_are_told_student_by_student():
    before = {
        "a": entry("a", 2),
        "b": entry("b", 2),
        "c": entry("c", problem="no Python file in it"),
    }
    after = [entry("a", 2), entry("b", 1), entry("c", 2), entry("d", 2)]
    assert grades.changes(before, after) == [
        "b: 2 -> 1 points",
        "b: 1.1 right, 1 -> wrong, 0",
        "c: no Python file in it -> read",
        "c: 1.1 not graded -> right, 1",
        "c: 1.3 not graded -> right, 1",
        "d: new, 2 points",
    ]


def test_damaged_grades_are_one_clear_line(tmp_path):
    path = tmp_path / grades.NAME
    assert grades.read(path) is None
    for content in ("{", "[]", '{"format": 99}'):
        path.write_text(content)
        with pytest.raises(ValueError, match="remove it"):
            grades.read(path)


@given(st.lists(st.text(), unique=True), st.integers(1, 9))
def test_every_student_is_in_exactly_one_shard(students, count):
    parts = [Shard(number + 1, count) for number in range(count)]
    assert all(sum(part.holds(student) for part in parts) == 1 for student in students)


def test_shards_are_named_by_hand_or_by_the_array_of_jobs(monkeypatch):
    assert shards.parse("2/4") == Shard(2, 4)
    for text in ("0/4", "5/4", "1", "a/b", "1/0", "-1/4", "1/4/2"):
        with pytest.raises(ValueError, match="expected i/n"):
            shards.parse(text)
    with pytest.raises(ValueError, match="neither"):
        shards.parse("auto")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "12")
    monkeypatch.setenv("SLURM_ARRAY_TASK_MIN", "10")
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "5")
    assert shards.parse("auto") == Shard(3, 5)
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID")
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    monkeypatch.setenv("JOB_COMPLETIONS", "3")
    assert shards.parse("auto") == Shard(1, 3)


def part(folder, name, *entries, **more):
    (folder / plan.RESULTS).mkdir(parents=True, exist_ok=True)
    for one in entries:
        (folder / plan.RESULTS / f"{one['result']}.json").write_text('{"results": []}')
    (folder / name).write_text(json.dumps({**table(*entries), **more}))
    return folder


def test_parts_are_merged_and_missing_ones_are_named(tmp_path, capsys):
    one = part(tmp_path / "one", "grades-1-of-3.json", entry("a", digest="x", work="same"))
    part(one, "grades-2-of-3.json", entry("b", digest="y", work="same"))
    two = part(tmp_path / "two", grades.NAME, entry("c", digest="z", work="other"))
    out = tmp_path / "out"
    assert command.main(["merge", str(one), str(two), "--out", str(out)]) == 1
    assert "missing: grades-3-of-3.json" in capsys.readouterr().err
    merged = grades.read(out / grades.NAME)
    assert [one["student"] for one in merged["students"]] == ["a", "b", "c"]
    assert merged["identical"] == [["a", "b"]]
    assert sorted(path.stem for path in (out / plan.RESULTS).iterdir()) == ["x", "y", "z"]
    assert (out / "grades.csv").read_text().count("\n") == 4


@pytest.mark.parametrize(
    ("more", "says"),
    [({"key": "other"}, "another key"), ({"language": "es"}, "another language")],
)
def test_parts_that_do_not_belong_together_are_refused(tmp_path, capsys, more, says):
    one = part(tmp_path / "one", grades.NAME, entry("a"))
    two = part(tmp_path / "two", grades.NAME, entry("b"), **more)
    assert command.main(["merge", str(one), str(two), "--out", str(tmp_path / "out")]) == 2
    assert says in capsys.readouterr().err


def test_parts_that_disagree_or_are_not_there_are_refused(tmp_path):
    one = part(tmp_path / "one", grades.NAME, entry("a", digest="x"))
    two = part(tmp_path / "two", grades.NAME, entry("a", digest="y"))
    with pytest.raises(ValueError, match="in two parts"):
        shards.merge([one, two], tmp_path / "out")
    with pytest.raises(ValueError, match="holds no grades"):
        shards.merge([tmp_path / "three"], tmp_path / "out")
    part(one, "grades-1-of-2.json", entry("b"))
    part(one, "grades-1-of-3.json", entry("c"))
    with pytest.raises(ValueError, match="different divisions"):
        shards.merge([one], tmp_path / "out")
