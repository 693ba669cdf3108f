"""Gates: what passes, what fails, and where a model stands then."""

from dataclasses import replace

import pytest
from tests.models.histories import moment

from foreseen.control.model_stages import Cause, Placed
from foreseen.core.decisions import Stage
from foreseen.core.ids import ContentHash, RuleId
from foreseen.models.ledger import lower_bound
from foreseen.models.rehearsal import surely_above
from foreseen.studies.drift import Limits, Recent, objection
from foreseen.studies.gates import Bars, Gate, Shown, gates_of, lost_chains
from foreseen.studies.replays.recall import Recall
from foreseen.studies.staging import Candidate, begun, returned

RULE = RuleId("download_tool")
BARS = Bars()
CHAINS = tuple(f"chain-{number}" for number in range(20))


def recall(lost: int = 0, chains: int = 20) -> Recall:
    return Recall(chains, chains - lost, CHAINS[:lost], 0.0)


GOOD = Shown(
    history={RULE: [moment(number) for number in range(100)]},
    budget=0.01,
    least_history=30,
    resolution=0.001,
    realised={RULE: (300, 3), RuleId("other"): (700, 7)},
    strangers=0.9,
    recall=recall(),
    chains={},
)


def failed(shown: Shown, bars: Bars = BARS) -> set[str]:
    return {gate.name for gate in gates_of(RULE, shown, bars) if not gate.passed}


def test_a_model_with_history_calibration_and_recall_passes_and_says_its_figures() -> None:
    assert failed(GOOD) == set()
    told = {gate.name: gate.sentence for gate in gates_of(RULE, GOOD, BARS)}
    assert "100 clean matches on 1 day and 1 workload" in told["clean history"]
    assert "10 of 1,000 matches" in told["calibration"]
    assert "3 of 300 (1.0%)" in told["calibration"]
    assert "20 of 20 attack chains are caught" in told["recall"]


def test_one_is_singular_in_what_a_gate_says() -> None:
    shown = replace(
        GOOD,
        history={RULE: [moment(1)]},
        realised={RULE: (1, 0)},
        recall=recall(lost=1, chains=2),
    )
    told = {gate.name: gate.sentence for gate in gates_of(RULE, shown, BARS)}
    assert told["clean history"].startswith("1 clean match on 1 day and 1 workload, ")
    assert told["calibration"].startswith("0 of 1 match of all rules ")
    assert told["recall"].startswith("1 of 2 attack chains is caught, ")
    one = gates_of(RULE, replace(shown, recall=recall(chains=1)), BARS)
    assert one[-1].sentence.startswith("1 of 1 attack chain is caught, ")
    missed = Recent(judged=1, alerts=0, incomplete=0, unknown=0, unknown_before=0, missed=("m",))
    assert str(objection(missed, 0.01, Limits())).startswith("It expected 1 match that a person")
    gone = Recent(judged=1, alerts=1, incomplete=1, unknown=0, unknown_before=0)
    limits = Limits(least_judged=1)
    assert "before 1 of 1 recent match (100%)" in str(objection(gone, 0.01, limits))
    loud = replace(gone, incomplete=0)
    assert "It raised 1 alert on 1 recent match (" in str(
        objection(loud, 0.001, replace(limits, excess=1.0))
    )


@pytest.mark.parametrize(
    ("changed", "gate"),
    [
        ({"history": {RULE: [moment(n) for n in range(59)]}}, "clean history"),
        ({"history": {}}, "clean history"),
        (
            {"history": {RULE: [moment(n, workload=str(n % 10)) for n in range(200)]}},
            "clean history",
        ),
        ({"resolution": 0.01}, "calibration"),
        ({"resolution": float("nan")}, "calibration"),
        ({"realised": {RULE: (300, 3), RuleId("other"): (700, 70)}}, "calibration"),
        ({"realised": {RULE: (20, 18), RuleId("other"): (9_000, 9)}}, "calibration"),
        ({"realised": {RuleId("other"): (700, 7)}}, "calibration"),
        ({"realised": {}}, "calibration"),
        ({"strangers": 0.49}, "strangers"),
        ({"strangers": float("nan")}, "strangers"),
        ({"recall": recall(lost=4)}, "recall"),
        ({"recall": recall(chains=0)}, "recall"),
        ({"recall": recall(chains=6)}, "recall"),
    ],
)
def test_what_is_not_shown_fails_its_gate_and_no_other(
    changed: dict[str, object], gate: str
) -> None:
    assert failed(replace(GOOD, **changed)) == {gate}  # type: ignore[arg-type]


def test_a_rule_is_measured_by_its_own_chains_when_they_are_enough() -> None:
    assert BARS.least_chains == 7
    lost = replace(GOOD, recall=recall(lost=1))
    assert failed(lost) == set()  # 1 of 20: at most 22 %
    assert failed(replace(lost, chains={RULE: CHAINS[:7]})) == {"recall"}  # 1 of 7: at most 52 %
    assert failed(replace(lost, chains={RULE: CHAINS[:6]})) == set()  # too few: all count
    assert failed(replace(lost, chains={RULE: CHAINS[1:8]})) == set()  # the lost one is not its own


def test_chains_that_were_lost_before_are_not_lost_anew() -> None:
    assert lost_chains(recall(lost=3), recall(lost=1)) == ["chain-1", "chain-2"]
    assert lost_chains(recall(lost=1), recall(lost=3)) == []


def test_too_many_hits_are_those_whose_exact_lower_bound_is_above_the_share() -> None:
    for trials in (1, 7, 60, 400):
        for hits in range(0, trials + 1, max(trials // 15, 1)):
            for share in (0.01, 0.1, 0.5):
                expected = lower_bound(hits, trials) > share
                assert surely_above(hits, trials, share) is expected, (hits, trials, share)


def candidate(*gates: Gate, accepted: bool = False) -> Candidate:
    return Candidate(4, {RULE: ContentHash("new")}, {RULE: gates}, "ana", accepted, 9)


PASSED, FAILED = (
    Gate("one", passed=True, sentence="Well."),
    Gate("two", passed=False, sentence="Not well."),
)


def before(stage: Stage, cause: Cause = Cause.GATES) -> dict[RuleId, Placed]:
    return {RULE: Placed(RULE, stage, cause, "bob", "It was so.", ContentHash("old"), 3, 5)}


@pytest.mark.parametrize(
    ("given", "past", "stage"),
    [
        (candidate(PASSED), {}, Stage.ASSIST),
        (candidate(PASSED, accepted=True), {}, Stage.SUPPRESS),
        (candidate(PASSED, FAILED), {}, Stage.OBSERVE),
        (candidate(PASSED, FAILED, accepted=True), before(Stage.SUPPRESS), Stage.OBSERVE),
        (candidate(accepted=True), before(Stage.SUPPRESS), Stage.OBSERVE),  # no gate looked
        (candidate(PASSED), before(Stage.SUPPRESS), Stage.SUPPRESS),
        (candidate(PASSED), before(Stage.ASSIST), Stage.ASSIST),
        (candidate(PASSED), before(Stage.OBSERVE), Stage.ASSIST),
        (candidate(PASSED), before(Stage.OBSERVE, Cause.REVIEWED), Stage.ASSIST),
        (candidate(PASSED, accepted=True), before(Stage.OBSERVE, Cause.DEMOTED), Stage.OBSERVE),
    ],
)
def test_where_a_new_model_begins(
    given: Candidate, past: dict[RuleId, Placed], stage: Stage
) -> None:
    (told,) = begun(given, past)
    assert (told.stage, told.model, told.version) == (stage, "new", 4)
    assert told.reason


def test_a_person_who_demoted_a_rule_is_named_until_a_person_promotes_it() -> None:
    (told,) = begun(candidate(PASSED), before(Stage.OBSERVE, Cause.DEMOTED))
    assert (told.cause, told.author, told.reason) == (Cause.DEMOTED, "bob", "It was so.")
    (again,) = begun(candidate(PASSED), {RULE: told})
    assert again.stage is Stage.OBSERVE


def test_an_older_model_stands_where_it_stood_unless_its_rule_was_demoted_since() -> None:
    own, other = ContentHash("own"), ContentHash("other")
    stood = Placed(RULE, Stage.SUPPRESS, Cause.ACCEPTED, "ana", "r", own, 1, 1, number=1)
    newer = Placed(RULE, Stage.OBSERVE, Cause.GATES, "gates", "r", other, 2, 2, number=2)
    reviewed = replace(newer, cause=Cause.REVIEWED, number=3)
    demoted = replace(newer, cause=Cause.DEMOTED, number=3, author="eve")
    assert back(own, [newer, stood]).stage is Stage.SUPPRESS
    assert back(own, [reviewed, newer, stood]).stage is Stage.OBSERVE
    assert back(own, [demoted, newer, stood]).stage is Stage.OBSERVE
    assert back(own, [demoted, newer, stood]).cause is Cause.DEMOTED
    assert back(ContentHash("never placed"), [newer, stood]).stage is Stage.OBSERVE


def back(model: ContentHash, history: list[Placed]) -> Placed:
    (told,) = returned(1, {RULE: model}, history, "ana", 9)
    assert (told.version, told.model) == (1, model)
    return told
