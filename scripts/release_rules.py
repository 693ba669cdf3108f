"""Writes down which managed rules are released and as what; part of making a release.

From then on `foreseen rules lint` names every one that changes without a later `modified` and a
word in the packs' changelog.
"""

import sys
from importlib import resources
from pathlib import Path

from foreseen.rules.managed import releases_of
from foreseen.runners.rules import files as rule_files


def main() -> int:
    """Write the list into the packs; gives the exit code."""
    released = Path(str(resources.files(rule_files.SHIPPED))) / rule_files.RELEASED
    documents = rule_files.shipped_documents()
    released.write_bytes(releases_of(documents) + b"\n")
    sys.stdout.write(f"{released}: {len(documents)} files of rules\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
