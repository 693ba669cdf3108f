"""Promises about the locks: exact, hashed, free of any index, and in step with pyproject.toml."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}
IMPORT_NAMES = {
    "opentelemetry-api": "opentelemetry",
    "google-re2": "re2",
    "nats-py": "nats",
    "pysigma": "sigma",
    "pyspark-client": "pyspark",
    "pyyaml": "yaml",
}
PIN = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", re.MULTILINE
)


def pins(lock: str) -> dict[str, str]:
    """Version by package of a lock."""
    text = (ROOT / LOCKS[lock]).read_text(encoding="utf-8")
    return {name: version for name, version, _ in PIN.findall(text)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_only_pins_with_hashes(lock: str) -> None:
    text = (ROOT / LOCKS[lock]).read_text(encoding="utf-8")
    rest = [line for line in PIN.sub("", text).splitlines() if line and not line.startswith("#")]
    assert rest == []
    assert pins(lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_download_from(lock: str) -> None:
    text = (ROOT / LOCKS[lock]).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_that_pyproject_declares(lock: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "declared.py"), lock]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    declared = [re.split(r"[<>=!~;\[ ]", line)[0].lower() for line in shown.splitlines()]
    assert [name for name in declared if name not in pins(lock)] == []


def test_the_dev_lock_pins_what_the_runtime_lock_pins() -> None:
    runtime, dev = pins("runtime"), pins("dev")
    assert {name: dev.get(name) for name in runtime} == runtime


def test_the_code_imports_what_is_declared_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = imported_by(project["dependencies"])
    extras = {line for lines in project["optional-dependencies"].values() for line in lines}
    found = {
        package.split(".")[0]
        for path in (ROOT / "src" / "foreseen").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for package in imported(node)
    }
    ours = found - sys.stdlib_module_names - {"foreseen"}
    assert needed <= ours
    assert ours <= needed | imported_by(extras)


def imported_by(requirements: Iterable[str]) -> set[str]:
    """Names under which the code imports what is required."""
    declared = {re.split(r"[<>=!~;\[ ]", line)[0] for line in requirements}
    return {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in declared}


def imported(node: ast.AST) -> list[str]:
    """Packages that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_set_up_builds_with_what_the_build_system_asks_for() -> None:
    tree = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(tree["build-system"]["requires"]) <= set(tree["dependency-groups"]["build"])
