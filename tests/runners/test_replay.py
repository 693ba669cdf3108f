"""Replay: the same files give the same alerts, however they are cut, packed or damaged."""

import gzip
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recording import extract, middle_time, pieces
from tests.shipped import shipped_rules

from foreseen.alerts.decide import Policy
from foreseen.alerts.finding import finding_of
from foreseen.control.alerts import Page, alerts
from foreseen.control.database import open_database
from foreseen.control.dispositions import Disposition, dispose
from foreseen.control.reasons import Verdict
from foreseen.core.errors import ConfigurationError, MalformedInputError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.core.records import Reason
from foreseen.runners import replay as runner
from foreseen.runners.replay import Replayed, ReplayOrder, replay
from foreseen.runners.settings.settings import LEAST_HISTORY, Settings
from foreseen.schema.arrow import texts

RULES = shipped_rules()
BY_ID = {rule.id: rule for rule in RULES.rules}
NOW = 1_800_000_000_000
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@dataclass(frozen=True)
class Given:
    """What a replay gave, as bytes and tables that can be compared."""

    alerts: bytes
    matches: pa.Table
    events: pa.Table
    predictions: pa.Table
    quarantined: Counter[str]
    lines: int
    replayed: Replayed

    def same_as(self, other: "Given") -> bool:
        """Whether everything is equal but where the stores lie."""
        return (self.alerts, self.matches, self.events, self.predictions, self.lines) == (
            other.alerts,
            other.matches,
            other.events,
            other.predictions,
            other.lines,
        )


def order(data: Path, files: Sequence[Path], **more: object) -> ReplayOrder:
    return ReplayOrder(
        **{
            "files": [str(file) for file in files],
            "format": "auto",
            "rules": RULES,
            "data": data,
            "now": NOW,
            **more,
        }  # type: ignore[arg-type]
    )


def replayed(data: Path, files: Sequence[Path], **more: object) -> Given:
    result = replay(order(data, files, **more))
    found = [orjson.dumps(finding_of(alert, BY_ID.get(alert.rule))) for alert in result.alerts]
    lake = result.lake
    return Given(
        b"\n".join(found),
        lake.read("matches"),
        lake.read("events"),
        lake.read("predictions"),
        result.tally.quarantined,
        result.tally.lines,
        result,
    )


def written(folder: Path, parts: Sequence[bytes], packers: Sequence[str] = ()) -> list[Path]:
    packed = [*packers, *["plain"] * len(parts)]
    paths = []
    for index, part in enumerate(parts):
        paths.append(folder / f"part-{index}")
        paths[-1].write_bytes(PACKERS[packed[index]](part))
    return paths


@pytest.fixture(scope="session")
def log() -> bytes:
    """A small log; most tests need no more."""
    return extract(2_500)


@pytest.fixture(scope="session")
def whole(log: bytes, tmp_path_factory: pytest.TempPathFactory) -> Given:
    """What the small log gives as one plain file."""
    folder = tmp_path_factory.mktemp("whole")
    return replayed(folder / "data", written(folder, [log]))


LARGE = 20_000


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """A large log of which the earlier half teaches."""
    folder = tmp_path_factory.mktemp("trained")
    until = middle_time(extract(LARGE))
    return replayed(folder / "data", written(folder, [extract(LARGE)]), train_until=until)


@pytest.mark.long
def test_pieces_packed_in_any_way_train_and_judge_the_same_byte_for_byte(
    trained: Given, tmp_path: Path
) -> None:
    data = extract(LARGE)
    cuts = [1, 70_001, 70_002, len(data) // 2, len(data) - 3]
    parts = written(
        tmp_path, pieces(data, cuts), ["zstd", "plain", "gzip", "gzip", "zstd", "plain"]
    )
    again = replayed(tmp_path / "data", parts, train_until=middle_time(data))
    assert again.alerts == trained.alerts
    assert again.same_as(trained)
    assert len(trained.alerts) > 1_000


def test_the_same_files_into_the_same_folder_change_nothing(tmp_path: Path, log: bytes) -> None:
    files = written(tmp_path, [log])
    once = replayed(tmp_path / "data", files)
    assert replayed(tmp_path / "data", files).same_as(once)


@pytest.mark.long
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_a_log_cut_at_any_bytes_gives_the_same(
    whole: Given, log: bytes, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(log)), max_size=4))
    packers = data.draw(st.lists(st.sampled_from(sorted(PACKERS)), min_size=5, max_size=5))
    with TemporaryDirectory() as name:
        files = written(Path(name), pieces(log, cuts), packers)
        assert replayed(Path(name) / "data", files).same_as(whole)


@pytest.mark.long
@pytest.mark.parametrize("size", [1, 700, 2_499, 2_500])
def test_the_size_of_batches_changes_nothing(
    whole: Given, log: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(runner, "BATCH_LINES", size)
    files = written(tmp_path, pieces(log, range(0, len(log), len(log) // 9)))
    assert replayed(tmp_path / "data", files).same_as(whole)


def test_every_line_is_in_an_event_or_in_quarantine(whole: Given, log: bytes) -> None:
    stored = [line for raw in texts(whole.events, "raw") for line in raw.split("\n")]
    assert Counter(stored) == Counter(log.decode().splitlines())
    assert whole.lines == len(stored)
    assert not whole.quarantined


@pytest.mark.parametrize("packer", sorted(PACKERS))
def test_an_empty_file_gives_nothing(tmp_path: Path, packer: str) -> None:
    found = replayed(tmp_path / "data", written(tmp_path, [b""], [packer]))
    assert (found.alerts, found.lines, found.events.num_rows) == (b"", 0, 0)
    assert not found.quarantined


def test_empty_files_between_others_change_nothing(
    whole: Given, log: bytes, tmp_path: Path
) -> None:
    files = written(tmp_path, [b"", log[:5_000], b"", log[5_000:], b""], ["gzip", "zstd", "plain"])
    assert replayed(tmp_path / "data", files).same_as(whole)


def test_half_an_event_at_the_end_is_an_event(log: bytes, tmp_path: Path) -> None:
    lines = log.splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if b" type=SYSCALL " in line)
    found = replayed(tmp_path / "data", written(tmp_path, [b"".join(lines[: last + 1])]))
    assert any(raw.encode() == lines[last].strip() for raw in texts(found.events, "raw"))


def test_half_a_line_at_the_end_is_in_quarantine_with_its_place(log: bytes, tmp_path: Path) -> None:
    lines = log.splitlines(keepends=True)
    data = b"".join([*lines[:100], lines[100][:30]])
    found = replayed(tmp_path / "data", written(tmp_path, [data]))
    (entry,) = found.replayed.lake.read("quarantine").to_pylist()
    assert (entry["path"], entry["line"]) == (str(tmp_path / "part-0"), 101)
    assert entry["reason"] == Reason.TRUNCATED.value
    assert entry["offset"] == sum(map(len, lines[:100]))
    assert bytes.fromhex(entry["raw_hex"]) == lines[100][:30]


def test_foreign_lines_are_in_quarantine_and_the_rest_is_read(
    whole: Given, log: bytes, tmp_path: Path
) -> None:
    lines = log.splitlines(keepends=True)
    foreign = [b'{"not": "ours"}\n', b"\x00\xff\x1b[2J\n", b"Nov 21 sshd[1]: hello\n"]
    mixed = [*lines[:50], foreign[0], *lines[50:60], *foreign[1:], *lines[60:]]
    found = replayed(tmp_path / "data", written(tmp_path, [b"".join(mixed)]))
    rows = found.replayed.lake.read("quarantine").to_pylist()
    assert [row["line"] for row in rows] == [51, 62, 63]
    assert [bytes.fromhex(row["raw_hex"]) + b"\n" for row in rows] == foreign
    assert [row["reason"] for row in rows] == [
        Reason.NOT_THIS_FORMAT.value,
        Reason.BINARY.value,
        Reason.NOT_THIS_FORMAT.value,
    ]
    assert without_places(found) == without_places(whole)
    assert found.lines == whole.lines + 3


def without_places(found: Given) -> tuple[pa.Table, pa.Table]:
    return found.events.drop_columns(["event_uid"]), found.matches.drop_columns(
        ["event_uid", "match_uid"]
    )


@pytest.mark.long
@pytest.mark.parametrize("packer", ["gzip", "zstd"])
@pytest.mark.parametrize("harm", ["cut off", "overwritten"])
def test_of_a_damaged_file_the_readable_part_is_read(
    log: bytes, tmp_path: Path, packer: str, harm: str
) -> None:
    packed = PACKERS[packer](log)
    middle = len(packed) // 2
    rest = b"" if harm == "cut off" else b"\xff" * 200 + packed[middle + 200 :]
    (tmp_path / "part-0").write_bytes(packed[:middle] + rest)
    found = replayed(tmp_path / "data", [tmp_path / "part-0"])
    entries = found.replayed.lake.read("quarantine").to_pylist()
    assert Reason.DAMAGED_FILE.value in {entry["reason"] for entry in entries}
    assert {entry["path"] for entry in entries} == {str(tmp_path / "part-0")}
    assert found.events.num_rows > 100
    if harm == "cut off":
        read = {line for raw in texts(found.events, "raw") for line in raw.split("\n")}
        assert len(read - set(log.decode().splitlines())) <= 1  # the line that the cut fell into


def test_a_file_of_no_known_format_is_in_quarantine_and_the_others_are_read(
    whole: Given, log: bytes, tmp_path: Path
) -> None:
    files = written(tmp_path, [log, b"a,b,c\n1,2,3\n" * 50])
    found = replayed(tmp_path / "data", files)
    assert found.quarantined == {Reason.UNKNOWN_FORMAT.value: 1}
    assert without_places(found) == without_places(whole)


def test_a_format_that_we_do_not_have_is_refused_with_those_that_we_have(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'syslog'.*auditd"):
        replay(order(tmp_path / "data", written(tmp_path, [b"x"]), format="syslog"))


def test_a_missing_file_is_named_and_nothing_is_kept(tmp_path: Path, log: bytes) -> None:
    files = [*written(tmp_path, [log]), tmp_path / "missing"]
    with pytest.raises(NotFoundError, match="missing"):
        replay(order(tmp_path / "data", files))
    assert replayed(tmp_path / "data", files[:1]).events.num_rows > 0


def test_what_is_before_the_accepted_time_teaches_and_only_the_rest_is_judged(
    trained: Given,
) -> None:
    until = middle_time(extract(LARGE))
    later = {
        uid
        for uid, time in zip(
            texts(trained.matches, "match_uid"), trained.matches["time"].to_numpy(), strict=True
        )
        if time >= until
    }
    assert set(texts(trained.predictions, "match_uid")) == later
    assert trained.predictions.num_rows == len(later) > 100
    assert all(alert.first_time >= until for alert in trained.replayed.alerts)
    assert set(texts(trained.predictions, "outcome")) == {"suppressed", "alerted"}
    stored = trained.replayed.trained
    assert stored is not None
    for rule, model in stored.foresight.models.items():
        before = [
            row
            for row in trained.matches.select(["rule_id", "time"]).to_pylist()
            if row["rule_id"] == rule and row["time"] < until
        ]
        assert sum(model.history.values()) == len(before)


def test_an_alert_is_explained_by_the_prediction_of_its_first_match(trained: Given) -> None:
    rows = {row["match_uid"]: row for row in trained.predictions.to_pylist()}
    for alert in trained.replayed.alerts:
        for member in alert.members:
            assert rows[member]["outcome"] == "alerted"
        first = rows[alert.uid]
        assert alert.decision["basis"] == first["basis"]
        assert alert.decision["artefacts"] == orjson.loads(first["artefacts"])


def test_an_earlier_accepted_time_than_any_event_is_refused(log: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="clean matches"):
        replayed(tmp_path / "data", written(tmp_path, [log]), train_until=1)


@pytest.mark.long
def test_what_alerted_for_want_of_a_model_can_teach_and_what_was_escalated_never(
    tmp_path: Path,
) -> None:
    files, data = written(tmp_path, [extract(6_000)]), tmp_path / "data"
    taught = {"train_until": NOW, "settings": Settings(Policy(0.1, LEAST_HISTORY))}
    assert replayed(data, files).replayed.alerts  # without models every match alerts
    first = replayed(data, files, **taught).replayed.trained
    said_of_all(data, Verdict.ESCALATED)
    with pytest.raises(NotFoundError, match="clean matches"):
        replayed(data, files, **taught)
    said_of_all(data, Verdict.DISMISSED)
    again = replayed(data, files, **taught).replayed.trained
    assert first is not None
    assert again is not None
    assert again.foresight.hashes == first.foresight.hashes


def said_of_all(data: Path, verdict: Verdict) -> None:
    engine = open_database(data / "control.db")
    for alert in alerts(engine, DEFAULT_TENANT, page=Page(limit=10_000, members=True)):
        dispose(engine, DEFAULT_TENANT, Disposition(alert.uid, "ana", verdict, "r", "", NOW))
    engine.dispose()


def test_files_that_have_grown_are_not_mixed_with_what_they_were(
    tmp_path: Path, log: bytes
) -> None:
    data = tmp_path / "data"
    before = replayed(data, written(tmp_path, [log[:100_000]]))
    with pytest.raises(MalformedInputError, match="another folder"):
        replayed(data, written(tmp_path, [log]))
    assert replayed(data, written(tmp_path, [log[:100_000]])).same_as(before)


def test_tenants_in_one_folder_are_judged_apart(tmp_path: Path, log: bytes) -> None:
    files, data = written(tmp_path, [log]), tmp_path / "data"
    names = [TenantId("a"), TenantId("b")]
    found = [replayed(data, files, tenant=name).replayed for name in names]
    predictions = found[1].lake.read("predictions")
    counts = Counter(texts(predictions, "tenant"))
    assert counts["a"] == counts["b"] > 50
    assert [len(each.alerts) for each in found] == [len(found[0].alerts)] * 2


def test_progress_tells_how_far_it_is_and_never_goes_back(log: bytes, tmp_path: Path) -> None:
    told: list[tuple[str, float, float]] = []
    replay(
        order(tmp_path / "data", written(tmp_path, [log], ["gzip"])),
        lambda stage, done, total: told.append((stage, done, total)),
    )
    read = [(done, total) for stage, done, total in told if stage == "reading"]
    assert read == sorted(read)
    assert read[-1][0] == read[-1][1] == (tmp_path / "part-0").stat().st_size
    assert told[-1] == ("judging", 1, 1)


def test_other_files_into_the_same_folder_are_refused(tmp_path: Path, log: bytes) -> None:
    data = tmp_path / "data"
    replayed(data, written(tmp_path, [log[:100_000]]))
    other = tmp_path / "other.log"
    other.write_bytes(log[150_000:250_000])
    with pytest.raises(ConfigurationError, match="another folder"):
        replayed(data, [other])
