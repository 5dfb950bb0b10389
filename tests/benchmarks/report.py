"""Tables and plots of the benchmarks from their JSON: python -m tests.benchmarks.report."""

import argparse
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from vae_np import figures

RESULTS = Path(__file__).parent / "results"
ALONE, OURS = "vae_np", "vae_np, 2 processes"
STUDENT = ("plain autograd, float64, 2 BLAS threads", "plain autograd, float64, 1 thread")
PYTORCH, COMPILED, JAX = (
    "PyTorch, eager, fused Adam",
    "PyTorch, torch.compile, fused Adam",
    "JAX, jit",
)
FLOOR = "matrix products alone, 2 threads"
PYTORCH_RACERS = (PYTORCH, "PyTorch, eager, fused Adam, 1 thread")


def goals_table(result: dict) -> str:
    """What training should reach, and what it does; a peer that is not installed has no row."""
    quiet, busy, race = result["quiet"], result["busy"], result.get("race") or {}

    def ratio(one, other):
        return one / other if one and other else None

    def seconds(name, condition=quiet):
        return condition[name] and condition[name]["seconds"]

    def cpu(name):
        return race.get(name) and race[name]["cpu"]

    ours, students = seconds(OURS), [seconds(name) for name in STUDENT]
    pytorch = [cpu(name) for name in PYTORCH_RACERS if cpu(name)]
    rows = [
        ("epoch, of PyTorch eager with fused Adam", "<= 1.0", ratio(ours, seconds(PYTORCH))),
        ("epoch, of JAX with a jitted step", "<= 1.0", ratio(ours, seconds(JAX))),
        ("epoch, of torch.compile", "<= 1.0", ratio(ours, seconds(COMPILED))),
        ("plain autograd's epoch (the faster of two), of ours", ">= 9", ratio(min(students), ours)),
        ("with one core busy, of the quiet time", "<= 2.5", ratio(seconds(OURS, busy), ours)),
        ("the same, one process", "<= 2.5", ratio(seconds(ALONE, busy), seconds(ALONE))),
        (
            "CPU s to the goal, one process, of PyTorch's (the fewer of two)",
            "<= 1.0",
            ratio(cpu(ALONE), min(pytorch, default=None)),
        ),
        ("epoch, of its matrix products alone", "", ratio(ours, seconds(FLOOR))),
    ]
    return "\n".join(
        [f"| {OURS} | asked | measured |", "| --- | ---: | ---: |"]
        + [f"| {what} | {limit} | {value:.2f} |" for what, limit, value in rows if value]
    )


def speed_table(result: dict) -> str:
    """One row a contender: an epoch, as the machine is and with a busy neighbour."""
    quiet, busy = result["quiet"], result["busy"]
    lines = [
        "| contender | s an epoch | lowest | CPU s | of products | one core busy | busy / quiet |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in quiet.items():
        if row is None:
            lines.append(f"| {name} | not installed | | | | | |")
            continue
        seconds, loaded = row["seconds"], busy[name]["seconds"]
        numbers = (seconds, row["lowest"], row["cpu"], seconds / quiet[FLOOR]["seconds"], loaded)
        cells = " | ".join(f"{number:.2f}" for number in numbers)
        lines.append(f"| {name} | {cells} | {loaded / seconds:.1f} |")
    return "\n".join(lines)


def race_table(result: dict) -> str:
    """Seconds to the goal, evaluation not counted."""
    lines = [
        "| contender | epochs | test ELBO | CPU s | s |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, row in result.get("race", {}).items():
        lines.append(
            f"| {name} | {row['epochs']} | {row['elbo']:.2f} | {row['cpu']:.1f} | "
            f"{row['seconds']:.1f} |"
            if row
            else f"| {name} | not installed, or did not arrive | | | |"
        )
    return "\n".join(lines)


def growth_tables(result: dict) -> str:
    """Latent size, data size and samples of log p(x)."""
    latent = ["| latent size | ms a step |", "| ---: | ---: |"] + [
        f"| {size} | {1e3 * seconds:.2f} |" for size, seconds in result["latent_size"].items()
    ]
    images = ["| images | ms a step | private memory, MB |", "| ---: | ---: | ---: |"] + [
        f"| {row['images']:,} | {1e3 * row['seconds']:.2f} | {_mb(row)} |"
        for row in result["data_size"]
    ]
    samples = [
        "| samples K of log p(x) | ms an image | private memory, MB |",
        "| ---: | ---: | ---: |",
    ] + [
        f"| {row['samples']:,} | {1e3 * row['seconds']:.2f} | {_mb(row)} |"
        for row in result["samples"]
    ]
    return "\n\n".join("\n".join(table) for table in (latent, images, samples))


def _mb(row: dict) -> str:
    return "unknown" if row["private_mb"] is None else f"{row['private_mb']:.0f}"


def growth_figure(result: dict) -> Figure:
    """Milliseconds a step against batch size and hidden width, with the fitted slopes."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, key, label in zip(
        figure.subplots(1, 2),
        ("batch_size", "hidden_width"),
        ("images in a batch", "units in a hidden layer"),
        strict=True,
    ):
        sizes = np.array([float(size) for size in result[key]])
        times = 1e3 * np.array(list(result[key].values()))
        power, half = result["slopes"][key], len(sizes) // 2
        fit = np.exp(np.mean(np.log(times[half:]) - power * np.log(sizes[half:]))) * sizes**power
        axes.loglog(sizes, times, "o", color=figures.INK, label="measured")
        axes.loglog(
            sizes[half:], fit[half:], color=figures.ACCENT, label=f"slope {power:.2f}, large sizes"
        )
        axes.set_xticks(sizes, [f"{size:.0f}" for size in sizes])
        ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n < 2 * times.max()]
        axes.set_yticks(ticks, [str(n) for n in ticks])
        axes.minorticks_off()
        axes.set_xlabel(label)
        axes.set_ylabel("milliseconds a step")
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def markdown(folder: Path = RESULTS) -> str:
    """The whole report, as much of it as there is JSON for."""
    parts = []
    if (path := folder / "speed.json").exists():
        result = json.loads(path.read_text())
        machine = result["machine"]
        parts.append(
            f"Seconds an epoch of 60,000 images, batch 200 (medians of interleaved repetitions; "
            f"{machine['cores']} cores, {machine['processor']}, NumPy {machine['numpy']}; load "
            f"average {result['load_before']} before, {result['load_after_quiet']} after, with the "
            f"contenders in it).\n\n{speed_table(result)}\n\n{goals_table(result)}"
        )
        if result.get("race"):
            parts.append(
                "Training to a test ELBO of -100 nats on MNIST, same settings and schedule.\n\n"
                + race_table(result)
            )
    if (path := folder / "growth.json").exists():
        result = json.loads(path.read_text())
        slopes = ", ".join(
            f"{power:.2f} in the {key.replace('_', ' ')}" for key, power in result["slopes"].items()
        )
        parts.append(
            f"Growth of a step, one process (load average {result['load_before']} before, "
            f"{result['load_after']} after). Powers fitted to the larger sizes: {slopes}.\n\n"
            "![milliseconds a step against batch size and hidden width](growth.png)\n\n"
            f"{growth_tables(result)}"
        )
    return "\n\n".join(parts) + "\n"


def write(folder: Path = RESULTS) -> None:
    (folder / "speed.md").write_text(markdown(folder), encoding="utf-8")
    if (path := folder / "growth.json").exists():
        growth_figure(json.loads(path.read_text())).savefig(folder / "growth.png", dpi=100)
    print(markdown(folder))
    written = (path.name for pattern in ("speed.*", "growth.*") for path in folder.glob(pattern))
    print(f"wrote to {folder}:", *sorted(written), sep="\n  ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="DIR")
    write(parser.parse_args().out)


if __name__ == "__main__":
    main()
