"""Named random streams: every purpose draws from a generator of its own.

What one purpose draws cannot shift what another sees, so logging and evaluation never steer
training, and a new purpose leaves all the old ones as they were.
"""

import zlib

from numpy.random import Generator, SeedSequence, default_rng


def generator(seed: int, purpose: str) -> Generator:
    """The generator of one purpose under a seed, such as ``generator(0, "noise")``.

    >>> generator(0, "noise").random() == generator(0, "noise").random()
    True
    >>> generator(0, "noise").random() == generator(0, "shuffle").random()
    False
    """
    if seed < 0:
        raise ValueError(f"seed is {seed}: expected zero or more")
    return default_rng(SeedSequence(seed, spawn_key=(zlib.crc32(purpose.encode()),)))
