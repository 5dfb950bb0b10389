"""The command that puts the parts of a class together, which were graded by different jobs."""

import argparse
import textwrap
from pathlib import Path

from vae_np.course import exercises
from vae_np.grading import grades, report, shards, submissions
from vae_np.grading.grade import FORMATS, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options and the help of this command."""
    parser.description = textwrap.fill(
        "Merge the grades of several jobs, such as grade --shard i/n, into one."
    )
    parser.epilog = "example:\n  python -m vae_np merge part1 part2 --out grades"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="--out of each job")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for all of them")
    parser.add_argument("--roster", type=Path, metavar="FILE", help="as for grade")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="as for grade")
    parser.add_argument("--format", default="csv,json", metavar="LIST", help="as for grade")


def run(args: argparse.Namespace) -> int:
    """Merge. Raises ValueError if the parts do not belong together; 1 if some are missing."""
    formats = [word.strip() for word in args.format.split(",")]
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise ValueError(f"format is {args.format!r}: expected some of {', '.join(FORMATS)}")
    table = shards.merge(args.folders, args.out)
    if args.roster:
        listed = submissions.roster(args.roster)
        chosen = exercises.load(args.settings).exercises
        entries, remarks = grades.with_roster(table["students"], listed, chosen)
        table = {**table, "students": sorted(entries, key=lambda e: e["student"].casefold())}
        for remark in remarks:
            say(remark)
    for path in grades.write(args.out, table, formats):
        print(path)
    if "html" in formats:
        print(report.write(args.out, table))
    absent = shards.missing(args.folders)
    if absent:
        say(f"missing: {', '.join(absent)}")
    return 1 if absent else 0
