"""A tenant too large for one judge: matches divided among several by workload, and put together.

What a judge remembers belongs to streams, a stream to one host, and hosts are divided by the
workload that they play. So judges share nothing but two things. Correlations are stepped once,
before the division. And what people were seen to do anywhere is told to every judge, as facts
between its matches.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from foreseen.alerts.thresholds import columns_of
from foreseen.models.moments.elsewhere import Sighting, sightings_of
from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.pipeline.correlated import Correlated
from foreseen.pipeline.judge import JudgeBatch, JudgeOut
from foreseen.rules import Rule
from foreseen.schema.arrow import texts

_PLACES = frozenset({"stream", "host", "workload"})


WorkloadOf = Callable[[str], str]
"""Names the workload that a host plays: hosts of one workload have one judge."""


def judge_of(workload: str, count: int) -> int:
    """Which of so many judges decides for the hosts of a workload; the same on every machine."""
    return zlib.crc32(workload.encode("utf-8", "surrogatepass")) % count


def crosses_workloads(rule: Rule) -> bool:
    """Whether a rule's threshold counts matches of different workloads together."""
    return rule.alerting.threshold > 1 and not _PLACES.intersection(columns_of(rule))


def apart(artefacts: JudgeArtefacts, count: int) -> JudgeArtefacts:
    """What each of several judges depends on.

    None of them can count what several see: such a threshold holds nothing back (law 4).
    """
    if count == 1:
        return artefacts
    rules = {
        name: replace(rule, alerting=replace(rule.alerting, threshold=1))
        if crosses_workloads(rule)
        else rule
        for name, rule in artefacts.rules.items()
    }
    return replace(artefacts, rules=rules)


@dataclass(frozen=True, slots=True)
class Shares:
    """A batch divided.

    Attributes:
        matches: All of it.
        owners: For each match the judge that decides it.
        parts: What each judge is asked.
    """

    matches: pa.Table
    owners: Sequence[int]
    parts: Sequence[JudgeBatch]


def divided(batch: JudgeBatch, count: int, workload_of: WorkloadOf) -> Shares:
    """A batch among so many judges: to each its own matches, and as facts all others with names."""
    matches = batch.correlated.matches
    hosts = texts(matches, "host")
    judges = {host: judge_of(workload_of(host), count) for host in set(hosts)}
    owners = [judges[host] for host in hosts]
    if count == 1:
        return Shares(matches, owners, [batch])
    sightings = sightings_of(matches)
    parts = [_part(number, batch, owners, sightings) for number in range(count)]
    return Shares(matches, owners, parts)


def put_together(shares: Shares, outs: Sequence[JudgeOut]) -> JudgeOut:
    """What one judge would have given for the whole batch; alerts and revisions in another order.

    Args:
        shares: The batch.
        outs: What each judge gave for its part; their `matches` are not looked at.
    """
    decisions = [iter(out.decisions) for out in outs]
    failures: dict[str, Exception] = {}
    for out in outs:
        failures |= out.failures
    return JudgeOut(
        matches=shares.matches,
        decisions=[next(decisions[owner]) for owner in shares.owners],
        alerts=[alert for out in outs for alert in out.alerts],
        incidents=[incident for out in outs for incident in out.incidents],
        failures=failures,
        revisions=[revision for out in outs for revision in out.revisions],
    )


def _part(
    number: int, batch: JudgeBatch, owners: Sequence[int], sightings: Sequence[Sighting]
) -> JudgeBatch:
    matches, firings = batch.correlated.matches, batch.correlated.firings
    own = [place for place, owner in enumerate(owners) if owner == number]
    rows = matches.take(pa.array(own, pa.int64()))
    uids = set(texts(rows, "match_uid"))
    fired = {uid: said for uid, said in firings.items() if uid in uids}
    return JudgeBatch(Correlated(rows, fired), _facts(number, batch.taught, owners, sightings))


def _facts(
    number: int,
    taught: Mapping[int, Sequence[Sighting]],
    owners: Sequence[int],
    sightings: Sequence[Sighting],
) -> Mapping[int, Sequence[Sighting]]:
    """What a judge has to know of the others, each before the own match that it came before."""
    facts: dict[int, list[Sighting]] = {}
    passed = 0
    for place in range(len(owners) + 1):
        seen = list(taught.get(place, ()))
        if place < len(owners) and owners[place] != number:
            seen.append(sightings[place])
        named = [each for each in seen if each.names]
        if named:
            facts.setdefault(passed, []).extend(named)
        passed += place < len(owners) and owners[place] == number
    return facts
