"""Who an alert is about, and who therefore may not dismiss it.

Whoever holds an account that an alert is about would be judge in their own case; so would an
attacker who has it. Names are compared without case and without what says where they hold: a
domain, a mail server, an ARN's path.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from unicodedata import normalize

LOGIN_COLUMNS = ("user_uid", "user_name", "auth_account")
"""Columns of matches that say who came in: unchanged by sudo, or the principal of an API."""

PROCESS_COLUMNS = ("process_user_uid", "process_user_name")
"""Columns that say as whom it was done."""

SHARED = frozenset({"root", "0", "system", "localsystem", "administrator"})
"""Accounts that are nobody's own: who uses one has to say who they are."""

HOW_SECOND = "--second NAME"
"""How a second person is named on the command line, as refusals say."""

_SEPARATORS = "\\/@:"
_LONGEST = 256


@dataclass(frozen=True, slots=True)
class Subjects:
    """Accounts that an alert is about, folded.

    Attributes:
        logins: Accounts that came in.
        processes: Accounts that it was done as.
        known: Whether all events of the alert could be asked.
    """

    logins: frozenset[str]
    processes: frozenset[str]
    known: bool = True


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who dismisses.

    Attributes:
        name: Who they say they are.
        account: Account that they work with; the name itself where they said nothing else.
        second: The second person, if there is one.
        uid: Number of the account on the machine where they work; it may be another's elsewhere.
    """

    name: str
    account: str
    second: str | None = None
    uid: str | None = None


def subjects_of(rows: Iterable[Mapping[str, object]], matches: int) -> Subjects:
    """Accounts that some matches are about.

    Args:
        rows: The columns above, of each match that is retained.
        matches: How many matches the alert has.
    """
    logins: set[str] = set()
    processes: set[str] = set()
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 (used below)
        logins.update(*(names_of(str(row[name])) for name in LOGIN_COLUMNS if row.get(name)))
        processes.update(*(names_of(str(row[name])) for name in PROCESS_COLUMNS if row.get(name)))
    return Subjects(frozenset(logins), frozenset(processes), known=count >= matches > 0)


def names_of(account: str) -> set[str]:
    """All that an account may be called: as written, and without domain, server or path."""
    whole = normalize("NFKC", account).casefold().strip()
    names, rest = {whole}, whole
    for separator in _SEPARATORS:
        if separator == "@":
            rest = rest.partition("@")[0] or rest
        else:
            rest = rest.rpartition(separator)[2] or rest
        names.add(rest.strip())
    return {name for name in names if name}


def same_person(one: str, other: str) -> bool:
    """Whether two names may be of one person."""
    return not names_of(one).isdisjoint(names_of(other))


def objection(speaker: Speaker, about: Subjects) -> str | None:
    """Why this person may not dismiss the alert, in a sentence that says what to do; None: may."""
    for said in (speaker.name, *([speaker.second] if speaker.second is not None else [])):
        if not said.strip() or len(said) > _LONGEST or not said.isprintable():
            return f"'{said[:50]!a}' is no name; write one of up to {_LONGEST} printable letters"
    if speaker.second is not None and _is_no_second(speaker):
        return f"'{speaker.second}' is the same as the first person; the second must be another"
    return _own_case(speaker, about) or _unsure_case(speaker, about)


def _is_no_second(speaker: Speaker) -> bool:
    second = str(speaker.second)
    is_account = same_person(second, speaker.account) and not _is_shared(speaker.account)
    return same_person(second, speaker.name) or is_account or _is_shared(second)


def _own_case(speaker: Speaker, about: Subjects) -> str | None:
    everyone = about.logins | about.processes
    shared = _is_shared(speaker.account)
    if shared and _is_shared(speaker.name) and everyone & SHARED:
        return (
            f"the alert is about '{speaker.account}', the very account that you work with, which"
            " may be anyone's; say who you are with --as NAME"
        )
    for said in [speaker.name, *([] if shared else [speaker.account])]:
        if names_of(said) & everyone:
            return (
                f"the alert is about '{said}', who cannot dismiss it; another person has to, or"
                " escalate it"
            )
    if speaker.second is not None and names_of(speaker.second) & everyone:
        return f"the alert is about '{speaker.second}', who cannot be the second person for it"
    return None


def _unsure_case(speaker: Speaker, about: Subjects) -> str | None:
    """Where nobody can tell whether it is their own case, two people have to agree."""
    if speaker.second is not None:
        return None
    if _is_shared(speaker.account) and about.logins & SHARED:
        return (
            f"someone came in as '{speaker.account}', the account that you work with: it may have"
            f" been anyone; a second person has to agree ({HOW_SECOND})"
        )
    if speaker.uid is not None and speaker.uid in (about.logins | about.processes) - SHARED:
        return (
            f"it is about the user with the number {speaker.uid}, which is yours, too; a second"
            f" person has to agree ({HOW_SECOND})"
        )
    if not about.known:
        return (
            "its events are not retained, so nobody can tell whom it is about; a second person has"
            f" to agree ({HOW_SECOND})"
        )
    return None


def _is_shared(name: str) -> bool:
    return not names_of(name).isdisjoint(SHARED)
