"""The Python files of a submission, whatever it came in: a file, a folder, or an archive.

Nothing is unpacked to disk. Only regular files are read, only Python files are kept, and every
count and size is bounded while reading; links, devices and archives in archives are left out.
"""

import bz2
import gzip
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from vae_np.course.texts import _

MAX_FILE = 2**20  # bytes of one source file
MAX_FILES = 500
MAX_MEMBERS = 20_000  # looked at
MAX_DEPTH = 12
MAX_UNPACKED = 2**27  # bytes read from one archive, kept or not
MAX_DIRECTORY = 2**22  # bytes of a .zip's list of members
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2")
OTHER_ARCHIVES = (".7z", ".rar", ".tar.xz", ".txz", ".gz", ".bz2", ".xz", ".zst")
SKIPPED = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv", "env"}

BLOCK = 512  # of a .tar
DIRECTORY_END = b"PK\x05\x06"


class Sources(NamedTuple):
    """Python files by their path in the submission, and what was left out."""

    files: dict[PurePosixPath, bytes]
    left_out: list[str]


def read(path: Path) -> Sources:
    """The Python files of a submission. Raises ValueError for what cannot or must not be read."""
    found = Sources({}, [])
    try:
        if path.is_symlink():
            raise ValueError(_("a link: expected a file or a folder"))
        if path.is_dir():
            _folder(path, found)
        elif is_archive(path):
            _archive(path, found)
        elif path.suffix.lower() == ".py":
            _keep(found, PurePosixPath(path.name), _regular(path))
        else:
            expected = _("expected .py, a folder, or one of {kinds}")
            raise ValueError(expected.format(kinds=", ".join(ARCHIVES)))
    except (OSError, EOFError, RuntimeError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(_("cannot be read: {reason}").format(reason=reason)) from error
    except (zipfile.BadZipFile, zlib.error, struct.error) as error:
        raise ValueError(_("a damaged archive: {error}").format(error=error)) from error
    return found


def _too_many() -> str:
    return _("more than {count} files").format(count=MAX_MEMBERS)


def _irregular(name: str) -> str:
    return _("not a regular file: {path}").format(path=name)


def is_archive(path: Path) -> bool:
    """Whether it is named as an archive that can be read."""
    return path.name.lower().endswith(ARCHIVES)


def _keep(found: Sources, name: PurePosixPath, content: bytes) -> None:
    if len(content) > MAX_FILE:
        message = _("{name} is larger than {size} MB: too large for a program")
        raise ValueError(message.format(name=name, size=MAX_FILE // 2**20))
    found.files[name] = content
    if len(found.files) > MAX_FILES:
        raise ValueError(_("more than {count} Python files").format(count=MAX_FILES))


def _wanted(found: Sources, name: str) -> PurePosixPath | None:
    """The path of a member that is to be read. Raises ValueError if it leads out of the archive."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or "\0" in name:
        raise ValueError(_("a path that leads out of the archive: {name!r}").format(name=name))
    if len(path.parts) > MAX_DEPTH:
        raise ValueError(_("folders nested more than {depth} deep").format(depth=MAX_DEPTH))
    if any(part in SKIPPED or part.startswith(".") for part in path.parts):
        return None
    if path.name.lower().endswith((*ARCHIVES, *OTHER_ARCHIVES)):
        found.left_out.append(_("an archive inside: {path}").format(path=path))
    return path if path.suffix.lower() == ".py" else None


# ---------------------------------------------------------------------- folders


def _folder(folder: Path, found: Sources) -> None:
    waiting, looked_at = [folder], 0
    while waiting:
        for entry in sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name):
            looked_at += 1
            if looked_at > MAX_MEMBERS:
                raise ValueError(_too_many())
            path = Path(entry.path)
            name = path.relative_to(folder).as_posix()
            if entry.is_symlink():
                found.left_out.append(_("a link: {path}").format(path=name))
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED and not entry.name.startswith("."):
                    _wanted(found, name)
                    waiting.append(path)
            elif (wanted := _wanted(found, name)) is not None:
                _keep(found, wanted, _regular(path))


def _regular(path: Path) -> bytes:
    """The content of a regular file; nothing else is opened in a way that could wait or act."""
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ValueError(_("{name} is not a regular file").format(name=path.name))
        return file.read(MAX_FILE + 1)


# ---------------------------------------------------------------------- archives


def _archive(path: Path, found: Sources) -> None:
    with path.open("rb") as file:
        if path.name.lower().endswith(".zip"):
            members = _zip(file, found)
        else:
            members = _tar(Bounded(_unpacked(path.name.lower(), file)), found)
        for name, content in members:
            _keep(found, name, content)


def _unpacked(name: str, file: BinaryIO) -> BinaryIO:
    if name.endswith((".gz", ".tgz")):
        return gzip.GzipFile(fileobj=file)
    return bz2.BZ2File(file) if name.endswith(".bz2") else file


def _zip(file: BinaryIO, found: Sources) -> Iterator[tuple[PurePosixPath, bytes]]:
    _check_directory(file)
    with zipfile.ZipFile(file) as archive:
        if len(archive.infolist()) > MAX_MEMBERS:
            raise ValueError(_too_many())
        for member in archive.infolist():
            name = _wanted(found, member.filename)
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                found.left_out.append(_irregular(member.filename))
            elif name is not None and not member.is_dir():
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    message = _("a .zip of an unusual kind: pack it again as a plain .zip")
                    raise ValueError(message)
                with archive.open(member) as content:
                    yield name, content.read(MAX_FILE + 1)


def _check_directory(file: BinaryIO) -> None:
    """Refuse a .zip whose list of members alone would fill the memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2**16 - 22))
    tail = file.read()
    start = tail.rfind(DIRECTORY_END)
    if start < 0 or len(tail) < start + 22:
        raise ValueError(_("not a .zip file, or a damaged one"))
    if struct.unpack_from("<I", tail, start + 12)[0] > MAX_DIRECTORY:
        raise ValueError(_too_many())


class Bounded:
    """A stream that refuses to give more than an archive may hold."""

    def __init__(self, stream: BinaryIO):
        self.stream, self.left = stream, MAX_UNPACKED

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or ValueError."""
        self.left -= size
        if self.left < 0:
            message = _("more than {size} MB when unpacked")
            raise ValueError(message.format(size=MAX_UNPACKED // 2**20))
        content = self.stream.read(size)
        if len(content) < size:
            raise ValueError(_("a damaged archive: it ends too early"))
        return content

    def skip(self, size: int) -> None:
        """Read past `size` bytes, a little at a time."""
        while size > 0:
            size -= len(self.read(min(size, 2**16)))


def _tar(stream: Bounded, found: Sources) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The Python files of a .tar: POSIX.1-1988 (ustar), with long names of GNU's and of pax."""
    long_name = None
    for _member in range(MAX_MEMBERS):
        header = stream.read(BLOCK)
        if not header.strip(b"\0"):
            return
        name, size, kind = _described(header)
        padded = size + -size % BLOCK
        if kind in b"Lx" and size <= 2**16:
            content = stream.read(padded)[:size]
            long_name = content.rstrip(b"\0") if kind == b"L" else _pax_path(content)
            continue
        path = _wanted(found, (long_name or name).decode("utf-8", "replace"))
        long_name = None
        regular = kind in (b"0", b"\0")
        if kind not in b"0\x005Lxg":
            found.left_out.append(_irregular(name.decode("utf-8", "replace")))
        if regular and path is not None:
            kept = min(size, MAX_FILE + 1)
            yield path, stream.read(kept)
            stream.skip(padded - kept)
        else:
            stream.skip(padded)
    raise ValueError(_too_many())


def _described(header: bytes) -> tuple[bytes, int, bytes]:
    """Name, size and kind of a member."""
    try:
        total = int(header[148:156].strip(b" \0"), 8)
        size = int(header[124:136].strip(b" \0") or b"0", 8)
    except ValueError:
        raise ValueError(_("not a .tar file, or a damaged one")) from None
    if total != sum(header) - sum(header[148:156]) + 8 * ord(" ") or size < 0:
        raise ValueError(_("not a .tar file, or a damaged one"))
    name = header[:100].split(b"\0")[0]
    prefix = header[345:500].split(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name, size, header[156:157]


def _pax_path(content: bytes) -> bytes | None:
    """The path of an extended header: records of the form "LENGTH path=VALUE\\n"."""
    while content:
        length = content[:20].partition(b" ")[0]
        if not length.isdigit() or not 0 < int(length) <= len(content):
            raise ValueError(_("a damaged archive: a header that cannot be read"))
        record, content = content[: int(length)], content[int(length) :]
        key, _equals, value = record.partition(b" ")[2].rstrip(b"\n").partition(b"=")
        if key == b"path":
            return value
    return None
