"""Explanations of judged matches: by the model that answered, to the last bit, or why not."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sqlalchemy import update
from tests.models.histories import matches
from tests.studies.judged import (
    ACCEPTED,
    OWN,
    RULE,
    Judged,
    Row,
    judged,
    odd,
    prediction,
    train,
    usual,
)

from foreseen.control.database import writing
from foreseen.control.tables import ArtefactRow
from foreseen.core.decisions import Basis, Outcome
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.models.explaining.alignment import Mark
from foreseen.models.explaining.changes import applied
from foreseen.models.explaining.event_shares import EventShare
from foreseen.models.moments.moment import moments_of
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of, texts
from foreseen.studies.explanation import Explanation, explain_match
from foreseen.studies.named_matches import named_rows


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    with judged(tmp_path_factory.mktemp("explained")) as found:
        yield found


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Judged]:
    """One that a test may change."""
    with judged(tmp_path) as found:
        yield found


def explain(of: Judged, uid: str) -> Explanation:
    return explain_match(of.lake, of.engine, OWN, uid)


UIDS = [*(f"late-{n}" for n in range(20)), "odd", "hostile"]


def test_every_answer_is_made_again_to_the_last_bit(one: Judged) -> None:
    for uid in UIDS:
        stored, found = prediction(one.lake, uid), explain(one, uid)
        assert found.answer is not None
        assert found.same
        assert found.notes == ()
        again = found.answer.prediction
        assert (again.probability, again.surprise) == (stored["probability"], stored["surprise"])
        assert again.model == stored["model"] == found.model
        told = {e["member"]: e for e in orjson.loads(str(stored["evidence"]))}
        assert told.items() <= {e.member: asdict(e) for e in again.evidence}.items()


def test_the_model_that_answered_is_asked_and_not_a_newer_one(own: Judged) -> None:
    before = {uid: explain(own, uid) for uid in UIDS}
    newer = train(own.lake, own.engine, seed=1)
    assert newer.hash != own.stored.hash
    assert {uid: explain(own, uid) for uid in UIDS} == before


def test_an_alert_says_how_often_what_was_seen(one: Judged) -> None:
    found = explain(one, "odd")
    assert (found.outcome, found.basis) == (Outcome.ALERTED, Basis.UNEXPECTED)
    assert found.answer is not None
    said = [evidence.sentence for evidence in found.answer.prediction.evidence]
    assert (
        "neither 'nginx: <word>' nor any nginx led to curl: 0 of 300 expected matches on web."
        in said
    )
    wget = share_of(found, "execve wget")
    assert (wget.times, str(wget.seen)) == (2, "0 of 300")


def share_of(found: Explanation, *events: str) -> EventShare:
    assert found.answer is not None
    return next(share for share in found.answer.shares if share.token in events)


def test_a_suppression_is_explained_by_the_same_evidence(one: Judged) -> None:
    found = explain(one, "late-4")
    assert (found.outcome, found.basis) == (Outcome.SUPPRESSED, Basis.EXPECTED)
    assert found.answer is not None
    said = {e.member: e.sentence for e in found.answer.prediction.evidence}
    past = moments_of(matches([usual(f"m-{n}", n, n) for n in range(300)]))
    (late,) = moments_of(matches([usual("late-4", 4, 4)]))
    exact = sum(each.act.exact == late.act.exact for each in past)
    assert exact > 50
    assert said["act"] == f"'{late.act.exact}' was seen: {exact} of 300 expected matches on web."
    assert found.answer.expected
    assert found.answer.turned.ways


def test_what_would_turn_the_answer_turns_it(one: Judged) -> None:
    for uid in ("odd", "late-3"):
        found = explain(one, uid)
        assert found.answer is not None
        row = usual(uid, 3, ACCEPTED + 3000) if uid == "late-3" else odd("odd", 1)
        (moment,) = moments_of(matches([row]))
        assert found.answer.turned.ways
        for way in found.answer.turned.ways:
            changed = applied(moment, way.changes)
            (answer,) = one.stored.foresight.predict(RULE, [changed], 0.0)
            assert answer.probability == way.probability
            assert (answer.probability > 0.02) is not found.answer.expected


def test_the_nearest_expected_matches_are_shown_event_by_event(one: Judged) -> None:
    found = explain(one, "late-4")
    assert found.answer is not None
    assert len(found.answer.nearest) == 3
    nearest = found.answer.nearest[0]
    assert nearest.alike == 1
    assert nearest.uid.startswith("m-")
    assert {step.mark for step in nearest.events["before"]} == {Mark.SAME}
    far = explain(one, "odd").answer
    assert far is not None
    marks = [step.mark for step in far.nearest[0].events["before"]]
    assert marks.count(Mark.HERE) == 3
    assert Mark.THERE in marks


def without(of: Judged, folder: Path, uid: str) -> Judged:
    """A lake as after retention: all but one match."""
    lake = Lake.open(folder / "later")
    kept = {
        "matches": of.lake.read("matches", None, pc.field("match_uid") != uid),
        "predictions": of.lake.read("predictions"),
    }
    lake.commit(kept, Cursor("shard", 1))
    return replace(of, lake=lake)


def test_a_nearest_match_that_is_gone_is_said_to_be_gone(one: Judged, tmp_path: Path) -> None:
    before = explain(one, "late-4").answer
    assert before is not None
    gone, *rest = (each.uid for each in before.nearest)
    found = explain(without(one, tmp_path, gone), "late-4")
    assert found.answer is not None
    assert (found.gone, [each.uid for each in found.answer.nearest]) == ((gone,), rest)
    assert found.same


def test_a_match_that_is_gone_keeps_what_was_stored_of_its_decision(
    one: Judged, tmp_path: Path
) -> None:
    before = explain(one, "odd")
    found = explain(without(one, tmp_path, "odd"), "odd")
    assert found.answer is None
    assert (found.probability, found.verdict) == (before.probability, before.verdict)
    assert "no longer in the lake" in found.notes[0]


KINDS = ["model", "foresight", "settings"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_damaged_is_named_and_the_rest_is_told(own: Judged, kind: str) -> None:
    with writing(own.engine) as session:
        session.execute(
            update(ArtefactRow).where(ArtefactRow.kind == kind).values(content=b"(\xb5/\xfd")
        )
    told_without_answer(explain(own, "odd"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_lost_is_named_and_the_rest_is_told(own: Judged, kind: str) -> None:
    depended = orjson.loads(str(prediction(own.lake, "odd")["artefacts"]))
    changed: dict[str, object] = (
        {"model": "0" * 64}
        if kind == "model"
        else {"artefacts": orjson.dumps({**depended, kind: "0" * 64}).decode()}
    )
    told_without_answer(twin(own, changed))


def told_without_answer(found: Explanation) -> None:
    assert found.answer is None
    assert found.verdict.startswith("Alerted: it was not to be expected.")
    (note,) = found.notes
    assert "gone" in note or "cannot be asked again" in note


def twin(own: Judged, changed: Row) -> Explanation:
    """The explanation of a match like the odd one, of which something else is stored."""
    stored = {**prediction(own.lake, "odd"), "match_uid": "twin", "event_uid": "event-twin"}
    rows = pa.Table.from_batches([batch_of([{**stored, **changed}], PREDICTION_SCHEMA)])
    like = matches([odd("twin", 1)])
    own.lake.commit({"predictions": rows, "matches": like}, Cursor("test", 1))
    return explain(own, "twin")


def test_an_answer_that_cannot_be_made_again_the_same_is_said_to_differ(own: Judged) -> None:
    found = twin(own, {"probability": 0.5})
    assert found.answer is not None
    assert not found.same
    assert "and not the stored 0.5" in found.notes[0]


def test_what_was_elsewhere_is_asked_as_the_judge_saw_it(own: Judged) -> None:
    found = twin(own, {"elsewhere": ["login failed on cloudtrail"]})
    assert found.answer is not None
    steps = found.answer.nearest[0].events["elsewhere"]
    assert [step.here for step in steps] == ["login failed on cloudtrail"]


def test_a_decision_without_a_model_says_why(one: Judged) -> None:
    found = explain(one, "unmarked")
    assert found.answer is None
    assert found.verdict == "Alerted. No model may silence this rule."
    assert found.notes


def test_the_last_word_on_a_match_is_explained_with_what_came_late(own: Judged) -> None:
    stored = prediction(own.lake, "late-2")
    late = {
        **stored,
        "outcome": Outcome.ALERTED,
        "basis": Basis.UNEXPECTED,
        "revised": "A failed login came late.",
    }
    rows = pa.Table.from_batches([batch_of([late], PREDICTION_SCHEMA)])
    own.lake.commit({"predictions": rows}, Cursor("test", 1))
    found = explain(own, "late-2")
    assert found.outcome is Outcome.ALERTED
    assert found.notes[0] == "It was decided once more. A failed login came late."


def test_nothing_of_another_organisation_is_explained(one: Judged) -> None:
    with pytest.raises(NotFoundError):
        explain_match(one.lake, one.engine, TenantId("other"), "odd")


@pytest.mark.parametrize(("uid", "words"), [("m-1", "not judged"), ("unheard", "no match unheard")])
def test_what_was_not_judged_is_not_explained(one: Judged, uid: str, words: str) -> None:
    with pytest.raises(NotFoundError, match=words):
        explain(one, uid)


@pytest.mark.parametrize("table", ["matches", "predictions"])
def test_rows_of_a_few_matches_are_those_that_reading_all_gives(one: Judged, table: str) -> None:
    whole = one.lake.read(table, None, pc.field("tenant") == OWN)
    kept = texts(whole, "match_uid")
    for uids in (kept[:1], kept[1:9:3], kept, [*kept[:2], "nobody's"], ["nobody's"], []):
        wanted = pc.is_in(whole["match_uid"], pa.array(uids, pa.string()))
        assert named_rows(one.lake, OWN, table, uids).equals(whole.filter(wanted))
    columns = ["time", "workload"]
    assert named_rows(one.lake, OWN, table, kept[:2], columns).column_names == columns
    assert named_rows(one.lake, TenantId("another"), table, kept).num_rows == 0
