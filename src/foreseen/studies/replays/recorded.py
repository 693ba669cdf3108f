"""Recorded runs of attack chains, event by event, and the replays that rules make of them.

What is kept of an event is what rules ask of it (its columns, without the source's own line) and
what models see around it (folded tokens): so the rules of today, and those of an edit that is not
saved, can look at attacks that were recorded before they were written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from foreseen.models.moments.moment import Moment
from foreseen.rules import RuleSet
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of
from foreseen.studies.replays.chain import Own, Replay, Use


@dataclass(frozen=True, slots=True)
class Deed:
    """One event of a run.

    Attributes:
        moment: It as models see it; its rule is empty, its name that of the event.
        own: What of its surroundings the chain has made.
        columns: Values of the events table, by column.
        rules: Shipped rules that matched it when the replays were made.
    """

    moment: Moment
    own: Own
    columns: Mapping[str, object]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run of a chain: every event of it, in order of time.

    Attributes:
        chain: As in `Replay`, and so are the next three.
        technique: ATT&CK technique that the chain is there for.
        use: What it may be used for.
        run: The run.
        deeds: Its events.
    """

    chain: str
    technique: str
    use: Use
    run: str
    deeds: tuple[Deed, ...]


def as_matched(run: Recorded) -> Replay:
    """The run as the shipped rules matched it when the replays were made."""
    return _replay(run, [deed.rules for deed in run.deeds])


def as_labelled(runs: Sequence[Recorded], rules: RuleSet) -> tuple[Replay, ...]:
    """The runs as a set of rules matches them, in the same order; correlations are left out.

    Args:
        runs: Recorded runs.
        rules: Rules that label; which workloads they look at is not asked.
    """
    rows = [deed.columns for run in runs for deed in run.deeds]
    labels = iter(rules.label(batch_of(rows, EVENT_SCHEMA)).to_pylist())
    return tuple(
        _replay(run, [sorted(map(str, next(labels) or ())) for _ in run.deeds]) for run in runs
    )


def deed_of(moment: Moment) -> str:
    """Name of the event that a replay's moment is of, wherever the moment is put."""
    return moment.uid.partition(PLACED)[0].removesuffix(f":{moment.rule}")


PLACED = "@"
"""Stands in the name of a transplanted moment before its place."""


def _replay(run: Recorded, labels: Sequence[Sequence[str]]) -> Replay:
    matched = [
        (replace(deed.moment, rule=rule, uid=f"{deed.moment.uid}:{rule}"), deed.own)
        for deed, rules in zip(run.deeds, labels, strict=True)
        for rule in rules
    ]
    return Replay(
        chain=run.chain,
        technique=run.technique,
        use=run.use,
        run=run.run,
        moments=tuple(moment for moment, _ in matched),
        own=tuple(own for _, own in matched),
    )
