"""States go through their snapshots unchanged; what is no snapshot is refused by name."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recording import extract, lines_of
from tests.shipped import shipped_rules

from foreseen.core.errors import CorruptError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.pipeline.snapshots import dump_judge, dump_shard, load_judge, load_shard

LOADERS = pytest.mark.parametrize("load", [load_shard, load_judge])


@pytest.fixture(scope="session")
def busy() -> bytes:
    """A state in the middle of an event, with processes, sequences and a tail."""
    lines = lines_of(extract(403))
    artefacts = ShardArtefacts(DEFAULT_TENANT, shipped_rules())
    state, _ = step(ShardState(), [Lines("log", "auditd", lines)], artefacts)
    return dump_shard(state)


def test_a_snapshot_of_a_snapshot_is_the_same(busy: bytes) -> None:
    assert dump_shard(load_shard(busy)) == busy


def test_a_new_state_can_be_kept() -> None:
    assert load_shard(dump_shard(ShardState())) == ShardState()
    assert load_judge(dump_judge(JudgeState())) == JudgeState()


@LOADERS
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"format": 1}',
        b'{"format": 2}',
        b'{"format": 3}',
        b'{"format": 4}',
    ],
)
def test_what_is_no_snapshot_is_refused(load: object, content: bytes) -> None:
    assert callable(load)
    with pytest.raises(CorruptError, match="snapshot"):
        load(content)


@given(data=st.data())
def test_a_damaged_snapshot_is_refused_or_read_never_a_crash(
    busy: bytes, data: st.DataObject
) -> None:
    dumped = orjson.loads(busy)
    name = data.draw(st.sampled_from(sorted(dumped)))
    rubbish: list[object] = [None, 7, "text", [], {}, [7], [["auditd", "log", {}]], {"a": []}]
    dumped[name] = data.draw(st.sampled_from(rubbish))
    try:
        load_shard(orjson.dumps(dumped))
    except CorruptError as error:
        assert "snapshot" in str(error)  # noqa: PT017 (both outcomes are right)


def test_a_snapshot_of_a_parser_that_we_do_not_have_is_refused() -> None:
    dumped = orjson.loads(dump_shard(ShardState()))
    dumped["parsers"] = [["unknown", "log", {}]]
    with pytest.raises(CorruptError, match="unknown"):
        load_shard(orjson.dumps(dumped))
