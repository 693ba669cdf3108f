"""What a person looks for in the events, as conditions that DuckDB can prune files by.

Every value travels beside the SQL, never in it. Texts are literal: `%`, `_`, `*` and quotes are
letters like others. Letters fold as RE2 folds them, one for one: `K` is `k`, `ß` is not `SS`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from foreseen.core.errors import MalformedInputError
from foreseen.schema.arrow import EVENT_SCHEMA

TEXT_COLUMNS = (
    "process_cmd_line",
    "process_path",
    "parent_cmd_line",
    "parent_path",
    "file_path",
    "file_target",
    "dst_hostname",
    "dst_path",
    "query_hostname",
    "http_url",
    "user_agent",
    "api_operation",
    "resource_name",
    "raw",
    "unmapped",
)
"""Where a text is looked for unless said otherwise; `raw` has all that the source said."""

LONGEST_TEXT = 4096
"""Characters; a longer text is no question but a file."""

_USERS = ("user_name", "user_uid", "process_user_name", "process_user_uid", "auth_account")
_ADDRESSES = ("src_ip", "dst_ip")
_NO_WORD = r"[^\pL\pN_]"
_HASH = re.compile(r"[0-9a-fA-F]{32,128}")


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for; what is None or empty is not asked. All of it must hold of an event.

    Attributes:
        since: First time, ms UTC.
        until: Time after the last, ms UTC.
        workload: The workload, exactly.
        host: The host, exactly.
        stream: The stream, exactly.
        user: Name or id of whoever logged in, of whom the process ran as, or of the account.
        address: Source or destination, an IPv4 or IPv6 address in any of its spellings.
        process: Name or path of the program, in any case; a name also fits the end of a path.
        rule: A rule that labelled the event.
        hash: A checksum in hexadecimal, in any case, wherever the source's own record has it.
        texts: Texts each of which is in one of the columns, in any case.
        words: Whether texts must stand alone: no letter, digit or underscore beside them.
        pattern: A regular expression of RE2 that fits a part of one of the columns.
        within: Columns that `texts` and `pattern` are looked for in.
    """

    since: int | None = None
    until: int | None = None
    workload: str | None = None
    host: str | None = None
    stream: str | None = None
    user: str | None = None
    address: str | None = None
    process: str | None = None
    rule: str | None = None
    hash: str | None = None
    texts: tuple[str, ...] = ()
    words: bool = False
    pattern: str | None = None
    within: tuple[str, ...] = TEXT_COLUMNS


@dataclass(frozen=True, slots=True)
class Conditions:
    """A question as SQL.

    Attributes:
        must: Conditions all of which hold.
        either: Conditions one of which holds; empty: no such. They stand apart because DuckDB
            skips files by `a = x` and not by `a = x OR b = x`.
        values: What the names in them stand for.
    """

    must: tuple[str, ...]
    either: tuple[str, ...]
    values: dict[str, object]


def conditions(question: Question) -> Conditions:
    """The question as SQL.

    Raises:
        MalformedInputError: A text that no event can have, or is empty or too long; an address, a
            checksum or a column that is none.
    """
    _check(question)
    made = _Made()
    for condition, value in (
        ("time >= {}", question.since),
        ("time < {}", question.until),
        ("workload = {}", question.workload),
        ("host = {}", question.host),
        ("stream = {}", question.stream),
        ("list_contains(labels, {})", question.rule),
    ):
        if value is not None:
            made.must.append(condition.format(made.value(value)))
    if question.address is not None:
        made.any_of(_ADDRESSES, _spellings(question.address))
    if question.user is not None:
        made.any_of(_USERS, [question.user])
    if question.process is not None:
        made.process(question.process)
    if question.hash is not None:
        made.fits(f"(?i){question.hash}", ("raw",))
    for text in question.texts:
        made.fits(_literal(text, words=question.words), question.within)
    if question.pattern is not None:
        made.fits(question.pattern, question.within)
    return Conditions(tuple(made.must), tuple(made.either), made.values)


class _Made:
    """Conditions on their way."""

    def __init__(self) -> None:
        self.must: list[str] = []
        self.either: list[str] = []
        self.values: dict[str, object] = {}

    def value(self, value: object) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"${name}"

    def any_of(self, columns: Sequence[str], values: Sequence[str]) -> None:
        """One of the columns has one of the values."""
        names = [self.value(value) for value in values]
        equal = [f"{column} = {name}" for column in columns for name in names]
        if self.either:  # another condition is told apart already
            self.must.append(f"({' OR '.join(equal)})")
        else:
            self.either = equal

    def process(self, value: str) -> None:
        told = f"lower({self.value(value)})"
        found = [f"lower(process_path) = {told}"]
        if "/" not in value and "\\" not in value:
            found.append(f"lower(process_name) = {told}")
            found += [f"ends_with(lower(process_path), '{cut}' || {told})" for cut in ("/", "\\")]
        self.must.append(f"({' OR '.join(found)})")

    def fits(self, pattern: str, columns: Sequence[str]) -> None:
        """One of the columns fits a regular expression."""
        name = self.value(pattern)
        # Of a map's values one text with the separator that no one types between two of them.
        texts = [
            f"array_to_string(flatten(map_values({column})), chr(31))"
            if column == "unmapped"
            else column
            for column in columns
        ]
        self.must.append(f"({' OR '.join(f'regexp_matches({text}, {name})' for text in texts)})")


def _literal(text: str, *, words: bool) -> str:
    """A regular expression that fits the text alone, in any case."""
    plain = re.escape(text)
    return f"(?i)(?:^|{_NO_WORD}){plain}(?:$|{_NO_WORD})" if words else f"(?i){plain}"


def _spellings(address: str) -> list[str]:
    """The address as it was asked and as it is usually written."""
    try:
        usual = str(ip_address(address.strip()))
    except ValueError as error:
        raise MalformedInputError(f"{address!r} is no IPv4 or IPv6 address") from error
    return list(dict.fromkeys([address.strip(), usual]))


def _check(question: Question) -> None:
    for name in ("workload", "host", "stream", "user", "process", "rule"):
        _sound(name, getattr(question, name))
    for text in (*question.texts, question.pattern):
        _sound("text", text)
    if question.hash is not None and not _HASH.fullmatch(question.hash):
        raise MalformedInputError(f"{question.hash[:80]!r} is no checksum in hexadecimal")
    odd = [name for name in question.within if name not in TEXT_COLUMNS]
    if odd or not question.within:
        raise MalformedInputError(
            f"texts are not looked for in {', '.join(odd) or 'nothing'}; in any of: "
            f"{', '.join(TEXT_COLUMNS)}"
        )


def _sound(name: str, text: str | None) -> None:
    if text is None:
        return
    if not text or len(text) > LONGEST_TEXT:
        raise MalformedInputError(
            f"{name}: a text of {len(text)} characters cannot be looked for; 1 to {LONGEST_TEXT}"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise MalformedInputError(f"{name}: half of a character pair: {error}") from error


def columns_of(names: Sequence[str] | None) -> list[str]:
    """Columns of the events by name; all of them for None.

    Raises:
        MalformedInputError: There is no such column.
    """
    known = EVENT_SCHEMA.names
    odd = [name for name in names or () if name not in known]
    if odd:
        raise MalformedInputError(f"events have no column {', '.join(odd)}; {', '.join(known)}")
    return known if names is None else list(dict.fromkeys(names))
