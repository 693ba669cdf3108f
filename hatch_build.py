"""The wheel holds the built console: what Hatch runs to have it there."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PAGE = Path("src", "foreseen", "api", "console", "static", "index.html")


class ConsoleHook(BuildHookInterface):  # type: ignore[type-arg] # hatchling's own examples have it so
    """Builds the console for a wheel or sdist, unless it was built; never for an editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build it.

        Raises:
            SystemExit: The package with Node is not installed.
        """
        del build_data
        root = Path(self.root)
        if version == "editable" or (root / _PAGE).exists():
            return
        sys.path.insert(0, str(root / "console"))
        from make_console import build  # noqa: PLC0415 (stands in that folder, for `make console`)

        build()
