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
from foreseen.rules.mistakes import POLICY, mistake_in
from foreseen.rules.rule import Logsource

ANY = "any"

LONGEST = 366 * 86_400_000
"""From `created` to `expires`, ms: a year, whichever year it is."""

_REQUIRED = {
    "title": "say in one line what is hidden",
    "id": "give it a name of letters, digits, _ . - or a UUID",
    "rules": "list names or ids of rules, or write any",
    "detection": "say which matches to hide, as a Sigma rule does",
    "owner": "name who answers for it",
    "reason": "say why these matches need nobody's attention",
    "created": "write the day it was made, e.g. 2026-11-21",
    "expires": "write the day it ends, at most a year after 'created'",
}
_KEYS = (*_REQUIRED, "logsource", "description")
_LOGSOURCE_KEYS = ("category", "product", "service")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


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
    """The suppression of a document, or all that is wrong with it, by line.

    What its detection says is not compiled here: that depends on the rules that it is for.
    """
    reader = _Reader(document)
    found = Suppression(
        id=reader.name(),
        title=reader.text("title"),
        rules=reader.rules(),
        logsource=reader.logsource(),
        owner=reader.text("owner"),
        reason=reader.text("reason"),
        created=reader.moment("created"),
        expires=reader.moment("expires"),
        text=document.text,
        path=document.path,
        line=document.line,
    )
    reader.check_keys()
    reader.check_span(found.created, found.expires)
    try:
        sigma_of(document)
    except RuleError as error:
        reader.problems.append(error)
    problems = sorted(reader.problems, key=lambda each: (each.line, each.message))
    return (None, problems) if problems else (found, [])


def sigma_of(document: Document) -> SigmaRule:
    """The detection as pySigma reads it, for the compiler.

    Raises:
        RuleError: It is no Sigma detection.
    """
    detection = document.data.get("detection")
    line = document.line_of("detection", "condition")
    if not isinstance(detection, Mapping) or not detection.get("condition"):
        raise document.error(line, "'detection' must be selections and their 'condition'")
    try:
        sigma = SigmaRule.from_dict(
            {"title": "suppression", "logsource": {"category": ANY}, "detection": dict(detection)},
            policy=POLICY,
        )
        for condition in sigma.detection.parsed_condition:
            _ = condition.parsed
    except SigmaError as error:
        keys, message = mistake_in(detection, error)
        at = document.line_of("detection", *(keys or ["condition"]))
        raise document.error(at, f"detection: {message}") from error
    except YAMLError as error:
        raise document.error(line, f"detection: {error}") from error
    except RecursionError as error:
        raise document.error(line, "condition is nested too deeply") from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        # pySigma trusts the shape of some parts; a wrong shape is the file's fault, not ours
        raise document.error(line, f"not a Sigma detection: {error}") from error
    return sigma


class _Reader:
    """Reads the parts of one document and gathers what is wrong with each."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[RuleError] = []

    def text(self, key: str) -> str:
        """A part that must be a text, without blanks around it."""
        value = self._value(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self._wrong(key, f"'{key}' must be a text, not {value!r}; {_REQUIRED[key]}")
            return ""
        return value.strip()

    def name(self) -> str:
        """The id."""
        name = self.text("id")
        if name and not _ID.fullmatch(name):
            self._wrong("id", f"id '{name}' may have letters, digits, _ . - only, 128 at most")
        return name

    def rules(self) -> tuple[str, ...]:
        """Names of rules, none for any rule."""
        value = self._value("rules")
        if value is None or value == ANY:
            return ()
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not names:
            self._wrong("rules", f"'rules' must be a list or the word any; {_REQUIRED['rules']}")
            return ()
        wrong = [name for name in names if not isinstance(name, str) or not name or name == ANY]
        if wrong:
            self._wrong("rules", f"'rules' has {wrong[0]!r}; write a rule's name or id instead")
        return tuple(dict.fromkeys(map(str, names)))

    def logsource(self) -> Logsource | None:
        """The log source, if it says one."""
        if "logsource" not in self._document.data:
            return None
        value = self._document.data["logsource"]
        if not isinstance(value, Mapping) or not value:
            self._wrong("logsource", "'logsource' must name a category, product or service")
            return None
        for key, part in value.items():
            if key not in _LOGSOURCE_KEYS or not isinstance(part, str) or not part:
                hint = f"it has {', '.join(_LOGSOURCE_KEYS)}, each a text"
                self._wrong("logsource", f"a logsource has no '{key}: {part}'; {hint}")
        return Logsource(*(str(value.get(key) or "") for key in _LOGSOURCE_KEYS))

    def moment(self, key: str) -> int:
        """A day (its first moment) or a time, ms UTC; without a zone it is UTC."""
        value = self._value(key)
        if isinstance(value, str):
            value = _moment_of(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if isinstance(value, datetime):
            zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
            return int(zoned.timestamp() * 1000)
        if self._document.data.get(key) is not None:
            given = self._document.data[key]
            self._wrong(key, f"'{key}' is no day or time: {given!r}; {_REQUIRED[key]}")
        return 0

    def check_keys(self) -> None:
        """What is missing, and what does not belong there."""
        data = self._document.data
        for key, fix in _REQUIRED.items():
            if data.get(key) is None:
                self._wrong(key, f"a suppression needs '{key}': {fix}")
        for key in map(str, data):
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, n=1, cutoff=0.0)[0]
                self._wrong(key, f"'{key}' is no part of a suppression; did you mean '{near}'?")

    def check_span(self, created: int, expires: int) -> None:
        """It must end, and within a year."""
        if not created or not expires:
            return
        if expires <= created:
            self._wrong("expires", "'expires' must come after 'created'")
        elif expires - created > LONGEST:
            message = "'expires' is more than a year after 'created'; choose a day within a year"
            self._wrong("expires", f"{message}, and renew it then if it is still wanted")

    def _value(self, key: str) -> object:
        return self._document.data.get(key)

    def _wrong(self, key: str, message: str) -> None:
        self.problems.append(self._document.error(self._document.line_of(key), message))


def _moment_of(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None  # the caller says what is wrong, and where
