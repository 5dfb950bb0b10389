"""What a submission is: a filled hand-out or a one-file script, and which of its files count."""

import hashlib
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from vae_np.course.exercises import EXERCISES, TABLE, place
from vae_np.course.texts import _
from vae_np.grading import sources
from vae_np.grading.shelf import LIBRARIES

PACKAGE, SCRIPT = "package", "script"
EXPERIMENTS = "experiments"  # the one folder of vae_np/ that exercises have, too
# Files with exercises, below vae_np/
MODULES = {place(f)[0].removeprefix("vae_np/") for row in TABLE for f in row.functions}
CLASSIC = tuple(exercise.classic for exercise in EXERCISES if exercise.classic)
SUPPLIED = ("data.py", "data_mnist.py")  # the assignment's own, which the checks bring along
UNTOUCHED = ("course", "tasks", "tests", "grading")  # folders of a hand-out that are not graded


class Work(NamedTuple):
    """The files that are graded, by name; all in one folder, which is vae_np/ for a package."""

    form: str
    main: str  # the file of a script; "" for a package
    files: dict[str, bytes]
    remarks: list[str]

    @property
    def sha256(self) -> str:
        """The hash of what is graded: form, names and contents."""
        digest = hashlib.sha256(f"{self.form} {self.main}\n".encode())
        for name, content in sorted(self.files.items()):
            digest.update(f"{name} {len(content)}\n".encode() + content)
        return digest.hexdigest()


def read(paths: Sequence[Path], given: Mapping[str, bytes]) -> Work:
    """The work in some files, or in one folder or archive.

    `given` are the files of the hand-out's vae_np/, blanks and all: they take the place of those
    that are missing. Raises ValueError for what cannot be read or recognised.
    """
    files: dict[PurePosixPath, bytes] = {}
    remarks: list[str] = []
    for path in paths:
        found = sources.read(path)
        files |= {_platform_free(name): content for name, content in found.files.items()}
        remarks += [_("left out: {what}").format(what=what) for what in found.left_out[:5]]
    if not files:
        raise ValueError(_("no Python file in it"))
    folder = _package(files)
    if folder is not None:
        return _hand_out(files, folder, given, remarks)
    return _script(files, remarks)


def _platform_free(path: PurePosixPath) -> PurePosixPath:
    """A path without what a learning platform, or a second download, put around the file's name."""
    match = re.search(r"(?:^|_)([A-Za-z]\w*?)(?:-\d+| ?\(\d+\))?\.py$", path.name)
    known = {*(module.rpartition("/")[2] for module in MODULES), *SUPPLIED}
    if path.name not in known and match and f"{match[1]}.py" in known:
        return path.with_name(f"{match[1]}.py")
    return path


def _package(files: Mapping[PurePosixPath, bytes]) -> PurePosixPath | None:
    """The folder that is a hand-out's vae_np/, if there is one."""
    folders: dict[PurePosixPath, int] = {}
    for path in files:
        if path.name in MODULES and not set(path.parts[:-1]) & set(UNTOUCHED):
            folders[path.parent] = folders.get(path.parent, 0) + 1
    likely = [folder for folder, count in folders.items() if folder.name == "vae_np" or count > 1]
    if len(likely) > 1:
        listed = ", ".join(sorted(map(str, likely)))
        raise ValueError(_("more than one hand-out in it: {names}").format(names=listed))
    return likely[0] if likely else None


def _hand_out(files, folder, given, remarks) -> Work:
    mine = {
        path.relative_to(folder).as_posix(): content
        for path, content in files.items()
        if path.parent in (folder, folder / EXPERIMENTS) and path.stem.isidentifier()
    }
    missing = sorted(set(given) - set(mine) - MODULES)
    changed = sorted(
        name for name in set(given) & set(mine) - MODULES if _differs(mine[name], given[name])
    )
    if missing:
        message = _("taken from the hand-out, since missing: {names}")
        remarks.append(message.format(names=_listed(missing)))
    if changed:
        message = _("not an exercise, but changed: {names}")
        remarks.append(message.format(names=_listed(changed)))
    complete = {name: given[name] for name in missing} | mine
    return Work(PACKAGE, "", complete, remarks)


def _listed(names: Sequence[str]) -> str:
    """Some names, the first ones if there are many."""
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _differs(one: bytes, other: bytes) -> bool:
    """Whether two sources differ in more than line ends and white space at them."""
    lines = [[line.rstrip() for line in text.splitlines()] for text in (one, other)]
    return lines[0] != lines[1]


def _script(files: Mapping[PurePosixPath, bytes], remarks) -> Work:
    programs = {path: text for path, text in files.items() if path.name not in SUPPLIED}
    named = [path for path in programs if path.name == "vae.py"]
    classic = [
        path
        for path, text in programs.items()
        if any(f"def {name}".encode() in text for name in CLASSIC)
    ]
    likely = next((paths for paths in (named, classic, list(programs)) if len(paths) == 1), None)
    if likely is None:
        listed = ", ".join(sorted(map(str, programs or files))[:5])
        raise ValueError(_("neither a hand-out nor one program: {names}").format(names=listed))
    main = likely[0]
    beside = {
        path.name: text
        for path, text in programs.items()
        if path.parent == main.parent and path != main and _may_stand_beside(path)
    }
    name = main.name if main.stem.isidentifier() else "vae.py"
    return Work(SCRIPT, name, {**beside, name: files[main]}, remarks)


def _may_stand_beside(path: PurePosixPath) -> bool:
    """Whether it is a module of the student's own that hides none of the libraries'."""
    return path.stem.isidentifier() and path.stem not in {*sys.stdlib_module_names, *LIBRARIES}
