"""A folder that somebody else fills: how much is in it, and how to empty it whatever is in it."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

MAX_ENTRIES = 2_000
MAX_BYTES = 2**27


def too_full(folder: Path) -> bool:
    """Whether it holds too many files, or too much; looks at no more than it must."""
    waiting, entries, size = [folder], 0, 0
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                entries += 1
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    size += status.st_blocks * 512
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(entry.path)
                if entries > MAX_ENTRIES or size > MAX_BYTES:
                    return True
    return False


def empty(folder: Path) -> None:
    """Remove all that is in it, however deep, locked or linked; links are not followed.

    What is below a folder in it is first moved up, so that no path grows too long.
    """
    os.chmod(folder, 0o700)
    while entries := list(os.scandir(folder)):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, 0o700)
            for inner in list(os.scandir(entry.path)):
                if inner.is_dir(follow_symlinks=False):
                    os.chmod(inner.path, 0o700)
                os.rename(inner.path, folder / secrets.token_hex(12))
            os.rmdir(entry.path)
