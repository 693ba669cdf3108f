"""Acts: computed once, and no value can pose as another column."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import hostile_text

from foreseen.models.moments.acts import Act, acts_of
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

TEXT_COLUMNS = [
    "event_type",
    "process_path",
    "process_cmd_line",
    "file_path",
    "file_target",
    "dst_ip",
    "dst_path",
    "auth_service",
    "auth_account",
]
rows = st.fixed_dictionaries(
    {"class_uid": st.sampled_from([None, 1007, 1001, 4001, 3002])},
    optional={
        **dict.fromkeys(TEXT_COLUMNS, hostile_text),
        "dst_port": st.integers(-(2**40), 2**40),
        "status_id": st.sampled_from([0, 1, 2]),
    },
)


def act_of(**columns: object) -> Act:
    plain = {"class_uid": 1007, "event_type": "execve", "process_path": "/bin/sh", "status_id": 1}
    acts, _ = acts_of(batch_of([{**plain, **columns}], EVENT_SCHEMA))
    return acts[0]


@given(found=st.lists(rows, max_size=8))
def test_every_row_has_the_act_that_it_would_have_alone(found: list[dict[str, object]]) -> None:
    acts, indices = acts_of(batch_of(found, EVENT_SCHEMA))
    assert len(indices) == len(found)
    for row, index in zip(found, indices.to_pylist(), strict=True):
        alone, _ = acts_of(batch_of([row], EVENT_SCHEMA))
        assert acts[int(str(index))] == alone[0]


@pytest.mark.parametrize("separator", ["\x1f", "\x1e", "\0", "\n", "\t", "\x10", "\\", ","])
def test_no_separator_in_a_command_line_shifts_the_fields(separator: str) -> None:
    forged = separator.join(["x", "/etc/passwd", "", "10.9.8.7", "22", "", "sshd", "root", "2", ""])
    act = act_of(process_cmd_line=forged)
    assert act.kind == act_of(process_cmd_line="x").kind
    for column in ("process_path", "process_cmd_line", "file_path", "auth_account", "event_type"):
        kinds = {act_of(**{column: text}).kind for text in (f"a{separator}", f"a{separator}b")}
        assert all("\x00" not in kind or separator == "\0" for kind in kinds)


@given(left=hostile_text, right=hostile_text)
def test_values_of_two_columns_do_not_run_together(left: str, right: str) -> None:
    event = {"class_uid": 3002, "event_type": "USER_AUTH", "process_path": "/usr/sbin/sshd"}
    apart = act_of(**event, auth_service=f"{left}\x1f{right}", auth_account="root")
    shifted = act_of(**event, auth_service=left, auth_account=f"{right}\x1froot")
    assert apart.exact != shifted.exact


def test_an_act_is_computed_once_however_often_it_occurs() -> None:
    row = {"event_type": "execve", "process_path": "/bin/ls", "process_cmd_line": "ls"}
    found = [row, {**row, "process_cmd_line": "ls -l"}, row] * 500
    acts, indices = acts_of(batch_of(found, EVENT_SCHEMA))
    assert len(acts) == 2
    assert indices.to_pylist() == [0, 1, 0] * 500


def test_missing_and_null_columns_read_alike() -> None:
    bare = pa.table({"event_type": ["execve"], "process_path": ["/bin/sh"]})
    nulls = batch_of([{"event_type": "execve", "process_path": "/bin/sh"}], EVENT_SCHEMA)
    assert acts_of(bare)[0] == acts_of(nulls)[0]


def test_an_empty_batch_has_no_acts() -> None:
    acts, indices = acts_of(EVENT_SCHEMA.empty_table())
    assert (acts, len(indices)) == ([], 0)


def test_depths_go_from_exact_to_general() -> None:
    nightly, other = (act_of(process_cmd_line=f"sh -x /srv/{name}") for name in ("a", "b"))
    assert nightly.exact != other.exact
    assert nightly.kind == other.kind


@pytest.mark.parametrize("event_class", [1007, 1001, 4001, 3002])
def test_an_act_is_short_however_long_its_values_are(event_class: int) -> None:
    long = dict.fromkeys(TEXT_COLUMNS, "/a" * 500_000)
    act = act_of(**{**long, "class_uid": event_class})
    assert max(len(act.exact), len(act.shape), len(act.kind)) < 10_000


def test_what_failed_is_another_act() -> None:
    assert act_of(status_id=2).kind != act_of(status_id=1).kind


def test_connections_tell_loopback_private_and_public_and_the_service_port() -> None:
    acts = [
        act_of(class_uid=4001, event_type="connect", dst_ip=ip, dst_port=port).shape
        for ip, port in [("127.0.0.1", 80), ("10.0.0.1", 80), ("8.8.8.8", 80), ("8.8.8.8", 4444)]
    ]
    assert len(set(acts)) == len(acts)
    ephemeral = {
        act_of(class_uid=4001, event_type="connect", dst_ip="10.0.0.1", dst_port=port).exact
        for port in (40_000, 50_000)
    }
    assert len(ephemeral) == 1


def test_logins_tell_the_account_and_files_tell_where() -> None:
    logins = {
        act_of(class_uid=3002, auth_service="sshd", auth_account=a).shape for a in ("root", "web")
    }
    files = {act_of(class_uid=1001, file_path=p).shape for p in ("/etc/cron.d/a", "/srv/www/a")}
    assert (len(logins), len(files)) == (2, 2)
