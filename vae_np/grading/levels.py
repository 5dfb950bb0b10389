"""How well a submission is confined: what was really obtained, in words and with the results."""

from typing import Any, NamedTuple

from vae_np.course.texts import N_, _

STRONG, BASIC = "strong", "basic"

# What a trial of the sandbox attempts; each must be refused for a submission to be confined
ATTEMPTS = {
    "reading": N_("read the files of the user who grades, the reference solution among them"),
    "writing": N_("change or delete files of the user who grades"),
    "network": N_("use the network"),
    "signals": N_("stop other processes of the user who grades"),
    "processes": N_("start processes (they are ended with it)"),
}
NEEDED = ("reading", "writing", "network", "signals")


class Level(NamedTuple):
    """The level of confinement, and what it rests on."""

    name: str
    landlock: int  # the kernel's ABI version, 0 if it does not confine
    seccomp: bool
    user: bool  # whether submissions run as a user of their own
    possible: tuple[str, ...]  # what a submission could still attempt, names of ATTEMPTS
    missing: tuple[str, ...]  # why layers are missing


def obtained(report: dict[str, Any]) -> Level:
    """The level that a trial has shown."""
    possible = tuple(name for name in ATTEMPTS if not report["blocked"].get(name))
    layers = report["landlock"] and report["seccomp"]
    strong = layers and not set(NEEDED) & set(possible)
    return Level(
        STRONG if strong else BASIC,
        report["landlock"],
        report["seccomp"],
        report["user"] is not None,
        possible,
        tuple(f"{name}: {why}" for name, why in report["missing"].items() if name != "user"),
    )


def none_here(system: str) -> Level:
    """The level of a system that has no means to confine a process."""
    return Level(BASIC, 0, False, False, tuple(ATTEMPTS), (f"{system}: only Linux has them",))


def text(level: Level) -> str:
    """The level in one line."""
    layers = [
        f"Landlock ABI {level.landlock}" if level.landlock else "",
        "seccomp" if level.seccomp else "",
        _("a user of their own") if level.user else "",
        _("time, memory and output are limited"),
    ]
    listed = ", ".join(layer for layer in layers if layer)
    return _("sandbox: {level} ({layers})").format(level=level.name, layers=listed)


def shortfall(level: Level) -> str:
    """What is missing for the strong level, and what the basic one gives up."""
    reasons = "; ".join(level.missing) or _("a trial was not stopped")
    given_up = "; ".join(_(ATTEMPTS[name]) for name in level.possible)
    return _(
        "this machine cannot confine submissions ({reasons}). With --require basic they are graded "
        "all the same, in processes of their own and with limits, but one that means harm could: "
        "{given_up}"
    ).format(reasons=reasons, given_up=given_up)
