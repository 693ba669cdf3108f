"""The shape of a what-if's question and of its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from foreseen.core.ids import ContentHash
from foreseen.pipeline.judge import JudgeArtefacts
from foreseen.rules import RuleSet
from foreseen.rules.assignment import RuleSets
from foreseen.studies.replays.recall import Recall
from foreseen.studies.what_if_alerts import Example, Volume

FORMAT = 1
"""Version of the answer's shape; it grows when a key changes its meaning or goes."""

SAVED, ANEW = "saved matches", "events labelled anew"


@dataclass(frozen=True, slots=True)
class Side:
    """All that the replay of one side depends on besides the history.

    Attributes:
        rules: Rules that label.
        judge: What the judge depends on.
        sets: Which rules look at which workload.
    """

    rules: RuleSet
    judge: JudgeArtefacts
    sets: RuleSets = field(default_factory=RuleSets)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of history is judged and which is told.

    Attributes:
        judged_from: Matches before this time are history that models learned from, and are not
            judged, ms UTC; None: all are.
        since: Alerts whose first match is before it are not told, ms UTC.
        until: Matches at or after it are left out, ms UTC.
        examples: Most alerts to show of each kind.
        distrust: Whether labels and windows are made anew even where those of the lake must be the
            same.
    """

    judged_from: int | None = None
    since: int | None = None
    until: int | None = None
    examples: int = 5
    distrust: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """What was replayed.

    Attributes:
        first: Earliest event time that is retained, ms UTC; None without events.
        last: Latest event time, ms UTC.
        judged_from: As in `Scope`.
        since: As in `Scope`.
        until: As in `Scope`.
        events: Events that are retained.
        matches: Matches that were judged.
    """

    first: int | None
    last: int | None
    judged_from: int | None
    since: int | None
    until: int | None
    events: int
    matches: Volume


@dataclass(frozen=True, slots=True)
class RuleVolume:
    """What one rule did; matches and suppressed ones in all that was judged, alerts of those told.

    Attributes:
        rule: Its id.
        edit: `added`, `removed`, `relabels` (it matches other events), `reworded` (all else about
            it), or empty.
        matches: Its matches.
        suppressed: Those of them that were suppressed.
        alerts: Its alerts.
    """

    rule: str
    edit: str
    matches: Volume
    suppressed: Volume
    alerts: Volume


@dataclass(frozen=True, slots=True)
class RecallChange:
    """Attack chains of the gate set that would be told of.

    Attributes:
        before: Before the edit.
        after: With it.
        lost: Chains that the edit loses, by name.
        won: Chains that it wins.
        impossible: Chains that are in no figure: neither side's rules match them, or nothing here
            is recorded as they were.
    """

    before: Recall
    after: Recall
    lost: tuple[str, ...]
    won: tuple[str, ...]
    impossible: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer, JSON-ready; equal for equal history, edit and scope.

    Attributes:
        format: Version of this shape.
        tenant: Organisation.
        period: What was replayed.
        alerts: Alerts on both sides.
        added: Alerts that only the edit raises.
        removed: Alerts that the edit takes away.
        changed: Alerts that differ in what a person sees.
        examples: Some of each kind, under `added`, `removed` and `changed`.
        days: Alerts by day (UTC) of their first match.
        workloads: Alerts by workload.
        rules: By rule, those with a difference or an edit.
        recall: What becomes of recorded attacks, put among this tenant's matches.
        method: Whether saved matches could be used, or events were labelled anew.
        relabelled: Rules that were asked of every event because of the edit.
        hashes: What each side depended on, and the versions of the lake's tables.
        notes: What the answer cannot know, in sentences.
    """

    format: int
    tenant: str
    period: Period
    alerts: Volume
    added: int
    removed: int
    changed: int
    examples: Mapping[str, tuple[Example, ...]]
    days: Mapping[str, Volume]
    workloads: Mapping[str, Volume]
    rules: tuple[RuleVolume, ...]
    recall: RecallChange
    method: str
    relabelled: tuple[str, ...]
    hashes: Mapping[str, Mapping[str, ContentHash | int]]
    notes: tuple[str, ...]
