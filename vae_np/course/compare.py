"""Whether two outcomes of a call are the same, as far as their numbers' precision can tell."""

from typing import Any

import numpy as np

from vae_np.course.records import Array, Outcome

ROUNDING = 200  # units of rounding, relative to the largest value: different forms of one formula
DOUBLE, SINGLE = np.finfo(np.float64).eps, np.finfo(np.float32).eps


def same(found: Outcome, wanted: Outcome, rtol: float = 0.0) -> bool:
    """Whether a call went the same way: the same values, or the same error."""
    if found.status != wanted.status:
        return False
    if found.status != "value":
        return found.message == wanted.message
    return (
        matching_kinds(found.kind, wanted.kind)
        and len(found.arrays) >= len(wanted.arrays)
        and all(close(a, b, rtol) for a, b in zip(found.arrays, wanted.arrays, strict=False))
    )


def matching_kinds(found: Any, wanted: Any) -> bool:
    """Whether two kinds of values mean the same: a number is an array without dimensions.

    Where a tuple is wanted, a list or a NamedTuple will do, but not the other way round.
    """
    if isinstance(found, list) and isinstance(wanted, list):
        outer = wanted[0] in ("tuple", found[0])
        inner = len(found) == len(wanted) and all(map(matching_kinds, found[1:], wanted[1:]))
        return outer and inner
    numeric = ("array", "number")
    return found == wanted or (found in numeric and wanted in numeric)


def close(found: Array, wanted: Array, rtol: float = 0.0) -> bool:
    """Whether shapes agree, and values do within rounding of the coarser of the two precisions.

    Values that are not finite agree only with themselves. The tolerance is relative to the largest
    wanted value, or to 1 if that is larger; `rtol` can widen it.
    """
    if found.shape != wanted.shape:
        return False
    finite = np.isfinite(wanted)
    if not np.array_equal(finite, np.isfinite(found)):
        return False
    if not np.array_equal(found[~finite], wanted[~finite], equal_nan=True):
        return False
    distance = np.abs(found[finite].astype(float) - wanted[finite].astype(float))
    return bool(np.all(distance <= tolerance(found, wanted, rtol)))


def tolerance(found: Array, wanted: Array, rtol: float = 0.0) -> float:
    """The largest difference that rounding explains."""
    finite = np.abs(wanted[np.isfinite(wanted)].astype(float))
    scale = max(1.0, float(finite.max(initial=0.0)))
    return scale * max(rtol, ROUNDING * max(unit(found.dtype), unit(wanted.dtype)))


def unit(dtype: np.dtype) -> float:
    """One unit of rounding; whole numbers are exact, half precision gets no more than single."""
    if dtype.kind != "f":
        return DOUBLE
    return min(SINGLE, max(DOUBLE, float(np.finfo(dtype).eps)))
