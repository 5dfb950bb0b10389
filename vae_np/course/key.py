"""The answer key: numbers and texts on disk. Nothing in it is code, and reading it runs none.

key.json holds the structure, key.npz the arrays that it names by index.
"""

import json
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vae_np.course.records import Array, Call, Outcome, Probe, Record, Returned, Table, pack

FORMAT = 1


class Mistaken(NamedTuple):
    """What a known mistake answers to each call of each probe."""

    name: str
    message: str
    warning: bool  # right all the same: it earns the points
    outcomes: tuple[tuple[Outcome, ...], ...]


class Entry(NamedTuple):
    """All that is known about one exercise."""

    probes: tuple[Probe, ...]
    expected: tuple[tuple[Outcome, ...], ...]  # for each probe, for each call
    mistakes: tuple[Mistaken, ...]
    tables: tuple[tuple[Table, ...], ...]  # for each probe: stand-ins for what it calls


class Key(NamedTuple):
    """Entries by form ("package" or "script") and exercise."""

    seed: int
    forms: dict[str, dict[str, Entry]]


def save(key: Key, folder: Path) -> None:
    """Write the key into a folder, which is made if need be."""
    arrays: list[Array] = []
    forms = {
        form: {name: _entry_to_json(entry, arrays) for name, entry in entries.items()}
        for form, entries in key.forms.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "seed": key.seed,
        "arrays": [[array.dtype.str, list(array.shape)] for array in arrays],
        "forms": forms,
    }
    text = json.dumps(content, ensure_ascii=False)
    (folder / "key.json").write_text(text + "\n", encoding="utf-8")
    joined = {
        dtype: np.concatenate([array.ravel() for array in arrays if array.dtype.str == dtype])
        for dtype in {array.dtype.str for array in arrays}
    }
    np.savez_compressed(folder / "key.npz", **joined)


def load(folder: Path) -> Key:
    """The key in a folder. Raises ValueError if it is missing, damaged or of another version."""
    try:
        content = json.loads((folder / "key.json").read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']}: expected {FORMAT}")
        with np.load(folder / "key.npz", allow_pickle=False) as file:
            arrays = list(_split(content["arrays"], {name: file[name] for name in file.files}))
        forms = {
            form: {name: _entry_from_json(entry, arrays) for name, entry in entries.items()}
            for form, entries in content["forms"].items()
        }
        return Key(content["seed"], forms)
    except Exception as error:
        raise ValueError(f"the answer key in {folder} cannot be read: {error}") from error


def _split(described: list, joined: dict[str, Array]) -> Iterator[Array]:
    """The arrays, cut from those of their dtype one after the other."""
    start = dict.fromkeys(joined, 0)
    for dtype, shape in described:
        size = prod(shape)
        yield joined[dtype][start[dtype] : start[dtype] + size].reshape(shape)
        start[dtype] += size


def _entry_to_json(entry: Entry, arrays: list[Array]) -> dict[str, Any]:
    def pack_all(outcomes):
        return [
            [[o.status, o.kind, pack(list(o.arrays), arrays), o.message] for o in calls]
            for calls in outcomes
        ]

    return {
        "probes": [
            {
                **probe._asdict(),
                "calls": [_call_to_json(call, arrays) for call in probe.calls],
            }
            for probe in entry.probes
        ],
        "expected": pack_all(entry.expected),
        "mistakes": [
            [mistake.name, mistake.message, mistake.warning, pack_all(mistake.outcomes)]
            for mistake in entry.mistakes
        ],
        "tables": [
            [
                [t.function, list(t.parameters), pack(t.rows_in, arrays), pack(t.rows_out, arrays)]
                for t in tables
            ]
            for tables in entry.tables
        ],
    }


def _call_to_json(call: Call, arrays: list[Array]) -> dict[str, Any]:
    fields = call._replace(args=list(call.args))._asdict()
    kwargs = {name: pack(value, arrays) for name, value in call.kwargs.items()}
    return {**{name: pack(value, arrays) for name, value in fields.items()}, "kwargs": kwargs}


def _entry_from_json(entry: dict[str, Any], arrays: list[Array]) -> Entry:
    def outcomes(packed):
        return tuple(
            tuple(Outcome(o[0], o[1], tuple(_value(o[2], arrays)), o[3]) for o in calls)
            for calls in packed
        )

    probes = tuple(
        Probe(**{**probe, "calls": tuple(_call_from_json(call, arrays) for call in probe["calls"])})
        for probe in entry["probes"]
    )
    mistakes = tuple(Mistaken(*row[:3], outcomes(row[3])) for row in entry["mistakes"])
    tables = tuple(
        tuple(Table(t[0], tuple(t[1]), _value(t[2], arrays), _value(t[3], arrays)) for t in probe)
        for probe in entry["tables"]
    )
    return Entry(probes, outcomes(entry["expected"]), mistakes, tables)


def _call_from_json(call: dict[str, Any], arrays: list[Array]) -> Call:
    values = {name: _value(value, arrays) for name, value in call.items() if name != "kwargs"}
    kwargs = {name: _value(value, arrays) for name, value in call["kwargs"].items()}
    return Call(
        **{**values, "args": tuple(values["args"]), "by": tuple(values["by"]), "kwargs": kwargs}
    )


def _value(value: Any, arrays: list[Array]) -> Any:
    """The inverse of `pack`."""
    if isinstance(value, list):
        return [_value(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "result" in value:
        return Returned(value["result"])
    if "tuple" in value:
        return tuple(_value(item, arrays) for item in value["tuple"])
    return Record(value["record"], tuple(_value(item, arrays) for item in value["items"]))
