"""Starts the grader again and again without importing its libraries anew.

Reads a JSON list of arguments a line; for each forks a grader, and writes its process number, then
how it ended.
"""

import json
import os
import sys

from vae_np import __main__ as command
from vae_np.grading import grade, plan, report  # noqa: F401 (imported once, before the forks)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            status = 1
            try:
                status = command.main(json.loads(line))
            finally:
                os._exit(status)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
