"""Reviewed data: what Sigma's log sources and field names are among our events.

One file for each family of sources. `foreseen.rules.logsources` reads the log sources of them,
`foreseen.rules.places` the fields.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

FAMILIES = ("linux", "windows", "cloud", "web", "other")


def tables() -> Mapping[str, Mapping[str, Any]]:
    """Every file by its name, as TOML values."""
    here = files(__name__)
    return {name: tomllib.loads((here / f"{name}.toml").read_text("utf-8")) for name in FAMILIES}
