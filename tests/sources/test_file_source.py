"""Files are one stream: cut, compressed or renamed, they give the same lines."""

import gzip
import lzma
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreseen.core.errors import DeniedError, NotFoundError
from foreseen.core.records import LINE_LIMIT, Line, Quarantined, Reason
from foreseen.parsers import registry
from foreseen.sources.file import read

NOBODY = 65534
LOG = (Path(__file__).parents[1] / "fixtures" / "auditd" / "kinds.log").read_bytes()
SHORT = b"".join(LOG.splitlines(keepends=True)[:6])
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}
Lines = list[tuple[str, int, bytes]]


def stream(paths: Sequence[Path]) -> tuple[list[Line], list[Quarantined]]:
    lines: list[Line] = []
    quarantined: list[Quarantined] = []
    names = [str(path) for path in paths]
    for batch in read(names, recognise=registry.sniff, stands_alone=registry.stands_alone):
        lines += batch.lines
        quarantined += batch.quarantined
    return lines, quarantined


def written(folder: Path, parts: Sequence[bytes]) -> list[Path]:
    paths = [folder / f"part-{index}" for index in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part)
    return paths


def identities(lines: Sequence[Line]) -> Lines:
    return [(line.source, line.offset, line.data) for line in lines]


def expected(data: bytes) -> list[tuple[int, bytes]]:
    """Offsets and lines of a log, the simple way."""
    found, offset = [], 0
    for part in data.split(b"\n"):
        if part:
            found.append((offset, part))
        offset += len(part) + 1
    return found


def test_lines_have_their_offsets_and_numbers(tmp_path: Path) -> None:
    lines, quarantined = stream(written(tmp_path, [LOG]))
    assert quarantined == []
    assert [(line.offset, line.data) for line in lines] == expected(LOG)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("name", COMPRESSORS)
def test_compression_is_told_by_content(tmp_path: Path, name: str) -> None:
    plain, _ = stream(written(tmp_path, [LOG]))
    path = tmp_path / "misleading.txt"
    path.write_bytes(COMPRESSORS[name](LOG))
    lines, quarantined = stream([path])
    assert quarantined == []
    assert identities(lines) == identities(plain)


@pytest.mark.parametrize(
    "prefix", [b"", b"node=db-1 ", b"<14>Nov  1 10:00:00 web-1 audispd: node=db-1 "]
)
def test_a_cut_at_any_byte_gives_the_same_lines(tmp_path: Path, prefix: bytes) -> None:
    log = b"".join(prefix + line for line in SHORT.splitlines(keepends=True)[:3])
    whole = identities(stream(written(tmp_path, [log]))[0])
    assert [(offset, data) for _, offset, data in whole] == expected(log)
    for place in range(len(log) + 1):
        lines, quarantined = stream(written(tmp_path, [log[:place], log[place:]]))
        assert quarantined == [], place
        assert identities(lines) == whole, place


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(0, len(SHORT)), max_size=30), st.data())
def test_many_cuts_and_compressions_give_the_same_lines(
    tmp_path: Path, cuts: list[int], choose: st.DataObject
) -> None:
    whole = identities(stream(written(tmp_path, [SHORT]))[0])
    places = [0, *sorted(cuts), len(SHORT)]
    parts = [
        COMPRESSORS[choose.draw(st.sampled_from(sorted(COMPRESSORS)))](SHORT[start:end])
        for start, end in pairwise(places)
    ]
    lines, quarantined = stream(written(tmp_path, parts))
    assert quarantined == []
    assert identities(lines) == whole


def test_whole_files_without_a_last_newline_are_not_glued(tmp_path: Path) -> None:
    first, second = SHORT.splitlines()[:2]
    lines, _ = stream(written(tmp_path, [first, second]))
    assert [line.data for line in lines] == [first, second]
    assert [line.offset for line in lines] == [0, len(first)]


def test_renaming_changes_no_identity_and_other_content_does(tmp_path: Path) -> None:
    one, two, other = written(tmp_path, [LOG, LOG, LOG[1:]])
    assert identities(stream([one])[0]) == identities(stream([two])[0])
    assert stream([one])[0][0].source != stream([other])[0][0].source


def test_a_foreign_file_is_quarantined_once_and_the_rest_is_read(tmp_path: Path) -> None:
    foreign = b"# notes\nnothing to see\n" * 3
    lines, quarantined = stream(written(tmp_path, [foreign, LOG]))
    assert [(one.reason, one.line.path) for one in quarantined] == [
        (Reason.UNKNOWN_FORMAT, str(tmp_path / "part-0"))
    ]
    assert str(len(foreign)) in quarantined[0].detail
    assert lines[0].offset == len(foreign)
    assert len(lines) == len(expected(LOG))


def test_a_large_foreign_file_is_not_held_in_memory(tmp_path: Path) -> None:
    _, quarantined = stream(written(tmp_path, [b"x" * 99 + b"\n", b"noise\n" * 500_000]))
    assert [one.reason for one in quarantined] == [Reason.UNKNOWN_FORMAT] * 2
    assert max(len(one.line.data) for one in quarantined) <= 4096
    assert "3000000 bytes" in quarantined[1].detail


def test_a_lone_word_is_of_unknown_format(tmp_path: Path) -> None:
    lines, quarantined = stream(written(tmp_path, [b"hello"]))
    assert lines == []
    assert [one.reason for one in quarantined] == [Reason.UNKNOWN_FORMAT]


def test_empty_files_and_lines_are_fine(tmp_path: Path) -> None:
    paths = written(tmp_path, [b"", b"\n\n" + SHORT, b"", gzip.compress(b"")])
    lines, quarantined = stream(paths)
    assert quarantined == []
    assert [line.data for line in lines] == [data for _, data in expected(SHORT)]
    assert lines[0].number == 3
    assert stream(written(tmp_path, [b""])) == ([], [])


@pytest.mark.parametrize("name", ["gzip", "xz", "zstd"])
def test_a_damaged_file_is_read_up_to_the_damage(tmp_path: Path, name: str) -> None:
    packed = COMPRESSORS[name](LOG)
    paths = written(tmp_path, [packed[: len(packed) * 3 // 4], SHORT])
    lines, quarantined = stream(paths)
    assert Reason.DAMAGED_FILE in {one.reason for one in quarantined}
    assert [line.data for line in lines if line.path == str(paths[1])] == SHORT.splitlines()


def test_a_gzip_file_that_lost_its_end_keeps_its_whole_begin(tmp_path: Path) -> None:
    lines, quarantined = stream(written(tmp_path, [gzip.compress(LOG)[:-4]]))
    assert [one.reason for one in quarantined] == [Reason.DAMAGED_FILE]
    assert len(lines) == len(expected(LOG))


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LOG))
    packed[-6] ^= 1
    _, quarantined = stream(written(tmp_path, [bytes(packed)]))
    assert [one.reason for one in quarantined] == [Reason.DAMAGED_FILE]


def test_members_in_one_compressed_file_are_one_log(tmp_path: Path) -> None:
    for compress in (gzip.compress, lzma.compress, zstandard.compress):
        paths = written(tmp_path, [compress(LOG[:700]) + compress(LOG[700:])])
        lines, quarantined = stream(paths)
        assert quarantined == []
        assert [line.data for line in lines] == [data for _, data in expected(LOG)]


def test_a_line_over_the_limit_is_quarantined_with_its_length(tmp_path: Path) -> None:
    giant = b"type=CWD msg=audit(1.001:1): cwd=" + b"41" * LINE_LIMIT
    parts = [SHORT + giant[:1_500_000], giant[1_500_000:] + b"\n" + SHORT]
    lines, quarantined = stream(written(tmp_path, parts))
    assert [one.reason for one in quarantined] == [Reason.TOO_LONG]
    assert str(len(giant)) in quarantined[0].detail
    assert len(quarantined[0].line.data) == LINE_LIMIT
    assert len(lines) == 2 * len(SHORT.splitlines())
    assert lines[-1].offset == len(SHORT + giant + b"\n" + SHORT) - len(SHORT.splitlines()[-1]) - 1


@pytest.mark.parametrize("name", ["gzip", "xz", "zstd"])
def test_a_bomb_swells_piece_by_piece(tmp_path: Path, name: str) -> None:
    bomb = COMPRESSORS[name](bytes(64 << 20))
    lines, quarantined = stream(written(tmp_path, [bomb]))
    assert lines == []
    assert [one.reason for one in quarantined] == [Reason.UNKNOWN_FORMAT]


def test_progress_counts_stored_bytes(tmp_path: Path) -> None:
    paths = written(tmp_path, [gzip.compress(LOG), LOG])
    total = sum(path.stat().st_size for path in paths)
    told: list[tuple[int, int]] = []
    list(
        read(
            [str(path) for path in paths],
            recognise=registry.sniff,
            stands_alone=registry.stands_alone,
            progress=lambda done, of: told.append((done, of)),
        )
    )
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_wrong_paths_are_named_before_anything_is_read(tmp_path: Path) -> None:
    good = written(tmp_path, [LOG])[0]
    with pytest.raises(NotFoundError, match="no-such"):
        stream([good, tmp_path / "no-such"])
    with pytest.raises(NotFoundError, match="is a directory"):
        stream([good, tmp_path])


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Without root's right to read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(user)


@pytest.mark.usefixtures("as_nobody")
def test_a_file_without_permission_is_denied() -> None:
    with TemporaryDirectory() as folder:
        path = written(Path(folder), [LOG])[0]
        path.chmod(0)
        with pytest.raises(DeniedError, match="part-0"):
            stream([path])


def test_standard_input_is_read_as_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, [gzip.compress(LOG)])[0]
    script = (
        "from foreseen.parsers import registry; from foreseen.sources.file import read; "
        "print(sum(len(b.lines) for b in "
        "read(['-'], recognise=registry.sniff, stands_alone=registry.stands_alone)))"
    )
    with path.open("rb") as piped:
        done = subprocess.run(
            [sys.executable, "-c", script], stdin=piped, capture_output=True, check=True
        )
    assert int(done.stdout) == len(expected(LOG))
