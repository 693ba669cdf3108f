"""One rule's model: its members' raw scores, side by side; `foresight` fuses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foreseen.models.explaining.occurrences import Occurrences
from foreseen.models.members.common import Common
from foreseen.models.members.context import Context
from foreseen.models.members.features import Features
from foreseen.models.members.negatives import corrupted
from foreseen.models.members.neighbours import Neighbours
from foreseen.models.members.novelty import Novelty, Surprise
from foreseen.models.members.rates import Rates
from foreseen.models.members.times import Times
from foreseen.models.moments.moment import Moment

Scores = npt.NDArray[np.float64]

MEMBERS = (
    *("act", "parent", "user", "ancestry", "context", "neighbours"),
    *("surroundings", "pace", "rate", "time", "tenure", "failures"),
)
"""Columns of `scores`: the views of novelty, then what looks at the window, then at the clock."""

_MAX_FITTED = 4_000


@dataclass(frozen=True, slots=True)
class RuleModel:
    """The fitted members of one rule.

    Attributes:
        rule: Whose matches it foresees.
        history: Expected matches that it was fitted on, by workload.
        novelty: Counts of acts, parents, users and lineages.
        features: Columns of the two members below.
        context: Classifier of act in context; None when corruption gave nothing to learn from.
        neighbours: Nearest expected matches.
        occurrences: How many expected matches had a token; explanations count with it.
        rates: How often it matches.
        times: When it matches.
    """

    rule: str
    history: Mapping[str, int]
    novelty: Novelty
    features: Features
    context: Context | None
    neighbours: Neighbours
    occurrences: Occurrences
    rates: Rates
    times: Times

    def surprises(
        self, moments: Sequence[Moment], members: Mapping[str, tuple[str, ...]] | None = None
    ) -> list[list[Surprise]]:
        """The views of novelty, one list a moment; `members` as in `scores`."""
        others = members or {}
        return [self.novelty.surprises(one, others.get(one.workload, ())) for one in moments]

    def scores(
        self,
        moments: Sequence[Moment],
        common: Common,
        surprises: Sequence[Sequence[Surprise]] | None = None,
    ) -> Scores:
        """Raw scores (moments, members): higher is less expected.

        Args:
            moments: Matches of this rule.
            common: What the models of all rules share.
            surprises: What `surprises` gave for them, if the caller has it.
        """
        if not moments:
            return np.zeros((0, len(MEMBERS)))
        members = self.members(moments, common)
        found = self.surprises(moments, members) if surprises is None else surprises
        rows = self.features.rows(moments)
        others = [members[one.workload] for one in moments]
        return np.column_stack(
            [
                np.array([[surprise.bits for surprise in views] for views in found], np.float64),
                self.context.odds_against(rows) if self.context else np.zeros(len(moments)),
                self.neighbours.distances(rows, [one.workload for one in moments], others),
                np.array([self._clocks(one, members[one.workload], common) for one in moments]),
            ]
        )

    def members(self, moments: Sequence[Moment], common: Common) -> Mapping[str, tuple[str, ...]]:
        """Other workloads that answer for each workload of some moments."""
        workloads = {moment.workload for moment in moments}
        return {
            name: common.levels.standing(self.history, name).members for name in sorted(workloads)
        }

    def _clocks(
        self, moment: Moment, members: tuple[str, ...], common: Common
    ) -> tuple[float, ...]:
        return (
            common.surroundings.bits(moment, members),
            common.pace.bits(moment, members),
            self.rates.bits(moment, members),
            self.times.bits(moment, members),
            common.tenure.bits(moment),
            common.failures.bits(moment, members),
        )

    def dump(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "rule": self.rule,
            "history": dict(sorted(self.history.items())),
            "novelty": self.novelty.dump(),
            "features": self.features.dump(),
            "context": self.context.dump() if self.context else None,
            "neighbours": self.neighbours.dump(),
            "occurrences": self.occurrences.dump(),
            "rates": self.rates.dump(),
            "times": self.times.dump(),
        }


def fit(rule: str, moments: Sequence[Moment], others: Sequence[Moment], seed: int) -> RuleModel:
    """Fit one rule's members on expected matches.

    Args:
        rule: The rule.
        moments: Its expected matches in order of time.
        others: Expected matches of any rule, the source of foreign parts for corruption.
        seed: The same seed and input give the same model, byte for byte.
    """
    history: dict[str, int] = {}
    for moment in moments:
        history[moment.workload] = history.get(moment.workload, 0) + 1
    sample = _spread(moments, _MAX_FITTED)
    features = Features.fit(sample)
    rows = features.rows(sample)
    foreign = features.rows(corrupted(sample, others, seed))
    about = [(moment.uid, moment.workload) for moment in sample]
    times = [moment.time for moment in others]
    return RuleModel(
        rule=rule,
        history=history,
        novelty=Novelty.fit(moments),
        features=features,
        context=Context.fit(rows, foreign, seed) if foreign.shape[0] else None,
        neighbours=Neighbours.fit(rows, about, features, seed),
        occurrences=Occurrences.fit(moments),
        rates=Rates.fit(moments, max(times, default=0) - min(times, default=0)),
        times=Times.fit(moments),
    )


def _spread(moments: Sequence[Moment], limit: int) -> list[Moment]:
    """At most `limit` moments, evenly over time."""
    if len(moments) <= limit:
        return list(moments)
    return [moments[int(i)] for i in np.linspace(0, len(moments) - 1, limit)]


def load(dumped: Mapping[str, object]) -> RuleModel:
    """Model from `RuleModel.dump`."""
    parts: dict[str, object] = dict(dumped)
    context = parts["context"]
    return RuleModel(
        rule=str(parts["rule"]),
        history=parts["history"],  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        novelty=Novelty.load(parts["novelty"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        features=Features.load(parts["features"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        context=Context.load(context) if context else None,  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        neighbours=Neighbours.load(parts["neighbours"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        occurrences=Occurrences.load(parts["occurrences"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        rates=Rates.load(parts["rates"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
        times=Times.load(parts["times"]),  # type: ignore[arg-type]  # JSON; `foresight.load` answers for it
    )
