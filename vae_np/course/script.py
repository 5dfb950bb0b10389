"""The checks of the one-file form: a `vae.py` that never heard of this project.

The functions of exercises 1.1 to 1.4 are called; exercise 2 and the figures are judged by what a
short run of the script does. Its optimiser gets gradients that are chosen here, and its figures are
made with a network that is chosen there, so that no exercise depends on another.
"""

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vae_np.course import compare, diagnose, laws, records, script_figures
from vae_np.course.diagnose import Verdict
from vae_np.course.examine import fingerprint, forgive_pairs, result
from vae_np.course.exercises import Exercise
from vae_np.course.key import Entry, Key
from vae_np.course.records import Answer, Array, Call, Job, Outcome, Result, Table
from vae_np.course.script_figures import Dataset
from vae_np.course.texts import N_, _

MAIN, DATA = "__main__", "data"
SAMPLE = "sample_latent_variables_from_posterior"
STEP_SIZE = 1e-3
NOISE = (0.7, -1.3, 0.4)  # the draws of a noise that is known, in their order
MNIST, BATCH_SIZES = 60_000, (50, 64, 100, 128, 200, 256, 500)  # that scripts may have written in
LOOSE = 1e-4  # a tolerance for computations in single precision
PART = 0.5  # of the points: Adam is right, what it is fed is not

# What students know the parts of the main program by
IN_MAIN = {
    "2": N_("the steps of Adam"),
    "3.1": N_("images from the prior"),
    "3.2": N_("reconstructions"),
    "3.3": N_("interpolations"),
}
# Errors that have a name of their own: (pattern in the message, name, what it means)
NAMED_ERRORS = (
    (
        "'tuple' object cannot be interpreted as an integer",
        N_("a shape instead of sizes"),
        N_("A function wants the sizes one by one, and gets a whole shape as one argument."),
    ),
    (
        "setting an array element with a sequence",
        N_("an array filled element by element"),
        N_("autograd cannot follow values that are written into an array: compute it as a whole."),
    ),
    (
        "does not support item assignment",
        N_("an array filled element by element"),
        N_("autograd cannot follow values that are written into an array: compute it as a whole."),
    ),
    (
        "Grad only applies to real scalar-output functions",
        N_("a bound for every image"),
        N_("One number is wanted, the mean over the batch: autograd's grad needs a scalar."),
    ),
    (
        r"ufunc '\w+' not supported|__array_ufunc__|no implementation found for",
        N_("a function that autograd does not know"),
        N_("Use the functions of autograd.numpy and autograd.scipy: only these have gradients."),
    ),
    (
        r"float\(\) argument|must be real number, not ArrayBox",
        N_("a traced value made a plain number"),
        N_("float() or int() takes a value out of autograd's hands: leave it an array."),
    ),
    (
        r"VJP of \w+ wrt argnums",
        N_("gradient cut"),
        N_("The noise must not be drawn with the mean or std as its arguments: scale it yourself."),
    ),
    (
        r"(size 50 is different from 784|size 784 is different from 50"
        r"|784\) and \(50,|50\) and \(784,)",
        N_("encoder and decoder exchanged"),
        N_("Images go into the encoder, latents into the decoder: the shapes do not fit."),
    ),
    (
        r"save_images\(\) missing",
        N_("a figure without a file name"),
        N_("save_images takes the images and the name of a file."),
    ),
)
WRITTEN_IN = (
    N_("a size written in"),
    N_("Right for 50 latents, and full marks; another number of latents would fail."),
)
SCALES = (
    (
        N_("sum over the batch, not the mean"),
        N_("Right up to a constant factor, and full marks: Adam does not see the scale."),
    ),
    (
        N_("another scale"),
        N_("Right up to the factor {factor:.6g}, and full marks: Adam does not see the scale."),
    ),
)
NOT_TRACED = (
    N_("gradient cut"),
    N_("The value is right, but the gradient is not: autograd cannot see through {what}."),
)


class Bench(NamedTuple):
    """What all checks of one script share."""

    path: Path
    entries: dict[str, Entry]
    ask: Callable[[Job], Answer]
    runs: dict[str, Answer]  # filled as needed
    results: list[Result]

    def bad(self, needs: Sequence[str]) -> list[str]:
        """Those exercises that are known not to be right."""
        return [
            r.id for r in self.results if r.id in needs and r.status not in ("right", "not_run")
        ]

    def stopped(self) -> bool:
        """Whether a function of exercises 1.1 to 1.4 gives no value, so that none is called."""
        numbers = ("right", "wrong", "not_run")
        return any(r.id < "2" and r.status not in numbers for r in self.results)


def examine(
    path: Path,
    exercises: Sequence[Exercise],
    key: Key,
    ask: Callable[[Job], Answer],
    on_output: Callable[[str, str], None] = lambda name, output: None,  # noqa: ARG005
) -> list[Result]:
    """The verdicts on a one-file script, in the order of the exercises.

    `ask` runs a job on the script in another process; `on_output` gets what the training printed.
    Raises ValueError if there is nothing to check.
    """
    if not exercises:
        raise ValueError("no exercise is chosen: there is nothing to check")
    if not path.is_file():
        raise ValueError(f"{path} is not a file: expected a one-file script such as vae.py")
    sha256 = fingerprint([path])

    def heard(request):
        answer = ask(request)
        if request.header["id"] == "2":  # every run prints the same: one is enough
            on_output("2", answer.output)
        return answer

    bench = Bench(path.resolve(), key.forms.get("script", {}), heard, {}, [])
    for exercise in exercises:
        judge = JUDGES.get(exercise.id)
        if judge is None or DATA not in bench.entries:
            verdict = Verdict("not_run", message=_("The answer key does not hold this exercise."))
            assumed: list[str] = []
        else:
            verdict, assumed = judge(bench, exercise)
        if verdict.status == "right":
            verdict = verdict._replace(share=1.0)
        row = result(exercise, verdict, sha256, assumed)
        name = exercise.classic or _(IN_MAIN.get(exercise.id, exercise.name))
        bench.results.append(row._replace(name=name))
    return forgive_pairs(bench.results)


# Jobs


def job(
    bench: Bench,
    name: str,
    mode: str,
    calls: Sequence[Call] = (),
    tables: Sequence[Table] = (),
    noise: Sequence[float] = (),
    assume: Sequence[str] = (),
    gradients: Array | None = None,
) -> Job:
    """A job for the script: calls of its functions (mode "define"), or a run of the whole."""
    train, test, train_size, seed = bench.entries[DATA].probes[0].calls[0].args
    made = records.job(name, {}, list(calls), list(tables))
    load: dict[str, Any] = {
        "script": str(bench.path),
        "mode": mode,
        "train": records.pack(train, made.arrays),
        "test": records.pack(test, made.arrays),
        "train_size": train_size,
        "seed": seed,
        "noise": list(noise),
        "assume": list(assume),
    }
    if gradients is not None:
        load["gradients"] = records.pack(gradients, made.arrays)
    return Job({**made.header, "load": load}, made.arrays)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings from NumPy: what is not finite is judged as such."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def ended(answer: Answer) -> Verdict | None:
    """The verdict if the process or the file gave no answer at all, or None."""
    ending = diagnose.ending(answer)
    if ending and not answer.outcomes:
        return ending
    if answer.outcomes and answer.outcomes[0].kind == "load":
        return failed(answer.outcomes[0])
    return ending if ending and len(answer.outcomes) == 0 else None


def too_long() -> str:
    """What is said of code that does not end."""
    return diagnose.ending(Answer([], "timeout")).message


def failed(outcome: Outcome) -> Verdict:
    """The verdict on something that was not carried to its end."""
    if outcome.status == "blank":
        return Verdict("blank", message=_("not written yet"), where=outcome.where)
    if outcome.status == "missing":
        message = _("There is no {what}: was it renamed or deleted?")
        return Verdict("error", message=message.format(what=outcome.message))
    if outcome.status == "exit":
        message = _("It ended the program ({what}).")
        return Verdict("error", message=message.format(what=outcome.message), where=outcome.where)
    if outcome.message.startswith("TooLongError"):
        return Verdict("timeout", message=too_long(), where=outcome.where)
    for pattern, name, meaning in NAMED_ERRORS:
        if re.search(pattern, outcome.message):
            text = f"{_(meaning)} ({outcome.message})"
            return Verdict("error", name, text, where=outcome.where)
    return Verdict("error", message=outcome.message, where=outcome.where)


# Exercises 1.1 to 1.4: functions


def sampling(bench: Bench, exercise: Exercise) -> tuple[Verdict, list[str]]:
    """Exercise 1.1: the law of the draws, and the gradient through mean and log_std."""
    entry = bench.entries[exercise.id]
    answer = bench.ask(job(bench, exercise.id, "define", _calls(entry)))
    return ended(answer) or diagnose.ending(answer) or _sampling(entry, answer.outcomes), []


def _sampling(entry: Entry, outcomes: Sequence[Outcome]) -> Verdict:
    *draws, gradient, other_size = outcomes
    centre, scale = entry.expected[0][0].arrays
    for draw in draws:
        if draw.status != "value":
            return failed(draw)
        wanted = Outcome("value", "array", (centre,))
        if draw.kind != "array" or draw.arrays[0].shape != centre.shape:
            problem = diagnose.problem(exercise_function(entry), draw, wanted)
            return Verdict("wrong", message=problem, found=diagnose.value_text(draw))
    drawn = [draw.arrays[0].astype(float) for draw in draws]
    if gradient.status == "value":
        drawn.append(gradient.arrays[0].astype(float))
    verdict = laws.verdict(
        drawn,
        (centre, scale),
        [(m.name, m.message, m.outcomes[0][0].arrays) for m in entry.mistakes],
    )
    if verdict.status != "right":
        return verdict
    if gradient.status != "value":
        verdict = failed(gradient)
        return verdict._replace(
            status="wrong",
            mistake=NOT_TRACED[0],
            message=_(NOT_TRACED[1]).format(what=SAMPLE) + f" ({gradient.message})",
        )
    value, slope = (array.astype(float) for array in gradient.arrays)
    wanted_slope = np.concatenate([np.ones_like(centre), value - centre], axis=1)
    # The key's numbers are in single precision
    if slope.shape != wanted_slope.shape or not np.allclose(slope, wanted_slope, 0, LOOSE):
        return Verdict("wrong", NOT_TRACED[0], _(NOT_TRACED[1]).format(what=SAMPLE))
    if other_size.status != "value" or other_size.arrays[0].shape != (5, 3):
        return Verdict("right", WRITTEN_IN[0], _(WRITTEN_IN[1]))
    return verdict


def function(bench: Bench, exercise: Exercise) -> tuple[Verdict, list[str]]:
    """Exercises 1.2 and 1.3: the numbers that a function returns."""
    entry = bench.entries[exercise.id]
    answer = bench.ask(job(bench, exercise.id, "define", _calls(entry)))
    stopped = ended(answer) or diagnose.ending(answer)
    if stopped:
        return stopped, []
    first = next((o for o in answer.outcomes if o.status == "blank"), None)
    if first:
        return failed(first), []
    classic = exercise._replace(functions=(exercise.classic,), shares=(1.0,))
    verdict = diagnose.verdict(classic, entry, answer)
    found = diagnose.by_probe(entry.probes, answer.outcomes)
    sizes = [i for i, probe in enumerate(entry.probes) if probe.advisory and i == 0]
    for i in sizes:
        alike = compare.same(found[i][0], entry.expected[i][0])
        if not alike and verdict.status == "right" and verdict.mistake is None:
            verdict = verdict._replace(mistake=WRITTEN_IN[0], message=_(WRITTEN_IN[1]))
        elif not alike and verdict.status == "wrong" and found[i][0].status == "value":
            expected, shown, where = diagnose.example(entry, found, i)
            verdict = verdict._replace(expected=expected, found=shown, where=where)
    if verdict.status == "error":
        outcome = next(o for o in answer.outcomes if o.status != "value")
        verdict = failed(outcome)._replace(expected=verdict.expected)
    return verdict, []


def bound(bench: Bench, exercise: Exercise) -> tuple[Verdict, list[str]]:
    """Exercise 1.4: the bound, with noise that is known and stand-ins for what is not right."""
    entry = bench.entries[exercise.id]
    needs = {e: name for e, name in CLASSIC_NEEDS.items() if e in exercise.needs}
    bad = bench.bad(exercise.needs)

    def attempt(replaced):
        tables = [t for t in entry.tables[0] if t.function in replaced]
        answer = bench.ask(job(bench, exercise.id, "define", _calls(entry), tables, NOISE))
        stopped = ended(answer) or diagnose.ending(answer)
        train_size = bench.entries[DATA].probes[0].calls[0].args[2]
        return stopped or _bound(entry, answer.outcomes, train_size, traced=not replaced)

    verdict = attempt([needs[name] for name in bad])
    if verdict.status in ("right", "blank", "timeout") or verdict.mistake:
        return verdict, bad
    second = attempt([*needs.values(), "neural_net_predict"])
    return (second, list(needs)) if second.status == "right" else (verdict, bad)


def _bound(entry: Entry, outcomes: Sequence[Outcome], train_size: int, traced: bool) -> Verdict:
    *values, gradient = outcomes
    for value in values:
        if value.status != "value":
            if value.status == "stub_miss":
                message = _("It calls {what} with other arguments than the solution does.")
                return Verdict("wrong", message=message.format(what=value.message))
            return failed(value)
    verdict = _scalar(entry, values, train_size)
    if verdict.status != "right" or not traced:
        return verdict
    if gradient.status != "value" or not all(
        np.isfinite(g).all() and np.any(g) for g in gradient.arrays[1:]
    ):
        reason = f" ({gradient.message})" if gradient.message else ""
        message = _(NOT_TRACED[1]).format(what="vae_lower_bound") + reason
        return Verdict("wrong", NOT_TRACED[0], message, where=gradient.where)
    return verdict


def _scalar(entry: Entry, values: Sequence[Outcome], train_size: int) -> Verdict:
    """The verdict on the bound's numbers: right for one of the draws, up to a positive factor."""
    alternatives = [calls[0].arrays[0] for calls in entry.expected[: len(values)]]
    shown = {
        "expected": diagnose.value_text(Outcome("value", "number", (alternatives[0][0],))),
        "found": diagnose.value_text(values[0]),
        "where": values[0].where,
    }
    for value in values:
        if value.kind not in ("array", "number") or value.arrays[0].size != 1:
            return _not_scalar(values, alternatives)._replace(**shown)
    found = [float(value.arrays[0].reshape(())) for value in values]
    if _close(found, alternatives):
        return Verdict("right")
    for mistake in entry.mistakes:
        wrong = [calls[0].arrays[0] for calls in mistake.outcomes[: len(values)]]
        if _close(found, wrong):
            status = "right" if mistake.warning else "wrong"
            return Verdict(status, mistake.name, _(mistake.message), **shown)
    factor = _factor(found, alternatives)
    if factor:
        return _scaled(entry, factor, train_size)
    for mistake in entry.mistakes:
        wrong = [calls[0].arrays[0] for calls in mistake.outcomes[: len(values)]]
        if _factor(found, wrong):
            return Verdict("wrong", mistake.name, _(mistake.message), **shown)
    if not np.all(np.isfinite(found)):
        message = _("The result holds values that are not finite (nan or inf).")
    else:
        message = _("The values differ.")
    return Verdict("wrong", None, message, **shown)


def _not_scalar(values: Sequence[Outcome], alternatives: Sequence[Array]) -> Verdict:
    """The verdict on a bound that is no single number."""
    arrays = [value.arrays[0] for value in values if value.kind == "array"]
    vectors = len(arrays) == len(values) and all(array.ndim == 1 for array in arrays)
    if vectors and _close([float(array.mean()) for array in arrays], alternatives):
        message = _(
            "One number is wanted, the mean over the batch: autograd's grad needs a scalar."
        )
        return Verdict("wrong", N_("a bound for every image"), message)
    wanted = Outcome("value", "number", (alternatives[0][0],))
    return Verdict("wrong", None, diagnose.problem("vae_lower_bound", values[0], wanted))


def _close(found: Sequence[float], alternatives: Sequence[Array]) -> bool:
    """Whether every number is one of its alternatives, all for the same draw of the noise."""
    pairs = zip(found, alternatives, strict=True)
    near = [np.isclose(value, wanted, LOOSE / 10, 1e-6, equal_nan=True) for value, wanted in pairs]
    return bool(np.any(np.all(near, axis=0)))


def _factor(found: Sequence[float], alternatives: Sequence[Array]) -> float | None:
    """The positive constant by which all numbers exceed their alternatives, if there is one."""
    with quiet():
        ratios = np.array(found)[:, None] / np.array(alternatives)
        constant = np.abs(ratios / ratios[0] - 1).max(axis=0) < LOOSE / 10
    usable = constant & np.isfinite(ratios[0]) & (ratios[0] > 1e-6) & (ratios[0] < 1e7)
    return float(ratios[0][usable][0]) if usable.any() else None


def _scaled(entry: Entry, factor: float, train_size: int) -> Verdict:
    """Right up to a constant: N times the mean is the hand-out's formula, others get a note."""
    batch = len(entry.probes[0].calls[0].args[2])
    usual = [n * batch / b for n in (train_size, MNIST) for b in (batch, *BATCH_SIZES)]
    if np.any(np.isclose(factor, usual, 1e-4)):
        return Verdict("right")
    if np.isclose(factor, batch, 1e-4):
        return Verdict("right", SCALES[0][0], _(SCALES[0][1]))
    return Verdict("right", SCALES[1][0], _(SCALES[1][1]).format(factor=factor))


def _calls(entry: Entry) -> list[Call]:
    return [call for probe in entry.probes for call in probe.calls]


def exercise_function(entry: Entry) -> str:
    """The name of the function that an entry asks for."""
    return entry.probes[0].calls[0].function


CLASSIC_NEEDS = {"1.1": SAMPLE, "1.2": "bernoulli_log_prob", "1.3": "compute_KL"}


# Exercise 2: the optimiser


def optimiser(bench: Bench, exercise: Exercise) -> tuple[Verdict, list[str]]:
    """Exercise 2: the parameters at which the script asks for gradients, which are ours."""
    entry = bench.entries[exercise.id]
    (gradients,) = entry.probes[0].calls[0].args
    assume = ["1.4"] if bench.stopped() else []
    answer = bench.ask(job(bench, exercise.id, "adam", gradients=gradients, assume=assume))
    return ended(answer) or _optimiser(bench, entry, answer), []


def _optimiser(bench: Bench, entry: Entry, answer: Answer) -> Verdict:
    events = [o for o in answer.outcomes if o.status == "value"]
    errors = [o for o in answer.outcomes if o.status != "value"]
    steps = _steps([o for o in events if o.message == "step"])
    wanted = entry.expected[0][0].arrays[0]
    stopped = diagnose.ending(answer)
    if stopped is None and any(o.message == "stopped" for o in events):
        stopped = Verdict("timeout", message=too_long())
    if len(steps) <= len(wanted) and (errors or (stopped and len(steps) < 3)):
        return failed(errors[0]) if errors else stopped
    if len(steps) < 2:
        if stopped:
            return stopped
        message = _("The script takes fewer than two gradients: there is no training to check.")
        return Verdict("blank" if not steps else "wrong", message=message)
    columns = steps[0][0] % wanted.shape[1]
    found = np.array([vector for _columns, vector, _sign in steps])
    # A loss, minus the bound, is to fall: then its gradient must be followed downhill
    moved = steps[0][2] * (found[1:].astype(float) - found[0]) / STEP_SIZE
    ends = [o for o in events if o.message == "end"]
    used = not ends or bool(ends[-1].arrays[1])
    if not np.any(moved) and not used:
        return Verdict("blank", message=_("not written yet"), where=steps_where(events))
    verdict = _trajectory(entry, moved.astype(found.dtype), columns)
    if any(r.id == "1.4" and r.mistake == "sign reversed" for r in bench.results):
        other = _trajectory(entry, -moved.astype(found.dtype), columns)
        verdict = other if other.status == "right" else verdict
    verdict = verdict._replace(where=steps_where(events) if verdict.status != "right" else "")
    if verdict.status != "right" or verdict.mistake:
        return verdict
    return _start(found[0]) or _batches(bench, events) or verdict


def steps_where(events: Sequence[Outcome]) -> str:
    """Where the script asks for its gradient."""
    return next((o.where for o in events if o.message == "step"), "")


def _steps(events: Sequence[Outcome]) -> list[tuple[Array, Array, int]]:
    """Indices, parameters and the objective's sign at each step, of the busiest optimiser."""
    by_recorder: dict[int, list[tuple[Array, Array, int]]] = {}
    for event in events:
        if len(event.arrays) == 3 and event.arrays[0].shape == (3,):
            head, indices, vector = event.arrays
            if indices.shape == vector.shape and indices.dtype.kind == "i":
                by_recorder.setdefault(int(head[0]), []).append((indices, vector, int(head[2])))
    steps = max(by_recorder.values(), key=len, default=[])
    return [step for step in steps if step[1].shape == steps[0][1].shape]


def _trajectory(entry: Entry, moved: Array, columns: Array) -> Verdict:
    """The verdict on displacements, (steps, parameters), in units of the step size."""
    count = len(entry.expected[0][0].arrays[0])
    moved = moved[:count]

    def law(outcome):
        return outcome.arrays[0][: len(moved), columns]

    wanted = law(entry.expected[0][0])
    shown = {
        "expected": _path_text(wanted, columns),
        "found": _path_text(moved, columns),
    }
    if not np.any(moved):
        still = next(m for m in entry.mistakes if m.name == "theta not moved")
        return Verdict("wrong", still.name, _(still.message), **shown)
    for rtol in (1e-10, LOOSE):
        if compare.close(moved, wanted, rtol):
            return Verdict("right", share=1.0)
        for mistake in entry.mistakes:
            wrong = law(mistake.outcomes[0][0])
            differs = not compare.close(wrong, wanted, rtol)
            if differs and compare.close(moved, wrong, rtol):
                status = "right" if mistake.warning else "wrong"
                return Verdict(status, mistake.name, _(mistake.message), **shown)
    factor = _learning_rate(moved, wanted)
    if factor and factor > 0:
        message = _("Adam is right, and full marks; its step size is {rate:.4g}, not 0.001.")
        return Verdict("right", N_("another step size"), message.format(rate=factor * STEP_SIZE))
    if factor:
        message = _("The step goes down: the bound is to grow, so the step is added.")
        return Verdict("wrong", "downhill", message, **shown)
    if not np.all(np.isfinite(moved)):
        message = _("The parameters become values that are not finite (nan or inf).")
        return Verdict("wrong", None, message, **shown)
    message = _("The steps are not Adam's, for gradients that are given.")
    return Verdict("wrong", None, message, **shown)


def _learning_rate(moved: Array, wanted: Array) -> float | None:
    """The constant by which all displacements exceed the wanted ones, if there is one."""
    with quiet():
        ratio = float(np.nanmedian(np.where(wanted != 0, moved / wanted, np.nan)))
    if not np.isfinite(ratio) or ratio == 0 or abs(ratio) > 1e4:
        return None
    return ratio if compare.close(moved / ratio, wanted, LOOSE) else None


def _path_text(moved: Array, columns: Array) -> str:
    """The first displacements of one parameter."""
    column = int(np.argmax(columns == 3)) if np.any(columns == 3) else 0
    numbers = ", ".join(f"{STEP_SIZE * value:.4g}" for value in moved[:4, column])
    return _("a parameter moves by {numbers}, ... after each step").format(numbers=numbers)


def _start(vector: Array) -> Verdict | None:
    """A remark on the initial parameters."""
    if not np.any(vector):
        message = _("All weights start at zero: then all units of a layer stay alike.")
        return Verdict("wrong", N_("weights start at zero"), message, share=PART)
    if np.std(vector) > 0.5:
        message = _("The initial weights are large: the assignment's have std 0.01.")
        return Verdict("right", N_("weights start large"), message)
    return None


def _batches(bench: Bench, events: Sequence[Outcome]) -> Verdict | None:
    """A remark on the images that the bound is evaluated on."""
    batches = [
        o.arrays[1].astype(float) for o in events if o.message == "batch" and len(o.arrays) == 2
    ]
    if not batches or any(batch.ndim != 2 for batch in batches):
        return None
    train, *_rest = bench.entries[DATA].probes[0].calls[0].args
    first = batches[0]
    everything = np.concatenate(batches)
    if everything.max() > 1.5 or everything.min() < -0.5:
        message = _("Training pixels range from {low:g} to {high:g}: they must be 0 or 1.")
        text = message.format(low=everything.min(), high=everything.max())
        return Verdict("wrong", N_("pixels not in 0 to 1"), text, share=PART)
    if not np.all(everything.any(axis=1)):
        message = _("Training images are all zero: is the data set overwritten?")
        return Verdict("wrong", N_("data overwritten"), message, share=PART)
    if everything.mean() > 0.5:
        message = _("Ink is 0 and paper 1 in the training images: they are inverted.")
        return Verdict("wrong", N_("images inverted"), message, share=PART)
    if np.any((everything > 0) & (everything < 1)):
        message = _("Full marks; but the training pixels are grey: binarise them for each batch.")
        return Verdict("right", N_("pixels not binarised"), message)
    grey = np.resize(train / 255, (len(first), train.shape[1]))
    if np.array_equal(first, grey > 0.5) or np.array_equal(first, grey >= 0.5):
        message = _("Full marks; but the pixels are rounded: draw each with its own probability.")
        return Verdict("right", N_("pixels rounded"), message)
    again = batches[3] if len(batches) > 3 else None
    if again is not None and np.array_equal(first, again):
        message = _("Full marks; but the pixels are drawn once: draw them anew for each batch.")
        return Verdict("right", N_("binarised once"), message)
    return None


# Exercises 3.1 to 3.3: figures


def figures(bench: Bench, exercise: Exercise) -> tuple[Verdict, list[str]]:
    """Exercises 3.1 to 3.3: one run, whose figures and network calls are noted."""
    bad = bench.bad(("1.1",))
    assume = (["1.1"] if "1.1" in bad else []) + (["1.4"] if bench.stopped() else [])
    if "figures" not in bench.runs:
        gradients = np.full((2, 2), 1.0)
        request = job(bench, exercise.id, "figures", gradients=gradients, assume=assume)
        bench.runs["figures"] = bench.ask(request)
    answer = bench.runs["figures"]
    train, test, *_rest = bench.entries[DATA].probes[0].calls[0].args
    dataset = Dataset(train / 255.0, test / 255.0)
    trained = "2" not in bench.bad(("2",))
    verdict = ended(answer)
    if verdict is None:
        verdict = script_figures.verdict(exercise.id, answer, dataset, trained, failed)
    return verdict, ["1.1"] if exercise.id == "3.2" and "1.1" in bad else []


JUDGES: dict[str, Callable[[Bench, Exercise], tuple[Verdict, list[str]]]] = {
    "1.1": sampling,
    "1.2": function,
    "1.3": function,
    "1.4": bound,
    "2": optimiser,
    "3.1": figures,
    "3.2": figures,
    "3.3": figures,
}
