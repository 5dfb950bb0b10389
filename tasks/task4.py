"""Task 4: from PCA to the VAE, one part at a time, in a latent space of two dimensions."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tasks import cli, models
from vae_np import data, evaluate, figures, streams
from vae_np.data import Dataset
from vae_np.experiments import (
    autoencoder,
    estimators,
    figures_latent,
    figures_lines,
    neighbours,
    pca,
)
from vae_np.experiments.autoencoder import Autoencoder
from vae_np.vae import Model

STEPS = {  # the objective of each network, in the order of the story
    "autoencoder": "autoencoder",
    "sigma, no KL": "without KL",
    "KL alone": "KL alone",
    "VAE": None,  # the command line's, the ELBO unless it says otherwise
}
SCATTERED = 4_000  # codes in a scatter
ELLIPSES = 12
RECONSTRUCTED = 10
SAMPLED = 49
FEW = 500  # images leave room between them
REPEATS = {"default": 60, "quick": 15}  # of each of the few in a pass
BATCH = 100  # of the few
PATH = 10  # images along an interpolation
CANDIDATES = 60  # training images between which the widest gap is looked for
GAPS = 20  # the widest, over which the two are compared
COVER = 1_000  # samples that should have something like every test image among them

STORY = """
PCA is the simplest autoencoder: linear both ways. Networks in its place reconstruct better, but a
plain autoencoder puts codes wherever it likes, and between them the decoder was never asked for
anything. Noise in the code would fill the gaps; without the KL the network escapes it by spreading
the codes and shrinking sigma. The KL alone makes every posterior the prior, and the code says
nothing. Both terms together give codes that fill the prior, overlap where images are alike, and
decode to digits wherever the prior puts them.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Train four networks, and two more on few images; write the five figures."""
    options = cli.parser(
        "task4", __doc__, ["", "--quick", "--dataset mnist", "--seed 1 --out figures"]
    ).parse_args(arguments)
    folder = cli.folder(options, "task4")
    dataset = cli.dataset(options)
    train_images, test_images = data.unit(dataset.train_images), data.unit(dataset.test_images)

    networks = train_networks(options, dataset, folder)
    coders = {"PCA": autoencoder.from_pca(pca.fit(train_images, 2))}
    coders |= {name: autoencoder.from_vae(model) for name, model in networks.items()}

    print(STORY)
    errors = {name: autoencoder.squared_error(coder, test_images) for name, coder in coders.items()}
    draw_spaces(coders, networks, dataset, test_images, folder)
    draw_reconstructions(coders, errors, dataset, test_images, folder)
    draw_samples(coders, dataset, test_images, options.seed, folder)

    few = few_coders(options, dataset, folder)
    draw_gap(few, dataset, test_images, folder)
    draw_measurements(few, dataset, test_images, folder)
    names = ("spaces", "reconstructions", "samples", "gap", "measurements")
    cli.say_written(folder, [f"Task_4_{name}.png" for name in names])


def train_networks(options: Namespace, dataset: Dataset, folder: Path) -> dict[str, Model]:
    """The four networks on all images."""
    networks = {}
    for name, objective in STEPS.items():
        changes = {"objective": objective} if objective else {}
        plan = models.plane_plan(options, dataset, **changes)
        place = folder / name.lower().replace(",", "").replace(" ", "-")
        networks[name] = models.fit(options, plan, place, f"Network: {name}")
    return networks


def few_coders(options: Namespace, dataset: Dataset, folder: Path) -> dict[str, Autoencoder]:
    """The autoencoder and the VAE on few images, which they see as often as many."""
    kept = dataset.train_images[:FEW]
    repeats = REPEATS.get(options.preset, REPEATS["default"])
    few = dataset._replace(
        train_images=np.tile(kept, (repeats, 1)),
        train_labels=None,
        test_images=dataset.test_images[:FEW],
        test_labels=None,
    )
    coders = {}
    for name in ("autoencoder", "VAE"):
        changes = {"objective": STEPS[name]} if STEPS[name] else {}
        plan = models.plane_plan(options, few, batch_size=BATCH, **changes)
        what = f"Network: {name}, of {len(kept)} images alone"
        model = models.fit(options, plan, folder / f"few-{name.lower()}", what)
        coders[name] = autoencoder.from_vae(model)
    return coders


def draw_spaces(
    coders: Mapping[str, Autoencoder],
    networks: Mapping[str, Model],
    dataset: Dataset,
    images: np.ndarray,
    folder: Path,
) -> None:
    """Where each puts the test images, and for some of them q(z|x)."""
    shown = images[:SCATTERED]
    labels = None if dataset.test_labels is None else dataset.test_labels[:SCATTERED]
    spaces, stds = [], {}
    for name, coder in coders.items():
        cloud = figures_latent.Cloud(name, coder.encode(shown), labels)
        if name not in ("PCA", "autoencoder"):
            mean, log_std = evaluate.posterior(networks[name], images)
            stds[name] = float(np.mean(np.exp(log_std)))
            kl = float(np.sum(evaluate.kl_per_latent(mean, log_std)))
            print(f"{name:14} mean sigma {stds[name]:8.2g}, KL {kl:8.3f} nats")
            cloud = cloud._replace(
                title=f"{name}: mean σ {stds[name]:.2g}",
                labels=None if name == "KL alone" else labels,  # its codes all lie on one point
                mean=mean[:ELLIPSES],
                std=np.exp(log_std[:ELLIPSES]),
            )
        spaces.append(cloud)
    title = (
        f"Without the KL, σ is {stds['VAE'] / stds['sigma, no KL']:,.0f} times smaller than the "
        "VAE's; with the KL alone, every q(z|x) is the prior"
    )
    figures.save(figures_latent.clouds(spaces, title), folder / "Task_4_spaces.png")


def draw_reconstructions(coders, errors, dataset: Dataset, images, folder: Path) -> None:
    """The first test images under each, with the error on all of them."""
    originals = images[:RECONSTRUCTED]
    rows = {"test image": originals}
    for name, coder in coders.items():
        label = f"{name}\n{errors[name].mean():.1f}"
        rows[label] = np.clip(coder.decode(coder.encode(originals)), 0, 1)
        print(f"{name:14} squared error on test images {errors[name].mean():6.2f} an image")
    pca_error, plain, full = (errors[name].mean() for name in ("PCA", "autoencoder", "VAE"))
    title = (
        f"An image in two numbers: squared error {pca_error:.0f} by PCA, {plain:.0f} by the "
        f"autoencoder, {full:.0f} by the VAE"
    )
    picture = figures_latent.image_rows(rows, dataset.image_shape, title)
    figures.save(picture, folder / "Task_4_reconstructions.png")


def draw_samples(coders, dataset: Dataset, images, seed: int, folder: Path) -> None:
    """What is decoded at draws of the prior, the same for all."""
    rng = streams.generator(seed, "task 4 samples")
    latents = rng.standard_normal((COVER, 2), dtype=np.float32)
    blocks, distances = {}, {}
    for name in ("autoencoder", "sigma, no KL", "VAE"):
        samples = coders[name].decode(latents)
        distances[name] = float(neighbours.nearest(images, samples)[0].mean())
        blocks[f"{name}: {distances[name]:.1f}"] = samples[:SAMPLED]
        print(
            f"{name:14} from a test image to the nearest of {COVER:,} samples: "
            f"squared distance {distances[name]:.1f}"
        )
    title = (
        f"Draws of N(0, I), decoded: a test image finds the nearest of {COVER:,} at distance² "
        f"{distances['VAE']:.0f} if the VAE made them"
    )
    picture = figures_latent.image_blocks(blocks, dataset.image_shape, 7, title)
    figures.save(picture, folder / "Task_4_samples.png")


def draw_gap(few, dataset: Dataset, images, folder: Path) -> None:
    """Both models cross the gaps that are the autoencoder's widest; the widest is shown."""
    kept = data.unit(dataset.train_images[:FEW])
    codes = few["autoencoder"].encode(kept)
    pairs = neighbours.widest_gaps(codes, codes[:CANDIDATES], GAPS)
    rows, means = {}, {}
    for name, coder in few.items():
        paths = [autoencoder.between(coder, *coder.encode(kept[pair]), PATH) for pair in pairs]
        distances = np.array([neighbours.nearest(path[1:-1], images)[0].mean() for path in paths])
        means[name] = distances.mean()
        rows[f"{name}\n{distances[0]:.1f}"] = paths[0]
        print(
            f"{name:14} across {len(pairs)} gaps: squared distance to a real image "
            f"{means[name]:.1f} ± {estimators.standard_error(distances):.1f}"
        )
    title = (
        "The autoencoder's widest gap. Squared distance to the nearest real image, mean of its "
        f"{len(pairs)} widest:\n{means['autoencoder']:.1f}, and {means['VAE']:.1f} by the VAE"
    )
    picture = figures_latent.image_rows(rows, dataset.image_shape, title)
    figures.save(picture, folder / "Task_4_gap.png")


def draw_measurements(few, dataset: Dataset, images, folder: Path) -> None:
    """Memorisation: the error between training images. Continuity: where a small shift leads."""
    kept, test = data.unit(dataset.train_images[:FEW]), images[:FEW]
    nudged = neighbours.shifted(test, dataset.image_shape)
    errors, moved = {}, {}
    for name, coder in few.items():
        errors[name] = {
            "training images": float(autoencoder.squared_error(coder, kept).mean()),
            "test images": float(autoencoder.squared_error(coder, test).mean()),
        }
        codes, others = coder.encode(test), coder.encode(nudged)
        moved[name] = {
            "median": neighbours.relative_distance(codes, others),
            "90 %": neighbours.relative_distance(codes, others, 0.9),
        }
        for what, value in errors[name].items():
            print(f"{name:14} squared error of {what:16} {value:5.1f}")
        for what, value in moved[name].items():
            print(f"{name:14} a one-pixel shift moves the code by {value:.2f} ({what})")
    rise = {name: error["test images"] / error["training images"] for name, error in errors.items()}
    panels = (
        figures_lines.Bars("Squared error an image", errors, "squared error"),
        figures_lines.Bars(
            "How far a one-pixel shift moves the code",
            moved,
            "of an unrelated code's distance",
            "%.2f",
        ),
    )
    title = (
        f"Taught {len(kept)} images: on new ones the autoencoder's error is "
        f"{rise['autoencoder']:.1f} times as large, the VAE's {rise['VAE']:.1f} times"
    )
    figures.save(figures_lines.bars(panels, title), folder / "Task_4_measurements.png")


if __name__ == "__main__":
    cli.run(main, "task4")
