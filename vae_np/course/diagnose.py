"""From what a student's code answered, and an entry of the key, to a verdict on one exercise."""

from typing import NamedTuple

import numpy as np

from vae_np.course import compare
from vae_np.course.exercises import Exercise
from vae_np.course.key import Entry, Mistaken
from vae_np.course.records import Answer, Array, Outcome, Probe
from vae_np.course.texts import N_, _

SINGLE_PRECISION = (
    N_("single precision"),
    N_("The values are right to 32-bit precision only: somewhere 64-bit numbers become 32-bit."),
)
OWN_NOISE = (
    N_("noise of its own"),
    N_("Two calls with the same arguments give different results: use the eps that is passed in."),
)
MAX_SHOWN = 12  # numbers of one array


class Verdict(NamedTuple):
    """A status, why, and the share of the points; the fields are those of a Result."""

    status: str
    mistake: str | None = None
    message: str = ""
    expected: str = ""
    found: str = ""
    where: str = ""
    share: float = 0.0


def verdict(exercise: Exercise, entry: Entry, answer: Answer) -> Verdict:
    """The verdict on one answer. Parts of an exercise are judged one by one; the worst is told."""
    ended = ending(answer)
    if ended:
        return ended
    outcomes = by_probe(entry.probes, answer.outcomes)
    parts: list[Verdict] = []
    for part in range(len(exercise.functions)):
        indices = [
            i
            for i, probe in enumerate(entry.probes)
            if probe.part == part and _judgeable(exercise, probe, part, parts)
        ]
        parts.append(_part(exercise, entry, outcomes, indices))
    return combine(exercise, parts)


def combine(exercise: Exercise, parts: list[Verdict]) -> Verdict:
    """The verdict on an exercise: the first of the worst parts, and all points that were earned."""
    order = ["wrong", "error", "blank", "right"]
    worst = min(parts, key=lambda part: order.index(part.status))
    if worst.status == "right":
        worst = next((part for part in parts if part.mistake), worst)
    shares = zip(exercise.shares, parts, strict=True)
    return worst._replace(share=sum(share for share, part in shares if part.status == "right"))


def ending(answer: Answer) -> Verdict | None:
    """The verdict on a process that did not answer to the end, or None if it did."""
    if answer.end == "timeout":
        return Verdict(
            "timeout", message=_("Stopped, because it took too long. Is there an endless loop?")
        )
    if answer.end == "crash":
        detail = f" ({answer.detail})" if answer.detail else ""
        return Verdict("error", message=_("This code ended Python itself.") + detail)
    if answer.end == "garbled":
        return Verdict("error", message=_("The code disturbed the checks, and gave no answer."))
    return None


def by_probe(probes: tuple[Probe, ...], outcomes: list[Outcome]) -> list[list[Outcome]]:
    """The outcomes of a job's calls, probe by probe."""
    rest = iter(outcomes)
    return [[next(rest) for _call in probe.calls] for probe in probes]


def _judgeable(exercise: Exercise, probe: Probe, part: int, parts: list[Verdict]) -> bool:
    """Whether the other functions that the probe calls are known to be right."""
    others = {call.function for call in probe.calls} - {exercise.functions[part]}
    return all(
        parts[exercise.functions.index(other)].status == "right"
        for other in others
        if exercise.functions.index(other) < len(parts)
    )


def _part(
    exercise: Exercise, entry: Entry, outcomes: list[list[Outcome]], indices: list[int]
) -> Verdict:
    graded = [i for i in indices if not entry.probes[i].advisory]
    wrong = [i for i in graded if not _same(entry, i, outcomes, entry.expected)]
    if not wrong:
        return _warned(entry, outcomes, [i for i in indices if i not in graded])
    for precision in (0.0, compare.ROUNDING * compare.SINGLE):
        for mistake in entry.mistakes:
            alike = all(_same(entry, i, outcomes, mistake.outcomes, precision) for i in graded)
            # A mistake that these probes cannot tell from the solution explains nothing
            differs = any(not _same(entry, i, mistake.outcomes, entry.expected) for i in wrong)
            if alike and differs:
                return _named(entry, outcomes, wrong, mistake)
    if all(
        _same(entry, i, outcomes, entry.expected, compare.ROUNDING * compare.SINGLE) for i in graded
    ):
        return Verdict("right", SINGLE_PRECISION[0], _(SINGLE_PRECISION[1]))
    return _unnamed(exercise, entry, outcomes, wrong[0])


def _same(entry, probe, found, wanted, precision=0.0) -> bool:
    rtol = max(precision, entry.probes[probe].rtol)
    pairs = zip(found[probe], wanted[probe], strict=True)
    return all(compare.same(one, other, rtol) for one, other in pairs)


def _warned(entry: Entry, outcomes: list[list[Outcome]], advisory: list[int]) -> Verdict:
    """Right; with a warning if a probe that costs no points went another way."""
    off = [i for i in advisory if not _same(entry, i, outcomes, entry.expected)]
    warnings = [mistake for mistake in entry.mistakes if mistake.warning]
    for i in off:
        exact = [m for m in warnings if _same(entry, i, outcomes, m.outcomes)]
        # The constant of a guard is a student's own choice: then finite or not must do
        alike = [m for m in warnings if _finite(m.outcomes[i]) == _finite(outcomes[i])]
        for mistake in [*exact, *alike]:
            if not _same(entry, i, mistake.outcomes, entry.expected):
                return Verdict("right", mistake.name, _(mistake.message))
    return Verdict("right")


def _finite(outcomes) -> bool:
    return all(
        outcome.status == "value" and all(np.isfinite(array).all() for array in outcome.arrays)
        for outcome in outcomes
    )


def _named(
    entry: Entry, outcomes: list[list[Outcome]], wrong: list[int], mistake: Mistaken
) -> Verdict:
    if mistake.warning:
        return Verdict("right", mistake.name, _(mistake.message))
    expected, found, where = example(entry, outcomes, wrong[0])
    return Verdict("wrong", mistake.name, _(mistake.message), expected, found, where)


def _unnamed(
    exercise: Exercise, entry: Entry, outcomes: list[list[Outcome]], probe: int
) -> Verdict:
    """The verdict on a probe that no known mistake explains."""
    call, outcome, wanted = _first_difference(entry, outcomes, probe)
    expected, found, where = example(entry, outcomes, probe)
    function = entry.probes[probe].calls[call].function.removeprefix("vae_np.")
    if outcome.status == "blank":
        if outcome.message.startswith(f"exercise {exercise.id}:"):
            return Verdict("blank", message=_("not written yet"), where=where)
        message = _("It calls a function that is not written yet: {what}")
        return Verdict("error", message=message.format(what=outcome.message), where=where)
    if outcome.status == "missing":
        message = _("There is no {what}: was it renamed or deleted?")
        return Verdict("error", message=message.format(what=outcome.message))
    if outcome.status == "exit":
        message = _("It ended the program ({what}) instead of returning a value.")
        return Verdict("error", message=message.format(what=outcome.message), where=where)
    if outcome.status == "error":
        return Verdict("error", message=outcome.message, where=where)
    if outcome.status == "stub_miss":
        message = _("It calls {what} with other arguments than the solution does.")
        what = outcome.message.removeprefix("vae_np.")
        return Verdict("wrong", None, message.format(what=what), expected, "", where)
    message = problem(function, outcome, wanted)
    if entry.probes[probe].calls[call].cotangent is not None:
        message = _("The values are right, but not their gradient. {problem}").format(
            problem=message
        )
    return Verdict("wrong", None, message, expected, found, where)


def _first_difference(entry: Entry, outcomes: list[list[Outcome]], probe: int):
    rtol = entry.probes[probe].rtol
    for call, (found, wanted) in enumerate(
        zip(outcomes[probe], entry.expected[probe], strict=True)
    ):
        if not compare.same(found, wanted, rtol):
            return call, found, wanted
    raise AssertionError("the probe is right")


def problem(function: str, found: Outcome, wanted: Outcome) -> str:
    """What is wrong with a returned value: its kind first, then its shape, then its numbers."""
    if found.kind == "none":
        return _("{function} returns nothing: is a return missing?").format(function=function)
    if not compare.matching_kinds(found.kind, wanted.kind):
        return _("{function} returns {found}; expected {wanted}.").format(
            function=function, found=kind_text(found.kind), wanted=kind_text(wanted.kind)
        )
    shapes = [[array.shape for array in outcome.arrays] for outcome in (found, wanted)]
    if shapes[0] != shapes[1]:
        return _("The shape is {found}; expected {wanted}.").format(
            found=", ".join(map(str, shapes[0])), wanted=", ".join(map(str, shapes[1]))
        )
    if not _finite([found]):
        return _("The result holds values that are not finite (nan or inf).")
    return _("The values differ.")


def kind_text(kind) -> str:
    """A kind in words."""
    if isinstance(kind, list) and kind[0].startswith("record "):
        return kind[0].removeprefix("record ")
    if isinstance(kind, list):
        return _("{count} values").format(count=len(kind) - 1)
    known = {
        "array": _("an array"),
        "number": _("a number"),
        "list": _("a Python list"),
        "none": _("nothing"),
        "box": _("an autograd box, which is no result"),
    }
    return known.get(kind) or kind.removeprefix("other ")


def example(entry: Entry, outcomes: list[list[Outcome]], probe: int) -> tuple[str, str, str]:
    """Expected, found and where, on the first call of a probe that went wrong."""
    _call, found, wanted = _first_difference(entry, outcomes, probe)
    shown = entry.probes[probe].shown
    expected = f"{shown} = {value_text(wanted)}" if shown else value_text(wanted)
    return expected, value_text(found), found.where


def value_text(outcome: Outcome) -> str:
    """An outcome as short text."""
    if outcome.status != "value":
        return outcome.message or outcome.status
    texts = [array_text(array) for array in outcome.arrays]
    if isinstance(outcome.kind, list):
        return f"({', '.join(texts)})"
    return texts[0] if texts else kind_text(outcome.kind)


def array_text(array: Array) -> str:
    """The numbers of an array, the first ones if there are many, in one line."""
    if array.size > MAX_SHOWN:
        first = array[(0,) * (array.ndim - 1)][:4]
        numbers = ", ".join(_number(value) for value in first)
        return _("shape {shape}, beginning {numbers}").format(
            shape="x".join(map(str, array.shape)), numbers=f"[{numbers}, ...]"
        )
    if array.ndim == 0:
        return _number(array[()])
    return "[" + ", ".join(array_text(item) for item in array) + "]"


def _number(value) -> str:
    return f"{value:.5g}" if isinstance(value, np.floating) else str(value)
