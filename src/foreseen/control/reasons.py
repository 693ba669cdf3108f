"""What people may say of alerts, and why: closed lists, so that words can be counted."""

from collections.abc import Mapping
from enum import StrEnum

from foreseen.core.errors import MalformedInputError

LONGEST_TEXT = 4_000
"""Letters of what a person may add in their own words."""


class Verdict(StrEnum):
    """What a person says of an alert."""

    DISMISSED = "dismissed"
    ESCALATED = "escalated"


class Reason(StrEnum):
    """Why a person says so: a closed list, so that reasons can be counted and acted on."""

    EXPECTED = "expected change"
    BUSINESS = "business operation"
    POLICY = "normal by policy"
    MAINTENANCE = "temporary maintenance"
    AUTHORISED_TEST = "authorised test"
    DUPLICATE = "duplicate"
    ATTACK = "attack"
    SUSPECTED = "suspected attack"
    VIOLATION = "policy violation"
    OTHER = "other"


REASONS: Mapping[Verdict, tuple[Reason, ...]] = {
    Verdict.DISMISSED: (
        Reason.EXPECTED,
        Reason.BUSINESS,
        Reason.POLICY,
        Reason.MAINTENANCE,
        Reason.AUTHORISED_TEST,
        Reason.DUPLICATE,
        Reason.OTHER,
    ),
    Verdict.ESCALATED: (Reason.ATTACK, Reason.SUSPECTED, Reason.VIOLATION, Reason.OTHER),
}

TEACHES_NOTHING = frozenset({Reason.MAINTENANCE, Reason.AUTHORISED_TEST, Reason.DUPLICATE})
"""Reasons to dismiss that do not make it expected: an authorised attack is one all the same, a
duplicate may be one of an attack, and what is temporary must alert when it goes on."""


def reason_of(verdict: Verdict, reason: str, text: str) -> Reason:
    """The reason of the closed list that a text names.

    Raises:
        MalformedInputError: It is not on the verdict's list, or `other` stands without a text, or
            the text is too long; the message names what is possible.
    """
    known = {each.value: each for each in REASONS[verdict]}
    if reason not in known:
        listed = ", ".join(f"'{name}'" for name in known)
        raise MalformedInputError(
            f"{reason[:50]!r} is no reason for '{verdict.value}'; choose one of {listed}"
        )
    if known[reason] is Reason.OTHER and not text.strip():
        raise MalformedInputError("'other' needs a text that says why")
    if len(text) > LONGEST_TEXT:
        raise MalformedInputError(f"the text has more than {LONGEST_TEXT} letters; shorten it")
    return known[reason]
