"""Search finds what a person asks for, newest first, page after page, and nothing of others."""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.lake.object_store import BUCKET, options, s3_server

from foreseen.core.errors import CorruptError, MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.asking.cancel import Cancel, Watch
from foreseen.lake.asking.question import Question
from foreseen.lake.asking.search import Page, search
from foreseen.lake.lake import Cursor, Lake
from foreseen.schema.arrow import integers, texts

Rows = Callable[..., pa.Table]
DAY = 86_400_000
FIRST = 1_790_035_200_000  # 2026-09-22, midnight
HOSTILE = {
    "quote": """it's "quoted" \\ back""",
    "percent": "100% _sure_ * [a-z] (x|y) $^.?",
    "nul": "before\x00after",
    "emoji": "naïve \N{PILE OF POO} STRASSE",
    "long": "x" * (1 << 20) + "needle-at-the-end",
    "lines": "first line\nsecond line",
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> Lake:
    """Thirty days of two workloads, one file each day and workload, and another tenant's."""
    made = Lake.open(tmp_path_factory.mktemp("search"))
    number = 0
    for day in range(30):
        for workload in ("web", "db"):
            number += 1
            begin = FIRST + day * DAY
            parts = [
                rows(
                    "events",
                    [day * 100 + n],
                    workload=workload,
                    host=f"{workload}-1",
                    stream=f"{workload}-1/boot",
                    time=begin + n * 1000,
                    ingested_time=begin + n * 1000,
                    event_uid=f"{workload}-{day}-{n}",
                    process_name="curl" if n == 3 else "ls",
                    process_path="/usr/bin/curl" if n == 3 else "/bin/ls",
                    src_ip="10.0.0.1" if n == 4 and day == 7 else None,
                    dst_ip="10.0.0.1" if n == 4 and day == 9 else "2001:db8::1" if n == 1 else None,
                    user_name="alice" if n == 2 else None,
                    raw=f"record {n} sha256=ABCDEF{day:026X}",
                    unmapped={"Key": [f"HKLM\\Run\\{day}"]} if n == 5 else None,
                )
                for n in range(10)
            ]
            made.commit({"events": pa.concat_tables(parts)}, Cursor("a", number))
    other = rows("events", range(3), tenant="other", raw="record of others", time=FIRST + 5)
    made.commit({"events": other}, Cursor("b", 1))
    hostile = pa.concat_tables(
        [
            rows("events", [n], event_uid=f"hostile-{name}", workload="h", time=FIRST - n, raw=text)
            for n, (name, text) in enumerate(HOSTILE.items(), 1)
        ]
    )
    made.commit({"events": hostile}, Cursor("c", 1))
    return made


def _uids(lake: Lake, page: Page | None = None, /, **asked: Any) -> list[str]:  # noqa: ANN401 (fields of a question)
    found = search(lake, DEFAULT_TENANT, Question(**asked), page or Page(columns=("event_uid",)))
    return [str(uid) for uid in found.rows["event_uid"].to_pylist()]


def test_newest_come_first_and_pages_show_each_event_once(lake: Lake) -> None:
    asked, pages, place = Question(workload="web"), [], None
    while True:
        found = search(
            lake, DEFAULT_TENANT, asked, Page(limit=37, after=place, columns=("time", "event_uid"))
        )
        pages.append(found.rows)
        place = found.after
        if place is None:
            break
    whole = pa.concat_tables(pages)
    assert [page.num_rows for page in pages] == [37] * 8 + [4]
    assert len(set(whole["event_uid"].to_pylist())) == 300
    times = integers(whole, "time")
    assert times == sorted(times, reverse=True)


def test_events_of_one_time_are_not_lost_between_pages(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    for part in range(3):
        events = rows("events", range(part * 5, part * 5 + 5), time=FIRST)
        lake.commit({"events": events}, Cursor("a", part + 1))
    seen, place = [], None
    while True:
        found = search(lake, DEFAULT_TENANT, Question(), Page(2, place, ("event_uid",)))
        seen += texts(found.rows, "event_uid")
        place = found.after
        if place is None:
            break
    assert sorted(seen) == sorted(f"event-{n}" for n in range(15))


def test_one_streams_hour_reads_its_own_file_alone(lake: Lake) -> None:
    begin = FIRST + 12 * DAY
    asked = Question(stream="db-1/boot", since=begin, until=begin + 3_600_000)
    found = search(lake, DEFAULT_TENANT, asked)
    assert found.rows["event_uid"].to_pylist() == [f"db-12-{n}" for n in range(9, -1, -1)]
    assert (found.looked, found.files) == (1, 61)


def test_the_newest_page_reads_no_old_file(lake: Lake) -> None:
    big = search(lake, DEFAULT_TENANT, Question(workload="web"), Page(limit=5))
    assert big.complete
    assert big.after is not None


def test_bounds_of_time_take_in_the_first_and_leave_out_the_last(lake: Lake) -> None:
    begin = FIRST + 3 * DAY
    found = _uids(lake, workload="web", since=begin + 1000, until=begin + 4000)
    assert found == ["web-3-3", "web-3-2", "web-3-1"]


def test_an_address_is_found_on_either_side_and_in_any_spelling(lake: Lake) -> None:
    assert _uids(lake, address="10.0.0.1", workload="web") == ["web-9-4", "web-7-4"]
    usual = _uids(lake, address="2001:db8::1")
    assert len(usual) == 60
    assert _uids(lake, address="2001:0DB8:0:0::1") == usual


def test_a_user_and_an_address_must_both_hold(lake: Lake) -> None:
    assert len(_uids(lake, user="alice")) == 60
    assert _uids(lake, user="alice", address="10.0.0.1") == []


@pytest.mark.parametrize("name", ["curl", "CURL", "/usr/bin/curl", "/USR/BIN/curl"])
def test_a_program_is_found_by_name_or_path(lake: Lake, name: str) -> None:
    assert len(_uids(lake, process=name)) == 60


def test_part_of_a_name_is_another_program(lake: Lake) -> None:
    assert _uids(lake, process="url") == []
    assert _uids(lake, process="bin/curl") == []


def test_a_checksum_is_found_in_the_sources_record_in_any_case(lake: Lake) -> None:
    wanted = f"abcdef{11:026x}"
    assert len(_uids(lake, Page(1000, columns=("event_uid",)), hash=wanted)) == 20
    assert _uids(lake, hash="0" * 64) == []


def test_a_rule_finds_what_it_labelled(lake: Lake) -> None:
    begin = FIRST + 3 * DAY
    found = _uids(lake, rule="rule", workload="web", since=begin, until=begin + DAY)
    assert found == [f"web-3-{n}" for n in (9, 7, 5, 3, 1)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('it\'s "QUOTED" \\', "quote"),
        ("100% _sure_", "percent"),
        ("* [a-z] (x|y) $^.?", "percent"),
        ("before\x00AFTER", "nul"),
        ("\x00", "nul"),
        ("NAÏVE \N{PILE OF POO}", "emoji"),
        ("needle-AT-the-end", "long"),
        ("line\nsecond", "lines"),
    ],
)
def test_texts_are_literal_whatever_is_in_them(lake: Lake, text: str, name: str) -> None:
    assert _uids(lake, texts=(text,)) == [f"hostile-{name}"]


@pytest.mark.parametrize("text", ["%", "_"])
def test_wildcards_of_sql_are_letters(lake: Lake, text: str) -> None:
    assert _uids(lake, texts=(text,)) == ["hostile-percent"]


def test_all_texts_must_be_there_and_words_stand_alone(lake: Lake) -> None:
    assert _uids(lake, texts=("first", "second")) == ["hostile-lines"]
    assert _uids(lake, texts=("first", "quoted")) == []
    assert _uids(lake, texts=("econd",), words=True) == []
    assert _uids(lake, texts=("second",), words=True) == ["hostile-lines"]
    assert _uids(lake, texts=("STRASSE",), words=True) == ["hostile-emoji"]
    assert _uids(lake, texts=("sure",), words=True) == []  # underscores belong to a word


def test_fields_without_a_column_are_searched_unescaped(lake: Lake) -> None:
    assert set(_uids(lake, texts=("hklm\\run\\13",))) == {"web-13-5", "db-13-5"}
    assert _uids(lake, texts=("hklm\\run\\13",), within=("raw",)) == []


def test_a_pattern_is_one_only_when_asked_for(lake: Lake) -> None:
    assert _uids(lake, pattern=r"(?i)^FIRST\sline$|needle-.t") == ["hostile-long"]
    with pytest.raises(MalformedInputError, match="pattern"):
        _uids(lake, pattern="(unclosed")


def test_only_the_tenants_events_are_found(lake: Lake) -> None:
    assert _uids(lake, texts=("record of others",)) == []
    for name, count in (("other", 3), ("nobody", 0)):
        found = search(lake, TenantId(name), Question(texts=("record of others",)))
        assert found.rows.num_rows == count


def test_an_empty_lake_answers_with_all_columns(tmp_path: Path) -> None:
    found = search(Lake.open(tmp_path), DEFAULT_TENANT, Question())
    assert found.rows.schema == Lake.open(tmp_path).read("events").schema
    assert (found.complete, found.files) == (True, 0)


def test_counting_counts_past_the_page(lake: Lake) -> None:
    found = search(lake, DEFAULT_TENANT, Question(user="alice"), Page(limit=3, count=True))
    assert (found.count, found.rows.num_rows) == (60, 3)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"texts": ("",)}, "0 characters"),
        ({"texts": ("x" * 5000,)}, "5000 characters"),
        ({"texts": ("\ud800",)}, "half of a character pair"),
        ({"user": "\udfff"}, "half of a character pair"),
        ({"address": "10.0.0"}, "no IPv4 or IPv6 address"),
        ({"address": "' OR 1=1 --"}, "no IPv4 or IPv6 address"),
        ({"hash": "xyz"}, "no checksum"),
        ({"within": ("tenant",)}, "in any of"),
    ],
)
def test_a_question_that_cannot_be_is_told_why(
    lake: Lake, asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(MalformedInputError, match=re.escape(message)):
        search(lake, DEFAULT_TENANT, Question(**asked))


@pytest.mark.parametrize("page", [Page(limit=0), Page(limit=1_000_000), Page(columns=("nope",))])
def test_a_page_that_cannot_be_is_told_why(lake: Lake, page: Page) -> None:
    with pytest.raises(MalformedInputError):
        search(lake, DEFAULT_TENANT, Question(), page)


@pytest.mark.parametrize("value", ["' OR '1'='1", "$v0", "web'--", "\\", "%"])
def test_values_are_never_sql(lake: Lake, value: str) -> None:
    for name in ("workload", "host", "stream", "user", "process", "rule"):
        assert _uids(lake, **{name: value}) == []


def test_progress_ends_at_all_and_never_goes_back(lake: Lake) -> None:
    told: list[tuple[float, float]] = []
    watch = Watch(lambda done, total: told.append((done, total)))
    search(lake, DEFAULT_TENANT, Question(texts=("not there",)), watch=watch)
    shares = [done / total for done, total in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_cancelled_search_says_that_it_is_incomplete(lake: Lake) -> None:
    cancel = Cancel()
    cancel()
    found = search(lake, DEFAULT_TENANT, Question(), watch=Watch(cancel=cancel))
    assert (found.complete, found.after, found.looked) == (False, None, 0)


def test_a_running_search_is_stopped_within_a_second_or_so(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    events = rows("events", range(3000), raw="a" * 20_000)
    for number in range(1, 9):
        lake.commit({"events": events}, Cursor("a", number))
    cancel = Cancel()
    timer = threading.Timer(0.3, cancel)
    timer.start()
    begun = time.monotonic()
    slow = Question(pattern="(a+a+)+(a+a+)+b")
    found = search(lake, DEFAULT_TENANT, slow, watch=Watch(cancel=cancel))
    assert not found.complete
    assert time.monotonic() - begun < 10
    late = search(lake, DEFAULT_TENANT, slow, watch=Watch(seconds=0.3))
    assert not late.complete


def test_a_missing_file_is_named(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", range(3))}, Cursor("a", 1))
    (path,) = lake.files("events")
    Path(path).unlink()
    with pytest.raises(CorruptError, match=re.escape(Path(path).name)):
        search(lake, DEFAULT_TENANT, Question())


def test_a_lake_in_a_bucket_answers_like_one_in_a_folder(tmp_path: Path, rows: Rows) -> None:
    with s3_server() as endpoint:
        lakes = [Lake.open(tmp_path), Lake.open(f"s3://{BUCKET}/lake", s3=options(endpoint))]
        for number in range(3):
            for lake in lakes:
                part = rows("events", range(number * 5, number * 5 + 5), src_ip="10.0.0.1")
                lake.commit({"events": part}, Cursor("a", number + 1))
        some = Question(address="10.0.0.1")
        others = Question(address="10.0.0.1", texts=("event",), within=("raw",))
        pages = [
            [search(lake, DEFAULT_TENANT, asked, Page(7)) for lake in lakes]
            for asked in (some, others)
        ]
    (ours, theirs), (none, neither) = pages
    assert ours == theirs
    assert (ours.rows.num_rows, ours.after is not None) == (7, True)
    assert none == neither
    assert none.rows.num_rows == 0
