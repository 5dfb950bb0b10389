"""Draws are told from other draws, and right ones are not accused."""

import numpy as np
import pytest

from vae_np.course import laws

SHAPE = (60, 50)


@pytest.fixture
def reading(rng):
    return rng.normal(size=SHAPE), np.exp(rng.uniform(-1, 1, SHAPE))


def drawn(reading, noise):
    return [reading[0] + reading[1] * part for part in noise]


def test_right_draws_are_right_a_thousand_times(rng):
    for _ in range(1000):
        assert laws.is_standard_normal(list(rng.standard_normal((3, *SHAPE))))


def test_the_rate_of_false_alarms_follows_from_the_bounds():
    """Massart's bound for the distribution; normal tails for sums; a chi-square tail, exactly."""
    from scipy import stats

    distance = 2 * np.exp(-2 * laws.DISTANCE**2)
    sums = 2 * stats.norm.sf(laws.DEVIATION)
    squares = max(stats.chi2.sf(n + laws.CHI_SQUARE * np.sqrt(2 * n), n) for n in SHAPE)
    draws = 3
    total = distance + (2 + 2 * draws + draws) * sums + 2 * draws * squares
    assert total < 1e-6


@pytest.mark.parametrize(
    ("noise", "name"),
    [
        (lambda _rng: np.zeros(SHAPE), "no noise"),
        (lambda rng: rng.random(SHAPE), "uniform noise"),
        (lambda rng: rng.uniform(-1, 1, SHAPE), "uniform noise"),
        (
            lambda rng: rng.standard_normal((1, 50)) + np.zeros(SHAPE),
            "one noise for the whole batch",
        ),
        (lambda rng: rng.standard_normal((60, 1)) + np.zeros(SHAPE), "one noise for all latents"),
        (lambda rng: rng.standard_normal() + np.zeros(SHAPE), "one number for all noise"),
        (lambda rng: 0.01 * rng.standard_normal(SHAPE), "tiny noise"),
        (lambda rng: 1.2 * rng.standard_normal(SHAPE), "noise of another size"),
        (lambda rng: 1 + rng.standard_normal(SHAPE), "noise not centred"),
        (lambda rng: rng.laplace(size=SHAPE) / np.sqrt(2), None),
        (lambda rng: np.repeat(rng.standard_normal((30, 50)), 2, axis=0), None),
        (lambda rng: rng.standard_normal(SHAPE).round(), None),
    ],
)
def test_other_noise_is_told_by_name(rng, reading, noise, name):
    draws = drawn(reading, [noise(rng) for _ in range(3)])
    verdict = laws.verdict(draws, reading, [])
    assert (verdict.status, verdict.mistake) == ("wrong", name)


def test_the_same_draw_twice_is_told(rng, reading):
    verdict = laws.verdict(drawn(reading, [rng.standard_normal(SHAPE)] * 2), reading, [])
    assert verdict.mistake == "the same noise at every call"


def test_mirrored_noise_is_right(rng, reading):
    draws = drawn(reading, -rng.standard_normal((3, *SHAPE)))
    assert laws.verdict(draws, reading, []).status == "right"


def test_values_that_are_not_finite_are_wrong(reading):
    assert laws.verdict([np.full(SHAPE, np.nan)], reading, []).status == "wrong"
