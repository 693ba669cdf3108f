"""Evidence of what was around a match and of its time, in plain sentences."""

from collections.abc import Iterator

from foreseen.core.decisions import Evidence
from foreseen.models.ensemble import RuleModel
from foreseen.models.members.common import Common
from foreseen.models.members.levels import Standing, where
from foreseen.models.members.pace import NEVER, PLACES, ages_at
from foreseen.models.moments.moment import Moment

_LONGEST = 100
_SECOND = 1_000.0


def circumstance_evidence(
    model: RuleModel, moment: Moment, common: Common, standing: Standing
) -> Iterator[Evidence]:
    """One sentence each on surroundings, pace and what the clock says; bits are the fusion's."""
    yield Evidence("surroundings", 0.0, _surroundings(moment, common, standing))
    yield Evidence("pace", 0.0, _pace(moment))
    yield Evidence("rate", 0.0, _rate(model, moment, standing))
    yield Evidence("time", 0.0, _time(model, moment))
    yield Evidence("tenure", 0.0, _tenure(moment, common))
    yield Evidence("failures", 0.0, _failures(moment, common, standing))


def _surroundings(moment: Moment, common: Common, standing: Standing) -> str:
    token = common.surroundings.oddest(moment, standing.members)
    if token is None:
        return "Nothing is known to have come just before it."
    seen = common.surroundings.seen(moment.workload, token)
    times = f"in {seen:,} ten minutes of the history" if seen else "never before"
    return (
        f"Of what came just before, '{_short(token)}' is the rarest on {moment.workload}: {times}."
    )


def _pace(moment: Moment) -> str:
    told = [
        (place, age) for place, age in zip(PLACES, ages_at(moment), strict=False) if age != NEVER
    ]
    if not told:
        return "How fast things happened before it is not known."
    place, age = told[-1]
    return f"The last {place} events before it took {age / _SECOND:,.1f} s."


def _rate(model: RuleModel, moment: Moment, standing: Standing) -> str:
    slots = model.rates.slots(moment.workload, standing.members)
    among = "" if not standing.members else ", by the middle one of its workloads"
    return (
        f"The rule matched {where(standing)} in {slots:,} ten minutes of"
        f" {model.rates.days:,.1f} days{among}."
    )


def _time(model: RuleModel, moment: Moment) -> str:
    odd = [(bits, name) for name, bits in model.times.oddities(moment, moment.workload) if bits > 0]
    if not odd:
        return "Its time is none at which the rule is known to be rare."
    return f"The rule is rare at this {max(odd)[1]} on {moment.workload}."


def _tenure(moment: Moment, common: Common) -> str:
    days = common.tenure.days(moment)
    if days is None:
        return f"User {_short(moment.who)} was never seen on {moment.workload}, by any rule."
    return f"User {_short(moment.who)} has been known on {moment.workload} for {days:,.1f} days."


def _failures(moment: Moment, common: Common, standing: Standing) -> str:
    if moment.failures is None:
        return "No login is known that it belongs to."
    if not moment.failures:
        return "No login failed before the one that it belongs to."
    as_many, slots = common.failures.slots(moment, standing.members)
    return (
        f"Its login came after {moment.failures:,} failed ones: so many in {as_many:,} of {slots:,}"
        f" ten minutes with logins on {moment.workload}."
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
