"""The filter on system calls, run by an interpreter of its own: for other processors as well."""

import errno
import struct

import pytest

from vae_np.grading.inside import seccomp

PID = 4711
MACHINES = ("x86_64", "aarch64")
ALLOWED, KILLED = seccomp.ALLOW, seccomp.KILL


def judged(machine, number, arguments=(), architecture=None):
    """What the filter answers to a call: classic BPF (linux/filter.h), as far as it is used."""
    table = seccomp.TABLES[machine]
    data = struct.pack("<IIQ", number, architecture or table["audit_arch"], 0)
    data += struct.pack("<6Q", *[*arguments, *[0] * 6][:6])
    lines, at, value = seccomp.program(PID, machine), 0, 0
    for _ in range(len(lines)):
        code, yes, no, constant = lines[at]
        at += 1
        if code == 0x20:  # BPF_LD | BPF_W | BPF_ABS
            (value,) = struct.unpack_from("<I", data, constant)
        elif code == 0x54:  # BPF_ALU | BPF_AND | BPF_K
            value &= constant
        elif code == 0x06:  # BPF_RET | BPF_K
            return constant
        else:
            holds = {
                0x15: value == constant,  # BPF_JMP | BPF_JEQ | BPF_K, and so on
                0x25: value > constant,
                0x35: value >= constant,
                0x45: bool(value & constant),
            }[code]
            at += yes if holds else no
    raise AssertionError("the filter does not end")


def number(machine, name):
    return seccomp.TABLES[machine]["numbers"][name]


def refused(error):
    return seccomp.ERRNO | error


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_listed_is_refused(machine):
    names = [name for group in seccomp.REFUSED.values() for name in group.split()]
    known = [name for name in names if name in seccomp.TABLES[machine]["numbers"]]
    assert len(known) > 95
    for name in known:
        assert judged(machine, number(machine, name)) == refused(errno.EPERM), name


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["clone3", "openat2"])
def test_calls_that_cannot_be_looked_into_seem_not_to_exist(machine, name):
    assert judged(machine, number(machine, name)) == refused(errno.ENOSYS)


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_newer_than_the_table_seems_not_to_exist(machine):
    for call in (451, 462, 467, 10_000):
        assert judged(machine, call) == refused(errno.ENOSYS)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["fchmod", "fchmodat", "utimensat"])
def test_modes_and_times_are_left_as_they_are_without_an_error(machine, name):
    assert judged(machine, number(machine, name)) == refused(0)


@pytest.mark.parametrize("machine", MACHINES)
def test_another_architecture_ends_the_process(machine):
    for other in (0x40000003, 0x40000028, 0):  # i386, arm
        assert judged(machine, 1, architecture=other or 1) == KILLED


def test_x32_ends_the_process():
    assert judged("x86_64", 0x40000000 | 39) == KILLED


@pytest.mark.parametrize("machine", MACHINES)
def test_threads_may_start_and_processes_may_not(machine):
    clone = number(machine, "clone")
    thread = 0x3D0F00  # the flags of glibc's pthread_create
    assert judged(machine, clone, [thread]) == ALLOWED
    assert judged(machine, clone, [17]) == refused(errno.EPERM)  # SIGCHLD alone: a fork
    assert judged(machine, clone, [0x10000000 | 17]) == refused(errno.EPERM)  # a user namespace


@pytest.mark.parametrize("machine", MACHINES)
def test_signals_reach_only_the_process_itself(machine):
    for name in ("kill", "tgkill"):
        assert judged(machine, number(machine, name), [PID, 9, 9]) == ALLOWED
        for other in (1, PID + 1, 0, 2**64 - 1, 2**64 - PID):
            assert judged(machine, number(machine, name), [other, 9, 9]) == refused(errno.EPERM)


@pytest.mark.parametrize("machine", MACHINES)
def test_reading_never_truncates(machine):
    openat = number(machine, "openat")
    assert judged(machine, openat, [0, 0, 0o1000]) == refused(errno.EPERM)
    for flags in (0, 0o1001, 0o1101, 0o2000000):  # read; truncate to write; create; close-on-exec
        assert judged(machine, openat, [0, 0, flags]) == ALLOWED


@pytest.mark.parametrize("machine", MACHINES)
def test_a_process_cannot_become_visible_or_outlive_its_parent_or_type(machine):
    prctl, ioctl = number(machine, "prctl"), number(machine, "ioctl")
    assert judged(machine, prctl, [1, 0]) == refused(errno.EPERM)
    assert judged(machine, prctl, [4, 1]) == refused(errno.EPERM)
    assert judged(machine, prctl, [15]) == ALLOWED  # a thread's name
    assert judged(machine, ioctl, [0, 0x5412]) == refused(errno.EPERM)
    assert judged(machine, ioctl, [0, 0x5401]) == ALLOWED  # is it a terminal?


@pytest.mark.parametrize("machine", MACHINES)
def test_ordinary_calls_pass(machine):
    ordinary = {"x86_64": (0, 1, 3, 9, 11, 12, 202, 228, 231), "aarch64": (56, 57, 63, 64, 98, 222)}
    for call in ordinary[machine]:
        assert judged(machine, call) == ALLOWED


def test_the_numbers_are_the_kernels():
    """Against this machine's own C library headers, where they are installed."""
    import platform
    import re
    from pathlib import Path

    places = (
        Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        Path("/usr/include/asm/unistd_64.h"),
    )
    found = next((place for place in places if place.is_file()), None)
    if found is None or platform.machine() != "x86_64":
        pytest.skip("no headers of the kernel for x86_64 here")
    theirs = dict(re.findall(r"#define __NR_(\w+) (\d+)", found.read_text()))
    for name, ours in seccomp.TABLES["x86_64"]["numbers"].items():
        assert int(theirs[name]) == ours, name
