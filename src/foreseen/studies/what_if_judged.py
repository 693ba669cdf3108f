"""One side of a what-if on its way through the judge's step, and what each rule did there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.alerts import Alert
from foreseen.core.decisions import Outcome
from foreseen.core.ids import RuleId
from foreseen.pipeline.growing import Grown
from foreseen.pipeline.judge import JudgeArtefacts, JudgeOut, pass_time, step
from foreseen.pipeline.open_streams import JudgeState
from foreseen.studies.what_if_alerts import Pair, Volume, volume_by
from foreseen.studies.what_if_shape import RuleVolume, Scope, Side


@dataclass(slots=True)
class Judged:
    """What one side has given so far.

    Attributes:
        artefacts: What its judge depends on.
        state: The judge's.
        grown: Alerts as they stand, with all their members.
        matches: Matches by rule.
        suppressed: Those of them that were suppressed.
    """

    artefacts: JudgeArtefacts
    state: JudgeState = field(default_factory=JudgeState)
    grown: Grown = field(default_factory=Grown)
    matches: Counter[str] = field(default_factory=Counter)
    suppressed: Counter[str] = field(default_factory=Counter)

    def take(self, matches: pa.Table, scope: Scope) -> None:
        """One part of history through the judge's step."""
        if scope.until is not None:
            matches = matches.filter(pc.field("time") < scope.until)
        self.state, out = step(self.state, matches, self.artefacts, since=scope.judged_from)
        self._keep(out)

    def end(self) -> None:
        """History ends here: what waited for a time is decided, as at the end of a replay."""
        self.state, out = pass_time(self.state, None, self.artefacts)
        self._keep(out)

    def told(self, scope: Scope) -> dict[str, Alert]:
        """Alerts of the period that was asked for."""
        since = scope.since
        return {
            alert.uid: alert
            for alert in self.grown.whole()
            if since is None or alert.first_time >= since
        }

    def _keep(self, out: JudgeOut) -> None:
        for alert in out.alerts:
            self.grown.add(alert)
        for decision in out.decisions:
            self.matches[decision.rule] += 1
            self.suppressed[decision.rule] += decision.outcome is Outcome.SUPPRESSED
        for revision in out.revisions:
            decision = revision.verdict.decision
            self.suppressed[decision.rule] -= decision.outcome is not Outcome.SUPPRESSED


def by_rule(
    pairs: Sequence[Pair], sides: tuple[Judged, Judged], edits: Mapping[str, str]
) -> tuple[RuleVolume, ...]:
    """Rules with a difference or an edit, in the order of their ids."""
    ours, theirs = sides
    alerts = volume_by((a.rule for a, _ in pairs if a), (b.rule for _, b in pairs if b))
    found = [
        RuleVolume(
            rule=name,
            edit=edits.get(name, ""),
            matches=Volume(ours.matches[name], theirs.matches[name]),
            suppressed=Volume(ours.suppressed[name], theirs.suppressed[name]),
            alerts=alerts.get(name, Volume(0, 0)),
        )
        for name in sorted({*alerts, *ours.matches, *theirs.matches, *edits})
    ]
    return tuple(one for one in found if one.edit or _differs(one))


def edits_of(before: Side, after: Side, fresh: Iterable[RuleId]) -> dict[str, str]:
    """What the edit did to each rule that it touched; where its file lies is no matter.

    Args:
        before: The side before.
        after: The side after.
        fresh: Rules that label otherwise than before.
    """
    old, new = _known(before), _known(after)
    edits: dict[str, str] = {}
    for name in sorted({*old, *new}):
        if name not in old:
            edits[name] = "added"
        elif name not in new:
            edits[name] = "removed"
        elif name in set(fresh):
            edits[name] = "relabels"
        elif old[name] != new[name]:
            edits[name] = "reworded"
    return edits


def _known(side: Side) -> dict[str, object]:
    """All that there is of each rule and correlation besides its place."""
    rules: dict[str, object] = {
        name: replace(rule, path="", line=0) for name, rule in side.judge.rules.items()
    }
    plan = side.judge.correlations
    return rules | {each.correlation.id: each.correlation.digest for each in plan.rules}


def _differs(one: RuleVolume) -> bool:
    return any(v.before != v.after for v in (one.matches, one.suppressed, one.alerts))
