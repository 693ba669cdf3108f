"""Rule files from the package and from folders, as texts for `rules`."""

import atexit
import gc
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.rules import Loaded, Problem, RuleSet, load
from foreseen.rules.cases.cases import is_rule, is_test
from foreseen.rules.engine.scan import Store
from foreseen.rules.loading import sound
from foreseen.rules.managed import read_releases, unannounced
from foreseen.runners.rules.compiled import user_folder

Document = tuple[str, str]

SHIPPED = "foreseen.rules.packs"
LISTS = "placeholders.yml"
RELEASED = "released.json"
CHANGELOG = "CHANGELOG.md"
_NEW_OBJECTS = 50_000  # after which the garbage collector looks at them


def load_rules(folder: Path | None, store: Store | None = None) -> RuleSet:
    """The shipped rules, or those of a folder instead.

    Compiled databases are kept in the user's cache unless a store is given. What is loaded stays
    for the life of the process: the garbage collector need not look at it again, which costs more
    than the labelling of an event.

    Raises:
        NotFoundError: The folder is missing or holds no rule.
        MalformedInputError: Rules are wrong; the message names files, lines and the fixes.
    """
    return sound(load_folder(folder, store))


def load_folder(
    folder: Path | None, store: Store | None = None, local: Path | None = None
) -> Loaded:
    """The shipped rules or those of a folder, and local ones beside them, as far as they load.

    Raises:
        NotFoundError: A folder is missing or holds no rule.
        MalformedInputError: The lists of placeholders are wrong.
    """
    documents, lists = documents_in(folder, local)
    loaded = load(documents, lists=lists, store=store or user_folder())
    settle()
    return loaded


def documents_in(
    folder: Path | None, local: Path | None
) -> tuple[list[Document], dict[str, list[str]]]:
    """Rules of a folder (else the shipped), local files beside them, and lists of placeholders.

    The folder of local files may be empty: it waits for the first one.

    Raises:
        NotFoundError: A folder is missing, or that of the rules holds none.
        MalformedInputError: The lists of placeholders are wrong.
    """
    documents = shipped_documents() if folder is None else folder_documents(folder)
    lists: dict[str, list[str]] = {}
    if local is not None:
        documents = documents + local_documents(local)
    for each in (folder, local):
        lists |= folder_lists(each) if each is not None else {}
    return documents, lists


def local_documents(folder: Path) -> list[Document]:
    """Rules, filters and tunings of a folder that may be empty.

    Raises:
        NotFoundError: The folder is missing.
    """
    empty = folder.is_dir() and not any(
        _wanted(path.name, tests=False) for path in folder.rglob("*")
    )
    return [] if empty else folder_documents(folder)


def settle() -> None:
    """Spare the garbage collector what stays; at the end it must see it again, or it says so.

    A batch makes tens of thousands of objects that all live to its end: to look for garbage among
    them at every 700 takes a tenth of the time that reading them takes, and finds none.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    atexit.unregister(gc.unfreeze)
    atexit.register(gc.unfreeze)


def refuse(problems: Sequence[Problem]) -> None:
    """All that is wrong in one error.

    Raises:
        MalformedInputError: There is something.
    """
    if problems:
        told = [f"{one.path}:{one.line}: {one.message}" for one in problems]
        raise MalformedInputError("\n".join(told))


def folder_lists(folder: Path) -> dict[str, list[str]]:
    """Values of placeholders: `placeholders.yml` of the folder, names to lists of texts.

    Raises:
        MalformedInputError: It is not that.
    """
    path = folder / LISTS
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(_text(path)) or {}
    except yaml.YAMLError as error:
        raise MalformedInputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(one, list) for one in found.values()):
        raise MalformedInputError(f"{path}:1: must be names, each with a list of values")
    return {str(name): [str(value) for value in values] for name, values in found.items()}


def shipped_documents() -> list[Document]:
    """Rules that come with Foreseen, by name."""
    return _below(resources.files(SHIPPED), "packs", tests=False)


def shipped_tests() -> list[Document]:
    """Tests of the shipped rules, by name."""
    return _below(resources.files(SHIPPED), "packs", tests=True)


def unannounced_changes() -> list[Problem]:
    """Shipped rules that differ from their last release and do not say so."""
    packs = resources.files(SHIPPED)
    released = read_releases((packs / RELEASED).read_bytes())
    return unannounced(released, shipped_documents(), (packs / CHANGELOG).read_text("utf-8"))


def folder_documents(folder: Path, *, tests: bool = False, what: str = "rules") -> list[Document]:
    """Rules (or their tests) in a folder and those below it, by path; a single file is taken too.

    Args:
        folder: Where they are.
        tests: Whether the rules' tests are meant.
        what: What the files hold, for messages.

    Raises:
        NotFoundError: The folder is missing or holds nothing of the kind.
    """
    what, mark = ("tests", ".test") if tests else (what, "")
    if not folder.exists():
        raise NotFoundError(f"{folder}: no such file or folder of {what}")
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    chosen = [path for path in paths if path.is_file() and _wanted(path.name, tests=tests)]
    if not chosen:
        ends = f"{mark}.yml or {mark}.yaml"
        raise NotFoundError(f"{folder}: no {what} there (files ending in {ends})")
    return [(str(path), _text(path)) for path in chosen]


def _text(path: Path) -> str:
    """A file's text; bytes that are no UTF-8 become what the rules' reader refuses by line."""
    return path.read_text("utf-8", errors="surrogateescape")


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
    return is_test(name) if tests else is_rule(name) and name != LISTS
