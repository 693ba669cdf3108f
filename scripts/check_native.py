"""Imports every library with native code once, so that set-up fails and not the first detection.

Wheels bring most of what they need; a few expect a library of the system. Where one is missing and
this runs as root with apt-get, its Debian package is installed; else the package is named and the
exit code is 1.
"""

import os
import re
import shutil
import signal
import subprocess
import sys

NATIVE = (
    "deltalake",
    "duckdb",
    "lightgbm",
    "numpy",
    "orjson",
    "pyarrow",
    "pydantic_core",
    "sqlite3",
    "ssl",
    "yaml.cyaml",
    "zstandard",
)
PACKAGES = {  # Debian's package of a shared library
    "libatomic.so.1": "libatomic1",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
}
_MISSING = re.compile(r"(lib[\w+.-]+\.so[.\d]*): cannot open shared object file")


def main(modules: tuple[str, ...] = NATIVE) -> int:
    """Import each module, mend what can be mended; gives the exit code."""
    failures = [failure for module in modules if (failure := _check(module))]
    for failure in failures:
        _say(failure)
    return 1 if failures else 0


def _check(module: str) -> str:
    error = import_error(module)
    library = _MISSING.search(error)
    package = PACKAGES.get(library[1], "") if library else ""
    if package and _install(package):
        error = import_error(module)
    if not error:
        return ""
    return f"{module} does not import: {error}\n  {_advice(module, library, package)}"


def import_error(module: str) -> str:
    """Last line of what importing a module in a process of its own says, empty if it works."""
    command = [sys.executable, "-c", f"import {module}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode < 0:
        return f"the import was ended by {signal.Signals(-done.returncode).name}"
    lines = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (lines or ["no message"])[-1]


def _install(package: str) -> bool:
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        return False
    _say(f"installing the Debian package {package}, which a Python library needs")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = ([apt, "update", "-qq"], [apt, "install", "-y", "-qq", package])
    return all(
        subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode == 0
        for command in commands
    )


def _advice(module: str, library: re.Match[str] | None, package: str) -> str:
    if package:
        return f"install the system package {package}: apt install {package} (as root), then again"
    if library:
        return f"install the system package that holds {library[1]}, then again"
    return f"remove .venv and run make setup again; if {module} still fails, report it"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
