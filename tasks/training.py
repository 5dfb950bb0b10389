"""Train, measure after every epoch, keep what was learned: what later tasks start with."""

import csv
import io
import time
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from vae_np import checkpoint, evaluate, files, objectives, parallel, streams, symptoms, train, vae
from vae_np.checkpoint import Checkpoint
from vae_np.data import Dataset
from vae_np.train import Settings
from vae_np.vae import Model


class Plan(NamedTuple):
    """What to train; two plans that are equal end in the same parameters."""

    settings: Settings
    dataset: Dataset
    seed: int

    def config(self) -> dict:
        """The plan as plain JSON, the images by their checksum."""
        images = self.dataset.train_images
        return {
            "settings": {key: _plain(value) for key, value in self.settings._asdict().items()},
            "seed": self.seed,
            "data": {
                "name": self.dataset.name,
                "shape": list(images.shape),
                "crc32": zlib.crc32(np.ascontiguousarray(images)),
            },
        }


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def model(plan: Plan, trained: Checkpoint) -> Model:
    """The VAE that a checkpoint holds."""
    theta = trained.run.optimiser.theta
    return train.model(theta, plan.settings, plan.dataset.train_images.shape[1])


def find(plan: Plan, paths: list[Path]) -> Checkpoint | None:
    """The first finished checkpoint of this plan among some paths."""
    for path in paths:
        kept = _load(path)
        if kept and kept.config == plan.config() and kept.run.epoch == plan.settings.epochs:
            print(f"using the trained model in {path}")
            return kept
    return None


def fit(plan: Plan, folder: Path, resume: bool) -> Checkpoint:
    """Train to the end of the plan, from its start or from the checkpoint in the folder.

    After every epoch the folder's checkpoint.npz and curves.csv are up to date.
    """
    path = folder / "checkpoint.npz"
    current = _beginning(plan, path, resume)
    targets = test_targets(plan)
    steps = train.steps_per_epoch(plan.settings, plan.dataset.train_images)
    print("epoch   train ELBO   test ELBO = log p(x|z) -    KL   active latents   seconds")
    with (
        parallel.team(plan.settings, plan.dataset.train_images) as stepper,
        tqdm(
            total=steps * plan.settings.epochs,
            initial=steps * current.run.epoch,
            unit="step",
            leave=False,
            disable=None,  # no bar where the output goes to a file
        ) as bar,
    ):
        try:
            while current.run.epoch < plan.settings.epochs:
                current = _epoch(plan, current, targets, bar, stepper)
                checkpoint.save(path, current)
                _write_csv(folder / "curves.csv", current.history)
        except FloatingPointError as error:
            raise FloatingPointError(
                f"{error}; {_kept(path, current)}. Usually the step size is too large, or a "
                "logarithm or a division met zero"
            ) from error
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"{_kept(path, current)}; add --resume to go on from there"
            ) from None
    return current


def _beginning(plan: Plan, path: Path, resume: bool) -> Checkpoint:
    """Where training starts: the checkpoint that is to be resumed, or new parameters."""
    settings, images = plan.settings, plan.dataset.train_images
    train.check(settings, images)
    kept = _load(path)
    if resume and kept:
        if kept.config != plan.config():
            raise ValueError(
                f"{path} was trained otherwise ({_difference(kept.config, plan.config())}); "
                "ask for the same, or choose another folder with --out"
            )
        print(f"resuming after epoch {kept.run.epoch} of {settings.epochs}")
        return kept
    if resume:
        print(f"nothing to resume in {path.parent}: starting at the first epoch")
    elif kept and kept.config == plan.config() and kept.run.epoch < settings.epochs:
        print(
            f"starting over; an unfinished run ({kept.run.epoch} of {settings.epochs} epochs) "
            "is here, and --resume would go on with it"
        )
    run = train.start(settings, images, plan.seed)
    _try_to_write(path.parent)
    print(
        f"training on {len(images):,} images of {plan.dataset.name!r} for {settings.epochs} "
        f"epochs: {run.optimiser.theta.size:,} parameters, output in {path.parent}"
    )
    return Checkpoint(run, [], plan.config())


def _difference(kept: dict, asked: dict) -> str:
    """What differs between two plans, in words."""
    flat = [
        {**config["settings"], "seed": config["seed"], **config["data"]} for config in (kept, asked)
    ]
    return ", ".join(
        f"{key} {flat[0].get(key)}, now {flat[1].get(key)}"
        for key in flat[1]
        if flat[0].get(key) != flat[1].get(key)
    )


def _try_to_write(folder: Path) -> None:
    """Find out before training, not after, that a folder takes no files."""
    try:
        with files.replacing(folder / ".probe") as probe:
            probe.write(b"\0")
        (folder / ".probe").unlink()
    except OSError as error:
        raise OSError(
            f"cannot write to {folder} ({error.strerror}); choose another folder with --out"
        ) from error


def _load(path: Path) -> Checkpoint | None:
    """The checkpoint at a path; the one before it if it is damaged; None if there is neither."""
    for candidate in (path, checkpoint.previous(path)):
        if candidate.exists():
            try:
                return checkpoint.load(candidate)
            except ValueError as error:
                print(f"note: {error}")
    return None


def _kept(path: Path, current: Checkpoint) -> str:
    if current.run.epoch == 0:
        return "stopped in the first epoch, nothing to keep yet"
    return f"the checkpoint of epoch {current.run.epoch} is in {path}"


def _epoch(
    plan: Plan, current: Checkpoint, targets: NDArray, bar: tqdm, stepper: train.Stepper
) -> Checkpoint:
    """One epoch of training and its measurements: a new row of the history."""
    number = current.run.epoch + 1
    bar.set_description(f"epoch {number}/{plan.settings.epochs}")

    def on_step(log_likelihood, kl):
        bar.set_postfix_str(
            f"ELBO {log_likelihood - kl:.1f} = log p(x|z) {log_likelihood:.1f} - KL {kl:.1f}",
            refresh=False,
        )
        bar.update()

    started = time.perf_counter()
    with np.errstate(all="ignore"):  # what overflows ends in an error that names its step
        run, averages = train.epoch(
            current.run, plan.settings, plan.dataset.train_images, on_step, stepper
        )
    seconds = time.perf_counter() - started
    current = current._replace(run=run)
    row = {
        "epoch": number,
        **_terms("train", *averages),
        **_measure(plan, current, targets),
        "seconds": round(seconds, 3),
    }
    bar.write(
        f"{number:5d}   {row['train_elbo']:10.2f}   {row['test_elbo']:9.2f} = "
        f"{row['test_log_likelihood']:10.2f} - {row['test_kl']:5.2f}   "
        f"{row['active_units']:14d}   {seconds:7.1f}"
    )
    history = [*current.history, row]
    page = objectives.OBJECTIVES[plan.settings.objective].is_page
    if page and (symptom := symptoms.find(history)):
        bar.write(f"looks wrong: {symptom}")
    return current._replace(history=history)


def test_targets(plan: Plan) -> NDArray:
    """The test images as the objective takes them, binarised once and for all for a Bernoulli."""
    rng = streams.generator(plan.seed, "test binarisation")
    return objectives.OBJECTIVES[plan.settings.objective].targets(plan.dataset.test_images, rng)


def _measure(plan: Plan, trained: Checkpoint, targets: NDArray) -> dict[str, float]:
    """The test columns of a row; the noise is the same for every epoch of a plan."""
    fitted = model(plan, trained)
    rng = streams.generator(plan.seed, "test noise")
    objective = objectives.OBJECTIVES[plan.settings.objective].value
    both = evaluate.elbo_terms(fitted, targets, rng, objective)
    terms = (float(np.mean(term)) for term in both)
    mean, _ = evaluate.posterior(fitted, targets)
    return {**_terms("test", *terms), "active_units": int(np.sum(evaluate.active_units(mean)))}


def _terms(split: str, log_likelihood: float, kl: float) -> dict[str, float]:
    return {
        f"{split}_elbo": float(vae.elbo(log_likelihood, kl)),
        f"{split}_log_likelihood": log_likelihood,
        f"{split}_kl": kl,
    }


def _write_csv(path: Path, history: list[dict[str, float]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    with files.replacing(path) as file:
        file.write(text.getvalue().encode())
