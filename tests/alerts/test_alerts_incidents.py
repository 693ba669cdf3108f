"""Incidents: tied by lineage and login session, for an hour, and by nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.alerts.incidents import OPEN_FOR, YOUNG, OpenIncidents, Ties, ties_of


def match(uid: str, *ancestors: str, **more: object) -> dict[str, object]:
    start = {"class_uid": 1007, "activity_id": 1, "stream": "web-1/boot"}
    return {"process_uid": uid, "lineage": list(ancestors), **start, **more}


def opened_by(row: dict[str, object], time: int = 0) -> OpenIncidents:
    incidents = OpenIncidents()
    incidents.join("story", ties_of(row), time, signs=2)
    return incidents


SSH = {"session_uid": "7", "lineage_paths": ["/bin/bash", "/usr/sbin/sshd"]}


@pytest.mark.parametrize(
    ("later", "tied"),
    [
        (match("p"), True),
        (match("child", "p"), True),
        (match("grandchild", "child", "p", "init"), True),
        (match("parent", "init"), False),
        (match("sibling", "parent", "init"), False),
        (match("other"), False),
        (match(""), False),
        ({}, False),
    ],
)
def test_an_incident_holds_its_process_and_what_that_started(
    later: dict[str, object],
    tied: bool,  # noqa: FBT001
) -> None:
    incidents = opened_by(match("p", "parent", "init"))
    assert incidents.find(ties_of(later), 1) == ("story" if tied else None)


@pytest.mark.parametrize(
    ("later", "tied"),
    [
        (match("q", **SSH), True),
        (match("q", **{**SSH, "session_uid": "8"}), False),
        (match("q", **{**SSH, "session_uid": None}), False),
        (match("q", **SSH) | {"stream": "web-2/boot"}, False),
        (match("q", **{**SSH, "lineage_paths": ["/bin/bash", "/usr/bin/nginx"]}), False),
        (match("q", **{**SSH, "lineage_paths": []}), False),
    ],
)
def test_a_login_session_ties_on_its_own_stream_a_services_session_never(
    later: dict[str, object],
    tied: bool,  # noqa: FBT001
) -> None:
    incidents = opened_by(match("p", **SSH))
    assert incidents.find(ties_of(later), 1) == ("story" if tied else None)


def test_a_session_ties_from_the_second_sign_on() -> None:
    incidents = OpenIncidents()
    incidents.join("story", ties_of(match("p", **SSH)), 0, signs=1)
    assert incidents.find(ties_of(match("q", **SSH)), 1) is None
    assert incidents.suspected(ties_of(match("q", **SSH)), 1) == "story"
    incidents.join("story", ties_of(match("q", **SSH)), 1, signs=1)
    assert incidents.find(ties_of(match("r", **SSH)), 2) == "story"


def test_what_was_tied_is_no_second_sign() -> None:
    incidents = OpenIncidents()
    incidents.join("story", ties_of(match("p", **SSH)), 0, signs=1)
    incidents.join("story", ties_of(match("child", "p", **SSH)), 1, signs=0)
    assert incidents.find(ties_of(match("q", **SSH)), 2) is None


def test_a_first_sign_is_forgotten_after_an_hour() -> None:
    incidents = OpenIncidents()
    incidents.join("story", ties_of(match("p", **SSH)), 0, signs=1)
    assert incidents.suspected(ties_of(match("q", **SSH)), OPEN_FOR + 1) is None
    incidents.forget(OPEN_FOR + 1)
    assert incidents == OpenIncidents()


def test_a_service_that_opened_an_incident_does_not_tie_its_session() -> None:
    service = {"session_uid": "7", "lineage_paths": ["/usr/bin/nginx"]}
    incidents = opened_by(match("p", **service))
    assert incidents.find(ties_of(match("q", **service)), 1) is None
    assert incidents.find(ties_of(match("q", **SSH)), 1) is None


def test_a_program_that_is_only_named_like_a_login_in_its_folder_ties_nothing() -> None:
    incidents = opened_by(match("p", **SSH))
    fake = match("q", session_uid="7", lineage_paths=["/opt/sshd/worker", None])
    assert incidents.find(ties_of(fake), 1) is None


def test_an_incident_closes_an_hour_after_its_last_member() -> None:
    incidents = opened_by(match("p"), time=0)
    ties = ties_of(match("p"))
    assert incidents.find(ties, OPEN_FOR) == "story"
    assert incidents.find(ties, OPEN_FOR + 1) is None
    incidents.join("story", ties, OPEN_FOR, signs=0)
    assert incidents.find(ties, 2 * OPEN_FOR) == "story"


def test_a_late_member_does_not_close_an_incident_sooner() -> None:
    incidents = opened_by(match("p"), time=OPEN_FOR)
    incidents.join("story", ties_of(match("p")), 5, signs=1)
    assert incidents.find(ties_of(match("p")), OPEN_FOR + 10) == "story"


def test_a_late_match_still_belongs() -> None:
    assert opened_by(match("p"), time=OPEN_FOR).find(ties_of(match("p")), 0) == "story"


@given(
    members=st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5 * OPEN_FOR))),
    asked=st.sampled_from("abcd"),
    wait=st.integers(0, 3 * OPEN_FOR),
)
def test_forgetting_what_is_closed_changes_no_answer(
    members: list[tuple[str, int]], asked: str, wait: int
) -> None:
    kept, forgetful = OpenIncidents(), OpenIncidents()
    now = 0
    for name, time in sorted(members, key=lambda member: member[1]):
        for incidents in (kept, forgetful):
            incidents.join(
                f"of {name} {time // OPEN_FOR}", Ties((name,), name, (name,)), time, signs=1
            )
        forgetful.forget(time)
        now = time
    forgetful.forget(now + wait)
    ties = Ties((asked,), asked, (asked,))
    assert forgetful.find(ties, now + wait) == kept.find(ties, now + wait)
    assert all(now + wait - time <= OPEN_FOR for _, time in forgetful.by_name.values())


def test_an_odd_connection_of_a_service_does_not_tie_what_the_service_starts_later() -> None:
    service = "web-1/0:7:1000"
    odd = match(service, class_uid=4001, time=1_000 + YOUNG + 1, lineage=["web-1/0:1:1"])
    child = match("web-1/0:8:99000", service)
    assert opened_by(odd).find(ties_of(child), 1) is None


def test_an_odd_connection_of_a_process_that_just_started_ties_its_children() -> None:
    shell = "web-1/0:7:1000"
    odd = match(shell, class_uid=4001, time=2_000, lineage=["web-1/0:1:1"])
    assert opened_by(odd).find(ties_of(match("web-1/0:8:99000", shell)), 1) == "story"


def test_a_process_that_nobody_saw_start_does_not_tie_by_a_connection() -> None:
    odd = match("web-1/0:7:1000", class_uid=4001, time=1_000)
    assert opened_by(odd).find(ties_of(match("web-1/0:8:99000", "web-1/0:7:1000")), 1) is None
