"""The intake log keeps what it acknowledged, and only cuts what it never did."""

import os
import resource
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.core.errors import (
    ConfigurationError,
    CorruptError,
    MalformedInputError,
    NotFoundError,
    TransientError,
)
from foreseen.core.ids import TenantId
from foreseen.intake.entries import decode, encode
from foreseen.intake.log import BacklogFullError, Entry, EntryKind, IntakeLog, LogLimits

TENANT = TenantId("default")
LIMIT = 1 << 30


def entry(data: bytes, source: str = "web-1") -> Entry:
    return Entry(TENANT, source, "/var/log/audit/audit.log", "auditd", 1_700_000_000_000, data)


def data_of(log: IntakeLog, cursor: int = 0) -> list[bytes]:
    return [stored.entry.data for stored in log.read(cursor, LIMIT)]


@given(
    st.builds(
        Entry,
        st.text(max_size=20).map(TenantId),
        st.text(max_size=20),
        st.text(max_size=20),
        st.text(max_size=20),
        st.integers(-(2**63), 2**63 - 1),
        st.binary(max_size=200),
        st.sampled_from(EntryKind),
    )
)
def test_every_entry_comes_back_as_it_was(given_entry: Entry) -> None:
    assert decode(encode(given_entry)) == given_entry


@given(st.binary(max_size=60))
def test_bytes_of_no_entry_are_told_as_damage_and_nothing_else(payload: bytes) -> None:
    try:
        found = decode(payload)
    except CorruptError:
        return
    assert encode(found) == payload


def test_reads_resume_at_any_entry_and_over_segments(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path, limits=LogLimits(segment=300)) as log:
        ends = [log.append([entry(b"line %d" % i)]) for i in range(20)]
        assert len(list(tmp_path.glob("*.log"))) > 3
        for place, end in enumerate(ends[:-1]):
            assert data_of(log, end) == [b"line %d" % i for i in range(place + 1, 20)]
        assert log.read(ends[-1], LIMIT) == []


def test_small_reads_add_up_to_the_whole_log(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path, limits=LogLimits(segment=400)) as log:
        log.append([entry(b"x" * (i * 7)) for i in range(30)])
        log.append([Entry(TENANT, "", "", "", 5, kind=EntryKind.TICK)])
        got, cursor = [], 0
        while found := log.read(cursor, 1):
            assert len(found) == 1
            got.append(found[0].entry)
            cursor = found[0].end
        assert cursor == log.end
        assert [each.data for each in got[:-1]] == [b"x" * (i * 7) for i in range(30)]
        assert got[-1].kind is EntryKind.TICK


def test_entries_are_there_after_reopening(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path) as log:
        end = log.append([entry(b"a"), entry(b"b")])
    with IntakeLog.open(tmp_path) as log:
        assert (log.end, data_of(log)) == (end, [b"a", b"b"])
        log.append([entry(b"c")])
        assert data_of(log) == [b"a", b"b", b"c"]


def test_a_last_record_torn_at_any_byte_is_cut_off_and_the_log_goes_on(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path) as log:
        kept = log.append([entry(b"kept")])
        log.append([entry(b"torn away")])
    segment = next(tmp_path.glob("*.log"))
    whole = segment.read_bytes()
    for size in range(kept, len(whole)):
        segment.write_bytes(whole[:size])
        with IntakeLog.open(tmp_path) as log:
            assert (log.end, data_of(log)) == (kept, [b"kept"])
            log.append([entry(b"next")])
            assert data_of(log) == [b"kept", b"next"]


def test_a_last_record_of_zeros_is_cut_off(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path) as log:
        kept = log.append([entry(b"kept")])
    segment = next(tmp_path.glob("*.log"))
    segment.write_bytes(segment.read_bytes() + bytes(4096))
    with IntakeLog.open(tmp_path) as log:
        assert (log.end, segment.stat().st_size) == (kept, kept)


def test_damage_before_acknowledged_records_is_an_error_that_names_the_place(
    tmp_path: Path,
) -> None:
    with IntakeLog.open(tmp_path) as log:
        first = log.append([entry(b"first")])
        second = log.append([entry(b"second")])
        log.append([entry(b"third")])
    segment = next(tmp_path.glob("*.log"))
    whole = segment.read_bytes()
    for place in range(first, second):
        segment.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        with pytest.raises(CorruptError, match=rf"{segment.name}: the record at byte {first} "):
            IntakeLog.open(tmp_path)


def test_damage_in_an_older_segment_is_found_when_it_is_read(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path, limits=LogLimits(segment=100)) as log:
        for text in (b"one", b"two", b"three"):
            log.append([entry(text)])
    oldest = min(tmp_path.glob("*.log"))
    whole = bytearray(oldest.read_bytes())
    whole[-1] ^= 1
    oldest.write_bytes(whole)
    with IntakeLog.open(tmp_path) as log, pytest.raises(CorruptError, match=oldest.name):
        log.read(0, LIMIT)


def test_a_missing_or_cut_older_segment_is_an_error(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path, limits=LogLimits(segment=10)) as log:
        for text in (b"one", b"two", b"three"):
            log.append([entry(text)])
    middle = sorted(tmp_path.glob("*.log"))[1]
    middle.write_bytes(middle.read_bytes()[:-1])
    with pytest.raises(CorruptError, match="next segment starts"):
        IntakeLog.open(tmp_path)


def test_unsynced_records_are_not_read(tmp_path: Path) -> None:
    going, may_go = threading.Event(), threading.Event()

    def slow(file: int) -> None:
        going.set()
        assert may_go.wait(10)
        os.fdatasync(file)

    with IntakeLog.open(tmp_path, sync=slow) as log:
        writer = threading.Thread(target=log.append, args=([entry(b"x")],))
        writer.start()
        assert going.wait(10)
        assert (log.end, log.read(0, LIMIT)) == (0, [])
        may_go.set()
        writer.join()
        assert data_of(log) == [b"x"]


def test_concurrent_appenders_share_syncs_and_all_are_kept(tmp_path: Path) -> None:
    syncs = 0
    start = threading.Barrier(16)

    def counting(file: int) -> None:
        nonlocal syncs
        syncs += 1
        os.fdatasync(file)

    def write(log: IntakeLog, name: str) -> None:
        start.wait()
        for number in range(25):
            end = log.append([entry(b"%d" % number, name)])
            assert log.end >= end

    with IntakeLog.open(tmp_path, sync=counting, limits=LogLimits(segment=5000)) as log:
        threads = [threading.Thread(target=write, args=(log, f"s{k}")) for k in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = [(each.entry.source, int(each.entry.data)) for each in log.read(0, LIMIT)]
    assert sorted(found) == sorted((f"s{k}", i) for k in range(16) for i in range(25))
    for name in {name for name, _ in found}:
        assert [number for source, number in found if source == name] == list(range(25))
    assert syncs < 16 * 25


def test_a_failed_sync_keeps_nothing_of_what_it_was_for(tmp_path: Path) -> None:
    failing = False

    def sync(file: int) -> None:
        if failing:
            raise OSError(5, "Input/output error")
        os.fdatasync(file)

    with IntakeLog.open(tmp_path, sync=sync) as log:
        log.append([entry(b"before")])
        failing = True
        with pytest.raises(TransientError, match="did not take the data"):
            log.append([entry(b"lost")])
        failing = False
        log.append([entry(b"after")])
        assert data_of(log) == [b"before", b"after"]
    with IntakeLog.open(tmp_path) as log:
        assert data_of(log) == [b"before", b"after"]


def test_a_short_write_is_rolled_back_and_the_log_heals_when_there_is_room(tmp_path: Path) -> None:
    signal_before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with IntakeLog.open(tmp_path) as log:
        end = log.append([entry(b"before")])
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (end + 500, hard))
            with pytest.raises(TransientError, match="nothing was kept"):
                log.append([entry(b"fits"), entry(b"x" * 1000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, signal_before)
        assert next(tmp_path.glob("*.log")).stat().st_size == end
        log.append([entry(b"after")])
        assert data_of(log) == [b"before", b"after"]


def test_trim_deletes_whole_segments_and_frees_the_backlog(tmp_path: Path) -> None:
    limits = LogLimits(segment=1000, backlog=5000)
    with IntakeLog.open(tmp_path, limits=limits) as log:
        while log.end + 400 < 5000:
            log.append([entry(b"x" * 300)])
        with pytest.raises(BacklogFullError, match="wait to be read"):
            log.append([entry(b"x" * 500)])
        assert log.end <= 5000
        log.trim(log.end)
        assert log.first > 0
        log.append([entry(b"fits again")])
        with pytest.raises(NotFoundError, match="is not in the log"):
            log.read(0, LIMIT)
        assert data_of(log, log.first)[-1] == b"fits again"


def test_a_nearly_full_disk_is_refused_early(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path, limits=LogLimits(keep_free=1 << 60)) as log:
        with pytest.raises(TransientError, match="disk is full"):
            log.append([entry(b"x")])
        with pytest.raises(TransientError, match="disk is full"):
            log.check()
        assert log.end == 0


def test_a_second_opener_is_refused(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path), pytest.raises(ConfigurationError, match="another process"):
        IntakeLog.open(tmp_path)
    IntakeLog.open(tmp_path).close()


def test_names_that_cannot_be_stored_are_refused(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path) as log:
        for source in ("x" * 70_000, "\ud800"):
            with pytest.raises(MalformedInputError):
                log.append([entry(b"", source)])
        assert log.append([]) == 0
