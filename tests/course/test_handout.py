"""The hand-out: blanks, and only blanks; no solution anywhere; nothing of a student's is lost."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.course.students import Tree, reference_body, reference_statements
from vae_np.__main__ import main
from vae_np.course import blanks, exercises, handout, key, texts

IDS = [exercise.id for exercise in exercises.TABLE]
USUAL = [exercise.id for exercise in exercises.EXERCISES]
CHOICES = [*([name] for name in IDS), USUAL, IDS]
FORBIDDEN = (
    "mistakes.py",
    "experiment_mistakes.py",
    "probes.py",
    "keymaker.py",
    "handout.py",
    "sheet.py",
    "blanks.po",
)


def make(folder: Path, names: list[str], pictures: Path) -> Tree:
    handout.make(folder, exercises.Course(exercises.choose(names)), 1, pictures)
    return Tree(folder)


@pytest.fixture(scope="module")
def chosen_handouts(tmp_path_factory, pictures):
    """A hand-out for each exercise alone, one for the usual ones, and one for all together."""
    return {
        ",".join(names): make(tmp_path_factory.mktemp("one") / "handout", names, pictures)
        for names in CHOICES
    }


@pytest.mark.parametrize("names", CHOICES, ids=",".join)
def test_exactly_the_chosen_exercises_are_not_written_yet(chosen_handouts, check, names):
    tree = chosen_handouts[",".join(names)]
    there = IDS if (tree.root / "vae_np/experiments").is_dir() else USUAL
    results = check(tree, *there)
    assert {i for i, result in results.items() if result.status == "blank"} == set(names)
    blank = set(there) - set(names)
    assert {i for i, result in results.items() if result.status == "right"} == blank


def test_only_an_exercise_on_the_experiments_brings_their_files_along(chosen_handouts):
    for names, tree in chosen_handouts.items():
        expected = not set(names.split(",")) <= set(USUAL)
        files = ("vae_np/experiments/pca.py", "tasks/task4.py", "tasks/models.py")
        assert [(tree.root / file).is_file() for file in files] == [expected] * 3


def test_every_module_of_a_hand_out_can_be_imported(chosen_handouts):
    tree = chosen_handouts[",".join(IDS)]
    files = [*tree.root.glob("vae_np/*.py"), *tree.root.glob("vae_np/course/*.py")]
    files += [*tree.root.glob("vae_np/experiments/*.py"), *tree.root.glob("tasks/*.py")]
    names = [
        ".".join(file.relative_to(tree.root).with_suffix("").parts)
        for file in files
        if file.stem not in ("__main__", "__init__")
    ]
    code = f"import vae_np, sys\nassert sys.path[0] == ''\nimport {', '.join(names)}\nprint(vae_np)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert str(tree.root) in done.stdout


@pytest.mark.parametrize("exercise", exercises.TABLE, ids=lambda exercise: exercise.id)
def test_the_reference_s_body_put_back_earns_full_marks(tree_with, check, exercise):
    """Also while every exercise that it needs is blank."""
    tree = tree_with(exercise.id)
    tree.solve(exercise.id)
    results = check(tree)
    assert results[exercise.id].status == "right", results[exercise.id]
    assert results[exercise.id].points == exercise.points
    others = {result.status for name, result in results.items() if name != exercise.id}
    assert others == {"blank"}


@pytest.mark.parametrize("name", ["1.1", "5.1"])
def test_all_of_the_reference_s_bodies_earn_all_points(tree_with, check, name):
    tree = tree_with(name)
    tree.solve()
    assert all(result.points == result.max_points for result in check(tree).values())


def sources(tree: Tree) -> list[ast.Module]:
    return [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(tree.root.rglob("*.py"))]


def holds(module: ast.Module, statements: list[ast.stmt]) -> bool:
    """Whether the statements stand somewhere in a row, or their one expression anywhere."""
    wanted = blanks.normalised(statements)
    for node in ast.walk(module):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                for start in range(len(block) - len(statements) + 1):
                    piece = block[start : start + len(statements)]
                    alike = list(map(type, piece)) == list(map(type, statements))
                    if alike and blanks.normalised(piece) == wanted:
                        return True
        is_kind = len(statements) == 1 and isinstance(node, type(statements[0].value))
        if is_kind and blanks.normalised([ast.Return(node)]) == wanted:
            return True
    return False


def test_the_search_finds_a_solution_under_other_names():
    statements = reference_statements("vae_np.gaussian.sample")
    hidden = "import x\ndef g(a, b, c):\n    if a:\n        y = a + np.exp(b) * c\n    return 1\n"
    assert holds(ast.parse(hidden), statements)
    assert not holds(ast.parse(hidden.replace("exp", "sin")), statements)
    statements = reference_statements("vae_np.vae.generate")
    assert holds(ast.parse("y = f(bernoulli.mean(vae.decode(net, z)))"), statements)


@pytest.mark.parametrize("names", CHOICES, ids=",".join)
def test_no_solution_is_found_anywhere_in_the_tree(chosen_handouts, names):
    modules = sources(chosen_handouts[",".join(names)])
    for exercise in exercises.choose(names):
        for function in exercise.functions:
            statements = reference_statements(function)
            assert not any(holds(module, statements) for module in modules), function


def test_no_text_file_or_zip_holds_a_solution_or_a_maker(chosen_handouts, tmp_path):
    tree = chosen_handouts[",".join(IDS)]
    handout.pack(tree.root, tmp_path / "h.zip")
    with zipfile.ZipFile(tmp_path / "h.zip") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert len(contents) == sum(path.is_file() for path in tree.root.rglob("*"))
    for name, content in contents.items():
        assert Path(name).name not in FORBIDDEN
        assert "/tests/" not in name
        for exercise in exercises.TABLE:
            for function in exercise.functions:
                for line in reference_body(function).splitlines():
                    if len(line) > 40 and not name.endswith(".py"):
                        assert line.strip().encode() not in content, (name, line)
        if name.endswith(".py"):  # the very files of the tree, which is searched above
            assert content == (tree.root / name.removeprefix("h/")).read_bytes()


def test_the_key_is_numbers_and_texts(fresh_handout):
    answers = key.load(fresh_handout / "vae_np/course/key")
    assert sorted(answers.forms["package"]) == USUAL
    text = (fresh_handout / "vae_np/course/key/key.json").read_text(encoding="utf-8")
    assert "lambda" not in text
    assert "def " not in text


def test_equal_hand_outs_are_equal_files(tmp_path, pictures):
    archives = []
    for name in ("a", "b"):
        folder = tmp_path / name / "handout"
        make(folder, ["1.1", "1.3"], pictures)
        archives.append(folder.with_suffix(".zip"))
        handout.pack(folder, archives[-1])
    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_another_seed_makes_another_key(tmp_path, pictures):
    keys = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        handout.make(folder, exercises.Course(exercises.choose(["1.1"])), seed, pictures)
        keys.append(key.load(folder / "vae_np/course/key").forms["package"]["1.1"])
    assert (keys[0].probes[1].calls[0].args[0] != keys[1].probes[1].calls[0].args[0]).all()


def test_a_blank_keeps_everything_else(fresh_handout):
    ours = Path(handout.ROOT / "vae_np/gaussian.py").read_text(encoding="utf-8")
    theirs = (fresh_handout / "vae_np/gaussian.py").read_text(encoding="utf-8")
    for name in ("sample", "kl_from_standard"):
        nodes = [blanks.find(source, name) for source in (ours, theirs)]
        assert ast.get_docstring(nodes[0]) == ast.get_docstring(nodes[1])
        assert ast.unparse(nodes[0].args) == ast.unparse(nodes[1].args)
    assert blanks.text_of(ours, "log_prob") == blanks.text_of(theirs, "log_prob")
    assert ours.split("def sample")[0] == theirs.split("def sample")[0]


def test_a_file_with_a_blank_imports_numpy_as_np_and_no_orphan(fresh_handout):
    for name in ("adam", "bernoulli", "gaussian", "vae"):
        source = (fresh_handout / f"vae_np/{name}.py").read_text(encoding="utf-8")
        assert "numpy as np\n" in source
    assert "BLOCK" not in (fresh_handout / "vae_np/adam.py").read_text(encoding="utf-8")


def test_a_constant_that_a_docstring_names_stays(chosen_handouts):
    source = chosen_handouts["7.1"].file("gaussian_decoder").read_text(encoding="utf-8")
    assert "STD_FLOOR = FIXED_STD" in source


def test_what_would_give_an_exercise_away_is_left_out_with_it(chosen_handouts):
    for name, functions in handout.WITHHELD.items():
        for function in functions:
            file, function_name = exercises.place(function)
            alone, together = (chosen_handouts[n].root / file for n in (name, ",".join(IDS)))
            assert alone.is_file() == ("experiments" not in file)
            source = (alone if alone.is_file() else together).read_text(encoding="utf-8")
            assert "left out of the hand-out" in blanks.text_of(source, function_name)


def command(*words: str) -> int:
    return main([*words])


def test_the_command_makes_a_folder_and_a_zip(tmp_path, pictures, capsys):
    out = tmp_path / "new"
    words = [
        "--out",
        str(out),
        "--seed",
        "4",
        "--exercises",
        "1.3, 1.1",
        "--pictures",
        str(pictures),
    ]
    assert command("handout", *words, "--zip") == 0
    assert (tmp_path / "new.zip").is_file()
    assert "exercises 1.1, 1.3" in capsys.readouterr().out
    assert 'exercises = ["1.1", "1.3"]' in (out / "course.toml").read_text(encoding="utf-8")


def test_a_hand_out_laid_over_a_student_s_folder_keeps_what_was_written(tmp_path, pictures, check):
    out = tmp_path / "student"
    words = ["--out", str(out), "--pictures", str(pictures), "--lang", "en"]
    assert command("handout", *words, "--seed", "1") == 0
    tree = Tree(out)
    tree.solve("1.1", "2")
    tree.write("gaussian.kl_from_standard", "return my_sum(mean)")
    source = tree.file("gaussian").read_text(encoding="utf-8")
    helper = "\n\ndef my_sum(x):\n    return np.sum(x, axis=1) + math.pi\n"
    source = source.replace("import autograd", "import math\n\nimport autograd", 1) + helper
    tree.file("gaussian").write_text(source, encoding="utf-8")
    tree.file("mlp").write_text("# mine\n", encoding="utf-8")
    (out / "notes.txt").write_text("mine", encoding="utf-8")

    assert command("handout", *words, "--seed", "2") == 0

    results = check(tree)
    assert (results["1.1"].status, results["2"].status) == ("right", "right")
    assert results["1.3"].status == "wrong"
    assert results["1.3"].found == "[2.1416, 3.6416]"
    assert results["1.2"].status == "blank"
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (out / "vae_np/mlp.py.old").read_text(encoding="utf-8") == "# mine\n"
    assert "def predict" in tree.file("mlp").read_text(encoding="utf-8")
    assert tree.file("gaussian").with_name("gaussian.py.old").read_text(encoding="utf-8") == source


def test_a_file_that_is_no_python_any_more_is_set_aside(tmp_path, pictures):
    out = tmp_path / "student"
    words = ["--out", str(out), "--pictures", str(pictures), "--exercises", "1.1"]
    assert command("handout", *words, "--seed", "1") == 0
    (out / "vae_np/gaussian.py").write_text("def sample(:\n", encoding="utf-8")
    assert command("handout", *words, "--seed", "1") == 0
    assert (out / "vae_np/gaussian.py.old").read_text(encoding="utf-8") == "def sample(:\n"
    assert "exercise 1.1" in (out / "vae_np/gaussian.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--exercises", "9"], "expected one of"),
        (["--exercises", ","], "no exercise"),
        (["--settings", "none.toml"], "not a file"),
        (["--pictures", "."], "lacks Task_3_1.png"),
        (["--lang", "xx"], "expected one of en, es"),
    ],
)
def test_a_wrong_command_is_one_line_and_two(tmp_path, capsys, words, said):
    assert command("handout", "--out", str(tmp_path / "new"), "--seed", "1", *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_exercises_that_the_settings_leave_out_cannot_be_chosen(tmp_path, capsys):
    (tmp_path / "course.toml").write_text('exercises = ["1.1"]', encoding="utf-8")
    words = ["--settings", str(tmp_path / "course.toml"), "--exercises", "1.3", "--seed", "1"]
    assert command("handout", "--out", str(tmp_path / "new"), *words) == 2
    assert "none of the exercises" in capsys.readouterr().err


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path, pictures, capsys):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    words = ["--out", str(tmp_path), "--seed", "1", "--pictures", str(pictures)]
    assert command("handout", *words) == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_sheet_holds_every_exercise_its_equation_and_its_points(tmp_path, pictures, language):
    texts.use(language)
    make(tmp_path / "handout", IDS, pictures)
    sheet = (tmp_path / "handout/tasks/README.md").read_text(encoding="utf-8")
    for exercise in exercises.TABLE:
        assert f"## {exercise.id} `{exercise.name}`" in sheet
    assert "KL = ½ Σ_k (mean_k² + std_k² - 1 - 2 log std_k)" in sheet
    assert "ticks_i = Φ⁻¹((i + ½) / steps)" in sheet
    assert "python -m tasks.task5 --quick" in sheet
    assert "pictures/Task_3_1.png" in sheet
    assert ("Práctica" in sheet) == (language == "es")
