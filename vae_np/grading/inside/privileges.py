"""What a process gives up before it reads code that is not trusted: rights, memory, time, identity.

Source: the manual pages prctl(2), capabilities(7) and getrlimit(2).
"""

import contextlib
import ctypes
import os
import resource

LIBC = ctypes.CDLL(None, use_errno=True)
SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP = 1, 4, 24
SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS = 36, 38
CAPABILITIES_VERSION = 0x20080522
SIGKILL = 9


def prctl(option: int, value: int) -> None:
    """One of the kernel's process settings. Raises OSError."""
    if LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option} was refused")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none can escape."""
    prctl(SET_CHILD_SUBREAPER, 1)


def become(user: int) -> None:
    """Be a user of one's own, with no group but one of that number. Raises OSError."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def give_up_rights() -> None:
    """No capability, none to be had by running a program, no traces for others to read."""
    for capability in range(64):
        if LIBC.prctl(CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) != 0:
            break  # beyond the last one, or not an administrator at all
    with contextlib.suppress(AttributeError):  # a C library without the call: only root needs it
        header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
        LIBC.capset(header, (ctypes.c_uint32 * 6)())
    prctl(SET_NO_NEW_PRIVS, 1)
    prctl(SET_DUMPABLE, 0)


def die_with(parent: int) -> None:
    """End as soon as the parent does. Changing the user would undo this, so it comes after."""
    prctl(SET_PDEATHSIG, SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def limit(memory: int, cpu: int, file_size: int, processes: int | None) -> None:
    """Resource limits, in bytes and seconds; soft and hard are one, so none can be raised."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_NOFILE: 128,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 2**16,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if processes is not None:
        limits[resource.RLIMIT_NPROC] = processes
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


def first_to_go() -> None:
    """When the machine runs out of memory, end this process and no other."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
