"""What was not understood becomes events once it is, exactly once, as if it had come late."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow.compute as pc
import pytest
from tests.recording import extract
from tests.runners.installation import NOW, Held, body, drain, held, opened, worker_of

from foreseen.control import quarantine as kept
from foreseen.control.database import open_database
from foreseen.core.errors import MalformedInputError, TransientError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.core.records import Reason
from foreseen.intake.entries import Entry, EntryKind
from foreseen.intake.records import FOREIGN
from foreseen.lake.lake import Lake
from foreseen.runners.installation import Stores
from foreseen.runners.life.quarantine import send_waiting
from foreseen.schema.arrow import texts
from foreseen.studies.quarantine import Understood, Wanted, orders, understood
from foreseen.studies.quarantine import held as in_quarantine

LINES = 200
LATER = NOW + 3_600_000


class Cut(Exception):  # noqa: N818 (no error: the power is gone)
    """The process ends here."""


@pytest.fixture(scope="module")
def log() -> bytes:
    """Records of auditd."""
    return extract(LINES)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory, log: bytes) -> Held:
    """What an installation holds that understood them at once."""
    data = tmp_path_factory.mktemp("right")
    put(data, log, "auditd")
    return held(data)


def put(data: Path, log: bytes, form: str) -> None:
    """Take a body as a format, and work it."""
    with opened(data) as stores:
        entry = Entry(DEFAULT_TENANT, "web-1", f"/api/v1/ingest/{form}", form, NOW, log)
        end = Entry(DEFAULT_TENANT, "web-1", "", form, NOW, kind=EntryKind.END)
        stores.intake.append([entry, end])
    drain(data)


@pytest.fixture
def wrong(tmp_path: Path, log: bytes) -> Path:
    """An installation to which the same bytes were sent as another format."""
    put(tmp_path, log, "cloudtrail")
    return tmp_path


def read_again(data: Path, form: str | None = "auditd") -> list[Understood]:
    control = open_database(data / "control.db")
    found = in_quarantine(Lake.open(data / "lake"), control, DEFAULT_TENANT, Wanted())
    control.dispose()
    return list(understood(found, form))


def give_order(data: Path) -> int:
    """Order all that is understood; returns how many lines."""
    control = open_database(data / "control.db")
    new = orders(read_again(data), "ann", LATER)
    lines = sum(kept.order(control, DEFAULT_TENANT, each) for each in new)
    control.dispose()
    return lines


def send(data: Path) -> int:
    with opened(data) as stores:
        return send_waiting(stores.control, stores.intake, DEFAULT_TENANT, LATER)


def waiting_lines(data: Path) -> int:
    control = open_database(data / "control.db")
    found = in_quarantine(Lake.open(data / "lake"), control, DEFAULT_TENANT, Wanted())
    control.dispose()
    return len(found)


def assert_as_if_understood_at_once(data: Path, right: Held) -> None:
    found = held(data)
    for column in ("event_uid", "stream", "seq", "raw", "labels"):
        assert found.events.column(column).to_pylist() == right.events.column(column).to_pylist()
    assert texts(found.matches, "match_uid") == texts(right.matches, "match_uid")
    judged = sorted(texts(found.predictions, "match_uid"))
    assert judged == sorted(texts(right.predictions, "match_uid"))
    assert pc.unique(found.events.column("ingested_time")).to_pylist() == [LATER]


def test_lines_that_are_understood_now_become_the_events_that_they_always_were(
    wrong: Path, log: bytes, right: Held
) -> None:
    lines = len(log.splitlines())
    assert held(wrong).events.num_rows == 0
    assert waiting_lines(wrong) == lines
    assert sum(len(each.lines) for each in read_again(wrong)) == lines
    assert sum(each.events for each in read_again(wrong)) == right.events.num_rows
    assert give_order(wrong) == lines
    assert waiting_lines(wrong) == 0
    assert send(wrong) > 0
    drain(wrong)
    assert_as_if_understood_at_once(wrong, right)


def test_what_is_ordered_and_sent_twice_is_read_once(wrong: Path, right: Held) -> None:
    assert give_order(wrong) > 0
    assert give_order(wrong) == 0
    with opened(wrong) as stores:
        before = stores.log.end
        assert append_without_saying(stores) > 0
        assert stores.log.end > before
    drain(wrong)
    send(wrong)
    drain(wrong)
    assert send(wrong) == 0
    assert_as_if_understood_at_once(wrong, right)


def append_without_saying(stores: Stores) -> int:
    """Send orders and end before the database knows."""
    orders = kept.waiting(stores.control, DEFAULT_TENANT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("foreseen.runners.life.quarantine.sent", lambda *_: None)
        send_waiting(stores.control, stores.intake, DEFAULT_TENANT, LATER)
    assert kept.waiting(stores.control, DEFAULT_TENANT) == orders
    return len(orders)


@pytest.mark.parametrize(
    "place",
    [
        "lake.before_events",
        "lake.after_events",
        "lake.after_quarantine",
    ],
)
def test_a_crash_at_any_place_of_the_commit_changes_nothing(
    wrong: Path, right: Held, place: str
) -> None:
    give_order(wrong)
    send(wrong)

    def cut(reached: str) -> None:
        if reached == place:
            raise Cut

    with suppress(Cut), opened(wrong, cut) as stores:
        worker = worker_of(stores)
        while worker.drain():
            pass
        pytest.fail("the place was not reached")
    with opened(wrong) as stores:
        append_again = kept.waiting(stores.control, DEFAULT_TENANT)
        assert append_again == []
    drain(wrong)
    assert_as_if_understood_at_once(wrong, right)


def test_what_is_not_understood_still_stays_and_can_be_tried_again(wrong: Path) -> None:
    before = waiting_lines(wrong)
    assert [each.lines for each in read_again(wrong, "k8s_audit")] == [[]]
    control = open_database(wrong / "control.db")
    found = in_quarantine(Lake.open(wrong / "lake"), control, DEFAULT_TENANT, Wanted())
    vain = kept.NewOrder("web-1", "k8s_audit", [each.line for each in found[:7]], "ann", LATER)
    assert kept.order(control, DEFAULT_TENANT, vain) == 7
    control.dispose()
    assert waiting_lines(wrong) == before - 7
    send(wrong)
    drain(wrong)
    assert waiting_lines(wrong) == before
    assert give_order(wrong) == before


def test_lines_are_chosen_by_source_reason_and_time(wrong: Path, log: bytes) -> None:
    control = open_database(wrong / "control.db")
    lake = Lake.open(wrong / "lake")

    def count(wanted: Wanted) -> int:
        return len(in_quarantine(lake, control, DEFAULT_TENANT, wanted))

    lines = len(log.splitlines())
    assert count(Wanted(source="web-1", reason=Reason.NOT_THIS_FORMAT, since=NOW)) == lines
    assert count(Wanted(source="web-2")) == 0
    assert count(Wanted(reason=Reason.TRUNCATED)) == 0
    assert count(Wanted(since=NOW + 1)) == 0
    control.dispose()


def bodies(form: str) -> Iterator[Entry]:
    yield body(b"type=EOE msg=audit(1795287000.001:1):")
    yield Entry(DEFAULT_TENANT, "kafka://x/t[0]", "record 7", form, NOW, b"one\n\ntwo")
    yield body(b"type=EOE msg=audit(1795287000.001:2):")


def test_foreign_records_and_formats_of_a_newer_version_go_to_quarantine(tmp_path: Path) -> None:
    for form in (FOREIGN, "of_tomorrow"):
        data = tmp_path / form
        with opened(data) as stores:
            stores.intake.append(list(bodies(form)))
        drain(data)
        found = held(data).quarantine.filter(pc.field("source") == "kafka://x/t[0]")
        assert texts(found, "reason") == [Reason.UNKNOWN_FORMAT] * 2
        assert [bytes.fromhex(raw) for raw in texts(found, "raw_hex")] == [b"one", b"two"]
        assert set(texts(found, "detail")) == {f"no parser for {form!r}"}


def test_foreign_records_are_read_only_when_a_person_says_as_what(
    tmp_path: Path, log: bytes
) -> None:
    with opened(tmp_path) as stores:
        stores.intake.append([Entry(DEFAULT_TENANT, "kafka://x/t[0]", "7", FOREIGN, NOW, log)])
    drain(tmp_path)
    assert [(each.format, each.lines) for each in read_again(tmp_path, None)] == [("", [])]
    assert sum(each.events for each in read_again(tmp_path, "auditd")) > 0


def test_an_entry_that_is_no_order_goes_to_quarantine_itself(tmp_path: Path) -> None:
    with opened(tmp_path) as stores:
        for data in (b"", b"{}", b'{"order": 1, "lines": [[1]]}', b"\xff"):
            entry = Entry(DEFAULT_TENANT, "s", "quarantine", "auditd", NOW, data, EntryKind.REPLAY)
            stores.intake.append([entry])
    drain(tmp_path)
    assert texts(held(tmp_path).quarantine, "reason") == [Reason.UNKNOWN_FORMAT] * 3


def test_an_order_waits_for_an_intake_that_is_full_and_leaves_one_that_cannot_take_it(
    wrong: Path, log: bytes
) -> None:
    give_order(wrong)
    with opened(wrong) as stores:
        full, never = (Refusing(kind("x")) for kind in (TransientError, MalformedInputError))
        with pytest.raises(TransientError):
            send_waiting(stores.control, full, DEFAULT_TENANT, LATER)
        assert kept.waiting(stores.control, DEFAULT_TENANT)
        send_waiting(stores.control, never, DEFAULT_TENANT, LATER)
        assert kept.waiting(stores.control, DEFAULT_TENANT) == []
    assert waiting_lines(wrong) == len(log.splitlines())


class Refusing:
    """An intake that takes nothing."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def append(self, entries: Sequence[Entry]) -> int:
        """Take nothing."""
        del entries
        raise self._error

    def check(self) -> None:
        """Nothing is taken."""
        raise self._error

    def close(self) -> None:
        """Nothing is open."""
