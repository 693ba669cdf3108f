"""Promises about set-up and the test run: they stop with a message that says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP_FILES = ("scripts/setup.sh", "scripts/check_native.py")


def check_native(folder: Path, *modules: str) -> subprocess.CompletedProcess[str]:
    """Run the check as if by root on modules of `folder`, which is also the whole PATH."""
    program = (
        "import check_native, os, sys\n"
        "os.geteuid = lambda: 0\n"
        "sys.exit(check_native.main(tuple(sys.argv[1:])))"
    )
    environment = {
        "PATH": str(folder),
        "PYTHONPATH": os.pathsep.join((str(ROOT / "scripts"), str(folder))),
    }
    command = [sys.executable, "-c", program, *modules]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_native_libraries_that_import_pass_in_silence(tmp_path: Path) -> None:
    done = check_native(tmp_path, "sqlite3", "zstandard")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_system_library_is_named_with_its_package(tmp_path: Path) -> None:
    message = "libgomp.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "planted.py").write_text(f"raise OSError({message!r})\n")
    done = check_native(tmp_path, "planted")
    assert done.returncode == 1
    assert "apt install libgomp1" in done.stderr


def test_a_missing_system_library_is_installed_where_that_is_allowed(tmp_path: Path) -> None:
    flag = tmp_path / "installed"
    message = "libgomp.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "planted.py").write_text(
        f"import os\nif not os.path.exists({str(flag)!r}):\n    raise OSError({message!r})\n"
    )
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\n[ "$1" = update ] || echo "$@" >{flag}\n')
    apt.chmod(0o755)
    done = check_native(tmp_path, "planted")
    assert done.returncode == 0, done.stderr
    assert flag.read_text() == "install -y -qq libgomp1\n"


def test_a_library_that_kills_the_process_is_reported(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("import os\nos.kill(os.getpid(), 4)\n")
    done = check_native(tmp_path, "planted")
    assert done.returncode == 1
    assert "planted does not import: the import was ended by SIGILL" in done.stderr


def test_set_up_without_a_recent_python_says_which_one_it_needs(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name in SETUP_FILES:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # what a Python older than 3.11 answers to the question
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "scripts/setup.sh", "requirements.lock"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHON": str(old)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Foreseen needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()


SKIPPING = "import pytest\n\n\ndef test_a(request):\n    {}\n"
CASES = {
    "plain skip": ("pytest.skip('no reason')", False, 1),
    "data absent": ("request.getfixturevalue('foreseen_data')", False, 0),
    "data there": ("pytest.skip('no FORESEEN_DATA')", True, 1),
    "expected failure": ("pytest.xfail('known')", False, 0),
}


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("workers", ["0", "1"])
def test_in_ci_a_skip_fails_the_run_unless_data_are_absent(
    tmp_path: Path, case: str, workers: str
) -> None:
    statement, data, expected = CASES[case]
    done = run_pytest(tmp_path, statement, "-n", workers, ci="true", data=data)
    assert done.returncode == expected, done.stdout
    assert ("counts as a failure" in done.stdout) == bool(expected)


@pytest.mark.long
def test_outside_ci_a_skip_is_only_reported(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "pytest.skip('no reason')", "-n", "0", ci="", data=False)
    assert done.returncode == 0, done.stdout


def run_pytest(
    folder: Path, statement: str, *options: str, ci: str, data: bool
) -> subprocess.CompletedProcess[str]:
    """Run one test, whose body is `statement`, under this repository's conftest."""
    tests = folder / "checkout" / "tests"
    tests.mkdir(parents=True)
    (tests / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tests / "test_one.py").write_text(SKIPPING.format(statement))
    if data:
        (folder / "shared" / "data").mkdir(parents=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FORESEEN_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, str(tests)]
    own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}  # it takes fixtures from there
    environment = {**kept, "CI": ci, **own}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
