"""Managed rules keep their word: what changed since the last release says so and is announced."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import orjson

from foreseen.core.ids import content_hash
from foreseen.rules.document import Document, documents_of
from foreseen.rules.lint import Problem


@dataclass(frozen=True, slots=True)
class Release:
    """A rule as it was released.

    Attributes:
        changed: Its `modified`, else its `date`.
        hash: Content hash of its file.
    """

    changed: date
    hash: str


def releases_of(documents: Iterable[tuple[str, str]]) -> bytes:
    """The list of what is released, as `packs/released.json` keeps it; one line a rule.

    Raises:
        RuleError: A file is no YAML.
    """
    found = {
        name: {"changed": _changed(document), "hash": _hash(document)}
        for name, document in _by_name(documents).items()
    }
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)


def read_releases(content: bytes) -> dict[str, Release]:
    """What `releases_of` wrote."""
    return {
        name: Release(date.fromisoformat(parts["changed"]), parts["hash"])
        for name, parts in orjson.loads(content).items()
    }


def unannounced(
    released: Mapping[str, Release], documents: Iterable[tuple[str, str]], changelog: str
) -> list[Problem]:
    """Managed rules that changed silently: no later `modified`, or not named in the changelog.

    A rule that is new is announced by its name or by its pack.

    Args:
        released: The last release, by name.
        documents: Pairs of (path, YAML text) of all managed rules.
        changelog: Text of `packs/CHANGELOG.md`.

    Raises:
        RuleError: A file is no YAML.
    """
    now = _by_name(documents)
    problems = []
    for name, document in now.items():
        before, line = released.get(name), document.line_of("modified")
        changed = _changed(document)
        if changed is None:
            message = f"managed rule '{name}' has no 'date'; give it the day it was made"
        elif before is None:
            pack = document.path.split("/")[-2]
            known = f"`{name}`" in changelog or f"`{pack}`" in changelog
            message = "" if known else f"neither '{name}' nor its pack is in the changelog"
        elif before.hash == _hash(document):
            message = ""
        elif changed <= before.changed:
            message = f"'{name}' differs from its release; set 'modified' to the day of the change"
        else:
            message = "" if f"`{name}`" in changelog else f"'{name}' is not in the changelog"
        problems += [Problem(document.path, line, message)] if message else []
    gone = [name for name in released if name not in now and f"`{name}`" not in changelog]
    problems += [Problem("packs", 1, f"'{name}' is gone and not in the changelog") for name in gone]
    return sorted(problems)


def _by_name(documents: Iterable[tuple[str, str]]) -> dict[str, Document]:
    found = {}
    for path, text in documents:
        for document in documents_of(path, text):
            found[str(document.data.get("name") or document.data.get("id"))] = document
    return found


def _changed(document: Document) -> date | None:
    value = document.data.get("modified", document.data.get("date"))
    return value if isinstance(value, date) else None


def _hash(document: Document) -> str:
    return content_hash(document.text.encode())
