"""Prints the requirements that pyproject.toml declares, one a line, as input for pip-compile.

`declared.py runtime` gives what the installed package needs and what an editable install runs;
`declared.py dev` adds the tools of the dev group. pip-compile reads no dependency groups itself.
"""

import sys
import tomllib
from pathlib import Path

GROUPS = {"runtime": ("build",), "dev": ("build", "dev")}


def declared(pyproject: Path, lock: str) -> list[str]:
    """Requirements of a lock, sorted.

    Raises:
        KeyError: `lock` is neither "runtime" nor "dev".
    """
    tree = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    groups = [tree["dependency-groups"][group] for group in GROUPS[lock]]
    return sorted({*tree["project"]["dependencies"], *(line for group in groups for line in group)})


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    sys.stdout.write("\n".join(declared(root / "pyproject.toml", sys.argv[1])) + "\n")
