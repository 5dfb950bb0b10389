import numpy as np
import pytest

from vae_np import streams


def test_a_stream_depends_on_seed_and_purpose_alone():
    first = streams.generator(3, "noise").random(5)
    streams.generator(3, "shuffle").random(100)
    np.testing.assert_array_equal(first, streams.generator(3, "noise").random(5))


def test_streams_of_other_seeds_and_purposes_differ():
    draws = {
        streams.generator(seed, purpose).random()
        for seed in range(4)
        for purpose in ("init", "shuffle", "binarise", "noise")
    }
    assert len(draws) == 16


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed is -1: expected zero or more"):
        streams.generator(-1, "noise")
