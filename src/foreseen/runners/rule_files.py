"""Rule files from the package and from folders, as texts for `rules`."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.rules import RuleSet, parse_rules

Document = tuple[str, str]

SHIPPED = "foreseen.rules.packs"
_TEST_SUFFIX = ".test.yml"
_SUFFIXES = (".yml", ".yaml")


def load_rules(folder: Path | None) -> RuleSet:
    """The shipped rules, or those of a folder instead.

    Raises:
        NotFoundError: The folder is missing or holds no rule.
        MalformedInputError: A rule is wrong; the message names file, line and the fix.
    """
    return parse_rules(shipped_documents() if folder is None else folder_documents(folder))


def shipped_documents() -> list[Document]:
    """Rules that come with Foreseen, by name."""
    return _below(resources.files(SHIPPED), "packs", tests=False)


def shipped_tests() -> list[Document]:
    """Tests of the shipped rules, by name."""
    return _below(resources.files(SHIPPED), "packs", tests=True)


def folder_documents(folder: Path, *, tests: bool = False) -> list[Document]:
    """Rules (or their tests) in a folder and those below it, by path; a single file is taken too.

    Raises:
        NotFoundError: The folder is missing or holds nothing of the kind.
        MalformedInputError: A file is not UTF-8.
    """
    if not folder.exists():
        raise NotFoundError(f"{folder}: no such folder of rules")
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    chosen = [path for path in paths if path.is_file() and _wanted(path.name, tests=tests)]
    if not chosen:
        raise NotFoundError(f"{folder}: no rules there (files ending in {', '.join(_SUFFIXES)})")
    return [(str(path), _text(path)) for path in chosen]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInputError(f"{path}: not UTF-8 at byte {error.start}; save it so") from error


def _below(folder: Traversable, name: str, *, tests: bool) -> list[Document]:
    found: list[Document] = []
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            found += _below(entry, path, tests=tests)
        elif _wanted(entry.name, tests=tests):
            found.append((path, entry.read_text("utf-8")))
    return found


def _wanted(name: str, *, tests: bool) -> bool:
    return name.endswith(_SUFFIXES) and name.endswith(_TEST_SUFFIX) is tests
