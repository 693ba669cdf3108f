"""Foreseen itself as a method: the models that the product trains, on any labelled data set."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import log2
from posixpath import basename
from typing import NamedTuple

import numpy as np

from foreseen.core.ids import RuleId
from foreseen.models.acts import Act
from foreseen.models.moments import Moment
from foreseen.models.tokens import folded, shape
from foreseen.models.training import Parts, Trained, train_on
from foreseen.models.windows_text import as_posix, path_as_posix
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
"""Matches of a rule in train below which it always alerts: its gate."""

_UNJUDGED = 1_000.0
"""Bits above those of any probability: what no model judges alerts, whatever the budget."""


class Ours:
    """One rule, one model, trained on train and calibrated on cal as the product does it."""

    name = "foreseen"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Score the matches: bits of surprise; those that no model may silence come above all."""
        moments = _moments(data)
        by_part = {part: _by_rule(moments, data.of_part(part)) for part in (TRAIN, CALIBRATE)}
        trained = train_on(
            _enough(by_part[TRAIN], by_part[CALIBRATE]),
            budget=budget,
            least_history=LEAST_HISTORY,
            seed=seed,
        )
        return Scored(_scores(trained, moments, data), threshold=-log2(budget))


def _scores(trained: Trained, moments: Sequence[Moment], data: Dataset) -> Reals:
    scores = _UNJUDGED + _rarity(moments, data)
    rules = data.column("rule")
    models = trained.foresight
    for rule, model in models.models.items():
        rows = np.flatnonzero(rules == str(rule))
        known = [row for row in rows.tolist() if moments[row].workload in model.history]
        raw = model.scores([moments[row] for row in known])
        scores[known] = -np.log2(models.fusion.probabilities(raw))
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


def _by_rule(moments: Sequence[Moment], rows: Integers) -> dict[RuleId, list[Moment]]:
    found: dict[RuleId, list[Moment]] = {}
    for row in rows.tolist():
        found.setdefault(RuleId(moments[row].rule), []).append(moments[row])
    return found


def _enough(early: dict[RuleId, list[Moment]], late: dict[RuleId, list[Moment]]) -> Parts:
    """The rules that pass the gate; others alert on everything."""
    rules = [rule for rule, found in early.items() if len(found) >= LEAST_HISTORY]
    return Parts({r: early[r] for r in rules}, {r: late.get(r, []) for r in rules})


def _moments(data: Dataset) -> list[Moment]:
    """Every match with the tokens before it; data without commands name the act by its token."""
    before = contexts_of(data)
    tokens = np.array(texts(data.events, "token"), object)
    times = data.events["time"].to_numpy().tolist()
    workloads = texts(data.events, "workload")
    events = data.matches["event"].to_numpy().tolist()
    rows, bounds = tokens[before.rows], before.offsets.tolist()
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
