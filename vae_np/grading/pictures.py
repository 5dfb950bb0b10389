"""Pictures of a submission's figures: its own code draws from a model that the reference trained.

Only arrays come back; they are kept beside the results, and drawn by `report`.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_np import data, files, streams, train, vae
from vae_np.course import records
from vae_np.course.records import Answer, Call, Job, Outcome, Record

SETTINGS = train.Settings(hidden=(100,), latent_dim=10, epochs=30, warmup_steps=50)
TRAINING_IMAGES, TEST_IMAGES = 2_000, 10
SAMPLES, PAIRS, STEPS = 25, 2, 15
PIXELS = 784
MAX_FIGURES, MAX_IMAGES = 8, 130
FIGURE = "figure "  # how a script's replies name the figures that it saves

Figures = dict[str, NDArray]  # name -> (N, 784), uint8


def questions(folder: Path) -> tuple[list[Call], Figures]:
    """The calls that make the figures of exercises 3.1 to 3.3, and the reference's own figures.

    Both come from a small model, trained on the built-in digits once and kept in `folder`.
    """
    path = folder / "pictures.npz"
    try:
        arrays = files.read_npz(path)
    except (OSError, ValueError):
        arrays = _trained()
        with files.replacing(path) as file:
            np.savez(file, **arrays)
    model = train.model(arrays["theta"], SETTINGS, PIXELS)
    images, latents, eps = arrays["images"], arrays["latents"], arrays["eps"]
    parameters = Record("vae_np.vae.Model", (list(model.encoder), list(model.decoder)))
    calls = [
        Call("vae_np.vae.generate", (parameters, latents)),
        Call("vae_np.vae.reconstruct", (parameters, images, eps)),
        *(
            Call("vae_np.vae.interpolate", (parameters, *pair), {"steps": STEPS})
            for pair in _pairs(images)
        ),
    ]
    frames = [vae.interpolate(model, *pair, steps=STEPS) for pair in _pairs(images)]
    own = [vae.generate(model, latents), vae.reconstruct(model, images, eps), *frames]
    return calls, named(own, images)


def _trained() -> Figures:
    dataset = data.load_digits(train_size=TRAINING_IMAGES, test_size=TEST_IMAGES)
    images = data.unit(dataset.train_images)
    run = train.start(SETTINGS, images, seed=0)
    for _ in range(SETTINGS.epochs):
        run, _ = train.epoch(run, SETTINGS, images)
    rng = streams.generator(0, "pictures")
    noise = rng.standard_normal((SAMPLES + TEST_IMAGES, SETTINGS.latent_dim), dtype=np.float32)
    return {
        "theta": run.optimiser.theta,
        "images": data.unit(dataset.test_images),
        "latents": noise[:SAMPLES],
        "eps": noise[SAMPLES:],
    }


def _pairs(images: NDArray) -> list[tuple[NDArray, NDArray]]:
    return [(images[2 * i], images[2 * i + 1]) for i in range(PAIRS)]


def named(arrays: list[NDArray | None], images: NDArray) -> Figures:
    """The figures of what the calls returned; reconstructions stand below their originals."""
    names = ["3.1", "3.2", *(f"3.3 ({i + 1})" for i in range(PAIRS))]
    figures = {}
    for name, array in zip(names, arrays, strict=True):
        if array is not None:
            figures[name] = np.concatenate([images, array]) if name == "3.2" else array
    return {name: grey(array) for name, array in figures.items()}


def grey(array: NDArray) -> NDArray:
    """Pixels from 0 to 255; what is no number is white, what is out of range is cut off."""
    values = np.nan_to_num(np.asarray(array, dtype=float), nan=0.0, posinf=1.0, neginf=0.0)
    return np.uint8(255 * np.clip(values, 0, 1) + 0.5)


def of_package(
    ask: Callable[[Job], Answer], load: dict[str, str], calls: list[Call], images: NDArray
) -> Figures:
    """The figures of a hand-out: what its functions make of the trained model."""
    answer = ask(records.job("figures", load, calls, []))
    outcomes = [*answer.outcomes, *[None] * len(calls)][: len(calls)]
    return named([_images(outcome) for outcome in outcomes], images)


def _images(outcome: Outcome | None) -> NDArray | None:
    """The images that a call returned, if it did."""
    if outcome is None or outcome.status != "value" or len(outcome.arrays) != 1:
        return None
    array = outcome.arrays[0]
    fits = array.ndim == 2 and array.shape[1] == PIXELS and 0 < len(array) <= MAX_IMAGES
    return array if fits and array.dtype.kind in "fiub" else None


class Watch:
    """A launcher that keeps the figures which a script saves when it is asked to make them."""

    def __init__(self, ask: Callable[[Job], Answer]):
        self.ask_other, self.figures = ask, {}

    def ask(self, job: Job) -> Answer:
        """What the other launcher answers."""
        answer = self.ask_other(job)
        shows = job.header["load"].get("mode") == "figures"
        for outcome in answer.outcomes if shows else ():
            name = re.sub(r"[^\w.-]+", "_", outcome.message.removeprefix(FIGURE).strip())[:60]
            if outcome.message.startswith(FIGURE) and len(self.figures) < MAX_FIGURES:
                images = _images(outcome._replace(arrays=outcome.arrays[:1]))
                if images is not None:
                    self.figures.setdefault(name or "figure", grey(images))
        return answer
