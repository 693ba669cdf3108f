"""Writes the lab's files and folders with owner and mode."""

import shutil
from pathlib import Path

from foreseen.lab.layout import ASSETS


def own(path: Path, user: str, mode: int) -> Path:
    """Give a path to a user."""
    path.chmod(mode)
    shutil.chown(path, user, user)
    return path


def folder(path: Path, user: str, mode: int = 0o755) -> Path:
    """Make a folder of a user."""
    path.mkdir(parents=True, exist_ok=True)
    return own(path, user, mode)


def file(path: Path, text: str, user: str = "root", *, mode: int = 0o644) -> Path:
    """Write a file of a user."""
    path.write_text(text, encoding="utf-8")
    return own(path, user, mode)


def asset(*names: str) -> str:
    """The text of one of the lab's assets."""
    return ASSETS.joinpath(*names).read_text(encoding="utf-8")
