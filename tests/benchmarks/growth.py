"""How training and log p(x) grow with their sizes: python -m tests.benchmarks.growth.

Time a step against the batch size and the hidden width (fitted slopes in a log-log plot), against
the latent size and the number of images (read from a memory-mapped file), and time and memory of
log p(x) against its number of samples. One BLAS thread, as in the tasks.
"""

import argparse
import contextlib
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from tests.benchmarks import speed
from vae_np import evaluate, mlp, train, vae

BATCH_SIZES = [20, 50, 100, 200, 500, 1000, 2000]
WIDTHS = [50, 100, 200, 400, 800, 1600]
LATENT_SIZES = [2, 5, 10, 20, 50, 100, 200]
IMAGE_COUNTS = [10_000, 100_000, 1_000_000]
SAMPLE_COUNTS = [10, 100, 1_000, 5_000]
STEPS = 20


class Enough(Exception):  # noqa: N818 (not an error: the end of a measurement)
    """So many steps were taken."""


def steps_of(settings: train.Settings, images: np.ndarray):
    """A function that takes some steps of `train.epoch` and returns seconds a step: the median."""
    run = train.start(settings, images, seed=0)

    def take(count: int = STEPS) -> float:
        times = [time.perf_counter()]

        def on_step(*_):
            times.append(time.perf_counter())
            if len(times) > count + 1:
                raise Enough

        with contextlib.suppress(Enough):
            train.epoch(run, settings, images, on_step)
        return statistics.median(np.diff(times)[1:])  # the first step includes the shuffle

    return take


def by_turns(what: str, runners: dict, rounds: int) -> dict:
    """The median over rounds in which every runner has its turn."""
    times = {key: [] for key in runners}
    for key in tqdm([*runners] * rounds, desc=what, unit="run", disable=None):
        times[key].append(runners[key]())
    return {key: statistics.median(values) for key, values in times.items()}


def slope(times: dict[int, float]) -> float:
    """The exponent p of the best fit time = c size^p over the upper half of the sizes."""
    sizes, seconds = (np.log(list(values)) for values in (times.keys(), times.values()))
    half = len(sizes) // 2
    return float(np.polyfit(sizes[half:], seconds[half:], 1)[0])


def private_megabytes() -> float | None:
    """Anonymous memory of this process, which excludes mapped files; None where it is not told."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


def many_images(path: Path, count: int) -> np.ndarray:
    """Random grey images in a file, mapped into memory."""
    rng = np.random.default_rng(0)
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (count, 784))
    for start in range(0, count, 10_000):
        images[start : start + 10_000] = rng.integers(0, 256, (10_000, 784), dtype=np.uint8)
    images.flush()
    del images
    return np.load(path, mmap_mode="r")


def data_sizes(folder: Path, rounds: int) -> list[dict]:
    rows = []
    for count in tqdm(IMAGE_COUNTS, desc="data size", unit="size", disable=None):
        path = folder / "images.npy"
        images = many_images(path, count)
        take = steps_of(train.Settings(batch_size=200), images)
        take()
        seconds = statistics.median(take() for _ in range(rounds))
        rows.append({"images": count, "seconds": seconds, "private_mb": private_megabytes()})
        del images, take
        path.unlink()
    return rows


def samples(images: np.ndarray) -> list[dict]:
    """log p(x) of some images: seconds an image and growth of private memory."""
    settings = train.Settings()
    rng = np.random.default_rng(0)
    encoder, decoder = (mlp.init(layers, rng) for layers in train.sizes(settings, 784))
    model, targets = vae.Model(encoder, decoder), (images[:20] > 127).astype(np.float32)
    rows = []
    for count in tqdm(SAMPLE_COUNTS, desc="samples of log p(x)", unit="count", disable=None):
        started = time.perf_counter()
        evaluate.log_prob(model, targets, count, rng)
        seconds = (time.perf_counter() - started) / len(targets)
        rows.append({"samples": count, "seconds": seconds, "private_mb": private_megabytes()})
    return rows


def measure(rounds: int) -> dict:
    result = {"machine": speed.machine(), "load_before": speed.load_average()}
    with threadpool_limits(1), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = many_images(folder / "some.npy", 60_000)
        for key, sizes, changes in (
            ("batch_size", BATCH_SIZES, lambda n: {"batch_size": n}),
            ("hidden_width", WIDTHS, lambda n: {"hidden": (n, n)}),
            ("latent_size", LATENT_SIZES, lambda n: {"latent_dim": n}),
        ):
            runners = {
                n: steps_of(train.Settings(batch_size=200)._replace(**changes(n)), images)
                for n in sizes
            }
            result[key] = by_turns(key.replace("_", " "), runners, rounds)
        result["slopes"] = {key: slope(result[key]) for key in ("batch_size", "hidden_width")}
        result["data_size"] = data_sizes(folder, rounds)
        result["samples"] = samples(images)
    result["load_after"] = speed.load_average()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few repetitions")
    parser.add_argument("--out", type=Path, default=speed.RESULTS, metavar="DIR")
    options = parser.parse_args()
    result = measure(rounds=1 if options.quick else 5)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "growth.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
