"""Landlock: from now on this process, and what it starts, may open only what is listed.

Source: the kernel's documentation, userspace-api/landlock.rst, and include/uapi/linux/landlock.h.
"""

import ctypes
import os
import stat

LIBC = ctypes.CDLL(None, use_errno=True)
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
VERSION, PATH_BENEATH = 1, 1

READ_FILE, READ_DIR = 1 << 2, 1 << 3
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
REFER = 1 << 13
READ = READ_FILE | READ_DIR
# Regular files and folders; no links, no devices, no sockets, and nothing may be executed
WRITE = READ | WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER
ONE_FILE = READ_FILE | WRITE_FILE | TRUNCATE  # what a rule about a file may grant
# Rights that an ABI version knows; what it knows and is not granted is refused
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
NETWORK = 0b11  # bind and connect by TCP: version 4
SCOPES = 0b11  # abstract Unix sockets and signals: version 6


class Ruleset(ctypes.Structure):
    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def version() -> int:
    """The kernel's Landlock ABI version, 0 without Landlock."""
    return max(0, LIBC.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION))


def ruleset(readable: list[str], writable: list[str]) -> int:
    """A descriptor of the rules: these files and folders, with all below them, and nothing else.

    A path that does not exist is left out. Raises OSError without Landlock.
    """
    abi = version()
    handled = (1 << FILE_RIGHTS[min(abi, max(FILE_RIGHTS))]) - 1 if abi else 0
    rules = Ruleset(handled, NETWORK if abi >= 4 else 0, SCOPES if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    fd = _called(LIBC.syscall(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0))
    for paths, rights in ((readable, READ), (writable, WRITE)):
        for path in paths:
            _allow(fd, path, rights & handled)
    return fd


def _allow(fd: int, path: str, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= ONE_FILE
        rule = PathBeneath(rights, beneath)
        _called(LIBC.syscall(ADD_RULE, fd, PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(beneath)


def restrict(fd: int) -> None:
    """Submit to the rules for good. PR_SET_NO_NEW_PRIVS must be set. Raises OSError."""
    _called(LIBC.syscall(RESTRICT_SELF, fd, 0))


def _called(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result
