"""Back-off: whose history answers, that it says so, and that neighbours are never believed more."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import RULES, Habits, act_of, moment

from foreseen.core.decisions import Level
from foreseen.core.ids import RuleId
from foreseen.models.ensemble import MEMBERS
from foreseen.models.explaining.answering import answering
from foreseen.models.foresight import Foresight
from foreseen.models.members.levels import SPREAD, STRICTER, Levels, load
from foreseen.models.members.novelty import Novelty
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train

RULE, LEAST, BUDGET = RULES[0], 30, 0.02
HISTORY = {"web-1": 40, "web-2": 50, "web-3": 60, "db-1": 400, "db-2": 3}
GROUPS = {"web-1": "web", "web-2": "web", "web-3": "web", "web-9": "web", "db-1": "db"}
LEVELS = Levels({**GROUPS, "db-2": "db", "db-9": "db"}, LEAST)
IMPLANT = act_of("implant -q /dev/shm/x")


def test_the_nearest_level_with_enough_history_answers() -> None:
    own = LEVELS.standing(HISTORY, "web-1")
    assert (own.level, own.name, own.history, own.members) == (Level.WORKLOAD, "web-1", 40, ())
    group = LEVELS.standing(HISTORY, "web-9")
    assert (group.level, group.name, group.history) == (Level.GROUP, "web", 150)
    assert group.members == ("web-1", "web-2", "web-3")
    tenant = LEVELS.standing(HISTORY, "unheard")
    assert (tenant.level, tenant.history) == (Level.TENANT, sum(HISTORY.values()))


def test_one_other_workload_is_no_level() -> None:
    # db-9's group has db-1 with plenty and db-2 with little: two others, so it answers; db-2's
    # group has one other alone, so the tenant answers for it
    assert LEVELS.standing(HISTORY, "db-9").level is Level.GROUP
    assert LEVELS.standing(HISTORY, "db-2").level is Level.TENANT
    alone = Levels({}, LEAST).standing({"db-1": 400, "db-2": 3}, "db-2")
    assert (alone.level, alone.history) == (Level.WORKLOAD, 3)  # a cold start


def test_too_little_history_on_every_level_stays_a_cold_start() -> None:
    few = {f"w{number}": 5 for number in range(5)}
    for workload in ("w1", "unheard"):
        standing = Levels({"w1": "g", "w2": "g", "w3": "g"}, LEAST).standing(few, workload)
        assert standing.level is Level.WORKLOAD
        assert standing.history < LEAST
        assert standing.members == ()


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 60)),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xy")),
    st.sampled_from("abcdefg"),
)
def test_whatever_answers_has_the_history_that_it_claims(
    history: dict[str, int], groups: dict[str, str], workload: str
) -> None:
    levels = Levels(groups, LEAST)
    standing = levels.standing(history, workload)
    assert load(levels.dump()) == levels
    assert workload not in standing.members
    if standing.level is Level.WORKLOAD:
        assert standing.history == history.get(workload, 0)
    else:
        assert standing.history >= LEAST
        assert history.get(workload, 0) < LEAST
        assert len(standing.members) >= SPREAD
        assert all(history[member] > 0 for member in standing.members)


def habits(workloads: Sequence[str], count: int = 60) -> list[Moment]:
    """Every workload does the same things, in the same order."""
    found = []
    for workload in workloads:
        chance = random.Random(5)  # noqa: S311 (made-up data)
        for number in range(count):
            one = Habits().one(chance, RULE, number)
            found.append(replace(one, uid=f"{workload}-{number}", workload=workload))
    return sorted(found, key=lambda one: (one.time, one.uid))


@pytest.fixture(scope="module")
def foresight() -> Foresight:
    history = {RULE: habits(["web-1", "web-2", "web-3"])}
    groups = dict.fromkeys(("web-1", "web-2", "web-3", "web-9"), "web")
    return train(history, budget=BUDGET, least_history=LEAST, seed=0, groups=groups).foresight


def on(workload: str, moments: Sequence[Moment]) -> list[Moment]:
    return [replace(one, workload=workload) for one in moments]


def test_a_new_workload_is_judged_by_its_group_and_says_so(foresight: Foresight) -> None:
    asked = on("web-9", habits(["web-1"])[:40])
    assert foresight.history(RULE, "web-9") == 180
    predictions = foresight.predict(RULE, asked, BUDGET)
    assert {one.level for one in predictions} == {Level.GROUP}
    told = [e.sentence for one in predictions for e in one.evidence if e.member == "act"]
    others = "of 3 other workloads of the group web (this workload is new)."
    assert all(sentence.endswith(others) for sentence in told)
    expected = [one for one in predictions if one.probability > BUDGET]
    assert len(expected) > len(asked) / 2


def test_without_a_group_the_tenant_answers_and_own_history_says_nothing_of_levels(
    foresight: Foresight,
) -> None:
    asked = habits(["web-1"])[:5]
    tenant, own = (foresight.predict(RULE, on(name, asked), 1.0) for name in ("pod", "web-1"))
    assert {one.level for one in tenant} == {Level.TENANT}
    assert {one.level for one in own} == {Level.WORKLOAD}
    said = [e.sentence for one in tenant for e in one.evidence]
    assert any("of 3 other workloads (this workload is new)" in sentence for sentence in said)
    assert not any("is new" in e.sentence for one in own for e in one.evidence)


def test_a_level_above_the_workload_is_never_looser(foresight: Foresight) -> None:
    usual = habits(["web-1"])
    strange = [replace(one, act=IMPLANT, who="33 as 33") for one in usual[:10]]
    asked = [*usual, *strange]
    own, group, tenant = (
        [p.probability for p in foresight.predict(RULE, on(name, asked), 0)]
        for name in ("web-1", "web-9", "pod")
    )
    assert all(theirs <= here for here, theirs in zip(group, tenant, strict=True))
    assert np.mean(tenant) < np.mean(group) < np.mean(own)
    raw = [foresight.scores(RULE, on(name, asked)) for name in ("web-1", "web-9")]
    here, theirs = (np.delete(scores, MEMBERS.index("context"), axis=1) for scores in raw)
    assert (theirs >= here - 1e-9).all()
    assert STRICTER[Level.TENANT] < STRICTER[Level.GROUP] < STRICTER[Level.WORKLOAD] == 1


@pytest.mark.parametrize(("shown_by", "expected"), [(1, False), (2, True), (3, True)])
def test_an_act_that_one_neighbour_alone_shows_is_not_expected_here(
    shown_by: int, expected: object
) -> None:
    names = ["web-1", "web-2", "web-3"]
    history = habits(names)
    guilty = names[:shown_by]
    history += [
        moment(number, uid=f"{name}-x{number}", workload=name, act=IMPLANT)
        for name in guilty
        for number in range(60)
    ]
    history.sort(key=lambda one: (one.time, one.uid))
    groups = dict.fromkeys([*names, "web-9"], "web")
    found = train({RULE: history}, budget=BUDGET, least_history=LEAST, seed=0, groups=groups)
    asked = [moment(70, uid="asked", workload="web-9", act=IMPLANT)]
    (prediction,) = found.foresight.predict(RULE, asked, BUDGET)
    assert (prediction.probability > BUDGET) is expected
    (act,) = [each for each in prediction.evidence if each.member == "act"]
    assert ("never seen doing this" in act.sentence) is not expected


def test_what_it_did_itself_counts_beside_what_others_did() -> None:
    history = [*habits(["web-1", "web-2"]), moment(1, workload="web-9", act=IMPLANT)]
    novelty = Novelty.fit(history)
    asked = moment(2, workload="web-9", act=IMPLANT)
    known = {s.view: s for s in novelty.surprises(asked, ("web-1", "web-2"))}
    others = {
        s.view: s for s in novelty.surprises(replace(asked, workload="pod"), ("web-1", "web-9"))
    }
    assert (known["act"].depth, known["act"].seen) == (0, 1)
    assert (others["act"].depth, others["act"].seen) == (None, 0)


def test_a_rule_that_is_rare_here_but_known_in_its_group_has_a_baseline() -> None:
    few = [replace(one, workload="web-9") for one in habits(["web-1"])[:4]]
    history = {RULE: sorted([*habits(["web-1", "web-2"], 120), *few], key=lambda one: one.time)}
    groups = dict.fromkeys(("web-1", "web-2", "web-9"), "web")
    found = train(history, budget=BUDGET, least_history=LEAST, seed=0, groups=groups).foresight
    standing = found.standing(RuleId(RULE), "web-9")
    assert (standing.level, standing.members) == (Level.GROUP, ("web-1", "web-2"))
    told = answering(found.models[RuleId(RULE)], "web-9", standing, found.fusion.common)
    assert told.others == "2 other workloads of the group web (this rule is new on web-9)"
    asked = on("web-9", habits(["web-1"])[:30])
    assert sum(p.probability > BUDGET for p in found.predict(RULE, asked, BUDGET)) > 15
