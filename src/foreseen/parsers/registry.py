"""The parsers that we have, by name, and which of them knows a file.

JSON is recognised record by record: `routed` names the parser `json` for all formats whose lines
are JSON objects, and that one sends each object to the format that claims it. So files of several
formats, and lines of several formats in one file, need nothing said about them.
"""

from collections.abc import Sequence
from typing import Any

from foreseen.core.errors import ConfigurationError
from foreseen.parsers.auditd import AuditdParser
from foreseen.parsers.cloudtrail import CLOUDTRAIL, CloudTrailParser
from foreseen.parsers.foreseen_event import FORESEEN
from foreseen.parsers.json_event import JsonParser
from foreseen.parsers.json_lines import JsonLinesParser, record_of
from foreseen.parsers.k8s_audit import K8S_AUDIT, K8sAuditParser
from foreseen.parsers.protocol import Parser
from foreseen.parsers.windows_event import WINDOWS_EVENT

_SNIFFED_LINES = 20
#: Formats of JSON objects, the most exact first; what none of them claims is read as it is.
_FORMATS = (
    WINDOWS_EVENT,
    CLOUDTRAIL,
    K8S_AUDIT,
    FORESEEN,
)
_JSON = JsonParser(_FORMATS)
_ALL: tuple[Parser[Any], ...] = (
    AuditdParser(),
    JsonLinesParser(WINDOWS_EVENT),
    CloudTrailParser(),
    K8sAuditParser(),
    JsonLinesParser(FORESEEN),
    _JSON,
)

PARSERS: dict[str, Parser[Any]] = {parser.name: parser for parser in _ALL}
#: Parsers whose lines are JSON, for whoever cuts files into lines.
JSON_PARSERS = frozenset(PARSERS) - {"auditd"}


def parser_named(name: str) -> Parser[Any]:
    """The parser of that name.

    Raises:
        ConfigurationError: There is none; the message lists those that there are.
    """
    parser = PARSERS.get(name)
    if parser is None:
        known = ", ".join(["auto", *sorted(PARSERS)])
        raise ConfigurationError(f"unknown format '{name}'; known are: {known}")
    return parser


def sniff(head: Sequence[bytes]) -> str | None:
    """Name of the most exact parser for these first lines of a source, null if none knows any."""
    for line in head[:_SNIFFED_LINES]:
        record = record_of(line)
        if record is not None:
            return _JSON.form_of(record).name
    return "auditd" if PARSERS["auditd"].sniff(head) else None


def routed(name: str | None) -> str | None:
    """The parser that reads a source whose first lines are of this format: of any JSON, `json`."""
    return "json" if name in JSON_PARSERS else name


def stands_alone(line: bytes) -> bool:
    """Whether some parser takes the line for a whole record and not for the rest of one."""
    if line.lstrip().startswith(b"{"):
        return record_of(line) is not None
    return PARSERS["auditd"].stands_alone(line)
