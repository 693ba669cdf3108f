"""One suppression by hand: who asked for it, why, until when, and which matches it hides."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches

from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from yaml import YAMLError

from foreseen.rules.document import Document, RuleError
from foreseen.rules.rule import Logsource

ANY = "any"

LONGEST = 366 * 86_400_000
"""From `created` to `expires`, ms: a year, whichever year it is."""

REQUIRED = ("title", "id", "rules", "detection", "owner", "reason", "created", "expires")
_KEYS = (*REQUIRED, "logsource", "description")
_LOGSOURCE_KEYS = ("category", "product", "service")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_MISSING = {
    "title": "say in one line what is hidden",
    "id": "give it a name of letters, digits, _ . - or a UUID",
    "rules": "list names or ids of rules, or write any",
    "detection": "say which matches to hide, as a Sigma rule does",
    "owner": "name who answers for it",
    "reason": "say why these matches need nobody's attention",
    "created": "write the day it was made, e.g. 2026-11-21",
    "expires": "write the day it ends, at most a year after 'created'",
}


@dataclass(frozen=True, slots=True)
class Suppression:
    """One suppression by hand.

    Attributes:
        id: Written on every decision that follows from it.
        title: One line for people.
        rules: Names or ids of rules; empty for any rule.
        logsource: Events that it looks at and whose field names it uses; None: as its rules do.
        owner: Who answers for it.
        reason: Why these matches need nobody's attention.
        created: When it was made, ms UTC.
        expires: From when on it hides nothing, ms UTC.
        text: The file's text.
        path: File it came from.
        line: Line of its first key in that file.
    """

    id: str
    title: str
    rules: tuple[str, ...]
    logsource: Logsource | None
    owner: str
    reason: str
    created: int
    expires: int
    text: str
    path: str
    line: int


def parse_suppression(document: Document) -> tuple[Suppression | None, list[RuleError]]:
    """The suppression of a document, or all that is wrong with it, by line."""
    problems = _wrong_keys(document)
    rules = _told(problems, _rules, document, ())
    logsource = _told(problems, _logsource, document, None)
    texts = {
        key: _told(problems, lambda d, key=key: _text(d, key), document, "")
        for key in ("title", "id", "owner", "reason")
    }
    created, expires = (
        _told(problems, lambda d, key=key: _moment(d, key), document, 0)
        for key in ("created", "expires")
    )
    problems += _wrong_span(document, created, expires)
    if problems:
        return None, sorted(problems, key=lambda each: each.line)
    found = Suppression(
        **texts,
        rules=rules,
        logsource=logsource,
        created=created,
        expires=expires,
        text=document.text,
        path=document.path,
        line=document.line,
    )
    return found, []


def sigma_of(document: Document) -> SigmaRule:
    """The detection as pySigma reads it, for the compiler.

    Raises:
        RuleError: It is no Sigma detection.
    """
    detection = document.data.get("detection")
    line = document.line_of("detection", "condition")
    if not isinstance(detection, Mapping) or "condition" not in detection:
        raise document.error(line, "'detection' must be selections and their 'condition'")
    try:
        return SigmaRule.from_dict(
            {"title": "suppression", "logsource": {"category": ANY}, "detection": dict(detection)}
        )
    except (SigmaError, YAMLError) as error:
        message = str(error.args[0]) if error.args else type(error).__name__
        raise document.error(line, message) from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        # pySigma trusts the shape of some parts; a wrong shape is the file's fault, not ours
        raise document.error(line, f"not a Sigma detection: {error}") from error


def _wrong_keys(document: Document) -> list[RuleError]:
    problems = [
        document.error(document.line, f"a suppression needs '{key}': {_MISSING[key]}")
        for key in REQUIRED
        if document.data.get(key) in (None, "", [])
    ]
    for key in map(str, document.data):
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1, cutoff=0.0)[0]
            message = f"'{key}' is no part of a suppression; did you mean '{near}'?"
            problems.append(document.error(document.line_of(key), message))
    return problems


def _told(problems, read, document, otherwise):  # noqa: ANN001, ANN202
    raise NotImplementedError
