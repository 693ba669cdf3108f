"""A word on an alert comes with a receipt of what it moves, or is refused."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.studies.office_world import (
    ACCEPTED,
    CHAIN,
    POLICY,
    RULE,
    World,
    judged_world,
    new_jobs,
    world_in,
)

from foreseen.alerts.interest import Speaker
from foreseen.control import taint
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alerts import alert_by_uid
from foreseen.control.cursors import Checkpoint
from foreseen.control.dispositions import disposition, dispositions
from foreseen.control.reasons import Verdict
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.decisions import Stage
from foreseen.core.errors import (
    ConfigurationError,
    DeniedError,
    ForeseenError,
    MalformedInputError,
    NotFoundError,
)
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.studies.desk import Desk
from foreseen.studies.feedback import Office, Said, Word, say, take_back
from foreseen.studies.receipt import Receipt
from foreseen.studies.words import silent

BOB = Speaker("bob", "bob")
DISMISSED, ESCALATED = Verdict.DISMISSED, Verdict.ESCALATED


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def world(judged: Path, tmp_path: Path) -> Iterator[World]:
    """A copy that a test may change."""
    with world_in(Path(shutil.copytree(judged, tmp_path / "data"))) as world:
        yield world


def new_job(world: World) -> Alert:
    return world.alerts()[0]


def attacked(world: World) -> Alert:
    return world.alerts()[-1]


def dismissed(world: World, alert: Alert, speaker: Speaker = BOB, *, dry: bool = False) -> Said:
    word = Word(alert.uid, DISMISSED, "business operation")
    return say(world.office(), word, speaker, dry=dry)


def receipt(said: Said) -> Receipt:
    assert said.receipt is not None
    return said.receipt


def status(world: World, alert: Alert) -> AlertStatus:
    return alert_by_uid(world.engine, DEFAULT_TENANT, alert.uid).status


def test_a_dismissal_tells_how_many_similar_past_matches_change_sides(world: World) -> None:
    found = receipt(dismissed(world, new_job(world)))
    moved = found.moved
    assert (moved.own, moved.to_expected.matches, moved.to_alerted.matches) == (12, 12, 0)
    assert moved.to_expected.by_workload == {"web": 12}
    assert {example.uid for example in moved.to_expected.examples} < set(world.alerts()[1].members)
    assert found.lessons == (240, 252)
    assert (moved.chains.lost, moved.chains.measured > 0) == ((), True)


def test_what_the_receipt_says_is_what_the_next_training_does(world: World) -> None:
    def quiet() -> set[str]:
        assert world.stored is not None
        later = [m for m in world.moments() if m.time >= ACCEPTED]
        return {m.uid for m in silent(world.stored.foresight, {RULE: later}, POLICY)[RULE]}

    before, alert = quiet(), new_job(world)
    found = receipt(dismissed(world, alert))
    world.train()
    moved = quiet() - before
    assert len(moved & set(alert.members)) == found.moved.own
    assert len(moved - set(alert.members)) == found.moved.to_expected.matches


def test_who_said_it_why_and_what_it_moves_are_recorded(world: World) -> None:
    alert = new_job(world)
    word = Word(alert.uid, DISMISSED, "other", "the mirror of the new shop")
    said = say(world.office(), word, Speaker("bob", "root", second="eve"))
    assert said.number is not None
    kept = disposition(world.engine, DEFAULT_TENANT, said.number)
    assert (kept.actor, kept.account, kept.second) == ("bob", "root", "eve")
    assert (kept.reason, kept.text, kept.matches) == ("other", word.text, 12)
    assert kept.receipt == _as_json(receipt(said).dump())
    assert status(world, alert) is AlertStatus.DISMISSED


def _as_json(value: object) -> object:
    """As the database gives it back: tuples are lists."""
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_as_json(each) for each in value]
    return value


@pytest.mark.parametrize("verdict", [DISMISSED, ESCALATED])
def test_a_dry_run_records_nothing(world: World, verdict: Verdict) -> None:
    alert = new_job(world)
    reason = "attack" if verdict is ESCALATED else "expected change"
    said = say(world.office(), Word(alert.uid, verdict, reason), BOB, dry=True)
    assert (said.number, receipt(said).verdict) == (None, verdict.value)
    assert dispositions(world.engine, DEFAULT_TENANT, alert.uid) == []
    assert status(world, alert) is AlertStatus.OPEN


def test_a_dismissal_that_loses_an_attack_replay_needs_a_second_person(world: World) -> None:
    alert = attacked(world)
    with pytest.raises(DeniedError, match=f"{CHAIN}; a second person"):
        dismissed(world, alert)
    assert status(world, alert) is AlertStatus.OPEN
    for second in ("bob", "BOB", "corp\\bob", "bob@example.com", "root"):
        with pytest.raises(DeniedError, match="another"):
            dismissed(world, alert, replace(BOB, second=second))
    said = dismissed(world, alert, replace(BOB, second="eve"))
    assert receipt(said).moved.chains.lost == (CHAIN,)
    assert said.number is not None
    assert disposition(world.engine, DEFAULT_TENANT, said.number).second == "eve"


def test_the_account_that_an_alert_is_about_cannot_dismiss_it_but_may_escalate_it(
    world: World,
) -> None:
    alert = new_job(world)
    for ana in (Speaker("ana", "ana"), Speaker("bob", "ana"), Speaker("ANA@example.com", "root")):
        with pytest.raises(DeniedError, match="about"):
            dismissed(world, alert, ana)
        with pytest.raises(DeniedError, match="about"):
            dismissed(world, alert, ana, dry=True)
    assert status(world, alert) is AlertStatus.OPEN
    say(world.office(), Word(alert.uid, ESCALATED, "attack"), Speaker("ana", "ana"))
    assert status(world, alert) is AlertStatus.ESCALATED


def test_an_alert_that_grew_while_it_was_looked_at_is_not_dismissed(world: World) -> None:
    alert = new_job(world)

    def growing() -> Desk:
        grown = replace(alert, members=("match-later",), earlier=alert.count)
        reached = Checkpoint("judge", 1_000)
        assert commit_decisions(world.engine, DEFAULT_TENANT, Decided([grown]), reached)
        return world.desk()

    with pytest.raises(DeniedError, match="13 matches by now, not the 12"):
        say(office(world, growing), Word(alert.uid, DISMISSED, "expected change"), BOB)
    assert status(world, alert) is AlertStatus.OPEN


def office(world: World, desk: Callable[[], Desk]) -> Office:
    return replace(world.office(), desk=desk)


def broken(error: BaseException) -> Callable[[], Desk]:
    def desk() -> Desk:
        raise error

    return desk


@pytest.mark.parametrize(
    "error", [ConfigurationError("no rules"), MemoryError("no rules"), ValueError("no rules")]
)
def test_without_a_receipt_an_escalation_is_recorded_and_a_dismissal_refused(
    world: World, error: Exception
) -> None:
    alert = new_job(world)
    with pytest.raises(ForeseenError, match="no rules"):
        say(office(world, broken(error)), Word(alert.uid, DISMISSED, "expected change"), BOB)
    assert status(world, alert) is AlertStatus.OPEN
    said = say(office(world, broken(error)), Word(alert.uid, ESCALATED, "attack"), BOB)
    assert (said.receipt, "no rules" in str(said.problem)) == (None, True)
    assert status(world, alert) is AlertStatus.ESCALATED


def test_an_escalation_stands_though_its_receipt_is_interrupted(world: World) -> None:
    alert = new_job(world)
    word = Word(alert.uid, ESCALATED, "attack")
    with pytest.raises(KeyboardInterrupt):
        say(office(world, broken(KeyboardInterrupt())), word, BOB)
    assert status(world, alert) is AlertStatus.ESCALATED


def test_an_escalation_takes_back_what_a_dismissal_taught(world: World) -> None:
    alert = new_job(world)
    dismissed(world, alert)
    said = say(world.office(), Word(alert.uid, ESCALATED, "suspected attack"), BOB)
    moved = receipt(said).moved
    assert receipt(said).lessons == (252, 240)
    assert (moved.own, moved.to_alerted.matches, moved.to_expected.matches) == (0, 12, 0)
    assert said.number is not None
    assert disposition(world.engine, DEFAULT_TENANT, said.number).receipt is not None


@pytest.mark.parametrize("reason", ["authorised test", "temporary maintenance", "duplicate"])
def test_some_reasons_to_dismiss_make_nothing_expected(world: World, reason: str) -> None:
    alert = new_job(world)
    found = receipt(say(world.office(), Word(alert.uid, DISMISSED, reason), BOB))
    assert (found.lessons, found.moved.own) == ((240, 240), 0)
    assert "teach no model" in found.notes[0]
    assert status(world, alert) is AlertStatus.DISMISSED
    assert not taint.dismissed(world.engine, DEFAULT_TENANT)
    assert set(alert.members) <= taint.tainted(world.engine, DEFAULT_TENANT)


@pytest.mark.parametrize(
    ("verdict", "reason", "text"),
    [
        (DISMISSED, "attack", ""),
        (ESCALATED, "expected change", ""),
        (DISMISSED, "because", ""),
        (DISMISSED, "", ""),
        (DISMISSED, "Expected Change", ""),
        (DISMISSED, "\x1b[2J" * 99, ""),
        (DISMISSED, "other", "  "),
        (DISMISSED, "other", "x" * 5_000),
    ],
)
def test_only_reasons_of_the_list_are_taken(
    world: World, verdict: Verdict, reason: str, text: str
) -> None:
    alert = new_job(world)
    with pytest.raises(MalformedInputError) as raised:
        say(world.office(), Word(alert.uid, verdict, reason, text), BOB)
    assert "\x1b" not in str(raised.value)
    assert dispositions(world.engine, DEFAULT_TENANT, alert.uid) == []


def test_what_was_said_can_be_taken_back_with_who_took_it(world: World) -> None:
    alert = new_job(world)
    said = dismissed(world, alert)
    assert said.number is not None
    assert take_back(world.office(), said.number, Speaker("eve", "eve")) is AlertStatus.OPEN
    kept = disposition(world.engine, DEFAULT_TENANT, said.number)
    assert (kept.undone, kept.undone_by) == (ACCEPTED, "eve")
    assert receipt(dismissed(world, alert, dry=True)).lessons == (240, 252)


def test_who_an_alert_is_about_cannot_take_its_escalation_back(world: World) -> None:
    alert = new_job(world)
    dismissed(world, alert)
    said = say(world.office(), Word(alert.uid, ESCALATED, "attack"), BOB)
    assert said.number is not None
    with pytest.raises(DeniedError, match="about"):
        take_back(world.office(), said.number, Speaker("ana", "ana"))
    assert status(world, alert) is AlertStatus.ESCALATED
    assert take_back(world.office(), said.number, BOB) is AlertStatus.DISMISSED


def test_a_dismissal_says_nothing_of_matches_that_came_after_it(world: World) -> None:
    alert = new_job(world)
    dismissed(world, alert)
    grown = replace(alert, members=("match-later",), earlier=alert.count)
    commit_decisions(world.engine, DEFAULT_TENANT, Decided([grown]), Checkpoint("judge", 1_000))
    said = say(world.office(), Word(alert.uid, ESCALATED, "attack"), BOB)
    assert said.number is not None
    both = replace(BOB, second="eve")
    assert take_back(world.office(), said.number, both) is AlertStatus.OPEN


def test_where_the_events_are_gone_two_people_have_to_agree(world: World) -> None:
    alert = replace(new_job(world), uid="gone-1", members=("gone-1",))
    commit_decisions(world.engine, DEFAULT_TENANT, Decided([alert]), Checkpoint("judge", 1_000))
    with pytest.raises(DeniedError, match="not retained"):
        dismissed(world, alert)
    assert dismissed(world, alert, replace(BOB, second="eve")).number is not None


def test_nothing_can_be_said_of_what_is_not_there_or_not_ones_own(world: World) -> None:
    with pytest.raises(NotFoundError):
        say(world.office(), Word("unheard-of", DISMISSED, "expected change"), BOB)
    theirs = replace(world.office(), tenant=TenantId("other"))
    with pytest.raises(NotFoundError):
        say(theirs, Word(new_job(world).uid, DISMISSED, "expected change"), BOB)


def test_without_models_the_receipt_says_so_and_moves_nothing(world: World) -> None:
    desk = replace(world.desk(), models=None)
    word = Word(new_job(world).uid, DISMISSED, "expected change")
    found = receipt(say(office(world, lambda: desk), word, BOB))
    assert (found.moved.judged, found.moved.own) == (0, 0)
    assert "no models yet" in found.notes[0]


def test_a_model_that_may_not_suppress_is_told(world: World) -> None:
    desk = replace(world.desk(), stages={RULE: Stage.ASSIST})
    word = Word(new_job(world).uid, DISMISSED, "expected change")
    found = receipt(say(office(world, lambda: desk), word, BOB, dry=True))
    assert "only assists" in found.notes[0]


def test_only_the_last_days_are_judged(world: World) -> None:
    desk = replace(world.desk(), days=1)
    word = Word(new_job(world).uid, DISMISSED, "expected change")
    found = receipt(say(office(world, lambda: desk), word, BOB, dry=True))
    assert (found.days, found.moved.judged, found.moved.own) == (1, 600, 0)


def test_progress_is_told(world: World) -> None:
    told: list[str] = []
    word = Word(new_job(world).uid, DISMISSED, "expected change")
    say(world.office(), word, BOB, lambda stage, *_: told.append(stage), dry=True)
    assert told[0] == "fitting the rule's model"
    assert told[-1] == "replaying attacks"


def test_another_dismissal_of_the_same_act_moves_less(world: World) -> None:
    first = receipt(dismissed(world, new_job(world)))
    world.train()
    second = receipt(dismissed(world, world.alerts()[1]))
    assert first.moved.own == 12
    assert second.moved.to_expected.matches == 0
    assert len(new_jobs(12)) == second.matches
