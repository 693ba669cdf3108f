"""Prints the requirements that pyproject.toml declares, one a line, as input for pip-compile.

`declared.py runtime` gives what the installed package needs and what an editable install runs;
`declared.py dev` adds the tools of the dev group, `declared.py console` is what builds the console
and nothing else. pip-compile reads no dependency groups itself.
"""

import sys
import tomllib
from pathlib import Path

GROUPS = {"runtime": ("build",), "dev": ("build", "dev"), "console": ("console",)}
_ALONE = {"console"}


def declared(pyproject: Path, lock: str) -> list[str]:
    """Requirements of a lock, sorted.

    Raises:
        KeyError: `lock` is none of these.
    """
    tree = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    groups = [tree["dependency-groups"][group] for group in GROUPS[lock]]
    package = [] if lock in _ALONE else tree["project"]["dependencies"]
    return sorted({*package, *(line for group in groups for line in group)})


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    sys.stdout.write("\n".join(declared(root / "pyproject.toml", sys.argv[1])) + "\n")
