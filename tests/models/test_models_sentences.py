"""Evidence reads as a person would say it, and says no more than was counted."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.models.histories import RULES, act_of, moment, stationary

from foreseen.core.decisions import Level
from foreseen.core.ids import RuleId
from foreseen.models.ensemble import RuleModel, fit
from foreseen.models.explaining.answering import Answering, answering, by_itself
from foreseen.models.explaining.circumstances import circumstance_evidence
from foreseen.models.explaining.explain import (
    context_evidence,
    neighbour_evidence,
    novelty_evidence,
)
from foreseen.models.explaining.phrases import person, several, slots, span
from foreseen.models.members.common import Common
from foreseen.models.members.levels import Levels, Standing
from foreseen.models.members.novelty import Surprise
from foreseen.models.members.rates import Rates
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train

RULE = RULES[0]
HISTORY = stationary(3, 240, RULES[:1])[RULE]
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.fixture(scope="module")
def model() -> RuleModel:
    return fit(str(RULE), HISTORY, HISTORY, 0)


@pytest.fixture(scope="module")
def common() -> Common:
    return Common.fit(HISTORY, Levels())


def others(model: RuleModel, workload: str, common: Common, *members: str) -> Answering:
    """The tenant answers for a workload, by so many others."""
    return answering(model, workload, Standing(Level.TENANT, "", 200, members), common)


def said(model: RuleModel, one: Moment, common: Common) -> Mapping[str, str]:
    """What circumstances say, by member, where the workload's own history answers."""
    told = circumstance_evidence(model, one, common, by_itself(model, one.workload))
    return {each.member: each.sentence for each in told}


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0, "less than 0.1 s"),
        (90, "less than 0.1 s"),
        (400, "0.4 s"),
        (MINUTE, "60 s"),
        (35 * MINUTE, "35 minutes"),
        (5.4 * HOUR, "5.4 hours"),
        (47 * HOUR, "47 hours"),
        (30 * DAY, "30 days"),
        (1_500 * DAY, "1,500 days"),
    ],
)
def test_a_length_of_time_is_told_in_the_unit_that_it_has_several_of(
    length: float, words: str
) -> None:
    assert span(length) == words


def test_one_is_singular_and_more_are_plural() -> None:
    assert [several(n, "match", "matches") for n in (0, 1, 1_200)] == [
        "0 matches",
        "1 match",
        "1,200 matches",
    ]
    assert (slots(1), slots(2)) == ("1 ten-minute slot", "2 ten-minute slots")
    assert (slots(1, 1), slots(4, 33)) == ("1 of 1 ten-minute slot", "4 of 33 ten-minute slots")


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("33 as 0, terminal", "user 33 as 0 at a terminal"),
        ("33 as 0, no terminal", "user 33 as 0 without a terminal"),
        ("without login as 33, no terminal", "user 33 without a login, without a terminal"),
        ("without login as ?, terminal", "user ? without a login, at a terminal"),
        ("arn:aws:iam::1:user/ana", "user arn:aws:iam::1:user/ana"),
        ("without login as 33", "user 33 without a login"),
    ],
)
def test_a_user_is_told_in_words(who: str, words: str) -> None:
    assert person(who) == words


@pytest.mark.parametrize(
    ("days", "slots_told", "span_told"),
    [
        (5.4 / 24, "4 of 33 ten-minute slots", "5.4 hours"),
        (600 / 86_400, "4 of 4 ten-minute slots", "10 minutes"),  # it never says 4 of 2
        (30, "4 of 4,321 ten-minute slots", "30 days"),
    ],
)
def test_a_short_history_is_not_told_as_no_days(
    model: RuleModel, common: Common, days: float, slots_told: str, span_told: str
) -> None:
    rare = replace(model, rates=Rates({"web": 4}, days))
    told = said(rare, moment(1, workload="web"), common)["rate"]
    assert told == f"The rule matched on web in {slots_told} of the history ({span_told})."


def test_a_rule_that_is_new_on_a_known_workload_is_new_and_the_workload_is_not() -> None:
    """The workload has matches of another rule; one that no rule knows is new itself."""
    other = RULES[1]
    history = {
        RULE: [replace(m, uid=f"{n}-{m.uid}", workload=n) for n in "abc" for m in HISTORY[:60]],
        other: [replace(m, rule=str(other), uid=f"d-{m.uid}", workload="d") for m in HISTORY[:60]],
    }
    found = train(history, budget=0.02, least_history=30, seed=0).foresight
    for workload, words in (("d", "this rule is new on d"), ("e", "this workload is new")):
        asked = replace(HISTORY[70], workload=workload)
        (prediction,) = found.predict(RuleId(RULE), [asked], 1.0)
        told = {each.member: each.sentence for each in prediction.evidence}
        for member in ("act", "parent", "user", "ancestry", "rate"):
            assert told[member].endswith(f"3 other workloads ({words})."), told[member]
        assert sum(" is new" in sentence for sentence in told.values()) >= 5
        assert not any("workload is new" in s for s in told.values()) or workload == "e"


def test_what_others_show_is_counted_as_the_levels_count_it(
    model: RuleModel, common: Common
) -> None:
    unknown = others(model, "pod", common, "db", "web", "ci")
    aside = "3 other workloads (this workload is new)"
    assert unknown.often(0) == f"on at most 1 of {aside}"
    assert unknown.often(1) == f"1 time on each of 2 of {aside}"
    assert unknown.everywhere == f"on {aside}"
    rare = others(model, "web", common, "db", "ci")
    aside = "2 other workloads (this rule is new on web)"
    assert rare.own > 0
    assert rare.often(0) == f"not on web, and on at most 1 of {aside}"
    assert rare.often(12) == f"12 times on web or on each of {aside}"
    assert rare.everywhere == f"on web and {aside}"


def test_novelty_and_context_say_who_answered(model: RuleModel, common: Common) -> None:
    asked = replace(HISTORY[0], workload="pod", act=act_of("never -x"))
    answers = others(model, "pod", common, "db", "web")
    for evidence in novelty_evidence(
        model, asked, model.novelty.surprises(asked, ("db", "web")), answers
    ):
        assert evidence.sentence.endswith("2 other workloads (this workload is new).")
        assert "all workloads" not in evidence.sentence
    (context,) = context_evidence(model, [asked], {"pod": answers})
    assert context.sentence.endswith(
        " expected matches on 2 other workloads (this workload is new)."
    )


def test_one_expected_match_is_one() -> None:
    alone = [moment(1)]
    model = fit(str(RULE), alone, alone, 0)
    (act, *_) = novelty_evidence(model, alone[0], model.novelty.surprises(alone[0]))
    assert act.sentence.endswith(f"1 of 1 expected match on {alone[0].workload}.")


def test_an_unknown_parent_is_called_so(model: RuleModel) -> None:
    asked = replace(HISTORY[0], parent="?", ancestry=())
    told = {
        depth: novelty_evidence(model, asked, [Surprise("parent", 1.0, depth, 0)])[0].sentence
        for depth in (0, 1, 2, None)
    }
    assert told[0].startswith("an unknown parent led to this:")
    assert told[None].startswith("neither an unknown parent nor any unknown parent led to ")
    assert not any("?" in sentence for sentence in told.values())


def test_pace_tells_one_event_and_several(model: RuleModel, common: Common) -> None:
    one = moment(1, workload="web", window=("execve a",), ages=(400,))
    four = moment(1, workload="web", window=("execve a",) * 4, ages=(9 * MINUTE, 3, 2, 1))
    none = moment(1, workload="web", window=(), ages=())
    assert said(model, one, common)["pace"] == "The last event before it came 0.4 s earlier."
    assert said(model, four, common)["pace"] == "The last 4 events before it took 9 minutes."
    assert said(model, none, common)["pace"] == "How fast things happened before it is not known."


def test_surroundings_count_slots_and_say_never(model: RuleModel, common: Common) -> None:
    odd = moment(1, workload="web", window=("execve odd",), ages=(5,))
    known = replace(HISTORY[0], workload="web", window=HISTORY[0].window[:1], ages=(5,))
    token = known.window[0]
    seen = common.surroundings.seen("web", token)
    told = said(model, odd, common)["surroundings"]
    assert told == (
        "Of what came just before it, 'execve odd' is the rarest on web: it was never seen there."
    )
    assert said(model, known, common)["surroundings"].endswith(
        f"it is in {slots(seen)} of the history." if seen else "it was never seen there."
    )


def test_tenure_is_told_in_a_unit_that_fits(model: RuleModel, common: Common) -> None:
    first = min((m for m in HISTORY if m.workload == "web"), key=lambda m: m.time)
    same = [m for m in HISTORY if m.workload == "web" and m.who == first.who]
    begun = min(m.time for m in same)
    for later, words in ((0, "less than a minute"), (35 * MINUTE, "35 minutes")):
        told = said(model, replace(first, time=begun + later), common)["tenure"]
        assert told.startswith("User ")
        assert told.endswith(f" has been known on web for {words}.")
    stranger = said(model, replace(first, who="x as x, terminal"), common)["tenure"]
    assert stranger == "User x as x at a terminal was never seen on web, by any rule."


def test_failed_logins_are_counted_in_words(model: RuleModel) -> None:
    history = [
        replace(one, workload="web", failures=number % 4, time=number * 10 * MINUTE)
        for number, one in enumerate(HISTORY[:40])
    ]
    common = Common.fit(history, Levels())
    told = {
        failures: said(model, replace(history[0], failures=failures), common)["failures"]
        for failures in (None, 0, 1, 3)
    }
    assert told[None] == "No login is known that it belongs to."
    assert told[0] == "No login failed before the one that it belongs to."
    assert told[1] == (
        "Its login came after 1 failed one: as many or more were in 30 of 40 ten-minute slots with"
        " a login on web."
    )
    assert "after 3 failed ones: as many or more were in 10 of 40" in told[3]


def test_next_to_nothing_alike_is_not_told_as_nothing() -> None:
    told = [neighbour_evidence(distance).sentence for distance in (0.0, 0.4, 0.996, 1.0)]
    assert [sentence.split(" its act")[0] for sentence in told] == [
        "The nearest expected match shares 100 % of",
        "The nearest expected match shares 60 % of",
        "The nearest expected match shares less than 1 % of",
        "The nearest expected match shares less than 1 % of",
    ]


def test_what_others_have_alike_is_not_told_as_the_nearest_of_all(
    model: RuleModel, common: Common
) -> None:
    """Among several workloads the second nearest one counts, so the nearest match may be nearer."""
    answers = others(model, "pod", common, "db", "web", "ci")
    assert neighbour_evidence(0.91, answers).sentence == (
        "The nearest expected matches on each of 2 of 3 other workloads (this workload is new)"
        " share 9 % or more of its act and context."
    )
    assert "share less than 1 % of" in neighbour_evidence(0.999, answers).sentence
    own = by_itself(model, "web")
    assert neighbour_evidence(0.91, own) == neighbour_evidence(0.91)
