"""Which tokens of a match's context weigh most, and how many expected matches had each of them.

The context member's log odds are taken apart by TreeSHAP (Lundberg et al. 2020), a column at a
time. A column is a token of a section, so its share belongs to the events that carry the token;
the share of a section's unknown tokens is divided evenly among them. A token that is absent has a
share as well: what usually comes before and did not may weigh most.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from foreseen.models.ensemble import RuleModel
from foreseen.models.explaining.occurrences import Seen
from foreseen.models.members.features import sections_of
from foreseen.models.moments.moment import Moment

_LEAST_BITS = 0.005


@dataclass(frozen=True, slots=True)
class EventShare:
    """A token's share in what the context member says.

    Attributes:
        section: Part of the context, e.g. `before`.
        token: The event, folded.
        times: How often the section holds it; 0: it is absent, and that counts.
        bits: Its share of the log odds that the match does not belong; below 0: it belongs.
        seen: In how many expected matches of those that answer the section held it.
    """

    section: str
    token: str
    times: int
    bits: float
    seen: Seen


def event_shares(
    model: RuleModel, moment: Moment, members: tuple[str, ...] = ()
) -> list[EventShare]:
    """Shares of all tokens, the weightiest first; none without the member.

    Those present are all told, for what was never seen may weigh nothing with this member and is
    news to a person; those absent only where they weigh something.

    Args:
        model: Of the rule.
        moment: The match.
        members: Other workloads that answer for its own; their matches are counted, too.
    """
    if model.context is None:
        return []
    (shares,) = model.context.contributions(model.features.matrix([moment])).tolist()
    sections = {name: Counter(tokens) for name, tokens in sections_of(moment).items()}
    bits = dict(zip(model.features.names, shares, strict=True))
    found = [
        EventShare(section, token, times, share, model.occurrences.seen(place, section, token))
        for place in ((moment.workload, *members),)
        for section, token, times, share in _divided(bits, sections)
        if times or abs(share) >= _LEAST_BITS
    ]
    return sorted(found, key=_weightiest)


def _weightiest(share: EventShare) -> tuple[float, int, str, str]:
    return (-abs(share.bits), share.seen.count, share.section, share.token)


def _divided(
    bits: dict[tuple[str, str | None], float], sections: dict[str, Counter[str]]
) -> Iterator[tuple[str, str, int, float]]:
    """Section, token, times and bits: columns as they are, but the unknown ones' divided."""
    for (section, column), share in bits.items():
        held = sections.get(section, Counter())
        if column is not None:
            yield section, column, held[column], share
            continue
        unknown = {token: times for token, times in held.items() if (section, token) not in bits}
        for token, times in unknown.items():
            yield section, token, times, share * times / sum(unknown.values())
