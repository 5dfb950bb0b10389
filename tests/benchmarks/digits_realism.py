"""How much like handwriting are the built-in digits? Train on one set, test on the other.

Four classifiers answer. Three learn from 60,000 built-in digits and read MNIST's 10,000 test
images: a small convolutional network, a perceptron 784-256-10 and the nearest neighbour. The
fourth goes the other way: the convolutional network learns from MNIST and reads 10,000 of ours,
which measures their legibility. Each is repeated with other built-in digits; the table is written
as JSON, and a sheet of ours beside MNIST's to look at.

It needs MNIST (--data-dir, or the environment variable VAE_NP_DATA), and torch, which nothing
else here needs: pip install torch==2.13.0
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import matplotlib.image
import numpy as np
from numpy.typing import NDArray

from vae_np import data, digits

try:
    import torch
    from torch import nn
except ImportError:  # said in main: importing this module, as pytest does, needs no torch
    torch = nn = None

TRAIN, TEST = 60_000, 10_000
RESULTS = Path(__file__).parent / "results" / "digits_realism.json"
TARGETS = {  # accuracy in %, mean over seeds
    "digits to MNIST, convolutional": 97.0,
    "digits to MNIST, perceptron": 93.0,
    "digits to MNIST, nearest neighbour": 93.5,
    "MNIST to digits, convolutional": 97.0,
}


def main() -> None:
    """Measure, print and save."""
    options = _options()
    if torch is None:
        sys.exit("this benchmark needs torch: pip install torch==2.13.0")
    torch.set_num_threads(options.threads)
    try:
        mnist = data.load_mnist(options.data_dir)
    except ValueError as error:
        sys.exit(str(error))
    real = (mnist.train_images, mnist.train_labels)
    accuracies = {name: [] for name in TARGETS}
    for seed in range(options.seeds):
        drawn = digits.draw(TRAIN, seed)
        held_out = digits.draw(TEST, seed, start=TRAIN)
        reader = _train(_convolutional(), *real, epochs=4, seed=seed)
        networks = {
            "convolutional": _train(_convolutional(), *drawn[:2], epochs=4, seed=seed),
            "perceptron": _train(_perceptron(), *drawn[:2], epochs=12, seed=seed),
        }
        read = {name: _read(network, mnist.test_images) for name, network in networks.items()}
        read["nearest neighbour"] = _nearest(*drawn[:2], mnist.test_images)
        for name, labels in read.items():
            right = _percent(labels, mnist.test_labels)
            accuracies[f"digits to MNIST, {name}"].append(right)
        right = _percent(_read(reader, held_out.images), held_out.labels)
        accuracies["MNIST to digits, convolutional"].append(right)
        print(f"seed {seed}:", {name: values[-1] for name, values in accuracies.items()})

    rows = [
        {"name": name, "mean": round(float(np.mean(values)), 2), "seeds": values, "target": target}
        for (name, values), target in zip(accuracies.items(), TARGETS.values(), strict=True)
    ]
    table = {
        "unit": "% right",
        "rows": rows,
        "statistics": {"digits": _statistics(drawn.images), "mnist": _statistics(real[0])},
        "cpu_seconds_to_draw_70000": _drawing_seconds(),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    options.out.mkdir(parents=True, exist_ok=True)
    _save_sheet(options.out / "digits_beside_mnist.png", drawn[:2], real)
    print(json.dumps(table, indent=2))
    print(f"wrote {RESULTS} and {options.out / 'digits_beside_mnist.png'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.digits_realism",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=3, help="how often to repeat (default: 3)")
    parser.add_argument("--threads", type=int, default=1, help="threads for torch (default: 1)")
    parser.add_argument("--data-dir", type=Path, help="folder with MNIST's four files")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs/digits_realism"),
        help="folder for the picture (default: runs/digits_realism)",
    )
    options = parser.parse_args()
    if options.seeds < 1 or options.threads < 1:
        parser.error("--seeds and --threads: expected at least 1")
    return options


def _convolutional() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(128, 10),
    )


def _perceptron() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def _inputs(images: NDArray) -> torch.Tensor:
    return torch.from_numpy(images.astype(np.float32) / 255)


def _train(
    network: nn.Module, images: NDArray, labels: NDArray, epochs: int, seed: int
) -> nn.Module:
    """Train by Adam on batches of 128, the step size rising to 0.002 and falling to 0."""
    torch.manual_seed(seed)
    for layer in network:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    inputs, targets = _inputs(images), torch.from_numpy(labels.astype(np.int64))
    optimiser = torch.optim.Adam(network.parameters())
    steps = epochs * -(-len(inputs) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.002, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(128):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def _read(network: nn.Module, images: NDArray) -> NDArray:
    with torch.inference_mode():
        return np.concatenate([network(batch).argmax(1) for batch in _inputs(images).split(1000)])


def _nearest(images: NDArray, labels: NDArray, queries: NDArray) -> NDArray:
    """Label each query as the image nearest to it in Euclidean distance."""
    inputs = _inputs(images)
    half_square = inputs.square().sum(1) / 2
    nearest = [(q @ inputs.T - half_square).argmax(1) for q in _inputs(queries).split(500)]
    return labels[np.concatenate(nearest)]


def _percent(read: NDArray, labels: NDArray) -> float:
    return round(100 * float(np.mean(read == labels)), 2)


def _statistics(images: NDArray) -> dict[str, float]:
    """What a VAE meets: brightness, and how many principal components hold 90 % of the variance."""
    pixels = images[:20_000].astype(np.float32) / 255
    variances = np.linalg.eigvalsh(np.cov(pixels, rowvar=False))[::-1]
    share = np.cumsum(variances) / variances.sum()
    return {
        "mean intensity": round(float(pixels.mean()), 4),
        "share of pixels above 0": round(float((pixels > 0).mean()), 4),
        "components for 90 % of the variance": int(np.searchsorted(share, 0.9)) + 1,
    }


def _drawing_seconds() -> float:
    start = time.process_time()
    digits.draw(TRAIN + TEST, seed=0)
    return round(time.process_time() - start, 2)


def _save_sheet(path: Path, *sets: tuple[NDArray, NDArray]) -> None:
    """Save the first 200 images of each set side by side, sorted by digit, 10 a row."""
    sheets = []
    for images, labels in sets:
        first = images[:200][np.argsort(labels[:200], kind="stable")]
        sheet = first.reshape(20, 10, 28, 28).swapaxes(1, 2).reshape(560, 280)
        sheets.append(np.pad(sheet, ((0, 0), (10, 10))))
    picture = np.concatenate(sheets, axis=1).repeat(2, 0).repeat(2, 1)
    matplotlib.image.imsave(path, 255 - picture, cmap="gray", vmin=0, vmax=255)


if __name__ == "__main__":
    main()
