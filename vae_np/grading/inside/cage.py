"""All layers of the confinement together, as many of them as this machine has."""

import contextlib
import importlib.util
import os
import resource
from pathlib import Path

HERE = Path(__file__).resolve().parent
OTHER_USER = 64_321  # a number that belongs to nobody
MAX_PROCESSES = 64
FILE_SIZE = 2**25  # bytes


def _load(name):
    spec = importlib.util.spec_from_file_location(f"_inside_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


landlock, privileges, seccomp = map(_load, ("landlock", "privileges", "seccomp"))


class Cage:
    """What a child is confined by; `user` is whom it becomes, None for whoever it is."""

    def __init__(self, settings, user, layers):
        self.user = user
        self.temporary = Path(settings["temporary"])
        self.memory = address_space() + settings["memory"]
        self.missing = {}
        self.rules = None
        self.filtered = "seccomp" in layers and seccomp.known()
        if "seccomp" in layers and not self.filtered:
            self.missing["seccomp"] = "the system calls of this processor are not known"
        if "landlock" in layers:
            try:
                self.rules = landlock.ruleset(settings["readable"], settings["writable"])
            except OSError as error:
                self.missing["landlock"] = str(error)
        os.chown(self.temporary, user or os.getuid(), -1)

    def descriptors(self):
        """What must stay open until `enter`."""
        return [] if self.rules is None else [self.rules]

    def described(self):
        """The layers, for the record."""
        return {
            "landlock": landlock.version() if self.rules is not None else 0,
            "seccomp": self.filtered,
            "user": self.user,
            "address_space": address_space(),
        }

    def enter(self, parent, cpu, rules):
        """Confine this process, a child of `parent`, for good; `rules` is where the descriptor is.

        Raises OSError if a layer cannot be had, and then nothing that is not trusted may run.
        """
        os.setsid()
        privileges.first_to_go()
        privileges.limit(self.memory, cpu, FILE_SIZE, self._processes())
        if self.user:
            privileges.become(self.user)
        privileges.give_up_rights()
        privileges.die_with(parent)
        if self.rules is not None:
            landlock.restrict(rules)
            os.close(rules)
        if self.filtered:
            seccomp.install(seccomp.program(os.getpid()))

    def _processes(self):
        """The kernel's limit counts all that a user runs, and knows none for root."""
        if self.user:
            return MAX_PROCESSES
        if self.filtered or os.getuid() == 0:
            return None  # the filter refuses new processes
        return MAX_PROCESSES + threads_of(os.getuid())


def address_space():
    """Bytes of address space that the libraries take."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def threads_of(user):
    """How many threads run in this user's name."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == user:
                count += len(os.listdir(process / "task"))
    return count
