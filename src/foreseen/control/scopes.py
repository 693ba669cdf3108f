"""What a caller may do: scopes of tokens, and roles of people, each a set of scopes."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from foreseen.core.errors import MalformedInputError


class Scope(StrEnum):
    """One thing that a caller may do."""

    INGEST = "ingest"
    """Send events; for collectors only."""
    READ = "read"
    """See alerts, incidents, what was suppressed, rules, models, figures."""
    HUNT = "hunt"
    """Ask the lake: raw events, and SQL over them."""
    TRIAGE = "triage"
    """Say what alerts were: assign, comment, dismiss, escalate."""
    ENGINEER = "engineer"
    """Change rules, suppressions, models and settings."""
    RESPOND = "respond"
    """Act on workloads and accounts."""
    ADMIN = "admin"
    """Manage people, tokens and the organisation."""


class Role(StrEnum):
    """What a person is to the organisation."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ENGINEER = "engineer"
    RESPONDER = "responder"
    ADMIN = "admin"


_ANALYST = frozenset({Scope.READ, Scope.HUNT, Scope.TRIAGE})

SCOPES_OF: Mapping[Role, frozenset[Scope]] = {
    Role.VIEWER: frozenset({Scope.READ}),
    Role.ANALYST: _ANALYST,
    Role.ENGINEER: _ANALYST | {Scope.ENGINEER},
    Role.RESPONDER: _ANALYST | {Scope.RESPOND},
    Role.ADMIN: frozenset(Scope) - {Scope.INGEST},
}
"""Nobody's role sends events: a person's token that leaks must not write evidence."""


def scopes_text(scopes: Collection[Scope]) -> str:
    """Scopes as they are stored: in the order of the list, with blanks between."""
    return " ".join(scope.value for scope in Scope if scope in scopes)


def scopes_of_text(text: str) -> frozenset[Scope]:
    """Scopes from their text.

    Raises:
        MalformedInputError: One of them is none.
    """
    try:
        return frozenset(Scope(word) for word in text.split())
    except ValueError as error:
        known = ", ".join(scope.value for scope in Scope)
        raise MalformedInputError(f"{error}; scopes are {known}") from error
