"""Questions of the API find the same in a folder and in a bucket, and open few files."""

from pathlib import Path
from typing import Any

import pytest
from tests.api.lake_site import commit
from tests.lake.object_store import BUCKET, options, s3_server

from foreseen.core.errors import NotFoundError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.asking.cancel import Cancel, CancelledError, Watch
from foreseen.lake.asking.hunt import TooSlowError
from foreseen.lake.asking.match_list import MatchFilter, judged_match, match_list
from foreseen.lake.asking.narrowed import Asker, equal, files_of, narrowed
from foreseen.lake.asking.people import people
from foreseen.lake.asking.process_tree import process_tree
from foreseen.lake.asking.saved_window import saved_window
from foreseen.lake.asking.search_files import live_files
from foreseen.lake.lake import Lake

FIRST = 1_790_000_000_000
MATCH = {
    "rule_id": "r",
    "match_uid": "m",
    "seq": 3,
    "time": FIRST + 2,
    "process_uid": "web-1/boot:3:7",
    "parent_uid": "web-1/boot:2:6",
    "lineage": ["web-1/boot:2:6"],
    "lineage_paths": ["/bin/sh"],
    "window_seqs": [1, 2],
    "window_ages": [2, 1],
    "window_tokens": ["a", "b"],
    "window_complete": True,
}
WORD = {"outcome": "suppressed", "basis": "expected", "evidence": "[]", "artefacts": "{}"}


def fill(lake: Lake) -> None:
    """Three events, the last one a match that was suppressed."""
    rows = [
        {
            "seq": n,
            "time": FIRST + n - 1,
            "user_name": "ana",
            "process_uid": f"web-1/boot:{n}:{4 + n}",
            "parent_uid": f"web-1/boot:{n - 1}:{3 + n}",
            "lineage": [f"web-1/boot:{n - 1}:{3 + n}"],
        }
        for n in (1, 2, 3)
    ]
    for version, row in enumerate(rows, start=1):
        commit(lake, "events", [row], version=version)
    commit(lake, "matches", [MATCH], version=1)
    commit(lake, "predictions", [{**MATCH, **WORD}], version=1)


def asked_of(lake: Lake) -> list[Any]:
    """What all questions answer."""
    asker = Asker(lake, DEFAULT_TENANT)
    columns = ["match_uid", "time", "rule_id"]
    found = judged_match(asker, "m")
    return [
        match_list(asker, MatchFilter(outcome="suppressed"), columns=columns),
        match_list(asker, MatchFilter(outcome="unjudged"), columns=columns),
        found,
        saved_window(asker, "m", ["seq", "time", "event_uid"]),
        process_tree(asker, found.match, around=1_000, limit=9),
        people(asker, (FIRST, FIRST + 9)),
    ]


@pytest.mark.long
def test_a_lake_in_a_bucket_answers_as_one_in_a_folder(tmp_path: Path) -> None:
    with s3_server() as endpoint:
        lakes = [Lake.open(tmp_path), Lake.open(f"s3://{BUCKET}/lake", s3=options(endpoint))]
        for lake in lakes:
            fill(lake)
        here, there = (asked_of(lake) for lake in lakes)
    assert here == there
    assert [len(here[0]), len(here[1])] == [1, 0]
    assert [step.event["time"] for step in here[3].steps] == [FIRST, FIRST + 1]
    assert [each.relation for each in here[4].processes] == ["ancestor", "self"]
    assert here[5][0]["events"] == 3


def test_files_that_the_log_rules_out_are_not_opened(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    fill(lake)
    live = live_files(lake, "events", DEFAULT_TENANT)
    assert len(files_of(live)) == 3
    for known, number in (
        ({"time": (FIRST + 1, None)}, 2),
        ({"time": (None, FIRST)}, 1),
        ({"stream": equal("web-1/boot"), "seq": equal(2)}, 1),
        ({"stream": equal("elsewhere")}, 0),
        ({"nothing": equal(1)}, 3),
    ):
        assert len(files_of(live, known)) == number
    assert len(files_of(live, {"seq": equal(1)}, {"seq": equal(3)})) == 2


def test_another_organisation_has_nothing_to_ask(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    fill(lake)
    asker = Asker(lake, TenantId("other"))
    assert match_list(asker, MatchFilter(), columns=["match_uid", "time"]) == []
    with pytest.raises(NotFoundError):
        judged_match(asker, "m")


def test_a_question_ends_with_its_time_and_with_its_caller(tmp_path: Path) -> None:
    lake, cancel = Lake.open(tmp_path), Cancel()
    endless = "SELECT count(*) AS n FROM range(100000000000) a, range(1000000) b"
    with (
        narrowed(Asker(lake, DEFAULT_TENANT, Watch(seconds=0.2))) as asked,
        pytest.raises(TooSlowError),
    ):
        asked.rows(endless, {})
    cancel()
    with (
        pytest.raises(CancelledError),
        narrowed(Asker(lake, DEFAULT_TENANT, Watch(cancel=cancel))) as asked,
    ):
        asked.rows(endless, {})
