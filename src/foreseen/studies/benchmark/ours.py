"""Foreseen itself as a method: the models that the product trains, on any labelled data set."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import log2
from posixpath import basename
from typing import NamedTuple

import numpy as np

from foreseen.core.ids import RuleId
from foreseen.models.ensemble import MEMBERS
from foreseen.models.foresight import Fusion
from foreseen.models.moments.acts import Act
from foreseen.models.moments.moment import Moment
from foreseen.models.moments.tokens import folded, shape
from foreseen.models.moments.windows_text import as_posix, path_as_posix
from foreseen.models.training import Parts, Trained, train_on
from foreseen.schema.arrow import texts
from foreseen.studies.benchmark.contexts import contexts_of
from foreseen.studies.benchmark.dataset import (
    CALIBRATE,
    TEST,
    TRAIN,
    Dataset,
    Integers,
    Reals,
)
from foreseen.studies.benchmark.method import Scored

LEAST_HISTORY = 30
"""Matches of a rule in train and cal below which no level answers: it always alerts."""

_UNJUDGED = 1_000.0
"""Bits above those of any probability: what no model judges alerts, whatever the budget."""


class Ours:
    """One rule, one model, trained on train and calibrated on cal as the product does it.

    Matches of cal have the scores that they had before the members were fitted on them as well:
    what the share of alerts is promised from must not know them.
    """

    name = "foreseen"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Score the matches: bits of surprise; those that no model may silence come above all."""
        moments = _moments(data)
        by_part = {part: _by_rule(moments, data.of_part(part)) for part in (TRAIN, CALIBRATE)}
        trained = train_on(
            Parts(by_part[TRAIN], by_part[CALIBRATE]),
            budget=budget,
            least_history=LEAST_HISTORY,
            seed=seed,
            groups=_groups(moments),
        )
        return Scored(_scores(trained, moments, data), threshold=-log2(budget))


def _scores(trained: Trained, moments: Sequence[Moment], data: Dataset) -> Reals:
    models = trained.foresight
    scores = _UNJUDGED + _rarity(moments, data) + _oddity(moments, models.fusion)
    rules = data.column("rule")
    for rule in models.models:
        rows = np.flatnonzero(rules == str(rule)).tolist()
        known = [r for r in rows if models.history(rule, moments[r].workload) >= LEAST_HISTORY]
        asked = [moments[row] for row in known]
        shares = models.probabilities(rule, asked, models.scores(rule, asked))
        before = [trained.rehearsed.get(moment.uid, np.nan) for moment in asked]
        shares = np.where(np.isnan(before), shares, before)
        scores[known] = -np.log2(shares)
    return scores


def _rarity(moments: Sequence[Moment], data: Dataset) -> Reals:
    """Order among matches that no model judges: the rarer for the rule on its workload, the odder.

    In bits; all of them alert, and the order says which to look at first.
    """
    taught = data.column("part") != TEST
    weights = data.weights
    seen: Counter[tuple[str, str]] = Counter()
    for row in np.flatnonzero(taught).tolist():
        seen[moments[row].rule, moments[row].workload] += weights[row]
    total = weights[taught].sum() + 1
    shares = [(seen[moment.rule, moment.workload] + 0.5) / total for moment in moments]
    return np.asarray(-np.log2(shares), np.float64)


def _oddity(moments: Sequence[Moment], fusion: Fusion) -> Reals:
    """What the members say that know the workload whatever the rule; in bits of calibration."""
    common = fusion.common
    members = {
        "surroundings": common.surroundings.bits,
        "pace": common.pace.bits,
        "tenure": common.tenure.bits,
        "failures": common.failures.bits,
    }
    raw = np.zeros((len(moments), len(MEMBERS)))
    for name, bits in members.items():
        raw[:, MEMBERS.index(name)] = [bits(moment) for moment in moments]
    return np.asarray(fusion.bits(raw)[:, np.isin(MEMBERS, list(members))].sum(axis=1), np.float64)


def _groups(moments: Sequence[Moment]) -> Mapping[str, str]:
    """Workloads named `group/workload` belong to a group, e.g. the hosts of a network."""
    named = (moment.workload.rpartition("/") for moment in moments)
    return {f"{group}/{name}": group for group, slash, name in named if slash}


def _by_rule(moments: Sequence[Moment], rows: Integers) -> dict[RuleId, list[Moment]]:
    found: dict[RuleId, list[Moment]] = {}
    for row in rows.tolist():
        found.setdefault(RuleId(moments[row].rule), []).append(moments[row])
    return found


def _moments(data: Dataset) -> list[Moment]:
    """Every match with the tokens before it; data without commands name the act by its token.

    Where the product's own pipeline saw the matches, they are as it saw them.
    """
    if data.moments:
        return [data.moments[uid] for uid in texts(data.matches, "uid")]
    before = contexts_of(data)
    tokens = np.array(texts(data.events, "token"), object)
    times = data.events["time"].to_numpy().tolist()
    workloads = texts(data.events, "workload")
    events = data.matches["event"].to_numpy().tolist()
    rows, bounds = tokens[before.rows], before.offsets.tolist()
    at = data.events["time"].to_numpy()
    ages = (
        np.repeat(at[data.matches["event"].to_numpy()], np.diff(before.offsets)) - at[before.rows]
    )
    moments = []
    for number, match in enumerate(_matches(data)):
        event = events[number]
        above = match.ancestry or ([match.parent] if match.parent else [])
        lines = [_name(each) for each in above]
        moments.append(
            Moment(
                uid=f"{event}/{number}",
                rule=match.rule,
                workload=str(workloads[event]),
                time=times[event],
                act=_act(str(tokens[event]), match),
                who=match.user or "?",
                parent=match.parent_command or (lines[0] if lines else "?"),
                ancestry=tuple(lines),
                window=tuple(rows[bounds[number] : bounds[number + 1]].tolist()),
                session=(),
                siblings=(),
                ages=tuple(ages[bounds[number] : bounds[number + 1]].tolist()),
            )
        )
    return moments


class _Match(NamedTuple):
    """What a match says of itself."""

    rule: str
    user: str | None
    parent: str | None
    child: str | None
    command: str | None
    parent_command: str | None
    ancestry: list[str] | None


def _matches(data: Dataset) -> Iterator[_Match]:
    columns = [data.matches[name].to_pylist() for name in _Match._fields]
    return map(_Match._make, zip(*columns, strict=True))


def _act(token: str, match: _Match) -> Act:
    kind = _name(match.child) if match.child else token
    if not match.command:
        return Act(token, token, kind)
    return Act(match.command, shape(as_posix(match.command)) or kind, kind)


def _name(path: str) -> str:
    return folded(basename(path_as_posix(path)))
