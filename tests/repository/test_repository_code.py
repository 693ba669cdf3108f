"""Promises about the source text: reasons, sizes, names, and constructs that never occur."""

import ast
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "foreseen"
MIGRATIONS = SOURCE / "control" / "migrations"  # Alembic loads revisions by path, each one list
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 35
LONG_MODULES: dict[str, str] = {}  # path below src/foreseen -> why it may be longer
LONG_FUNCTIONS = {  # path:function -> why it may be longer
    "lab/audit.py:rules": "one list: the audit rules, with what each is for",
}
# the lab's assets are programs of the recorded machines, not of Foreseen
MODULES = sorted(p for p in SOURCE.rglob("*.py") if SOURCE / "lab" / "assets" not in p.parents)
UNSAFE_MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
UNSAFE_CALLS = {"eval", "exec"}
UNSAFE_YAML = {"load", "load_all", "full_load", "full_load_all", "unsafe_load", "unsafe_load_all"}
PATTERN_CALLS = {"compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub"}


def tracked_files() -> list[Path]:
    """Files that are committed or would be, without the recorded telemetry."""
    paths = [path for path in _listed() if not any(p.startswith(".venv") for p in path.parts)]
    recordings = ROOT / "lab" / "recordings"
    return [path for path in paths if path.is_file() and recordings not in path.parents]


def _listed() -> list[Path]:
    """What git knows; in a copy without git, all but what tools have made."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        done = subprocess.run([git, *command[1:]], cwd=ROOT, capture_output=True, check=False)
        if done.returncode == 0:
            return [ROOT / name for name in done.stdout.decode().split("\0") if name]
    made = {"dist", "build", "__pycache__"}
    return [
        path
        for path in ROOT.rglob("*")
        if not made & set(path.parts) and not _is_hidden(path.relative_to(ROOT))
    ]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") and part not in {".ci", ".gitignore"} for part in path.parts)


def name_of(path: Path) -> str:
    """Path below src/foreseen, as the allow-lists write it."""
    return path.relative_to(SOURCE).as_posix()


def test_every_ruff_exception_states_its_reason_on_its_line() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    codes = [*lint["ignore"], *(c for group in lint["per-file-ignores"].values() for c in group)]
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.pydocstyle]")]
    reasoned = re.findall(r'"([A-Z]+[0-9]*)"[],\s]*# \S+ \S+', section)
    assert Counter(reasoned) == Counter(codes)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("__init__.py")), ids=name_of)
def test_every_package_says_first_in_one_sentence_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, f"{path} has no docstring"
    assert docstring.splitlines()[0].endswith(".")


def test_every_package_has_an_init() -> None:
    folders = {path.parent for path in MODULES if MIGRATIONS not in path.parents}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_modules_stay_within_300_lines() -> None:
    lengths = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES
    }
    long = {name: lines for name, lines in lengths.items() if lines > MAX_MODULE_LINES}
    assert long.keys() == LONG_MODULES.keys(), long


def test_functions_stay_within_35_lines() -> None:
    long = {
        f"{name_of(path)}:{node.name}": lines
        for path in MODULES
        if MIGRATIONS not in path.parents
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := _code_lines(node)) > MAX_FUNCTION_LINES
    }
    assert long.keys() == LONG_FUNCTIONS.keys(), long


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines below the signature and the docstring: options of a command are no code."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize(
    ("snippet", "finding"),
    [
        ("import pickle", "import pickle"),
        ("from joblib import load", "import joblib"),
        ("eval('1')", "eval()"),
        ("yaml.load(text, Loader=Any)", "yaml.load()"),
        ("import yaml\nyaml.unsafe_load(text)", "yaml.unsafe_load()"),
    ],
)
def test_the_search_for_unsafe_constructs_finds_them(snippet: str, finding: str) -> None:
    assert list(unsafe_constructs(ast.parse(snippet))) == [finding]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_executes_data(path: Path) -> None:
    assert list(unsafe_constructs(ast.parse(path.read_text(encoding="utf-8")))) == []


def unsafe_constructs(tree: ast.AST) -> Iterator[str]:
    """Imports and calls that turn data into code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            roots = {name.split(".")[0] for name in names}
            yield from (f"import {root}" for root in sorted(roots & UNSAFE_MODULES))
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            module, _, function = called.rpartition(".")
            if called in UNSAFE_CALLS or (module == "yaml" and function in UNSAFE_YAML):
                yield f"{called}()"


@pytest.mark.parametrize("path", sorted((SOURCE / "rules").rglob("*.py")), ids=name_of)
def test_rule_patterns_never_reach_the_backtracking_engine(path: Path) -> None:
    calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    computed = [
        ast.unparse(call)
        for call in calls
        if ast.unparse(call.func) in {f"re.{name}" for name in PATTERN_CALLS}
        and not (call.args and isinstance(call.args[0], ast.Constant))
    ]
    assert computed == [], "RE2 takes patterns that are not written in the code"


def test_names_of_test_files_are_unique() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_committed_file_names_an_index_host_or_a_developers_folder() -> None:
    hosts = "|".join(("pypi" + r"\.org", "python" + "hosted"))
    places = rf"(?<![\w.~*}}-])/{'work'}/|{re.escape(str(ROOT))}/"
    home = rf"(?<![\w.~*}}-])/{'root'}/"  # elsewhere this is telemetry: the home that rules watch
    telemetry = (ROOT / "tests", SOURCE / "lab", SOURCE / "rules", SOURCE / "parsers", ROOT / "lab")
    searches_too = ROOT / "tests" / "lab" / "test_recording_privacy.py"
    found = []
    for path in tracked_files():
        if path == searches_too:
            continue
        about_telemetry = any(folder in path.parents for folder in telemetry)
        needle = "|".join([hosts, places] if about_telemetry else [hosts, places, home])
        for number, line in enumerate(path.read_bytes().decode(errors="replace").splitlines(), 1):
            if re.search(needle, line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line[:120]}")
    assert found == []
