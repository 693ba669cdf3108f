"""Every member passes the shared conformance suite, and the suite has teeth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from tests.models.conformance import (
    EXPECTED,
    Fitted,
    Member,
    Scores,
    check_input_is_left_alone,
    check_model,
    check_no_batch_matters,
    check_round_trip,
    check_same_seed_same_bytes,
    check_scores_are_finite,
    check_strange_scores_higher,
)
from tests.models.histories import MINUTE, RULES

from foreseen.models import ensemble
from foreseen.models.members.common import Common
from foreseen.models.members.context import Context
from foreseen.models.members.failures import Failures
from foreseen.models.members.features import Features
from foreseen.models.members.levels import Levels
from foreseen.models.members.negatives import corrupted
from foreseen.models.members.neighbours import Neighbours
from foreseen.models.members.novelty import Novelty
from foreseen.models.members.pace import Pace
from foreseen.models.members.rates import Rates
from foreseen.models.members.surroundings import Surroundings
from foreseen.models.members.tenure import Tenure
from foreseen.models.members.times import Times
from foreseen.models.moments.moment import Moment

FEATURES = Features.fit(EXPECTED)


@dataclass(frozen=True)
class OfMoments:
    """A member that reads moments."""

    inner: Novelty

    def scores(self, moments: Sequence[Moment]) -> Scores:
        """Bits of the four views."""
        bits = [[view.bits for view in self.inner.surprises(one)] for one in moments]
        return np.asarray(bits, np.float64).reshape(len(moments), 4)

    def dump(self) -> object:
        """JSON-ready."""
        return self.inner.dump()


@dataclass(frozen=True)
class OfFeatures:
    """A member that reads rows of features."""

    inner: Context | Neighbours

    def scores(self, moments: Sequence[Moment]) -> Scores:
        """The one score of the member."""
        rows = FEATURES.rows(moments)
        if isinstance(self.inner, Context):
            return self.inner.odds_against(rows).reshape(-1, 1)
        places = [one.workload for one in moments]
        return self.inner.distances(rows, places, [()] * len(moments)).reshape(-1, 1)

    def dump(self) -> object:
        """JSON-ready."""
        return self.inner.dump()


@dataclass(frozen=True)
class OfClock:
    """A member that gives bits for one moment at a time."""

    inner: Surroundings | Pace | Rates | Times | Tenure | Failures

    def scores(self, moments: Sequence[Moment]) -> Scores:
        """Its bits."""
        return np.asarray([self.inner.bits(one) for one in moments], np.float64).reshape(-1, 1)

    def dump(self) -> object:
        """JSON-ready."""
        return self.inner.dump()


@dataclass(frozen=True)
class Together:
    """The ensemble of one rule, with what it shares with others."""

    inner: ensemble.RuleModel
    common: Common

    def scores(self, moments: Sequence[Moment]) -> Scores:
        """All columns."""
        return self.inner.scores(moments, self.common)

    def dump(self) -> object:
        """JSON-ready."""
        return [self.inner.dump(), self.common.dump()]


def _context(moments: Sequence[Moment], seed: int) -> OfFeatures:
    foreign = FEATURES.rows(corrupted(moments, moments, seed))
    return OfFeatures(Context.fit(FEATURES.rows(moments), foreign, seed))


def _neighbours(moments: Sequence[Moment], seed: int) -> OfFeatures:
    about = [(one.uid, one.workload) for one in moments]
    return OfFeatures(Neighbours.fit(FEATURES.rows(moments), about, FEATURES, seed))


def _together(moments: Sequence[Moment], seed: int) -> Together:
    fitted = ensemble.fit(RULES[0], moments, moments, seed)
    return Together(fitted, Common.fit(moments, Levels({}, 30)))


def _loaded(dumped: object) -> Together:
    model, common = _any(dumped)
    return Together(ensemble.load(model), Common.load(common))


MEMBERS = [
    Member("novelty", lambda m, _: OfMoments(Novelty.fit(m)), lambda d: OfMoments(_novelty(d))),
    Member("context", _context, lambda d: OfFeatures(Context.load(_any(d)))),
    Member("neighbours", _neighbours, lambda d: OfFeatures(Neighbours.load(_any(d)))),
    Member("ensemble", _together, _loaded),
]


def _any(dumped: object) -> Any:  # noqa: ANN401 (each member types its own JSON)
    return dumped


def _novelty(dumped: object) -> Novelty:
    return Novelty.load(_any(dumped))


CLOCKS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "surroundings": (Surroundings.fit, Surroundings.load),
    "pace": (Pace.fit, Pace.load),
    "rate": (lambda m: Rates.fit(m, 250 * MINUTE), Rates.load),
    "time": (Times.fit, Times.load),
    "tenure": (Tenure.fit, Tenure.load),
    "failures": (lambda m: Failures.fit(_mistyped(m)), Failures.load),
}


def _mistyped(moments: Sequence[Moment]) -> list[Moment]:
    """Every fifth after a failed login, every sixth of a login that is not known."""
    return [
        replace(one, failures=None if number % 6 == 0 else int(number % 5 == 0))
        for number, one in enumerate(moments)
    ]


@pytest.mark.parametrize("name", CLOCKS)
def test_a_member_of_the_clock_keeps_all_but_one_promise(name: str) -> None:
    """Crossed jobs are not odd to it: it looks at the time, or at what the workload does."""
    fit, load = CLOCKS[name]
    member = Member(name, lambda m, _: OfClock(fit(m)), lambda d: OfClock(load(_any(d))))
    fitted = member.fit(EXPECTED, 0)
    check_scores_are_finite(member, fitted)
    check_same_seed_same_bytes(member, fitted)
    check_round_trip(member, fitted)
    check_no_batch_matters(member, fitted)
    check_input_is_left_alone(member, fitted)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_member_keeps_what_every_member_promises(member: Member) -> None:
    check_model(member)


class _Broken:
    """A member that can break any promise."""

    asked = 0

    def __init__(self, fault: str, noise: float = 0.0) -> None:
        self.fault, self.noise = fault, noise

    def scores(self, moments: Sequence[Moment]) -> Scores:
        self.asked += self.fault == "learns from questions"
        crossed = [
            one.act.kind.endswith("backup") is not one.parent.endswith("backup") for one in moments
        ]
        scores = np.array(crossed, np.float64) * (self.fault != "blind")
        if self.fault == "not finite":
            scores = scores * np.nan
        if self.fault == "batch":
            scores = scores + len(moments)
        return scores.reshape(len(moments), 1) + self.noise

    def dump(self) -> object:
        return {"asked": self.asked, "noise": self.noise}


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("not finite", check_scores_are_finite),
        ("blind", check_strange_scores_higher),
        ("random", check_same_seed_same_bytes),
        ("forgets", check_round_trip),
        ("batch", check_no_batch_matters),
        ("learns from questions", check_input_is_left_alone),
    ],
)
def test_the_conformance_suite_finds_a_broken_member(fault: str, check: Any) -> None:  # noqa: ANN401
    noises = iter(range(100))

    def fit(moments: Sequence[Moment], seed: int) -> Fitted:
        del moments, seed
        return _Broken(fault, next(noises) if fault == "random" else 0.0)

    member = Member(fault, fit, lambda _: _Broken(fault, 1.0 if fault == "forgets" else 0.0))
    with pytest.raises(AssertionError):
        check(member, member.fit(EXPECTED, 0))
