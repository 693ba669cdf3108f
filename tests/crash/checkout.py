"""What a report says of where it comes from: the machine and the commit, read when a run begins."""

import os
import platform
import subprocess

from tests.crash.control import ROOT


def machine() -> str:
    """What it ran on, without a name or a path."""
    cores = len(os.sched_getaffinity(0))
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{system}, on {cores} of {os.cpu_count()} cores"


def commit() -> str:
    """The commit of the checkout, and whether any file differs from it."""
    found = _git("rev-parse", "--short=12", "HEAD")
    if not found:
        return "unknown (no git checkout)"
    return f"{found}, with local changes" if _git("status", "--porcelain") else found


def _git(*words: str) -> str:
    """What git says; nothing where it knows of no checkout."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()
