"""Task 9: plain gradient ascent, momentum and Adam on the same ELBO from the same start."""

from argparse import Namespace
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from tasks import cli
from vae_np import figures, optimisers, parallel, train
from vae_np.data import Dataset
from vae_np.experiments import figures_lines

UNCORRECTED = "uncorrected Adam"
# Constant steps, the best of 1e-3, 3e-3 and 1e-2 for each on the quick preset.
RUNS = {
    "SGD": {"optimiser": "sgd", "step_size": 1e-2},
    "momentum": {"optimiser": "momentum", "step_size": 3e-3},
    "Adam": {"optimiser": "adam", "step_size": 3e-3},
    UNCORRECTED: {"optimiser": "adam uncorrected", "step_size": 3e-3},
}
PLAIN = {"warmup_steps": 0, "final_fraction": 1.0, "epochs": 4}
FIRST = 40  # steps shown one by one
WINDOW = 50  # steps averaged in the curve of all steps

STORY = """
All four start from the same parameters and see the same batches with the same noise; only the rule
for a step differs. SGD has one step size for all weights, so the most sensitive ones decide it.
Momentum adds up gradients that agree. Adam divides each weight's average gradient by its typical
size. Its averages m and v start at 0: without bias correction v is too small by the factor
1 - 0.999^t, m by 1 - 0.9^t, and the first step is 0.1 / sqrt(0.001) = 3.2 times the step size
instead of once.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Four short runs, watched at every step; write the figure."""
    options = cli.parser("task9", __doc__, ["", "--quick", "--dataset mnist"]).parse_args(arguments)
    folder = cli.folder(options, "task9")
    dataset = cli.dataset(options)
    print(STORY)
    bounds = {}
    for name, changes in RUNS.items():
        bounds[name] = watched_run(options, dataset, name, changes)
        print(
            f"{name:30} mean ELBO of its last {WINDOW} steps {bounds[name][-WINDOW:].mean():8.2f}"
        )
    figures.save(draw(bounds), folder / "Task_9.png")
    cli.say_written(folder, ["Task_9.png"])


def watched_run(options: Namespace, dataset: Dataset, name: str, changes: dict) -> np.ndarray:
    """The ELBO of every batch just before its step, (steps,)."""
    settings = cli.settings(options, **PLAIN, **changes)
    images = dataset.train_images
    run, seen = train.start(settings, images, options.seed), []
    steps = settings.epochs * train.steps_per_epoch(settings, images)
    with (
        parallel.team(settings, images) as stepper,
        tqdm(total=steps, desc=name, unit="step") as bar,
    ):

        def on_step(log_likelihood, kl):
            seen.append(log_likelihood - kl)
            bar.update()

        for _ in range(settings.epochs):
            run, _ = train.epoch(run, settings, images, on_step, stepper)
    return np.array(seen)


def draw(bounds: Mapping[str, np.ndarray]) -> Figure:
    """All steps, the first steps, and the lengths of steps on a constant gradient."""
    colours = dict(zip(RUNS, figures_lines.COLOURS, strict=False))
    pair = ("Adam", UNCORRECTED)

    def line(name, x, y):
        return figures_lines.Line(name, x, y, colour=colours[name])

    final = {name: values[-WINDOW:].mean() for name, values in bounds.items()}
    steps = len(bounds["Adam"])
    window = min(WINDOW, steps)
    ends = np.arange(window, steps + 1)
    first = np.arange(1, min(FIRST, steps) + 1)
    lengths = {
        name: optimisers.step_lengths(
            optimisers.OPTIMISERS[RUNS[name]["optimiser"]], len(first), 1.0
        )
        for name in pair
    }
    panels = (
        figures_lines.Panel(
            f"After {steps:,} steps: Adam {final['Adam']:.0f},\n"
            f"momentum {final['momentum']:.0f}, SGD {final['SGD']:.0f} nats",
            [
                line(name, ends, figures_lines.smooth(values, window))
                for name, values in bounds.items()
                if name != UNCORRECTED
            ],
            "step",
            f"ELBO, mean of {window} batches",
            marker="",
        ),
        figures_lines.Panel(
            "Steps on a constant gradient: uncorrected,\n"
            f"the first is {lengths[UNCORRECTED][0]:.1f} times the step size",
            [line(name, first, values) for name, values in lengths.items()],
            "step",
            "length, in step sizes",
            marker="",
        ),
        figures_lines.Panel(
            f"The first {len(first)} steps: uncorrected,\nthe ELBO falls to "
            f"{bounds[UNCORRECTED][:FIRST].min():.0f} nats",
            [line(name, first, bounds[name][:FIRST]) for name in pair],
            "step",
            "ELBO of the batch",
            marker="",
        ),
    )
    return figures_lines.lines(panels)


if __name__ == "__main__":
    cli.run(main, "task9")
