"""Suppressions by hand as people keep them: how each stands, and what is wrong with a new one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from foreseen.control.documents import DocumentState, Version
from foreseen.core.errors import MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.rules import Problem, RuleSet
from foreseen.rules.suppression.lint import SHARE, lint
from foreseen.rules.suppression.suppression import Suppression
from foreseen.rules.suppression.suppressions import load_suppressions
from foreseen.runners.rules.files import Document
from foreseen.runners.rules.suppression_history import history_of
from foreseen.runners.rules.suppressions import place_of

EXPIRED, REFUSED = "expired", "refused"


@dataclass(frozen=True, slots=True)
class Standing:
    """A stored suppression, and whether it is in force.

    Attributes:
        version: What is stored.
        state: `active`, `retired`, `expired`, or `refused` where it is not sound.
        found: What it says; None where it is not sound.
        problem: Why it is not.
    """

    version: Version
    state: str
    found: Suppression | None
    problem: str | None


def standing_of(version: Version, rules: RuleSet, *, now: int) -> Standing:
    """How a stored suppression stands beside some rules."""
    loaded = load_suppressions([(place_of(version.name), version.text)], rules)
    found = next(iter(loaded.suppressions.suppressions), None)
    if loaded.problems:
        return Standing(version, REFUSED, found, str(loaded.problems[0]))
    active = version.state is DocumentState.ACTIVE
    ended = active and found is not None and found.expires <= now
    return Standing(version, EXPIRED if ended else version.state.value, found, None)


@dataclass(frozen=True, slots=True)
class Past:
    """Matches of the past that new suppressions are tried on.

    Attributes:
        lake: Where they are; None: there are none yet.
        engine: The control database.
        tenant: Whose.
        share: Part of a rule's matches above which a suppression hides too much, 0..1.
    """

    lake: Lake | None
    engine: Engine
    tenant: TenantId
    share: float = SHARE


def regrets(
    documents: Sequence[Document], rules: RuleSet, past: Past, *, now: int
) -> list[Problem]:
    """What people will regret of suppressions: they hide nothing, too much, or the opposite."""
    history = history_of(past.lake, past.engine, past.tenant, share=past.share)
    return lint(documents, rules, now=now, history=history)


def one_a_file(found: Sequence[Suppression]) -> None:
    """Each is stored by itself, with a history of its own.

    Raises:
        MalformedInputError: Two stand in one file.
    """
    seen: set[str] = set()
    for each in sorted(found, key=lambda each: each.line):
        if each.path in seen:
            message = "is the second suppression in this file; give each a file of its own"
            raise MalformedInputError(f"{each.path}:{each.line}: {message}")
        seen.add(each.path)
