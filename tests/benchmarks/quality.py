"""What the presets reach: test ELBO and log p(x) on MNIST and on the built-in digits, over seeds.

Trains each preset anew for every seed, then scores all test images under one fixed stochastic
binarisation, the same for every model. Writes tests/benchmarks/results/quality.json.

    python -m tests.benchmarks.quality --data-dir DIR        # DIR holds MNIST; or set VAE_NP_DATA
    python -m tests.benchmarks.quality --presets default --datasets digits --seeds 1
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from tasks.presets import PRESETS
from vae_np import data, evaluate, streams, train, vae

RESULTS = Path(__file__).parent / "results" / "quality.json"
SAMPLES = 500  # importance samples for log p(x)


def score(preset: str, dataset: data.Dataset, seed: int) -> dict[str, float]:
    """Train a preset from one seed and measure it."""
    settings = PRESETS[preset].settings
    run = train.start(settings, dataset.train_images, seed)
    cpu = time.process_time()
    for _ in tqdm(range(settings.epochs), desc=f"{preset}, {dataset.name}, seed {seed}"):
        run, _ = train.epoch(run, settings, dataset.train_images)
    cpu = time.process_time() - cpu

    model = train.model(run.optimiser.theta, settings, dataset.train_images.shape[1])
    rng = streams.generator(0, "benchmark: binarisation and noise")
    targets = data.binarise(dataset.test_images, rng, np.uint8)
    log_likelihood, kl = (np.mean(term) for term in evaluate.elbo_terms(model, targets, rng))
    mean, _ = evaluate.posterior(model, targets)
    thresholded = (data.unit(dataset.test_images) > 0.5).astype(np.uint8)
    return {
        "seed": seed,
        "test_elbo": float(vae.elbo(log_likelihood, kl)),
        "test_log_likelihood": float(log_likelihood),
        "test_kl": float(kl),
        "log_p": float(np.mean(evaluate.log_prob(model, targets, SAMPLES, rng))),
        "active_units": int(np.sum(evaluate.active_units(mean))),
        "test_elbo_thresholded": float(vae.elbo(*evaluate.elbo_terms(model, thresholded, rng))),
        "cpu_seconds": round(cpu, 1),
    }


def main() -> None:
    """Measure, and write the table as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--presets", nargs="+", default=["default", "classic"], choices=PRESETS)
    parser.add_argument("--datasets", nargs="+", default=["mnist", "digits"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()

    table = []
    for name in options.datasets:
        dataset = data.load(name, options.data_dir)
        for preset in options.presets:
            with threadpool_limits(1):
                runs = [score(preset, dataset, seed) for seed in range(options.seeds)]
            means = {key: statistics.fmean(run[key] for run in runs) for key in runs[0]}
            del means["seed"]
            table.append({"dataset": name, "preset": preset, "mean": means, "runs": runs})
            print(name, preset, {key: round(value, 2) for key, value in means.items()})
    settings = {"samples": SAMPLES, "test_images": "all, one fixed stochastic binarisation"}
    options.out.write_text(json.dumps({"settings": settings, "rows": table}, indent=1) + "\n")


if __name__ == "__main__":
    main()
