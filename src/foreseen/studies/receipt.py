"""The receipt of a disposition: what it moves if the models learn it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Engine

from foreseen.control import audit_sample, taint
from foreseen.control.reasons import TEACHES_NOTHING, Reason, Verdict
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Stage
from foreseen.core.ids import RuleId, TenantId
from foreseen.studies.desk import Desk, Lessons, evidence_of, matches_of_rule, spoken
from foreseen.studies.history import Evidence
from foreseen.studies.weighing import Change, Progress, Weighed, weigh

FORMAT = 1
"""Version of the receipt's shape; it grows when a key changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a word, or an edit, moves; JSON-ready.

    Attributes:
        format: Version of this shape.
        rule: Whose model learns.
        verdict: What was said: dismissed, escalated, or edited.
        matches: How many matches it was said of.
        lessons: Expected matches that the rule's model learns from, before and after.
        share: Share of expected matches that may alert, which both were held to.
        days: How many of the last days of retained matches were judged.
        moved: What moves.
        notes: What else a person should know, in sentences.
    """

    format: int
    rule: str
    verdict: str
    matches: int
    lessons: tuple[int, int]
    share: float
    days: int
    moved: Weighed
    notes: tuple[str, ...]

    def dump(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was said of an alert's matches before.

    Attributes:
        dismissed: Those that teach because of it.
        tainted: Those that never teach because of it.
        audited: Those that people wanted to see when they were drawn as a sample: they stay so.
    """

    dismissed: frozenset[str]
    tainted: frozenset[str]
    audited: frozenset[str]


def standing_of(engine: Engine, tenant: TenantId, alert: Alert) -> Standing:
    """How things stand with an alert's matches; to be asked before something is said of it."""
    members = frozenset(alert.members)
    return Standing(
        dismissed=taint.dismissed(engine, tenant) & members,
        tainted=taint.tainted(engine, tenant) & members,
        audited=frozenset(audit_sample.audit_hits(engine, tenant)) & members,
    )


def receipt_of(
    desk: Desk,
    alert: Alert,
    said: tuple[Verdict, Reason],
    standing: Standing,
    progress: Progress = lambda *_: None,
) -> Receipt:
    """What moves when an alert is dismissed or escalated.

    Args:
        desk: Where to look.
        alert: The alert.
        said: What is said of it, and why: some reasons to dismiss teach nothing.
        standing: How things stood before.
        progress: Told what is done: stage, steps done, steps in all.

    Raises:
        CorruptError: The lake or the shipped attack replays cannot be read.
    """
    verdict, reason = said
    teaches = verdict is Verdict.DISMISSED and reason not in TEACHES_NOTHING
    rows = matches_of_rule(desk, alert.rule)
    before, after = _evidence(desk, alert, standing, teaches=teaches)
    lessons = spoken(rows, alert.rule, before), spoken(rows, alert.rule, after)
    moved = weigh(desk, Change(alert.rule, rows, lessons, frozenset(alert.members)), progress)
    notes = [*_teaching(verdict, reason, teaches=teaches), *notes_on(desk, alert.rule, lessons)]
    return Receipt(
        format=FORMAT,
        rule=alert.rule,
        verdict=verdict.value,
        matches=len(alert.members),
        lessons=(len(lessons[0]), len(lessons[1])),
        share=desk.policy.budget,
        days=desk.days,
        moved=moved,
        notes=tuple(notes),
    )


def notes_on(desk: Desk, rule: RuleId, lessons: tuple[Lessons, Lessons]) -> Iterator[str]:
    """What a person should know of a receipt besides its figures."""
    known = {each.id: each for each in desk.rules.rules}.get(rule)
    stage = desk.stages.get(rule, Stage.SUPPRESS)
    least = desk.policy.least_history
    if known is None or not known.foresee:
        yield "The rule is not marked for a model, so nothing learns from its matches."
    elif desk.models is None:
        yield "There are no models yet: it counts when the first ones are trained."
    elif len(lessons[1]) < least:
        yield f"The rule has {len(lessons[1])} expected matches of {least} that a model needs."
    elif rule in desk.models.models and stage is not Stage.SUPPRESS:
        yield f"The rule's model only {stage.value}s: until it may suppress, all its matches alert."
    yield "It takes effect when the models are trained next; until then it can be taken back whole."


def _evidence(
    desk: Desk, alert: Alert, standing: Standing, *, teaches: bool
) -> tuple[Evidence, Evidence]:
    """What is known of the rule's matches without the word and with it."""
    now = evidence_of(desk)
    members = frozenset(alert.members)
    dismissed = frozenset(now.dismissed) - members
    tainted = (frozenset(now.tainted) - members) | standing.audited
    return (
        replace(now, dismissed=dismissed | standing.dismissed, tainted=tainted | standing.tainted),
        replace(
            now,
            dismissed=dismissed | members if teaches else dismissed,
            tainted=tainted if teaches else tainted | members,
        ),
    )


def _teaching(verdict: Verdict, reason: Reason, *, teaches: bool) -> Iterator[str]:
    if verdict is Verdict.DISMISSED and not teaches:
        yield f"'{reason.value}' makes nothing expected: its matches teach no model."
