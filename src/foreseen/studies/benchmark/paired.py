"""How well each method of a contest tells the sides of matched pairs apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foreseen.studies.benchmark.contest import Contest, Entry
from foreseen.studies.benchmark.dataset import Dataset
from foreseen.studies.benchmark.pairs import Apart, Pair, Place, Scores, apart, apart_by
from foreseen.studies.benchmark.report import number
from foreseen.studies.benchmark.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Paired:
    """One method on the pairs.

    Attributes:
        method: Its name.
        overall: All pairs.
        rules: Those of each rule.
        leads: Those of each thing that came before the malicious side.
    """

    method: str
    overall: Apart
    rules: Mapping[str, Apart]
    leads: Mapping[str, Apart]


def paired(
    held: Contest, data: Dataset, places: Mapping[str, Place], pairs: Sequence[Pair]
) -> list[Paired]:
    """The pairs by the scores that each method gave in a contest on `data`.

    Args:
        held: The contest.
        data: What it was held on.
        places: Host and serial number of each match's event, by the match's `uid`.
        pairs: Pairs of events in the test part.
    """
    rules, uids = data.column("rule"), data.column("uid")
    found = []
    for entry in held.entries:
        scores = _scores(entry, [(str(r), places[u]) for r, u in zip(rules, uids, strict=True)])
        by_rule, by_lead = (apart_by(pairs, scores, by=by) for by in ("rule", "before"))
        found.append(Paired(entry.method, apart(pairs, scores), by_rule, by_lead))
    return found


def _scores(entry: Entry, names: Sequence[tuple[str, Place]]) -> Scores:
    rows = entry.test.labels.rows.tolist()
    return dict(zip((names[row] for row in rows), entry.test.scores.tolist(), strict=True))


def pairs_sheet(found: Sequence[Paired]) -> Sheet:
    """ROC on pairs, a row a method."""
    rules = list(found[0].rules)
    leads = list(found[0].leads)
    overall = found[0].overall
    return Sheet(
        title=f"Matched pairs: {overall.pairs} pairs of the same match, only what came before"
        " differs (ROC)",
        columns=("method", "all", *rules, *(f"after {lead}" for lead in leads)),
        rows=tuple(
            (
                each.method,
                *(
                    _share(one)
                    for one in (each.overall, *each.rules.values(), *each.leads.values())
                ),
            )
            for each in found
        ),
        note=f"{len(overall.missing)} further pairs have a side that no rule matched."
        if overall.missing
        else "",
    )


def pairs_json(found: Sequence[Paired]) -> list[dict[str, object]]:
    """The same for machines: a row for each method and rule; null for all rules."""
    rows: list[dict[str, object]] = []
    for each in found:
        parts: list[tuple[str | None, str | None, Apart]] = [(None, None, each.overall)]
        parts += [(rule, None, one) for rule, one in each.rules.items()]
        parts += [(None, lead, one) for lead, one in each.leads.items()]
        rows += [
            {
                "method": each.method,
                "rule": rule,
                "before": lead,
                "pairs": one.pairs,
                "missing": len(one.missing),
                "roc": None if one.pooled is None else number(one.pooled),
                "within_pairs": None if one.within is None else number(one.within),
            }
            for rule, lead, one in parts
        ]
    return rows


def _share(one: Apart) -> str:
    return "-" if one.pooled is None else f"{one.pooled:.3f} ({one.pairs})"
