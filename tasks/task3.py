"""Task 3: look at what was learned: samples, reconstructions, interpolations."""

from argparse import Namespace
from collections.abc import Sequence

import numpy as np

from tasks import cli, training
from vae_np import data, figures, streams, vae
from vae_np.checkpoint import Checkpoint

SAMPLES = 25
RECONSTRUCTIONS = 10
PAIRS = 5
STEPS = 25


def main(arguments: Sequence[str] | None = None) -> None:
    """Use task 2's model if it fits, or train one; write the seven figures."""
    options = cli.parser(
        "task3", __doc__, ["", "--quick", "--classic --dataset mnist", "--out figures"]
    ).parse_args(arguments)
    folder = cli.folder(options, "task3")
    plan = training.Plan(cli.settings(options), cli.dataset(options), options.seed)
    images = data.unit(plan.dataset.test_images[: max(RECONSTRUCTIONS, 2 * PAIRS)])
    model = training.model(plan, trained_checkpoint(plan, options))
    shape = plan.dataset.image_shape

    latents = noise(options.seed, "task 3.1", SAMPLES, plan)
    samples = vae.generate(model, latents)
    figures.save(figures.image_grid(samples, shape), folder / "Task_3_1.png")

    originals = images[:RECONSTRUCTIONS]
    eps = noise(options.seed, "task 3.2", len(originals), plan)
    pairs = np.concatenate([originals, vae.reconstruct(model, originals, eps)])
    figures.save(figures.image_grid(pairs, shape), folder / "Task_3_2.png")

    for pair in range(PAIRS):
        path = vae.interpolate(model, images[2 * pair], images[2 * pair + 1], STEPS)
        figures.save(figures.image_grid(path, shape), folder / f"Task_3_3_{pair}.png")

    names = ["Task_3_1.png", "Task_3_2.png", *(f"Task_3_3_{pair}.png" for pair in range(PAIRS))]
    cli.say_written(folder, names)


def trained_checkpoint(plan: training.Plan, options: Namespace) -> Checkpoint:
    """Task 2's checkpoint of the same plan, wherever it may be, or a new one."""
    home = options.out or cli.folder(options, "task2")
    usual = cli.usual_folder(options, "task2")
    found = training.find(plan, [home / "checkpoint.npz", usual / "checkpoint.npz"])
    return found or training.fit(plan, home, options.resume)


def noise(seed: int, purpose: str, count: int, plan: training.Plan) -> np.ndarray:
    """Standard normal noise, (count, K), from a generator of its own."""
    rng = streams.generator(seed, purpose)
    return rng.standard_normal((count, plan.settings.latent_dim), dtype=np.float32)


if __name__ == "__main__":
    cli.run(main, "task3")
