"""The folder of a sandbox: box/ for a submission, spare/ for the hand-out, tmp/ to write in."""

import contextlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from vae_np.grading.inside import folder

BOX, SPARE, TEMPORARY = "box", "spare", "tmp"


def new(spare: Mapping[str, bytes]) -> Path:
    """A new room; others may pass through it but not look around."""
    room = Path(tempfile.mkdtemp(prefix="vae_np-")).resolve()
    room.chmod(0o711)
    (room / BOX).mkdir()
    (room / TEMPORARY).mkdir()
    _put(room / SPARE, spare)
    return room


def fill(room: Path, name: str, contents: Mapping[str, bytes]) -> Path:
    """Put a submission's files, and nothing else, into a folder of this name in the box."""
    box = room / BOX
    folder.empty(box)
    box.chmod(0o755)
    return _put(box / name, contents)


def remove(room: Path) -> None:
    """Take the room down, whatever is in it, unless a zygote that lost its master was first."""
    with contextlib.suppress(FileNotFoundError):
        for name in (BOX, TEMPORARY):
            folder.empty(room / name)
        shutil.rmtree(room)


def _put(target: Path, contents: Mapping[str, bytes]) -> Path:
    target.mkdir()
    target.chmod(0o755)
    for name, content in contents.items():
        below = (target / name).parent
        if not below.exists():
            below.mkdir()
            below.chmod(0o755)
        (target / name).write_bytes(content)
        (target / name).chmod(0o644)
    return target
