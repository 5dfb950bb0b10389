"""The speed of training beside its peers: python -m tests.benchmarks.speed [--quick].

All contenders stay in memory, each in its own process, and take turns: a repetition of one, then
one of the next, so that a noisy minute hits them alike. Medians and ratios of medians are kept.
The whole is done twice: as the machine is, and with one core kept busy by another process. Then
training runs to a test ELBO of -100 on MNIST, where MNIST is at hand. Peers live in `.venv-bench`,
which is made on the first run; without them the table says so. VAE_NP_PEERS names another
interpreter that has them. `python -m tests.benchmarks.report` makes the table.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import psutil

from tests.benchmarks.contenders import BATCH, CONTENDERS, EPOCHS, STEPS
from vae_np import data, evaluate, mlp, streams, train, vae

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).parent / "results"
ENVIRONMENT = ROOT / ".venv-bench"
PEERS = ["torch==2.13.0", "jax", "numpy"]
GOAL = -100.0  # nats
RACERS = (
    "vae_np",
    "vae_np, 2 processes",
    "PyTorch, eager, fused Adam, 1 thread",
    "PyTorch, eager, fused Adam",
    "JAX, jit",
)
SETTINGS = train.Settings(batch_size=BATCH, epochs=EPOCHS)


def peers_python() -> str | None:
    """The interpreter with the peers, installed if need be; None, with the reason, without them."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    given = os.environ.get("VAE_NP_PEERS")
    if given:
        return given
    try:
        if not python.exists():
            print(f"installing {', '.join(PEERS)} into {ENVIRONMENT}")
            subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"the peers cannot be installed: {error}")
        return None
    return str(python)


def prepare(folder: Path) -> data.Dataset | None:
    """Write what contenders read; MNIST, or None if it is not here and built-in digits stand in."""
    try:
        dataset, mnist = data.load_mnist(), True
    except ValueError:
        print("MNIST is not here (set VAE_NP_DATA): epochs on built-in digits, no race to its goal")
        dataset, mnist = data.load_digits(show_progress=True), False
    images = np.resize(dataset.train_images, (STEPS * BATCH, 784))
    np.save(folder / "images.npy", images)
    theta = train.start(SETTINGS, images, seed=0).optimiser.theta
    nets = mlp.unflatten(theta, *train.sizes(SETTINGS, 784))
    np.savez(
        folder / "parameters.npz", *(array for net in nets for layer in net for array in layer)
    )
    return dataset if mnist else None


@contextmanager
def contender(name: str, folder: Path, peers: str | None):
    """A function that takes steps and returns their times; None if the contender cannot start."""
    entry = CONTENDERS[name]
    python = peers if entry.is_peer else sys.executable
    if python is None:
        yield None
        return
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(threads, str(entry.threads))}
    if not entry.is_peer:
        environment["PYTHONPATH"] = str(ROOT)
    with subprocess.Popen(
        [python, "-W", "ignore", Path(__file__).with_name("contenders.py"), name, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        if process.stdout.readline() != "ready\n":
            yield None
            return

        def steps(count: int) -> dict[str, float]:
            before = cpu_seconds(process.pid)
            process.stdin.write(f"{count}\n")
            process.stdin.flush()
            seconds = float(process.stdout.readline())
            return {"seconds": seconds, "cpu": cpu_seconds(process.pid) - before}

        try:
            yield steps
        finally:
            process.kill()


def cpu_seconds(pid: int) -> float:
    """CPU time so far of a process and of those it has started, all threads."""
    parent = psutil.Process(pid)
    times = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
    return sum(time.user + time.system for time in times)


@contextmanager
def busy_core():
    """Another process that computes all the time."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def load_average() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def take_turns(runners: dict, repetitions: int, share: float = 1.0) -> dict[str, dict]:
    """Seconds an epoch of each contender, median and lowest, and CPU; None for those not here."""
    times = {name: [] for name, steps in runners.items() if steps}
    for repetition in range(repetitions):
        print(f"repetition {repetition + 1} of {repetitions}, load {load_average()}", flush=True)
        for name in times:
            count = max(2, round(CONTENDERS[name].steps * share))
            answer = runners[name](count)
            times[name].append([answer[key] * STEPS / count for key in ("seconds", "cpu")])
    return {
        name: {
            "seconds": statistics.median(wall for wall, _ in times[name]),
            "lowest": min(wall for wall, _ in times[name]),
            "cpu": statistics.median(cpu for _, cpu in times[name]),
        }
        if name in times
        else None
        for name in runners
    }


def race(name: str, folder: Path, peers: str | None, dataset: data.Dataset) -> dict | None:
    """Seconds and CPU seconds of training to a test ELBO of GOAL, evaluation not counted."""
    targets = data.binarise(
        dataset.test_images, streams.generator(0, "test binarisation"), np.uint8
    )
    total = {"seconds": 0.0, "cpu": 0.0}
    with contender(name, folder, peers) as steps:
        if steps is None:
            return None
        for epoch in range(1, EPOCHS + 1):
            answer = steps(STEPS)
            total = {key: total[key] + answer[key] for key in total}
            with np.load(folder / "trained.npz") as arrays:
                flat = [arrays[key] for key in arrays.files]
            layers = list(zip(flat[::2], flat[1::2], strict=True))
            terms = evaluate.elbo_terms(
                vae.Model(layers[:3], layers[3:]), targets, streams.generator(0, "test noise")
            )
            elbo = float(vae.elbo(*terms))
            print(f"{name}: epoch {epoch}, test ELBO {elbo:.2f}, CPU {total['cpu']:.1f} s")
            if elbo >= GOAL:
                return {**total, "epochs": epoch, "elbo": elbo}
    return None


def machine() -> dict:
    """What the numbers depend on."""
    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "processor": names[0].split(":")[1].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def measure(repetitions: int, share: float, peers: str | None, with_race: bool) -> dict:
    result = {"machine": machine(), "load_before": load_average()}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        mnist = prepare(folder)
        runners = {name: stack.enter_context(contender(name, folder, peers)) for name in CONTENDERS}
        result["quiet"] = take_turns(runners, repetitions, share)
        result["load_after_quiet"] = load_average()
        with busy_core():
            result["busy"] = take_turns(runners, max(3, repetitions // 3), share / 2)
        stack.close()
        result["load_after_busy"] = load_average()
        if with_race and mnist:
            result["race"] = {racer: race(racer, folder, peers, mnist) for racer in RACERS}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few repetitions, no race")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="DIR")
    options = parser.parse_args()
    result = measure(3 if options.quick else 15, 1.0, peers_python(), not options.quick)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "speed.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
