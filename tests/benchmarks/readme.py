"""Fill the README's tables from the committed results, and copy its pictures from a run of task 3.

python -m tests.benchmarks.readme                     # the tables
python -m tests.benchmarks.readme --pictures DIR      # and the pictures, from task 3's folder
"""

import argparse
import json
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "tests" / "benchmarks" / "results"
PICTURES = ("Task_3_1.png", "Task_3_2.png", "Task_3_3_0.png")


def result(name: str) -> dict:
    """A committed result."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def quality() -> str:
    """What the presets reach, a row a data set and preset."""
    lines = [
        "| data | preset | test ELBO | test log p(x) | KL | active latents | training, CPU s |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in result("quality")["rows"]:
        mean, runs = row["mean"], row["runs"]

        def cell(key, mean=mean, runs=runs):
            values = [run[key] for run in runs]
            return f"{mean[key]:.2f} ({min(values):.2f} to {max(values):.2f})"

        lines.append(
            f"| {row['dataset']} | {row['preset']} | {cell('test_elbo')} | {cell('log_p')} "
            f"| {mean['test_kl']:.1f} | {mean['active_units']:.0f} of 50 "
            f"| {mean['cpu_seconds']:.0f} |"
        )
    return "\n".join(lines)


SPEED = {
    "vae_np": "vae_np",
    "vae_np, 2 processes": "vae_np, `--processes 2`",
    "JAX, jit": "JAX, the step jitted",
    "PyTorch, torch.compile, fused Adam": "PyTorch, `torch.compile`, fused Adam",
    "PyTorch, eager, fused Adam": "PyTorch, eager, fused Adam",
    "plain autograd, float64, 1 thread": "plain autograd in float64, one thread",
    "matrix products alone, 2 threads": "the step's matrix products alone, NumPy",
}


def speed() -> str:
    """What an epoch takes, a row a contender."""
    found = result("speed")
    machine, race = found["machine"], found["race"]
    lines = [
        f"| {machine['processor']}, {machine['cores']} cores | s an epoch | with one core busy "
        "| CPU s an epoch | CPU s to a test ELBO of -100 |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, title in SPEED.items():
        quiet, busy = found["quiet"][name], found["busy"][name]
        goal = f"{race[name]['cpu']:.0f}" if race.get(name) else ""
        lines.append(
            f"| {title} | {quiet['seconds']:.2f} | {busy['seconds']:.2f} "
            f"| {quiet['cpu']:.2f} | {goal} |"
        )
    return "\n".join(lines)


TABLES = {"quality": quality, "speed": speed}


def filled(text: str) -> str:
    """The text with every table between its markers made anew."""
    for name, table in TABLES.items():
        block = rf"(<!-- table: {name} -->\n).*?(<!-- end -->)"
        text = re.sub(
            block, lambda match, t=table: match[1] + t() + "\n" + match[2], text, flags=re.S
        )
    return text


def main() -> None:
    """Rewrite README.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text(encoding="utf-8")), encoding="utf-8")
    if options.pictures:
        for name in PICTURES:
            shutil.copy(options.pictures / name, ROOT / "tasks" / "pictures" / name)


if __name__ == "__main__":
    main()
