"""Evidence of what was around a match and of its time, in plain sentences."""

from collections.abc import Iterator

from foreseen.core.decisions import Evidence
from foreseen.models.ensemble import RuleModel
from foreseen.models.explaining.answering import Answering
from foreseen.models.explaining.phrases import person, several, short, slots, span
from foreseen.models.members.common import Common
from foreseen.models.members.pace import NEVER, PLACES, ages_at
from foreseen.models.members.rates import SLOT
from foreseen.models.members.surroundings import MAX_TOKENS
from foreseen.models.moments.moment import Moment

_MINUTE, _DAY = 60_000, 86_400_000


def circumstance_evidence(
    model: RuleModel, moment: Moment, common: Common, answers: Answering
) -> Iterator[Evidence]:
    """One sentence each on surroundings, pace and what the clock says; bits are the fusion's."""
    yield Evidence("surroundings", 0.0, _surroundings(moment, common, answers))
    yield Evidence("pace", 0.0, _pace(moment))
    yield Evidence("rate", 0.0, _rate(model, moment, answers))
    yield Evidence("time", 0.0, _time(model, moment))
    yield Evidence("tenure", 0.0, _tenure(moment, common))
    yield Evidence("failures", 0.0, _failures(moment, common, answers))


def _surroundings(moment: Moment, common: Common, answers: Answering) -> str:
    token = common.surroundings.oddest(moment, answers.members)
    if token is None:
        return "Nothing is known to have come just before it."
    seen = common.surroundings.seen(moment.workload, token)
    lead = f"Of what came just before it, '{short(token)}' is the rarest on {moment.workload}"
    if seen:
        return f"{lead}: it is in {slots(seen)} of the history."
    full = len(common.surroundings.dump().get(moment.workload, ())) >= MAX_TOKENS
    return f"{lead}: {'too rare there to be counted' if full else 'it was never seen there'}."


def _pace(moment: Moment) -> str:
    told = [
        (place, age) for place, age in zip(PLACES, ages_at(moment), strict=False) if age != NEVER
    ]
    if not told:
        return "How fast things happened before it is not known."
    place, age = told[-1]
    if place == 1:
        return f"The last event before it came {span(age)} earlier."
    return f"The last {place} events before it took {span(age)}."


def _rate(model: RuleModel, moment: Moment, answers: Answering) -> str:
    found, length = model.rates.slots(moment.workload, answers.members), model.rates.days * _DAY
    whole = max(found, int(length // SLOT) + 1)
    often = f"in {slots(found, whole)} of the history ({span(length)})"
    if answers.alone:
        return f"The rule matched on {moment.workload} {often}."
    return f"The rule matched {often} on the middle one of {moment.workload} and {answers.others}."


def _time(model: RuleModel, moment: Moment) -> str:
    odd = [(bits, name) for name, bits in model.times.oddities(moment, moment.workload) if bits > 0]
    if not odd:
        return "The rule is not known to be rare at this time."
    name = max(odd)[1]
    return f"The rule is rare {_WHEN.get(name, 'at')} this {name} on {moment.workload}."


_WHEN = {"weekday": "on", "day of the month": "on", "month": "in"}


def _tenure(moment: Moment, common: Common) -> str:
    who, days = person(moment.who), common.tenure.days(moment)
    who = f"U{who[1:]}"
    if days is None:
        return f"{who} was never seen on {moment.workload}, by any rule."
    known = days * _DAY
    told = span(known) if known >= _MINUTE else "less than a minute"
    return f"{who} has been known on {moment.workload} for {told}."


def _failures(moment: Moment, common: Common, answers: Answering) -> str:
    if moment.failures is None:
        return "No login is known that it belongs to."
    if not moment.failures:
        return "No login failed before the one that it belongs to."
    as_many, of = common.failures.slots(moment, answers.members)
    failed = several(moment.failures, "failed one")
    return (
        f"Its login came after {failed}: as many or more were in {slots(as_many, of)} with a login"
        f" {answers.everywhere}."
    )
