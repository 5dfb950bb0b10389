"""Makes the answer key: the reference and every known mistake, asked what a student will be asked.

Reference side only. Calls are made by the same code as in a student's process, so that nothing but
the functions differs.
"""

import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from vae_np.course import (
    child,
    examine,
    experiment_mistakes,
    mistakes,
    probes,
    process,
    records,
    script_probes,
)
from vae_np.course.exercises import TABLE, Exercise
from vae_np.course.key import Entry, Key, Mistaken
from vae_np.course.mistakes import Mistake
from vae_np.course.records import Array, Outcome, Probe, Table

BANK = (*mistakes.MISTAKES, *experiment_mistakes.MISTAKES)

Functions = dict[str, Callable[..., Any]]
Outcomes = tuple[tuple[Outcome, ...], ...]
Rows = dict[str, list[tuple[Array, Array]]]


def make(seed: int, exercises: Sequence[Exercise] = TABLE) -> Key:
    """The key whose random probes come from `seed`."""
    package = {
        exercise.id: entry(
            exercise,
            # A stream of its own for each exercise, whatever else is chosen
            probes.PROBES[exercise.id](np.random.default_rng([seed, *exercise.id.encode()])),
            [mistake for mistake in BANK if mistake.exercise == exercise.id],
        )
        for exercise in exercises
    }
    script = script_probes.entries(np.random.default_rng([seed, *b"script"]))
    return Key(seed, {"package": package, "script": script})


def entry(exercise: Exercise, asked: Sequence[Probe], bank: Sequence[Mistake]) -> Entry:
    """What the reference and the mistakes answer to some probes."""
    rows: Rows = {function: [] for function in needed(exercise)}
    with recording(rows):
        expected = outcomes(asked)
    messages = {mistake.name: mistake.message for mistake in reversed(bank) if mistake.message}
    mistaken = []
    for mistake in bank:
        with recording(rows):
            found = outcomes(asked, mistake.functions)
        mistaken.append(Mistaken(mistake.name, messages[mistake.name], mistake.warning, found))
    tables = tuple(table(function, parts) for function, parts in rows.items() if parts)
    return Entry(tuple(asked), expected, tuple(mistaken), (tables, *[()] * (len(asked) - 1)))


def outcomes(asked: Sequence[Probe], exchanged: Functions | None = None) -> Outcomes:
    """The outcomes of all calls of the library's functions, or of those exchanged for them."""

    def resolve(name):
        return (exchanged or {}).get(name) or library(name)

    results = []
    for probe in asked:
        job = records.job("key", {}, list(probe.calls), [])
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            replies = list(child.perform_calls(job.header["calls"], job.arrays, resolve, "/"))
        results.append(
            tuple(
                process.outcome({"id": "key", **reply}, arrays, "key", number)._replace(where="")
                for number, (reply, arrays) in enumerate(replies)
            )
        )
    return tuple(results)


def library(name: str) -> Any:
    """The library's object with this dotted name."""
    return getattr(importlib.import_module(examine.module(name)), name.rpartition(".")[2])


def needed(exercise: Exercise) -> list[str]:
    """The functions that the exercise's solution calls, of other exercises."""
    return [f for e in TABLE if e.id in exercise.needs for f in e.functions]


@contextmanager
def recording(rows: Rows) -> Iterator[None]:
    """Note what these functions of the library are asked, and what they answer."""
    patches = []
    for name, noted in rows.items():
        module = importlib.import_module(examine.module(name))
        wrapper = _recorder(library(name), noted)
        patches.append(mock.patch.object(module, name.rpartition(".")[2], wrapper))
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def _recorder(function: Callable[..., Array], noted: list[tuple[Array, Array]]):
    signature = inspect.signature(function)

    def recorded(*args, **kwargs):
        result = function(*args, **kwargs)
        given = signature.bind(*args, **kwargs).arguments.values()
        columns = [np.atleast_2d(value) for value in given if not isinstance(value, tuple)]
        asked = np.concatenate(np.broadcast_arrays(*columns), axis=-1)
        noted.append((asked, np.asarray(result).reshape(len(asked), -1)))
        return result

    return recorded


def table(function: str, parts: list[tuple[Array, Array]]) -> Table:
    """The recorded rows, each once, in an order that tells nothing."""
    width = parts[0][0].shape[1]
    pairs = [(i, o) for i, o in parts if i.shape[1] == width and np.isfinite(o).all()]
    rows_in, rows_out = (np.concatenate(column) for column in zip(*pairs, strict=True))
    _, first = np.unique(rows_in.round(9), axis=0, return_index=True)
    parameters = tuple(inspect.signature(library(function)).parameters)
    per_row = rows_out[:, 0] if rows_out.shape[1] == 1 else rows_out
    return Table(function, parameters, rows_in[first], per_row[first])
