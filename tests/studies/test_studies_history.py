"""Law 5: the model cannot be taught silence."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import RULES, matches

from foreseen.core.decisions import Outcome
from foreseen.studies.history import QUARANTINE, Evidence, clean_history

HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
ACCEPTED = 100 * DAY
NOW = 200 * DAY
MARKED = {RULES[0], RULES[1]}


@st.composite
def judged(draw: st.DrawFn) -> tuple[list[dict[str, object]], Evidence]:
    """Matches of two hosts, and what was said of each."""
    count = draw(st.integers(1, 12))
    uids = [f"m{number}" for number in range(count)]
    rows: list[dict[str, object]] = [
        {
            "match_uid": uid,
            "rule_id": draw(st.sampled_from([str(rule) for rule in RULES])),
            "host": draw(st.sampled_from(["web-1", "web-2"])),
            "time": draw(st.sampled_from([ACCEPTED - 1, ACCEPTED, NOW - 5 * DAY])),
            "ingested_time": NOW - HOUR * draw(st.integers(0, 24 * 8)),
            "window_complete": draw(st.sampled_from([True, True, True, False, None])),
        }
        for uid in uids
    ]
    some = st.lists(st.sampled_from(uids), max_size=3).map(frozenset)
    outcomes = {uid: draw(st.sampled_from(list(Outcome))) for uid in draw(some | st.just(uids))}
    return rows, Evidence(ACCEPTED, outcomes, dismissed=draw(some), tainted=draw(some))


def may_teach(row: Mapping[str, object], rows: list[dict[str, object]], evidence: Evidence) -> bool:
    """The law, said again and slowly."""
    uid, had = str(row["match_uid"]), int(str(row["ingested_time"]))
    if uid in evidence.tainted or row["rule_id"] not in MARKED:
        return False
    if int(str(row["time"])) < ACCEPTED or uid in evidence.dismissed:
        return True
    if evidence.outcomes.get(uid) is not Outcome.SUPPRESSED or had >= NOW - DAY:
        return False
    return not any(
        other["host"] == row["host"]
        and abs(int(str(other["ingested_time"])) - had) <= DAY
        and (other["match_uid"] in evidence.tainted or other["window_complete"] is not True)
        for other in rows
    )


@given(found=judged())
def test_only_what_the_law_allows_teaches(
    found: tuple[list[dict[str, object]], Evidence],
) -> None:
    rows, evidence = found
    history = clean_history(matches(rows), evidence, MARKED, NOW)
    taught = {one.uid for moments in history.values() for one in moments}
    assert taught == {str(row["match_uid"]) for row in rows if may_teach(row, rows, evidence)}
    assert not taught & set(evidence.tainted)
    for rule, moments in history.items():
        assert {one.rule for one in moments} == {rule}
        assert moments == sorted(moments, key=lambda one: (one.time, one.uid))


def taught(*rows: Mapping[str, object], now: int = NOW, **evidence: object) -> set[str]:
    said = Evidence(ACCEPTED, **evidence)  # type: ignore[arg-type]
    plain = {"host": "web-1", "ingested_time": NOW - 5 * DAY, "time": NOW - 5 * DAY}
    history = clean_history(matches([{**plain, **row} for row in rows]), said, MARKED, now)
    return {one.uid for found in history.values() for one in found}


QUIET = {"m": Outcome.SUPPRESSED, "n": Outcome.ALERTED}


def test_an_alert_on_the_host_within_a_day_keeps_a_suppressed_match_from_teaching() -> None:
    for apart in (-DAY, -HOUR, 0, HOUR, DAY):
        rows: list[dict[str, object]] = [
            {"match_uid": "m"},
            {"match_uid": "n", "ingested_time": NOW - 5 * DAY + apart},
        ]
        assert taught(*rows, outcomes=QUIET, tainted={"n"}) == set()
        assert taught(*rows, outcomes=QUIET, dismissed={"n"}) == {"m", "n"}
    far = {"match_uid": "n", "ingested_time": NOW - 5 * DAY + DAY + 1}
    assert taught({"match_uid": "m"}, far, outcomes=QUIET, tainted={"n"}) == {"m"}
    elsewhere = {"match_uid": "n", "host": "web-2"}
    assert taught({"match_uid": "m"}, elsewhere, outcomes=QUIET, tainted={"n"}) == {"m"}


def test_the_quarantine_is_measured_by_our_clock_not_by_the_hosts() -> None:
    fresh = {"match_uid": "m", "ingested_time": NOW - QUARANTINE, "time": ACCEPTED + 1}
    assert taught(fresh, outcomes=QUIET) == set()
    assert taught(fresh, outcomes=QUIET, now=NOW + 1) == {"m"}


def test_a_match_that_nobody_judged_teaches_nothing() -> None:
    assert taught({"match_uid": "m"}) == set()


def test_a_word_of_escalation_outweighs_acceptance_and_dismissal() -> None:
    row = {"match_uid": "m", "time": ACCEPTED - 1}
    assert taught(row, dismissed={"m"}) == {"m"}
    assert taught(row, dismissed={"m"}, tainted={"m"}) == set()
