"""Stories: several weak signs of one person on different streams alert though each was suppressed.

A pure step after that of the judge, over its decisions in order, so that one judge and several give
the same. The matches stay suppressed; the alert names them, and takes what follows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import log2

import pyarrow as pa

from foreseen.alerts.compose import severity_of, what_happened
from foreseen.alerts.stories import WAITS, WEAK, Person, Sign, Stories, Weighed, weigh
from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision, Outcome
from foreseen.core.ids import EventUid, RuleId, match_uid
from foreseen.models.moments.elsewhere import Sighting, sightings_of
from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.pipeline.growing import WITHOUT_STORY, Grown

STORY = RuleId("foreseen-story")
"""Stands in an alert in the place of a rule: no single one raised it."""

STORY_BASIS = "several weak signs together"
"""Stands in such an alert's decision; the matches in it stay what they were decided to be."""

_LONGEST_NAME = 60
_MOST_TITLES = 4
_MOST_SENTENCES = 12
_LEVELS = ("critical", "high", "medium", "low", "informational")


@dataclass(frozen=True, slots=True)
class Told:
    """What stories a batch gave.

    Attributes:
        alerts: New ones, and known ones that took more, as they stand.
        incidents: Those that new ones opened.
    """

    alerts: Sequence[Alert] = ()
    incidents: Sequence[Incident] = ()


def told_stories(
    stories: Stories, matches: pa.Table, decisions: Sequence[Decision], artefacts: JudgeArtefacts
) -> Told:
    """Weigh what a batch was decided to be; `stories` is advanced in place.

    Args:
        stories: What is known of people.
        matches: Rows of the matches table.
        decisions: One a row.
        artefacts: What the decisions depended on; their budget is that of stories, too.
    """
    matter = [place for place, each in enumerate(decisions) if _matters(each)]
    rows = matches.take(pa.array(matter, pa.int64()))
    alerts = Grown()
    incidents: list[Incident] = []
    seen = zip(matter, sightings_of(rows), strict=True)
    for row, (place, sighting) in enumerate(seen):
        decision = decisions[place]
        for name in sighting.names:
            if decision.outcome is Outcome.ALERTED:
                stories.at(name, sighting.time).alerted(str(decision.incident), sighting.time)
                continue
            sign = _sign(decision, sighting, rows.slice(row, 1))
            person = stories.take(name, sign)
            alert = _story(name, person, sign, artefacts)
            if alert is not None:
                if person.alert is None and alert.incident == alert.uid:
                    incidents.append(_opened(alert, name))
                alerts.add(alert)
                person.alert = replace(alert, members=(), earlier=alert.count)
    return Told(tuple(alerts.whole()), tuple(incidents))


def _matters(decision: Decision) -> bool:
    """Whether it is a sign, or an alert whose incident signs belong to."""
    if decision.outcome is Outcome.ALERTED:
        return decision.basis not in WITHOUT_STORY
    return decision.prediction is not None or decision.basis is Basis.BELOW_THRESHOLD


def _sign(decision: Decision, sighting: Sighting, row: pa.Table) -> Sign:
    probability = decision.prediction.probability if decision.prediction else WAITS
    if not 0.0 <= probability <= 1.0:
        probability = WAITS  # a model that gives no number: that it waits is what is known
    host = line = ""
    if probability <= WEAK:
        (values,) = row.to_pylist()
        host, line = str(values["host"]), what_happened(values)
    return Sign(
        decision.match_uid,
        decision.event_uid,
        decision.rule,
        sighting.stream,
        sighting.time,
        probability,
        host,
        line,
    )


def _story(name: str, person: Person, sign: Sign, artefacts: JudgeArtefacts) -> Alert | None:
    """The story that a sign completes or goes on with; None where there is none."""
    known = person.open_alert(sign.time)
    if sign.probability > WEAK:
        return None  # as most: it changes nothing of the others
    weighed = weigh(person.traces, sign.time)
    if sign.uid not in {each.uid for each in weighed.signs}:
        return None
    if known is None and not _tells(weighed, artefacts):
        return None
    return _grown(known, weighed, sign) if known else _new(name, person, weighed, sign, artefacts)


def _tells(weighed: Weighed, artefacts: JudgeArtefacts) -> bool:
    """Whether it is odder than the budget of silence allows; one that is none tells (law 4)."""
    return weighed.crosses and not weighed.probability > artefacts.policy.budget


def _new(
    name: str, person: Person, weighed: Weighed, last: Sign, artefacts: JudgeArtefacts
) -> Alert:
    uid = match_uid(EventUid(last.event), RuleId(f"{STORY}/{name}"))
    signs = sorted(weighed.signs, key=lambda each: (each.time, each.uid))
    rules = {each.rule: artefacts.rule(RuleId(each.rule)) for each in signs}
    titles = {uid: rule.title if rule else uid for uid, rule in rules.items()}
    levels = [severity_of(rule) for rule in rules.values()]
    incident = person.open_incident(last.time) or uid
    about = name.removeprefix("from:")[:_LONGEST_NAME]
    return Alert(
        uid=uid,
        tenant=artefacts.tenant,
        rule=STORY,
        workload=about,
        host=last.host,
        stream=last.stream,
        first_time=signs[0].time,
        last_time=signs[-1].time,
        severity=min(levels, key=_LEVELS.index),
        title=f"Several weak signs of {about}: {_listed([titles[s.rule] for s in signs])}",
        sentences=tuple(islice(_sentences(about, signs, titles, weighed), _MOST_SENTENCES)),
        surprise=_bits(weighed),
        members=tuple(each.uid for each in signs),
        incident=incident,
        decision={
            "outcome": Outcome.ALERTED.value,
            "basis": STORY_BASIS,
            "event_uid": last.event,
            "artefacts": dict(artefacts.hashes),
            "prediction": None,
            "probability": weighed.probability,
            "signs": [_as_json(each) for each in signs],
        },
    )


def _grown(known: Alert, weighed: Weighed, sign: Sign) -> Alert:
    """A story with one more sign."""
    bits = max(known.surprise or 0.0, _bits(weighed))
    return replace(
        known,
        members=(sign.uid,),
        first_time=min(known.first_time, sign.time),
        last_time=max(known.last_time, sign.time),
        surprise=bits,
    )


def _sentences(
    about: str, signs: Sequence[Sign], titles: Mapping[str, str], weighed: Weighed
) -> Iterator[str]:
    streams = len({each.stream for each in signs})
    yield (
        f"Each of {len(signs)} signs of {about} on {streams} streams was expected by itself; so"
        f" much together comes in {weighed.probability:.2%} of cases."
    )
    for sign in signs:
        yield (
            f"{_clock(sign.time)} {titles[sign.rule]} ({sign.probability:.1%} are as odd), on"
            f" {sign.host}: {sign.line}."
        )


def _listed(titles: Sequence[str]) -> str:
    more = len(titles) - _MOST_TITLES
    shown = ", then ".join(titles[:_MOST_TITLES])
    return f"{shown} and {more} more" if more > 0 else shown


def _clock(time: int) -> str:
    """Time of the day, whatever day: events come with clocks that no calendar reaches."""
    seconds = time // 1000 % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _as_json(sign: Sign) -> dict[str, object]:
    return {
        "match": sign.uid,
        "rule": sign.rule,
        "stream": sign.stream,
        "time": sign.time,
        "probability": sign.probability,
    }


def _bits(weighed: Weighed) -> float:
    return -log2(max(weighed.probability, _LEAST))


_LEAST = 2.0**-1000


def _opened(alert: Alert, name: str) -> Incident:
    return Incident(alert.uid, alert.tenant, alert.first_time, (f"person/{name}",))
