"""A training run on disk, at the end of an epoch: one .npz without pickle, written whole."""

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vae_np import adam, files, train


class Checkpoint(NamedTuple):
    """A run, what has been measured of it, and what it was asked to be."""

    run: train.Run
    history: list[dict[str, float]]  # a row per epoch
    config: dict[str, Any]  # plain JSON: settings, seed, data


def previous(path: Path) -> Path:
    """Where the checkpoint before the one at `path` is kept."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; the one that was there becomes `previous(path)`.

    At any moment `path` holds a whole checkpoint. Raises OSError, with `path` as it was, where
    the folder cannot be written or the disk is full.
    """
    run, history, config = checkpoint
    meta = {
        "epoch": run.epoch,
        "t": run.optimiser.t,
        "rngs": {purpose: rng.bit_generator.state for purpose, rng in run.rngs.items()},
        "history": history,
        "config": config,
    }
    arrays = {name: getattr(run.optimiser, name) for name in ("theta", "m", "v")}
    if path.exists():
        with files.replacing(previous(path)) as backup, path.open("rb") as current:
            shutil.copyfileobj(current, backup)
    with files.replacing(path) as file:
        np.savez(file, meta=np.array(json.dumps(meta)), **arrays)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises ValueError if it is missing or damaged."""
    try:
        entries = files.read_npz(path)
        theta, m, v = (entries[name] for name in ("theta", "m", "v"))
        meta = json.loads(str(entries["meta"]))
        for name, array in (("theta", theta), ("m", m), ("v", v)):
            if array.shape != (theta.size,) or not np.all(np.isfinite(array)):
                raise ValueError(f"{name} is not one vector of {theta.size} finite numbers")
        run = train.Run(
            adam.State(theta, m, v, int(meta["t"])), int(meta["epoch"]), _generators(meta["rngs"])
        )
        return Checkpoint(run, list(meta["history"]), dict(meta["config"]))
    except (ValueError, KeyError, TypeError) as error:
        advice = f"; the one before it is {previous(path)}" if previous(path).exists() else ""
        raise ValueError(f"{path} is not a whole checkpoint ({error}){advice}") from error


def _generators(states: dict[str, Any]) -> dict[str, np.random.Generator]:
    rngs = {}
    for purpose, state in states.items():
        rngs[purpose] = np.random.default_rng(0)  # any seed: its state is replaced
        rngs[purpose].bit_generator.state = state
    return rngs
