"""Many machines: shards of a class as tasks of a Dask cluster, submitted through joblib.

A worker is told the number of a shard, and starts the same command for it as a process of its own;
neither code nor objects of ours cross, and no submission runs inside a worker. The machines share
the file system. A worker that dies costs what it was doing: the shard goes to another one, and what
was written is not done again.
"""

import argparse
import subprocess
import sys

from vae_np.grading import grades, shards

CONNECT_SECONDS = 10
SHARDS_PER_WORKER = 3  # so that the quick ones take over from the slow ones


def grade(args: argparse.Namespace) -> int:
    """Grade on the cluster at args.cluster. Raises ValueError if it cannot be reached."""
    try:
        import joblib
        from distributed import Client
    except ImportError:
        raise ValueError(
            'grading on a cluster needs joblib and Dask: pip install "vae_np[cluster]"'
        ) from None
    try:
        client = Client(args.cluster, timeout=CONNECT_SECONDS, set_as_default=True)
    except OSError as error:
        raise ValueError(f"no Dask scheduler at {args.cluster}: {error}") from error
    with client:
        count = SHARDS_PER_WORKER * max(1, len(client.scheduler_info()["workers"]))
        words = _command(args)
        with joblib.parallel_config(backend="dask"):
            statuses = joblib.Parallel(n_jobs=count)(
                joblib.delayed(one_shard)(words, number, count) for number in range(1, count + 1)
            )
    grades.write(args.out, shards.merge([args.out], args.out), args.format.split(","))
    return max(statuses)


def one_shard(words: list[str], number: int, count: int) -> int:
    """Grade a shard in a process of its own; its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "vae_np", "grade", *words, "--shard", f"{number}/{count}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 2:
        raise ValueError(done.stderr.strip().splitlines()[-1])
    return done.returncode


def _command(args: argparse.Namespace) -> list[str]:
    """The arguments of the same grading, with absolute paths."""
    words = [str(path.absolute()) for path in args.paths]
    values = {
        "--out": args.out.absolute(),
        "--settings": args.settings and args.settings.absolute(),
        "--name-pattern": args.name_pattern,
        "--seed": args.seed,
        "--lang": args.lang,
        "--require": args.require,
        "--memory": args.memory,
        "--jobs": 1,
    }
    for option, value in values.items():
        if value is not None:
            words.append(f"{option}={value}")
    return [*words, "--no-figures"] if args.no_figures else words
