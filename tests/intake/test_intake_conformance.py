"""What every intake promises: our own log, NATS JetStream, Kafka."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise

import pytest

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.intake.entries import Entry, EntryKind, Stored
from foreseen.intake.protocol import Intake

LIMIT = 1 << 30
Open = Callable[[], Intake]
Make = Callable[..., Entry]


@pytest.fixture
def intake(open_intake: Open) -> Iterator[Intake]:
    with closing(open_intake()) as opened:
        yield opened


def everything(intake: Intake, cursor: int | None = None, limit: int = LIMIT) -> list[Stored]:
    """All entries from a cursor on, in as many reads as it takes."""
    found: list[Stored] = []
    cursor = intake.first if cursor is None else cursor
    while cursor < intake.end:
        part = intake.read(cursor, limit)
        found += part
        cursor = part[-1].end if part else cursor
    return found


def data_of(stored: list[Stored]) -> list[bytes]:
    return [each.entry.data for each in stored]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


def test_entries_come_back_as_they_were_and_in_order(intake: Intake, make_entry: Make) -> None:
    given = [
        make_entry(b"one\ntwo"),
        make_entry(b"", kind=EntryKind.END),
        make_entry(b"", "", EntryKind.TICK),
        make_entry(bytes(range(256))),
    ]
    before = intake.end
    end = intake.append(given)
    assert before < end == intake.end
    assert [stored.entry for stored in everything(intake)] == given


def test_every_line_of_a_body_has_a_place_of_its_own(intake: Intake, make_entry: Make) -> None:
    intake.append([make_entry(b"x" * size) for size in (0, 1, 5000)])
    found = everything(intake)
    for stored, following in pairwise(found):
        assert stored.end <= following.offset
    assert all(stored.end - stored.offset > len(stored.entry.data) for stored in found)


def test_small_reads_add_up_to_the_whole(intake: Intake, make_entry: Make) -> None:
    intake.append([make_entry(b"x" * (each * 7)) for each in range(30)])
    cursor, got = intake.first, []
    while found := intake.read(cursor, 1):
        assert len(found) == 1
        got.append(len(found[0].entry.data))
        cursor = found[0].end
    assert got == [each * 7 for each in range(30)]
    assert cursor == intake.end


def test_a_limit_bounds_what_a_read_gives(intake: Intake, make_entry: Make) -> None:
    intake.append([make_entry(b"x" * 10_000) for _ in range(20)])
    assert 3 <= len(intake.read(intake.first, 40_000)) <= 5


def test_reads_begin_at_any_entry_also_at_earlier_ones(intake: Intake, make_entry: Make) -> None:
    ends = [intake.append([make_entry(b"%d" % each)]) for each in range(8)]
    for place in (3, 0, 6, 1, 1, 5):
        expected = [b"%d" % each for each in range(place + 1, 8)]
        assert data_of(everything(intake, ends[place])) == expected


def test_who_stopped_halfway_reads_the_rest_and_what_came_since(
    intake: Intake, make_entry: Make
) -> None:
    intake.append([make_entry(b"%d" % each) for each in range(5)])
    half = everything(intake)[2]
    intake.append([make_entry(b"5")])
    assert data_of(everything(intake, half.end)) == [b"3", b"4", b"5"]


def test_at_the_end_there_is_nothing_and_soon(intake: Intake, make_entry: Make) -> None:
    with at_most(3):
        assert intake.read(intake.end, LIMIT) == []
    end = intake.append([make_entry(b"x")])
    with at_most(3):
        assert intake.read(end, LIMIT) == []
    later = intake.append([make_entry(b"y")])
    assert data_of(everything(intake, end)) == [b"y"]
    assert later > end


def test_a_place_after_the_end_is_an_error(intake: Intake, make_entry: Make) -> None:
    end = intake.append([make_entry(b"x")])
    with pytest.raises(NotFoundError, match="holds"):
        intake.read(end + (5 << 28), LIMIT)


def test_odd_names_come_back_as_they_were(intake: Intake, make_entry: Make) -> None:
    names = ["web-1/auditd", "/", "", "ü/日本", "a\tb\nc\0", "x" * 60_000, "\U0001f600"]
    intake.append([make_entry(b"x", name) for name in names])
    assert [stored.entry.source for stored in everything(intake)] == names


def test_names_that_cannot_be_stored_refuse_the_whole_call(
    intake: Intake, make_entry: Make
) -> None:
    for name in ("x" * 70_000, "\ud800"):
        with pytest.raises(MalformedInputError):
            intake.append([make_entry(b"good"), make_entry(b"bad", name)])
    assert everything(intake) == []


def test_nothing_to_store_is_no_error(intake: Intake) -> None:
    assert intake.append([]) in {0, intake.end}


def test_a_large_body_is_kept_whole_or_in_whole_lines(intake: Intake, make_entry: Make) -> None:
    body = b"\n".join(b"%d " % number + b"x" * (number * 37 % 900) for number in range(7000))
    intake.append([make_entry(b"before"), make_entry(body), make_entry(b"after")])
    found = data_of(everything(intake, limit=4 << 20))
    assert b"\n".join(found) == b"\n".join([b"before", body, b"after"])


def test_concurrent_callers_keep_all_and_each_its_order(intake: Intake, make_entry: Make) -> None:
    start = threading.Barrier(8)

    def write(name: str) -> None:
        start.wait()
        for number in range(0, 30, 3):
            three = [make_entry(b"%d" % each, name) for each in range(number, number + 3)]
            assert intake.append(three) <= intake.end

    threads = [threading.Thread(target=write, args=(f"s{each}",)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [(each.entry.source, int(each.entry.data)) for each in everything(intake)]
    assert len(found) == 8 * 30
    for name in {name for name, _ in found}:
        assert [number for source, number in found if source == name] == list(range(30))
    for place in range(0, len(found), 3):  # the entries of one call stay together
        assert len({source for source, _ in found[place : place + 3]}) == 1


def test_entries_are_there_after_reopening_and_places_go_on(
    open_intake: Open, make_entry: Make
) -> None:
    with closing(open_intake()) as intake:
        first = intake.first
        end = intake.append([make_entry(b"a"), make_entry(b"b")])
    with closing(open_intake()) as intake:
        assert (intake.first, intake.end) == (first, end)
        assert intake.append([make_entry(b"c")]) > end
        assert data_of(everything(intake)) == [b"a", b"b", b"c"]


def test_places_never_repeat_whatever_is_trimmed(open_intake: Open, make_entry: Make) -> None:
    with closing(open_intake()) as intake:
        end = intake.append([make_entry(b"x" * 3000) for _ in range(9)])
        intake.trim(end)
        assert intake.end == end
        assert intake.read(end, LIMIT) == []
    with closing(open_intake()) as intake:
        assert intake.end == end
        assert intake.append([make_entry(b"y")]) > end
        assert data_of(everything(intake, end)) == [b"y"]


def test_what_is_after_a_trim_stays(intake: Intake, make_entry: Make) -> None:
    ends = [intake.append([make_entry(b"%d" % each + b" " * 3000)]) for each in range(9)]
    intake.trim(ends[3])
    assert intake.first <= ends[3]
    assert data_of(everything(intake, ends[3])) == [b"%d" % e + b" " * 3000 for e in range(4, 9)]
    intake.trim(intake.end + (9 << 28))  # nobody has read so far
    intake.append([make_entry(b"still taken")])
    assert data_of(everything(intake, ends[8])) == [b"still taken"]


def test_an_intake_with_room_says_so(intake: Intake) -> None:
    intake.check()
