"""Promises about the wheel: it holds every file of the package and runs by itself."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import foreseen

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution as a release is."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def run(*command: str, cwd: Path) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "src/foreseen")
    files = {name.removeprefix("src/") for name in run(*command, cwd=ROOT).splitlines()}
    assert {name for name in files if (ROOT / "src" / name).is_file()} <= set(
        zipfile.ZipFile(wheel).namelist()
    )


def test_an_installed_wheel_runs_with_the_locked_packages_alone(
    wheel: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    lock = str(ROOT / "requirements.lock")
    run(*pip, "--only-binary=:all:", "--require-hashes", "--requirement", lock, cwd=tmp_path)
    run(*pip, "--no-deps", str(wheel), cwd=tmp_path)
    run(python, "-m", "pip", "check", cwd=tmp_path)
    shown = run(str(tmp_path / "venv" / "bin" / "foreseen"), "--version", cwd=tmp_path)
    assert foreseen.__version__ in shown
    place = run(python, "-c", "import foreseen; print(foreseen.__file__)", cwd=tmp_path)
    assert place.startswith(str(tmp_path / "venv"))
