"""Alerts that grow: which alert a match that is told opens or joins."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from foreseen.alerts.compose import alert_of, joined, opened_with
from foreseen.alerts.incidents import OPEN_FOR
from foreseen.alerts.thresholds import NO_THRESHOLD, Standing, aggregate_key, columns_of
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis, Decision
from foreseen.models.moments.moment import Moment
from foreseen.pipeline.asking import elsewhere_sentence
from foreseen.pipeline.open_streams import Growing, JudgeState, Like
from foreseen.rules import Rule
from foreseen.rules.correlation.entries import Fired
from foreseen.rules.correlation.fields import sentence_of
from foreseen.rules.correlation.link import Plan

WITHOUT_STORY = {
    Basis.NO_MODEL,
    Basis.COLD_START,
    Basis.BROKEN_MODEL,
    Basis.INCOMPLETE_WINDOW,
    Basis.OBSERVED,
    Basis.ASSISTED,
}
"""Alerts for want of a model or of trust in it say nothing of the act, so they drag no lineage."""

_MOST_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Told:
    """A match that alerts, with all that decides in which alert.

    Attributes:
        row: The match's row.
        moment: The match as models see it.
        seen: Its time, no later than when we had it, ms UTC.
        fired: What it says if it is a correlation's firing.
        rule: Its rule, if that is loaded still.
        decision: The decision on it.
        standing: Where it stands with the rule's threshold.
    """

    row: Mapping[str, object]
    moment: Moment
    seen: int
    fired: Fired | None
    rule: Rule | None
    decision: Decision
    standing: Standing = NO_THRESHOLD


@dataclass(slots=True)
class Grown:
    """Alerts that a batch opened or added to.

    Attributes:
        alerts: As they stood last, by uid.
        members: What was added to each.
    """

    alerts: dict[str, Alert] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)

    def add(self, alert: Alert) -> None:
        """An alert with what one match added to it."""
        self.alerts[alert.uid] = alert
        self.members.setdefault(alert.uid, []).extend(alert.members)

    def whole(self) -> list[Alert]:
        """Each once, with all that was added, in the order in which they first came."""
        found = []
        for uid, members in self.members.items():
            alert = self.alerts[uid]
            found.append(replace(alert, members=tuple(members), earlier=alert.count - len(members)))
        return found


def tell(state: JudgeState, told: Told, plan: Plan) -> tuple[Alert, bool]:
    """The alert that a match opens or joins, and whether it is new; the state keeps it.

    Its members are those that came now.
    """
    like, stream, decision = _like(told), str(told.row["stream"]), told.decision
    found = state.growing(like, stream, told.seen)
    is_new = found is None or decision.incident not in {None, found.alert.incident}
    if found is None or is_new:
        alert, last = _opened(told, plan), told.seen
    else:
        alert, last = found.alert, max(found.last, told.seen)
        for time, uid in told.standing.waited:
            alert = joined(alert, uid, time, None)
        alert = joined(alert, told.moment.uid, told.moment.time, decision.prediction)
        alert = _told_late(alert, decision)
    last = max([last, *(time for time, _ in told.standing.waited)])
    # What was told is the store's: kept here, it would be written anew with each match.
    kept = replace(alert, members=(), earlier=alert.count)
    state.keep(like, stream, Growing(kept, last, _span(told), _is_shared(told)))
    return alert, is_new


def _opened(told: Told, plan: Plan) -> Alert:
    named = replace(told.decision, incident=told.decision.incident or told.moment.uid)
    alert = opened_with(alert_of(told.row, told.moment, named, told.rule), told.standing)
    if seen := elsewhere_sentence(told.decision.elsewhere):
        alert = replace(alert, sentences=(*alert.sentences, seen))
    if told.fired is None:
        return _told_late(alert, told.decision)
    return replace(alert, sentences=(sentence_of(told.fired, plan), *alert.sentences))


def _told_late(alert: Alert, decision: Decision) -> Alert:
    """The alert saying why a member was told after it had been suppressed, the same only once."""
    said = alert.sentences
    if not decision.revised or decision.revised in said or len(said) >= _MOST_SENTENCES:
        return alert
    return replace(alert, sentences=(*said, decision.revised))


def _like(told: Told) -> Like:
    """What makes matches alike; firings are alike by their group, whatever completed them."""
    moment, tells = told.moment, told.decision.basis not in WITHOUT_STORY
    if told.fired is not None:
        return (moment.rule, repr([value for _, value in told.fired.group]), "", "", tells)
    if told.rule is not None and _is_shared(told):
        columns = columns_of(told.rule)
        return (moment.rule, aggregate_key(told.row, columns), repr(columns), "", tells)
    return (moment.rule, moment.act.shape, moment.who, moment.parent, tells)


def _is_shared(told: Told) -> bool:
    """Whether columns that the rule names put its matches together, on whatever stream."""
    return told.fired is None and told.rule is not None and bool(columns_of(told.rule))


def _span(told: Told) -> int:
    """How long after its last match an alert takes more, ms: a rule's window, else an hour."""
    window = told.rule.alerting.window if told.rule and told.fired is None else 0
    return window or OPEN_FOR
