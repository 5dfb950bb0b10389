"""A hand-out made once, and students' trees made of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.course.students import Tree
from vae_np.course import examine, exercises, handout, key, keymaker, process, sheet, texts
from vae_np.course.records import Result

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fea7d0a3460000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def _english():
    texts.use("en")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """A folder with stand-ins for task 3's figures."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in sheet.PICTURES:
        (folder / name).write_bytes(PIXEL)
    return folder


@pytest.fixture(scope="session")
def answers() -> key.Key:
    """A key for all exercises."""
    return keymaker.make(seed=5)


@pytest.fixture(scope="session")
def fresh_handout(tmp_path_factory, pictures) -> Path:
    """A hand-out with the usual exercises; not to be changed."""
    texts.use("en")
    folder = tmp_path_factory.mktemp("fresh") / "handout"
    handout.make(folder, exercises.Course(exercises.EXERCISES), seed=3, pictures=pictures)
    return folder


@pytest.fixture(scope="session")
def fresh_experiments(tmp_path_factory, pictures) -> Path:
    """A hand-out with the exercises on tasks 4 to 9; not to be changed."""
    texts.use("en")
    folder = tmp_path_factory.mktemp("experiments") / "handout"
    handout.make(folder, exercises.Course(exercises.EXPERIMENTS), seed=3, pictures=pictures)
    return folder


@pytest.fixture
def tree(fresh_handout, tmp_path) -> Tree:
    """A student's copy of the hand-out."""
    shutil.copytree(fresh_handout, tmp_path / "student")
    return Tree(tmp_path / "student")


@pytest.fixture
def tree_with(fresh_handout, fresh_experiments, tmp_path) -> Callable[[str], Tree]:
    """A student's copy of the hand-out that holds an exercise."""

    def copy(name: str) -> Tree:
        usual = name in {exercise.id for exercise in exercises.EXERCISES}
        shutil.copytree(fresh_handout if usual else fresh_experiments, tmp_path / "student")
        return Tree(tmp_path / "student")

    return copy


@pytest.fixture(scope="session")
def other_process():
    """The process that student code runs in."""
    with process.Plain(seconds=30) as plain:
        yield plain


@pytest.fixture
def check(answers, other_process) -> Callable[..., dict[str, Result]]:
    """Check exercises of a tree, those of its hand-out without names: results by exercise."""

    def run(tree: Tree, *names: str) -> dict[str, Result]:
        chosen = exercises.choose(list(names)) if names else tree.exercises()
        blank = tree.root / "vae_np/course/blank"
        results = examine.examine(tree.root, chosen, answers, other_process.ask, blank)
        return {result.id: result for result in results}

    return run
