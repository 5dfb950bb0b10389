"""Derivations: check every numbered step of tasks/derivations.md in numbers, both sides printed."""

import argparse
from collections.abc import Sequence

from tasks import cli
from vae_np.experiments import derivations

PARTS = {
    "1": "The bound, by Jensen's inequality",
    "2": "The bound, by the KL to the posterior",
    "3": "The bound, by Bayes' rule inside the expectation",
    "4": "The KL in closed form",
    "5": "Gradients through a sample",
    "6": "Signs and roles",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every step; raise ValueError if one does not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m tasks.derivations",
        description=__doc__,
        epilog="example:\n  python -m tasks.derivations --part 5",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--part", choices=PARTS, help="one part alone (default: all)")
    part = parser.parse_args(arguments).part

    print("One pixel x, one latent z; p(z) = N(0, 1), p(x|z) = N(w z + b, σ²), q(z|x) = N(m, s²)")
    print(
        f"x = {derivations.X}, w = {derivations.W}, b = {derivations.MEAN}, σ = {derivations.STD}, "
        f"m = {derivations.Q_MEAN}, s = {derivations.Q_STD}; f(z) = log p(x|z)"
    )
    heading, failed = "", []
    for step in derivations.check_all():
        if part not in (None, step.number[0]):
            continue
        if step.number[0] != heading:
            heading = step.number[0]
            print(f"\n{heading}. {PARTS[heading]}")
        sides = f"{step.left:12.8f} {step.relation} {step.right:12.8f}"
        print(f"  {step.number}  {step.statement:52} {sides}")
        if not step.holds():
            failed.append(step.number)
    if failed:
        raise ValueError(f"steps {', '.join(failed)} do not hold; expected both sides to agree")
    print("\nevery step holds")


if __name__ == "__main__":
    cli.run(main, "derivations")
