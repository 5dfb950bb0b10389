"""Task 8: latent arithmetic: midpoints between images, and attributes added as one vector."""

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tasks import cli, models
from vae_np import built_in, data, figures, streams
from vae_np.data import Dataset
from vae_np.experiments import (
    autoencoder,
    classifier,
    estimators,
    figures_latent,
    figures_lines,
    latent_arithmetic,
    measurements,
    neighbours,
)
from vae_np.experiments.autoencoder import Autoencoder
from vae_np.experiments.classifier import Classifier
from vae_np.experiments.figures_lines import Line, Panel

STRENGTHS = np.linspace(-2, 2, 9, dtype=np.float32)
LEARNED = 20_000  # training images from which the vectors and the classifier are made, at most
COMPARED = 5_000  # training images among which a changed image looks for its like
MEASURED = 500  # test images that are changed, at most
ROWS = 6
PAIRS = 10

STORY = """
The mean latent of images with an attribute, minus the mean latent of images without it, is a
direction that means something: added to any code it turns the attribute up, subtracted down. The
same arithmetic on pixels adds one fixed ghost to every image, wherever its own strokes are. What
moved is measured on the images; whether the digit survived is judged by a small classifier, which
learned from images and not from decodings; whether the result looks real, by its nearest neighbour.
Decoded images are blurred, and blur alone brings them nearer: look at the rise from strength 0.
"""


class Attribute(NamedTuple):
    """What is added, to which images, and how its amount is read off an image."""

    has: np.ndarray  # (N,) of bool, training images
    lacks: np.ndarray
    measure: Callable[[np.ndarray], np.ndarray]  # (B, D) -> (B,)
    unit: str
    receives: np.ndarray  # (M,) of bool, test images


def main(arguments: Sequence[str] | None = None) -> None:
    """Use task 2's model if it is there, or train one; write the figures."""
    options = cli.parser("task8", __doc__, ["", "--quick", "--seed 1"]).parse_args(arguments)
    check_dataset(options)
    folder = cli.folder(options, "task8")
    dataset = cli.dataset(options)
    _, model = models.main(options, dataset)
    coder = autoencoder.from_vae(model)
    train_images = data.unit(dataset.train_images[:LEARNED])
    test_images = data.unit(dataset.test_images)
    labels = dataset.train_labels[:LEARNED]
    judge = classifier.fit(train_images, labels)
    right = np.mean(classifier.predict(judge, test_images) == dataset.test_labels)
    print(STORY)
    print(f"the classifier is right on {100 * right:.1f} % of the test images")

    draw_midpoints(coder, dataset, test_images, train_images, options.seed, folder)
    panels = [
        draw_attribute(name, attribute, coder, judge, dataset, train_images, test_images, folder)
        for name, attribute in attributes(options, dataset, train_images).items()
    ]
    for what, row in zip(("moved", "kept", "real"), zip(*panels, strict=True), strict=True):
        figures.save(figures_lines.lines(row), folder / f"Task_8_{what}.png")
    names = ("midpoints", "slant", "thickness", "bar", "moved", "kept", "real")
    cli.say_written(folder, [f"Task_8_{name}.png" for name in names])


def check_dataset(options: Namespace) -> None:
    """Attributes are known of the built-in digits alone."""
    if options.dataset != "digits":
        raise ValueError(
            f"--dataset {options.dataset}: slant, thickness and bars are known of the built-in "
            "digits alone; leave --dataset out"
        )


def attributes(options: Namespace, dataset: Dataset, train_images) -> dict[str, Attribute]:
    """Three attributes of the built-in digits."""
    known = built_in.attributes("train", len(dataset.train_images), options.data_dir)
    known = {name: values[:LEARNED] for name, values in known.items()}
    labels, shape = dataset.train_labels[:LEARNED], dataset.image_shape
    everywhere = np.ones(len(dataset.test_labels), bool)
    seven = labels == 7
    bar, plain = seven & known["has_bar"], seven & ~known["has_bar"]
    place = measurements.place(train_images[bar], train_images[plain])
    return {
        "slant": Attribute(
            *latent_arithmetic.extremes(known["slant"], labels),
            lambda images: measurements.slant(images, shape),
            "pixels to the right, per pixel up",
            everywhere,
        ),
        "thickness": Attribute(
            *latent_arithmetic.extremes(known["thickness"], labels),
            lambda images: measurements.thickness(images, shape),
            "width of the stroke, pixels",
            everywhere,
        ),
        "bar": Attribute(
            bar,
            plain,
            lambda images: measurements.ink_in(images, place),
            "ink where a 7 has its bar",
            np.isin(dataset.test_labels, (1, 4, 7, 9)),
        ),
    }


def draw_midpoints(
    coder: Autoencoder, dataset: Dataset, images, train_images, seed: int, folder: Path
) -> None:
    """Halfway between two images: in the latent space, and in pixels."""
    order = streams.generator(seed, "task 8").permutation(min(MEASURED, len(images)))
    first, second = images[order], images[np.roll(order, 1)]
    codes = coder.encode(first), coder.encode(second)
    halfway = {"halfway in z": coder.decode((codes[0] + codes[1]) / 2)}
    halfway["halfway in pixels"] = (first + second) / 2
    rows = {"first": first[:PAIRS]}
    distance = {}
    for name, middle in halfway.items():
        distance[name] = neighbours.nearest(middle, train_images)[0]
        rows[f"{name}\n{distance[name].mean():.1f}"] = middle[:PAIRS]
        print(
            f"{name:18} squared distance to the nearest training image "
            f"{distance[name].mean():5.1f} ± {estimators.standard_error(distance[name]):.1f}"
        )
    rows["second"] = second[:PAIRS]
    title = "Halfway between two images; squared distance to the nearest training image"
    picture = figures_latent.image_rows(rows, dataset.image_shape, title)
    figures.save(picture, folder / "Task_8_midpoints.png")


def draw_attribute(
    name: str,
    attribute: Attribute,
    coder: Autoencoder,
    judge: Classifier,
    dataset: Dataset,
    train_images,
    test_images,
    folder: Path,
) -> tuple[Panel, Panel, Panel]:
    """The strip of one attribute, and its panels: what moved, what stayed, what looks real."""
    learned = attribute.has, attribute.lacks, dataset.train_labels[:LEARNED]
    chosen = np.flatnonzero(attribute.receives)[:MEASURED]
    images, labels = test_images[chosen], dataset.test_labels[chosen]
    in_latents = latent_arithmetic.attribute_vector(coder.encode(train_images), *learned)
    in_pixels = latent_arithmetic.attribute_vector(train_images, *learned)
    codes = latent_arithmetic.add(coder.encode(images), in_latents, STRENGTHS)
    ways = {
        "latents": coder.decode(codes.reshape(-1, codes.shape[-1])),
        "pixels": np.clip(latent_arithmetic.add(images, in_pixels, STRENGTHS), 0, 1),
    }
    ways = {way: changed.reshape(len(images), len(STRENGTHS), -1) for way, changed in ways.items()}

    shown = [int(np.flatnonzero(labels == digit)[0]) for digit in np.unique(labels)[:ROWS]]
    rows = {f"{labels[i]} in z": ways["latents"][i] for i in shown}
    rows |= {f"{labels[i]} in pixels": ways["pixels"][i] for i in shown[:2]}
    columns = [f"{strength:+g}" for strength in STRENGTHS]
    title = f"{name.capitalize()} added in strengths from -2 to 2"
    picture = figures_latent.image_rows(rows, dataset.image_shape, title, columns)
    figures.save(picture, folder / f"Task_8_{name}.png")
    among = train_images[:COMPARED]
    return tuple(
        panel(f"{name.capitalize()}{what}", y, measure, ways, labels)
        for what, y, measure in (
            ("", attribute.unit, lambda images, _: attribute.measure(images)),
            (
                ": is it still its digit?",
                "classified as the digit it was, %",
                lambda images, labels: 100.0 * (classifier.predict(judge, images) == labels),
            ),
            (
                ": does it look real?",
                "squared distance to a real image",
                lambda images, _: neighbours.nearest(images, among)[0],
            ),
        )
    )


def panel(title: str, y: str, measure, ways: Mapping[str, np.ndarray], labels) -> Panel:
    """A measurement against the strength, for both ways of adding: mean and standard error."""
    lines = []
    print(f"\n{title.lower()}: {y}, mean of {len(labels)} test images")
    print(f"  {'strength':12}", *(f"{strength:+8.1f}" for strength in STRENGTHS))
    for way, changed in ways.items():
        values = np.stack(
            [measure(changed[:, index], labels) for index in range(len(STRENGTHS))], axis=1
        )
        errors = np.array([estimators.standard_error(column) for column in values.T])
        mean = values.mean(axis=0)
        lines.append(Line(way, STRENGTHS, mean, mean - errors, mean + errors))
        print(f"  {way:12}", *(f"{value:8.3g}" for value in mean))
        print(f"  {'±':>12}", *(f"{error:8.2g}" for error in errors))
    ends = " and ".join(f"{line.y[0]:.3g} to {line.y[-1]:.3g} by {line.name}" for line in lines)
    return Panel(f"{title}\n{ends}", lines, "strength", y)


if __name__ == "__main__":
    cli.run(main, "task8")
