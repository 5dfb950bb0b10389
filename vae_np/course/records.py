"""What is asked of a student's code, what it answers, and what is made of the answer."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Call(NamedTuple):
    """One call of a function; args and kwargs may hold arrays, and the values below."""

    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    cotangent: Any = None  # given: the gradient of sum(cotangent * result), by arguments:
    by: tuple[int, ...] = ()
    echo: bool = False  # also reply with the array arguments as they are after the call


class Record(NamedTuple):
    """An argument that is a NamedTuple of the student's tree, such as vae_np.vae.Model."""

    name: str
    items: tuple[Any, ...]


class Returned(NamedTuple):
    """An argument that is what an earlier call of the same probe returned."""

    call: int


class Table(NamedTuple):
    """A function as numbers: rows of its arguments and of what it returns for them."""

    function: str
    parameters: tuple[str, ...]
    rows_in: Array  # (R, n): the array arguments side by side
    rows_out: Array  # (R, ...)


class Probe(NamedTuple):
    """Some calls whose results show whether functions are right."""

    name: str
    calls: tuple[Call, ...]
    part: int = 0  # which of the exercise's functions is judged
    advisory: bool = False  # never costs points; may earn a warning
    rtol: float = 0.0  # a tolerance wider than rounding, where taste differs
    shown: str = ""  # the call as a person would write it, for small examples


class Outcome(NamedTuple):
    """What became of one call."""

    status: str  # value | blank | error | exit | missing | stub_miss
    kind: Any = "none"  # as child.describe names it: array, number, list, ["tuple", ...], ...
    arrays: tuple[Array, ...] = ()
    message: str = ""
    where: str = ""


class Job(NamedTuple):
    """What is sent to the other process: a frame's header and arrays."""

    header: dict[str, Any]
    arrays: list[Array]


class Answer(NamedTuple):
    """All that came back of a job."""

    outcomes: list[Outcome]
    end: str  # done | timeout | crash | garbled
    detail: str = ""
    output: str = ""  # what the student's code printed, cut short


class Result(NamedTuple):
    """The verdict on one exercise, the same for tables, machines and grades."""

    id: str
    name: str
    status: str  # right | wrong | blank | error | timeout | not_run
    mistake: str | None = None
    message: str = ""
    expected: str = ""
    found: str = ""
    points: float = 0.0
    max_points: float = 0.0
    where: str = ""
    sha256: str = ""


def job(name: str, load: dict[str, str], calls: list[Call], tables: list[Table]) -> Job:
    """The job of performing some calls on the code that `load` names, with stand-ins."""
    arrays: list[Array] = []
    header = {
        "id": name,
        "load": load,
        "calls": [_call(call, arrays) for call in calls],
        "stubs": [
            {
                "function": table.function,
                "parameters": list(table.parameters),
                "rows_in": pack(table.rows_in, arrays),
                "rows_out": pack(table.rows_out, arrays),
            }
            for table in tables
        ],
    }
    return Job(header, arrays)


def _call(call: Call, arrays: list[Array]) -> dict[str, Any]:
    return {
        "do": "call" if call.cotangent is None else "gradient",
        "function": call.function,
        "args": [pack(value, arrays) for value in call.args],
        "kwargs": {name: pack(value, arrays) for name, value in call.kwargs.items()},
        "cotangent": pack(call.cotangent, arrays),
        "by": list(call.by),
        "echo": call.echo,
    }


def pack(value: Any, arrays: list[Array]) -> Any:
    """A value as JSON; its arrays are appended to `arrays` and named by their index."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, Record):
        return {"record": value.name, "items": [pack(item, arrays) for item in value.items]}
    if isinstance(value, Returned):
        return {"result": value.call}
    if isinstance(value, tuple):
        return {"tuple": [pack(item, arrays) for item in value]}
    if isinstance(value, list):
        return [pack(item, arrays) for item in value]
    return value
