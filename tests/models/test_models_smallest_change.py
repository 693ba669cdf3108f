"""The smallest change: it turns the answer, nothing smaller does, and the model is asked little."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.conformance import EXPECTED, HOSTILE
from tests.models.histories import RULES, act_of, moment, moments, stationary

from foreseen.models.explaining.changes import Change, applied, strange, towards, without_events
from foreseen.models.explaining.event_shares import EventShare
from foreseen.models.explaining.explained import Explained, explained, nearest_to
from foreseen.models.explaining.occurrences import Seen
from foreseen.models.explaining.phrases import person
from foreseen.models.explaining.smallest_change import MOST_ASKED, Wanted, smallest_change
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train

RULE = RULES[0]
BUDGET = 0.02
HISTORY = stationary(3, 150, RULES[:2])
ODD = moment(
    uid="odd",
    workload="web",
    act=act_of("implant -q"),
    who="33 as 33, no terminal",
    parent="nginx",
    ancestry=("nginx", "systemd"),
    window=("execve curl -s url", "execve chmod x", "execve chmod x"),
)


@pytest.fixture(scope="module")
def foresight() -> Foresight:
    return train(HISTORY, budget=BUDGET, least_history=30, seed=7).foresight


def asked(foresight: Foresight, of: Moment) -> Explained:
    near = nearest_to(foresight, RULE, of)
    past = {one.uid: one for one in HISTORY[RULE]}
    found = {uid: (past[uid], away) for uid, away in near.items()}
    return explained(foresight, RULE, of, found, BUDGET)


def probability(foresight: Foresight, of: Moment) -> float:
    return foresight.predict(RULE, [of], BUDGET)[0].probability


def later() -> list[Moment]:
    usual = stationary(5, 40)[RULE]
    return [
        *usual,
        *(replace(one, who="33 as 33, no terminal") for one in usual[:10]),
        *(replace(one, parent="nginx", ancestry=("nginx",)) for one in usual[:10]),
        *(replace(one, act=act_of("implant -q")) for one in usual[:10]),
        ODD,
    ]


def test_what_is_told_turns_the_answer_when_it_is_done(foresight: Foresight) -> None:
    turned = {True: 0, False: 0}
    for of in later():
        found = asked(foresight, of)
        assert found.expected is (probability(foresight, of) > BUDGET)
        for way in found.turned.ways:
            changed = probability(foresight, applied(of, way.changes))
            assert changed == way.probability
            assert (changed > BUDGET) is not found.expected
            turned[found.expected] += 1
    assert min(turned.values()) > 20


def test_a_user_of_another_job_is_told_as_the_user_that_would_have_been_expected() -> None:
    strict = train({RULE: EXPECTED}, budget=BUDGET, least_history=30, seed=7).foresight
    usual = EXPECTED[7]
    of = replace(usual, uid="odd", who="4711 as 0, no terminal")
    (uid, away), *_ = nearest_to(strict, RULE, of).items()
    near = next(past for past in EXPECTED if past.uid == uid)
    found = explained(strict, RULE, of, {uid: (near, away)}, BUDGET)
    assert not found.expected
    assert [c.words for c in found.turned.ways[0].changes] == [f"for {person(usual.who)}"]


def test_the_nearest_of_its_own_workload_come_first_then_those_of_all(
    foresight: Foresight,
) -> None:
    past = {one.uid: one for one in HISTORY[RULE]}
    for of in later():
        near = nearest_to(foresight, RULE, of)
        places = [past[uid].workload for uid in near]
        assert places[:3] == [of.workload] * 3
        away = list(near.values())
        assert away[:3] == sorted(away[:3])
        alone = foresight.models[RULE].features.matrix([of])
        for uid, distance in near.items():
            (others,), ((first, *_),) = foresight.models[RULE].neighbours.nearest(alone, 1)
            assert distance >= first
            assert uid in past
            assert others[0] in near


def test_without_anything_to_compare_with_none_is_told(foresight: Foresight) -> None:
    found = explained(foresight, RULE, replace(ODD, window=()), {}, BUDGET)
    assert found.turned.ways == ()
    assert not found.nearest


def test_of_an_expected_match_it_is_told_what_would_have_alerted(foresight: Foresight) -> None:
    usual = HISTORY[RULE][7]
    found = asked(foresight, usual)
    assert found.expected
    words = [change.words for way in found.turned.ways for change in way.changes]
    assert words
    assert all("never seen" in each or "no event" in each for each in words)


@settings(max_examples=30)
@given(moments())
def test_whatever_telemetry_brings_the_model_is_asked_little(
    foresight: Foresight, of: Moment
) -> None:
    found = asked(foresight, of)
    assert 0 <= found.turned.asked <= MOST_ASKED


def test_a_flood_of_hostile_events_is_no_burden(foresight: Foresight) -> None:
    for of in HOSTILE:
        assert asked(foresight, of).turned.asked <= MOST_ASKED


# Against every model there could be: its answers hang on which changes are made, in any way.
CHANGES = [
    Change("user", "for user a", {"who": "a"}),
    Change("lineage", "started by b", {"parent": "b", "ancestry": ("b",)}),
    Change("arguments", "as c", {"act": act_of("implant c")}),
    Change("act", "as d", {"act": act_of("d")}),
    Change("workload", "on e", {"workload": "e"}),
    Change("window", "after f", {"window": ("execve f",)}),
    Change("events", "without curl", without="execve curl -s url"),
    Change("events", "without chmod", without="execve chmod x"),
]
TOGETHER = [CHANGES[:3] + CHANGES[4:6]]


@dataclass
class Oracle:
    """Answers by which changes are made, and counts."""

    turning: frozenset[int]
    wanted: Wanted
    asked: int = 0

    def __call__(self, asked: Sequence[Moment]) -> list[float]:
        """The answers on moments."""
        self.asked += len(asked)
        return [self.one(each) for each in asked]

    def one(self, of: Moment) -> float:
        """The answer on one moment."""
        turned = drawn(of) in self.turning
        return 0.5 if turned is self.wanted.expected else 0.001


def drawn(of: Moment) -> int:
    """A small number of the changes made: many sets, few numbers."""
    made = [number for number, change in enumerate(CHANGES) if change.apply(of) == of]
    return sum(1 << number for number in made) % 41


@given(
    st.frozensets(st.integers(1, 40), max_size=8),
    st.builds(Wanted, expected=st.booleans(), budget=st.just(BUDGET)),
)
def test_no_smaller_change_turns_the_answer(turning: frozenset[int], wanted: Wanted) -> None:
    oracle = Oracle(turning, wanted)
    assert drawn(ODD) not in turning
    found = smallest_change(oracle, ODD, CHANGES, TOGETHER, wanted)
    assert found.asked == oracle.asked <= MOST_ASKED
    assert found.complete
    pairs = [each for each in combinations(CHANGES, 2) if compatible(each)]
    for way in found.ways:
        assert holds(oracle, wanted, way.changes)
        smaller = [each for each in combinations(way.changes, len(way.changes) - 1) if each]
        smaller += [(one,) for one in CHANGES] if len(way.changes) > 1 else []
        smaller += pairs if len(way.changes) > 2 else []
        assert not any(holds(oracle, wanted, each) for each in smaller)
    if not found.ways:
        for each in [*((one,) for one in CHANGES), *pairs, tuple(TOGETHER[0])]:
            assert not holds(oracle, wanted, each)
        assert found.nearest is not None


def holds(oracle: Oracle, wanted: Wanted, changes: Sequence[Change]) -> bool:
    return wanted.holds(oracle.one(applied(ODD, changes)))


def compatible(changes: Sequence[Change]) -> bool:
    """Not on one field twice, nor on events of a window that is exchanged."""
    fields = [name for change in changes for name in change.fields]
    parts = {change.part for change in changes}
    return len(fields) == len(set(fields)) and not parts >= {"window", "events"}


@given(st.sets(st.integers(0, 4), min_size=3), st.permutations(TOGETHER[0]))
def test_of_all_changes_together_only_those_are_kept_that_are_needed(
    kept: set[int], order: list[Change]
) -> None:
    needed = [TOGETHER[0][place] for place in sorted(kept)]

    def turned(of: Sequence[Moment]) -> list[float]:
        return [0.5 if all(c.apply(m) == m for c in needed) else 0.001 for m in of]

    wanted = Wanted(expected=True, budget=BUDGET)
    found = smallest_change(turned, ODD, CHANGES, [order], wanted)
    assert [sorted(way.changes, key=repr) for way in found.ways] == [sorted(needed, key=repr)]


def test_more_changes_than_the_model_may_be_asked_about_are_said_to_be_left_out() -> None:
    def never(of: Sequence[Moment]) -> list[float]:
        return [0.0] * len(of)

    many = [Change("user", f"for user {n}", {"who": str(n)}) for n in range(150)]
    many += [Change("workload", f"on {n}", {"workload": str(n)}) for n in range(150)]
    found = smallest_change(
        never, ODD, many, [many[:1] + many[-1:]], Wanted(expected=True, budget=BUDGET)
    )
    assert found.ways == ()
    assert (found.tried, found.complete) == (300, False)
    assert found.asked <= MOST_ASKED


def test_what_could_not_be_taken_back_to_the_last_is_not_told_as_needed() -> None:
    of = replace(ODD, window=tuple(f"execve e{n}" for n in range(40)), session=(), siblings=())
    out = [Change("events", f"without e{n}", without=f"execve e{n}") for n in range(40)]

    def fewer(asked: Sequence[Moment]) -> list[float]:
        return [0.5 if len(each.window) < 38 else 0.001 for each in asked]

    found = smallest_change(fewer, of, out, [out], Wanted(expected=True, budget=BUDGET))
    assert (found.ways, found.complete) == ((), False)
    assert found.nearest is not None


def test_a_probability_that_is_none_never_counts_as_expected() -> None:
    def nonsense(of: Sequence[Moment]) -> list[float]:
        return [float("nan")] * len(of)

    found = smallest_change(nonsense, ODD, CHANGES, TOGETHER, Wanted(expected=True, budget=BUDGET))
    assert found.ways == ()


def test_changes_are_taken_from_the_nearest_first_and_each_once() -> None:
    near, far = moment(1, who="a as 0"), moment(2, who="b as 0", window=("execve x",))
    changes = towards(ODD, [near, replace(near, uid="again"), far])
    assert [c.words for c in changes if c.part == "user"] == ["for user a as 0", "for user b as 0"]
    assert all(change.apply(ODD) != ODD for change in changes)
    assert towards(near, [replace(near, uid="other")]) == []


def test_events_are_left_out_wherever_they_stand_and_are_counted() -> None:
    share = EventShare("before", "execve chmod x", 2, 1.5, Seen(0, 9))
    belongs = EventShare("before", "execve curl -s url", 1, -1.0, Seen(8, 9))
    of = replace(ODD, session=("execve chmod x",), elsewhere=("execve chmod x",), ages=(30, 20, 10))
    (change,) = without_events(of, [share, belongs], against=True)
    assert change.words == "without the 2 events 'execve chmod x' before it"
    changed = change.apply(of)
    assert (changed.window, changed.session) == (("execve curl -s url",), ())
    assert changed.elsewhere == ()
    assert changed.ages == (30,)
    (other,) = without_events(of, [share, belongs], against=False)
    assert other.words == "without the event 'execve curl -s url' before it"


def test_strange_parts_are_of_what_the_model_cannot_know() -> None:
    for change in strange(ODD, "<unheard 1>"):
        changed = change.apply(ODD)
        assert changed != ODD
        assert "unheard" in repr(changed) or changed.window == ()
    assert [
        c.words for c in strange(replace(ODD, window=(), siblings=()), "x") if c.part == "window"
    ] == []
