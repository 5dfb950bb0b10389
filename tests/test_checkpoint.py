import json
import resource
import subprocess
import sys

import numpy as np
import pytest

from vae_np import checkpoint, train
from vae_np.checkpoint import Checkpoint

SETTINGS = train.Settings(hidden=(8,), latent_dim=2, batch_size=20, epochs=4, warmup_steps=5)
ROW = {"epoch": 1, "train_elbo": -12.3456789012345, "seconds": 0.1}


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (60, 12), dtype=np.uint8)


@pytest.fixture
def saved(images, tmp_path):
    run, _ = train.epoch(train.start(SETTINGS, images, seed=1), SETTINGS, images)
    kept = Checkpoint(run, [ROW], {"settings": {"hidden": [8]}, "seed": 1})
    checkpoint.save(tmp_path / "checkpoint.npz", kept)
    return tmp_path / "checkpoint.npz", kept


def test_what_is_saved_is_what_is_loaded(saved):
    path, kept = saved
    back = checkpoint.load(path)
    assert back.history == kept.history
    assert back.config == kept.config
    assert back.run.epoch == 1
    assert back.run.optimiser.t == kept.run.optimiser.t
    for name in ("theta", "m", "v"):
        array = getattr(back.run.optimiser, name)
        np.testing.assert_array_equal(array, getattr(kept.run.optimiser, name))
        assert array.dtype == np.float32


def test_a_resumed_run_ends_bit_identical(saved, images):
    path, kept = saved
    straight, resumed = kept.run, checkpoint.load(path).run
    for _ in range(3):
        straight, _ = train.epoch(straight, SETTINGS, images)
        resumed, _ = train.epoch(resumed, SETTINGS, images)
    assert straight.optimiser.theta.tobytes() == resumed.optimiser.theta.tobytes()
    assert straight.optimiser.v.tobytes() == resumed.optimiser.v.tobytes()


def test_the_checkpoint_before_is_kept(saved):
    path, kept = saved
    checkpoint.save(path, kept._replace(history=[ROW, ROW]))
    assert len(checkpoint.load(path).history) == 2
    assert len(checkpoint.load(checkpoint.previous(path)).history) == 1


def test_a_file_cut_anywhere_is_refused(saved):
    path, _ = saved
    whole = path.read_bytes()
    for size in [0, 1, 100, *range(500, len(whole), 1_499), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="is not a whole checkpoint"):
            checkpoint.load(path)


def test_a_flipped_byte_in_the_arrays_is_refused(saved):
    path, _ = saved
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not a whole checkpoint"):
        checkpoint.load(path)


def rewrite(path, **changes):
    with np.load(path) as entries:
        content = {**{name: entries[name] for name in entries.files}, **changes}
    np.savez(path, **{name: array for name, array in content.items() if array is not None})


@pytest.mark.parametrize(
    "changes",
    [
        {"theta": None},
        {"meta": None},
        {"theta": np.full(3, np.nan)},
        {"m": np.zeros(2)},
        {"meta": np.array("not JSON")},
        {"meta": np.array(json.dumps({"epoch": 1}))},
    ],
)
def test_wrong_entries_are_refused(saved, changes):
    path, _ = saved
    rewrite(path, **changes)
    with pytest.raises(ValueError, match="is not a whole checkpoint"):
        checkpoint.load(path)


def test_a_pickle_is_never_opened(saved, tmp_path):
    path, _ = saved

    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "canary"), "w"))

    rewrite(path, theta=np.array([Bomb()], dtype=object))
    with pytest.raises(ValueError, match="is not a whole checkpoint"):
        checkpoint.load(path)
    assert not (tmp_path / "canary").exists()


def test_the_message_names_the_checkpoint_before(saved):
    path, kept = saved
    checkpoint.save(path, kept)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"the one before it is .*checkpoint\.previous\.npz"):
        checkpoint.load(path)


def test_a_full_disk_loses_nothing(saved):
    path, _ = saved
    before = path.read_bytes()
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from vae_np import checkpoint\n"
        "path = Path(sys.argv[1])\n"
        "kept = checkpoint.load(path)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))\n"
        "try:\n"
        "    checkpoint.save(path, kept)\n"
        "except OSError as error:\n"
        "    print('refused:', error.strerror)\n"
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert limits[0] == resource.RLIM_INFINITY or limits[0] > len(before)
    result = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True)
    assert result.stdout.startswith("refused:"), result.stderr
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint.npz"]
