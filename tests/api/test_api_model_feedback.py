"""Feedback on a rule's model over HTTP: words, receipts, and the training that came after."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.model_site import OTHER, ModelSite, model_site
from tests.studies.judged import OWN, RULE

from foreseen.control import audit_sample
from foreseen.control.audit_sample import Answer, Finding
from foreseen.control.dispositions import Disposition, dispose, keep_receipt, undo
from foreseen.control.reasons import Reason, Verdict
from foreseen.control.scopes import Scope
from foreseen.core.ids import RuleId

DISPOSITIONS = f"/api/v1/models/{RULE}/dispositions"
ANSWERS = f"/api/v1/models/{RULE}/audit-answers"
TRAINED = 1  # when the site's models were, ms UTC


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ModelSite]:
    with model_site(tmp_path) as made:
        yield made


def alert_of(place: ModelSite, rule: str = RULE) -> str:
    told = place.client.get("/api/v1/alerts", headers=place.may(Scope.READ)).json()["alerts"]
    return next(str(each["uid"]) for each in told if each["rule"] == rule)


def say(place: ModelSite, alert: str, verdict: Verdict, reason: Reason, time: int) -> int:
    word = Disposition(alert, "ana", verdict, reason.value, "'; <b>\u202e", time)
    return dispose(place.engine, OWN, word)


def test_what_was_said_of_a_rules_alerts_is_told_with_its_receipt_newest_first(
    place: ModelSite,
) -> None:
    alert = alert_of(place)
    first = say(place, alert, Verdict.DISMISSED, Reason.EXPECTED, TRAINED - 1)
    second = say(place, alert, Verdict.ESCALATED, Reason.ATTACK, TRAINED + 1)
    receipt: dict[str, object] = {"format": 1, "rule": RULE, "lessons": [300, 299]}
    keep_receipt(place.engine, OWN, second, receipt)
    say(place, alert_of(place, "always"), Verdict.DISMISSED, Reason.EXPECTED, TRAINED - 1)

    found = place.client.get(DISPOSITIONS, headers=place.may(Scope.READ)).json()
    newest, oldest = found["dispositions"]
    assert (newest["number"], oldest["number"]) == (second, first)
    assert newest["receipt"] == receipt
    assert (newest["verdict"], newest["teaches"], newest["version"]) == ("escalated", False, None)
    assert (oldest["teaches"], oldest["version"], oldest["receipt"]) == (True, 1, None)
    assert (oldest["text"], oldest["alert"]) == ("'; <b>\u202e", alert)
    assert found["next"] is None


def test_a_word_that_was_taken_back_reached_only_the_training_before_that(place: ModelSite) -> None:
    alert = alert_of(place)
    numbers = [say(place, alert, Verdict.DISMISSED, Reason.EXPECTED, TRAINED - 1) for _ in range(2)]
    undo(place.engine, OWN, numbers[0], now=TRAINED, actor="bob")
    undo(place.engine, OWN, numbers[1], now=TRAINED + 1, actor="bob")
    told = place.client.get(DISPOSITIONS, headers=place.may(Scope.READ)).json()["dispositions"]
    assert [(each["undone_by"], each["version"]) for each in told] == [("bob", 1), ("bob", None)]


def test_a_reason_that_makes_nothing_expected_does_not_teach(place: ModelSite) -> None:
    say(place, alert_of(place), Verdict.DISMISSED, Reason.AUTHORISED_TEST, 0)
    (told,) = place.client.get(DISPOSITIONS, headers=place.may(Scope.READ)).json()["dispositions"]
    assert not told["teaches"]


def test_answers_of_the_audit_are_told_by_rule(place: ModelSite) -> None:
    for match, rule in (("m-1", RULE), ("m-2", RULE), ("m-3", RuleId("always"))):
        said = Answer(match, rule, "ana", Finding.WANTED, "odd", TRAINED)
        audit_sample.answer(place.engine, OWN, said)
    found = place.client.get(ANSWERS, headers=place.may(Scope.READ)).json()["answers"]
    assert [each["match"] for each in found] == ["m-2", "m-1"]
    assert [each["version"] for each in found] == [None, None]


def test_lists_are_read_in_pages_and_cursors_of_others_are_refused(place: ModelSite) -> None:
    alert, read = alert_of(place), place.may(Scope.READ)
    numbers = [say(place, alert, Verdict.DISMISSED, Reason.EXPECTED, 0) for _ in range(3)]
    page = place.client.get(DISPOSITIONS, params={"limit": 2}, headers=read).json()
    assert [each["number"] for each in page["dispositions"]] == numbers[:0:-1]
    rest = {"limit": 2, "cursor": page["next"]}
    last = place.client.get(DISPOSITIONS, params=rest, headers=read).json()
    assert ([each["number"] for each in last["dispositions"]], last["next"]) == (numbers[:1], None)
    for path in (DISPOSITIONS, ANSWERS):
        refused = place.client.get(path, params={"cursor": "nonsense"}, headers=read)
        assert refused.status_code == 422


def test_other_organisations_see_none_of_it(place: ModelSite) -> None:
    say(place, alert_of(place), Verdict.DISMISSED, Reason.EXPECTED, 0)
    stranger = place.may(Scope.READ, tenant=OTHER)
    assert place.client.get(DISPOSITIONS, headers=stranger).json()["dispositions"] == []
    assert place.client.get(ANSWERS, headers=stranger).json()["answers"] == []
