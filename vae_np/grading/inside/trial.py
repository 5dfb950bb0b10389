"""What a confined process can really do: tried, not assumed."""

import importlib
import json
import os
import socket
from pathlib import Path


def all_of(settings):
    """A record, as JSON: what is blocked, and whether an ordinary submission could work."""
    outside, inside = Path(settings["secret"]), Path(settings["temporary"]) / "trial"
    parent = os.getppid()
    blocked = {
        "reading": refused(outside.read_bytes),
        "writing": refused(outside.open, "ab"),
        "network": refused(socket.socket, socket.AF_INET, socket.SOCK_DGRAM),
        "signals": refused(os.kill, parent, 0),
        "processes": refused(fork),
    }
    try:
        inside.write_bytes(b"x")
        inside.unlink()
        for path in settings["open"]:
            Path(path).read_bytes()
        for name in settings["lazy"]:
            importlib.import_module(name)
    except (OSError, ImportError) as error:
        return report(blocked, False, f"{type(error).__name__}: {error}")
    return report(blocked, True, "")


def report(blocked, works, why):
    return json.dumps({"blocked": blocked, "works": works, "why": why}).encode()


def refused(attempt, *arguments):
    """Whether the attempt is refused by the system."""
    try:
        attempt(*arguments)
    except OSError:
        return True
    return False


def fork():
    if os.fork() == 0:
        os._exit(0)
