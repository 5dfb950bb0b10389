"""The tolerance: what rounding explains is the same, what it does not is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_np.course import compare
from vae_np.course.records import Outcome


def value(*arrays, kind="array") -> Outcome:
    return Outcome("value", kind, tuple(np.asarray(array) for array in arrays))


@given(st.floats(1e-3, 1e6), st.sampled_from([np.float32, np.float64]))
def test_rounding_passes_and_a_thousand_times_more_does_not(size, dtype):
    wanted = np.array([size, -size / 3])
    unit = np.finfo(dtype).eps * max(1.0, size)
    assert compare.close((wanted + unit).astype(dtype), wanted)
    assert not compare.close((wanted + 1_000 * unit).astype(dtype), wanted)


def test_single_precision_is_right_when_it_is_right_in_single_precision():
    wanted = np.array([np.pi, -np.e])
    assert compare.close(wanted.astype(np.float32), wanted)
    assert not compare.close(wanted.astype(np.float32).astype(np.float64), wanted)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_never_close_to_a_number(bad):
    assert not compare.close(np.array([bad, 1.0]), np.array([0.0, 1.0]))
    assert not compare.close(np.array([0.0]), np.array([bad]))
    assert compare.close(np.array([bad]), np.array([bad]))


def test_shapes_are_never_broadcast():
    assert not compare.close(np.zeros((3, 1)), np.zeros(3))
    assert not compare.close(np.zeros(()), np.zeros(1))
    assert not compare.close(np.zeros((0, 3)), np.zeros((1, 3)))


def test_half_precision_gets_no_more_than_single():
    assert not compare.close(np.array([1.01], np.float16), np.array([1.0]))


def test_a_number_is_an_array_without_dimensions_and_a_list_is_not():
    assert compare.same(value(1.0, kind="number"), value(1.0))
    assert not compare.same(value([1.0], kind="list"), value([1.0]))


def test_a_named_tuple_will_do_for_a_tuple_but_not_the_other_way_round():
    pair = ["tuple", "array", "array"]
    record = ["record Pair", "array", "array"]
    assert compare.matching_kinds(record, pair)
    assert not compare.matching_kinds(pair, record)
    assert not compare.matching_kinds(pair[:2], pair)


def test_errors_are_the_same_by_their_text():
    assert compare.same(Outcome("error", message="E: a"), Outcome("error", message="E: a"))
    assert not compare.same(Outcome("error", message="E: a"), Outcome("error", message="E: b"))
    assert not compare.same(Outcome("blank"), value(1.0))
