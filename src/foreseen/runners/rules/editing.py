"""Rules kept by people who are not at the machine: files of the local folder, and every version.

The workers follow that folder. What is written here is what a person with an editor would have
written, so it is live within seconds, by the one way that there is; versions, with who and why,
are in the control database.
"""

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from sqlalchemy import Engine

from foreseen.control import documents
from foreseen.control.audit_log import Actor
from foreseen.control.documents import DocumentKind, Edit
from foreseen.core.errors import (
    ConflictError,
    MalformedInputError,
    NotFoundError,
    StaleError,
    TransientError,
)
from foreseen.core.ids import TenantId
from foreseen.rules.cases.cases import is_rule
from foreseen.rules.document import RuleError, documents_of
from foreseen.rules.tuning import is_tuning
from foreseen.runners.rules.book import RuleBook
from foreseen.runners.rules.files import LISTS
from foreseen.runners.rules.overlay import names_in
from foreseen.runners.rules.telling import every
from foreseen.runners.rules.trying import Tried, tried

FOUND = "as it was found in the folder"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_TUNING = "tuning-"
_MODE = 0o644  # whoever works beside this process reads it, as a file of an editor
_ONE = threading.Lock()


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps rules, where, and when.

    Attributes:
        book: The rules in use.
        engine: The control database.
        tenant: Whose.
        actor: Who.
        why: In the person's words.
        now: Wall time, ms UTC.
    """

    book: RuleBook
    engine: Engine
    tenant: TenantId
    actor: Actor
    why: str
    now: int


@dataclass(frozen=True, slots=True)
class Place:
    """A file of the local folder that holds one rule or one tuning.

    Attributes:
        name: Under which its versions are kept.
        path: Where it is, or will be.
        text: What it says; None: it is not there.
    """

    name: str
    path: Path
    text: str | None


def place_of_rule(book: RuleBook, name: str) -> Place:
    """Where a rule is kept, or would be.

    Raises:
        ConflictError: It cannot be kept here; the message says what can be done.
    """
    local = _local(book)
    known = next((rule for own, rule, _ in book.every() if own == name), None)
    if known is None:
        if name.startswith(_TUNING):
            raise ConflictError(f"'{_TUNING}' begins the names of files of tunings")
        return _place(name, local / f"{name}.yml")
    if not book.is_local(known.path):
        raise ConflictError(f"rule '{name}' is not one of the local ones: tune it, or disable it")
    own = {other for other, rule in every(book.current()).items() if rule.path == known.path}
    if own - {name}:
        raise ConflictError(f"the file of rule '{name}' holds others, too: edit it by hand")
    return _place(name, Path(known.path))


def place_of_tuning(book: RuleBook, name: str) -> Place:
    """Where the tuning of a rule is kept, or would be.

    Raises:
        NotFoundError: There is no such rule.
        ConflictError: It cannot be kept here.
    """
    book.rule(name)
    return _place(f"tuning/{name}", _tuning_of(_local(book), name))


def is_tuned(book: RuleBook, name: str) -> bool:
    """Whether there is a tuning of a rule that was kept over HTTP."""
    return book.local is not None and _tuning_of(book.local, name).is_file()


def tuning_text(name: str, said: dict[str, object]) -> str:
    """A tuning as its file says it."""
    return yaml.safe_dump({"tune": name, **said}, sort_keys=False, allow_unicode=True)


def tuning_said(place: Place) -> dict[str, object]:
    """What a tuning says, if it can be read: `enabled`, `foreseen` and `reason`."""
    said: dict[str, object] = {}
    with suppress(RuleError):
        for each in documents_of(str(place.path), place.text or ""):
            said |= each.data
    foreseen = said.get("foreseen")
    return {
        "enabled": said.get("enabled", True) is not False,
        "foreseen": foreseen if isinstance(foreseen, dict) else {},
        "reason": str(said.get("reason", "")),
    }


def keep_rule(keeper: Keeper, place: Place, text: str) -> Tried:
    """Put a text into the place of a rule, unless something is wrong with it.

    Returns:
        What becomes of it; with faults nothing was kept.

    Raises:
        MalformedInputError: It is not that one rule.
        StaleError: Somebody else changed it meanwhile.
        ConflictError: The rules of its file are elsewhere, too.
        TransientError: The file cannot be written.
    """
    named = names_in([(str(place.path), text)])
    found = _tried(keeper, place, text)
    if not found.faults and (named != {place.name} or not _is_plain(place, text)):
        raise MalformedInputError(f"the text must hold rule '{place.name}' and no other")
    return _kept(keeper, place, text, found)


def keep_tuning(keeper: Keeper, place: Place, text: str) -> Tried:
    """Put a text into the place of a tuning; as `keep_rule`."""
    return _kept(keeper, place, text, _tried(keeper, place, text))


def remove(keeper: Keeper, place: Place) -> Tried:
    """Take a file away; its versions stay.

    Returns:
        What becomes of the others; with faults it was not taken away.

    Raises:
        NotFoundError: It is not there.
        StaleError, TransientError: As for `keep_rule`.
    """
    if place.text is None:
        raise NotFoundError(f"no {place.name} among the local rules")
    found = tried(keeper.book.current(), (), removed=[str(place.path)])
    if found.faults:
        return found
    with _ONE, _written(place):
        seen = _as_found(keeper, place)
        documents.retire(keeper.engine, keeper.tenant, _edit(keeper, place, keeper.why, seen))
        place.path.unlink(missing_ok=True)
    return found


def _is_plain(place: Place, text: str) -> bool:
    """Whether a text is that of a rule and not what changes others."""
    found = documents_of(str(place.path), text)
    return not any(is_tuning(each) or "filter" in each.data for each in found)


def _tuning_of(local: Path, name: str) -> Path:
    return local / f"{_TUNING}{name}.yml"


def _local(book: RuleBook) -> Path:
    if book.local is None or not book.can_keep:
        raise ConflictError(
            "this server has no folder of local rules, so none can be kept: begin it with --local"
        )
    return book.local


def _place(name: str, path: Path) -> Place:
    """A place, with what is there.

    Raises:
        ConflictError: No file can be there.
    """
    if not _NAME.fullmatch(path.stem) or not is_rule(path.name) or path.name == LISTS:
        raise ConflictError(f"no file can be named after '{name}': letters, digits, _ . - only")
    if path.is_symlink():
        raise ConflictError(f"the file of '{name}' is a link, which is not written over")
    return Place(name, path, _text(path))


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _tried(keeper: Keeper, place: Place, text: str) -> Tried:
    return tried(keeper.book.current(), [(str(place.path), text)])


def _kept(keeper: Keeper, place: Place, text: str, found: Tried) -> Tried:
    if found.faults:
        return found
    with _ONE, _written(place):
        seen = _as_found(keeper, place)
        documents.put(keeper.engine, keeper.tenant, _edit(keeper, place, keeper.why, seen), text)
        _write(place.path, text)
    return found


@contextmanager
def _written(place: Place) -> Iterator[None]:
    """The block writes a file that is as it was seen.

    Raises:
        StaleError: It is not.
        TransientError: It cannot be written.
    """
    try:
        if _text(place.path) != place.text:
            raise StaleError(f"somebody changed '{place.name}' meanwhile: look again")
        yield
    except OSError as error:
        raise TransientError(f"{place.path}: {error.strerror or error}") from error


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all; its name meanwhile is none that is read as a rule."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_MODE)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _as_found(keeper: Keeper, place: Place) -> int:
    """Number of the version that the file's text is; one that was written by hand becomes one."""
    kind = DocumentKind.RULE
    try:
        newest = documents.document(keeper.engine, keeper.tenant, kind, place.name)
    except NotFoundError:
        newest = None
    number = newest.number if newest else 0
    if place.text is None or (newest and newest.text == place.text):
        return number
    edit = _edit(keeper, place, FOUND, number)
    return documents.put(keeper.engine, keeper.tenant, edit, place.text)


def _edit(keeper: Keeper, place: Place, why: str, seen: int) -> Edit:
    actor = keeper.actor
    return Edit(DocumentKind.RULE, place.name, actor.name, why, keeper.now, seen, actor)
