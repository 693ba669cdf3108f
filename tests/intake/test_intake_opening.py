"""An intake by its name: what is wrong with a name is said, and no secret with it."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.intake.brokers import KafkaServer, NatsServer

from foreseen.core.errors import ConfigurationError, NotFoundError, TransientError
from foreseen.core.ids import TenantId
from foreseen.intake.entries import Entry, EntryKind
from foreseen.intake.keys import key_of, partition_of_source, partitions_of
from foreseen.intake.opening import open_appender, open_intake, open_partition, parsed

TENANT = TenantId("default")


def test_a_folder_a_stream_and_a_topic_are_intakes(
    tmp_path: Path, nats_shared: NatsServer, kafka_shared: KafkaServer
) -> None:
    stream = f"{nats_shared.url}/opened?backlog=16000000&patience=5"
    topic = f"kafka://{kafka_shared.servers}/{kafka_shared.topic()}?patience=5"
    for place in (tmp_path / "intake", stream, topic):
        with closing(open_intake(place)) as intake:
            intake.append([Entry(TENANT, "s", "p", "auditd", 1, b"x")])
            assert [each.entry.data for each in intake.read(intake.first, 100)] == [b"x"]


def test_partitions_are_opened_apart(nats_shared: NatsServer) -> None:
    url = f"{nats_shared.url}/apart?backlog=16000000"
    with closing(open_appender(url, 2)) as appender:
        assert appender.partitions == 2
        appender.append([Entry(TENANT, "", "", "", 1, kind=EntryKind.TICK)])
    for partition in range(2):
        with closing(open_partition(url, partition)) as reader:
            assert len(reader.read(reader.first, 100)) == 1
    with pytest.raises(ConfigurationError, match="there are 2 partitions and 1 are wanted"):
        open_intake(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://x:1/y", "is no URL of an intake"),
        ("kafka://", "is no URL of an intake"),
        ("kafka://x:1/a/b", "is no URL of an intake"),
        ("kafka://x:1", "name the topic"),
        ("kafka://x:1/t?most", "is wrong"),
        ("kafka://x:1/t?most=many", "most=many: no number"),
        ("kafka://x:1/t?most=0", "more than 0"),
        ("kafka://x:1/t?mots=1", "'mots' is not known"),
        ("kafka://x:1/t?sasl.password=s3cret", r"'sasl\.password' is not known here"),
        ("nats://user:s3cret@x:1/s?most=1", "'most' is not known"),
        ("nats://x:1/a.b", "letters, digits"),
        ("nats://user:s3cret@x:1/a/b", "is no URL"),
        ("nats://[x/s", "is wrong"),
    ],
)
def test_wrong_urls_are_told_without_secrets(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as told:
        open_appender(url)
    assert "s3cret" not in str(told.value)


def test_files_that_are_named_have_to_be_there_and_right(tmp_path: Path) -> None:
    for url in ("kafka://x:1/t?config=/no/file", "nats://x:1/s?credentials=/no/file"):
        with pytest.raises(NotFoundError, match="/no/file"):
            open_partition(url, 0)
    file = tmp_path / "kafka.properties"
    file.write_text("# comment\n\nsasl.password = a=b \nwrong\n")
    with pytest.raises(ConfigurationError, match=r"kafka\.properties:4: write name=value"):
        open_partition(f"kafka://x:1/t?config={file}", 0)
    file.write_text("security.protocol=none\n")
    with pytest.raises(ConfigurationError, match=r"security\.protocol"):
        open_partition(f"kafka://x:1/t?config={file}", 0)


def test_a_broker_that_is_not_there_is_told_soon() -> None:
    for url in ("nats://127.0.0.1:1/s", "kafka://127.0.0.1:1/t?patience=1"):
        with pytest.raises(TransientError, match=r"127\.0\.0\.1:1"):
            open_intake(url)


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [("nats://x:1/s", "nats", "nats"), ("kafka://x:1/t", "confluent_kafka", "cluster")],
)
def test_an_extra_that_is_not_installed_is_named(url: str, module: str, extra: str) -> None:
    program = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"from foreseen.intake.opening import open_intake\nopen_intake({url!r})"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # noqa: PLW1510
    assert f"pip install 'foreseen[{extra}]'" in told.stderr


def test_a_url_has_parts() -> None:
    found = parsed("kafka://a:1,b:2/my%20topic?security.protocol=SSL")
    assert (found.servers, found.name) == ("a:1,b:2", "my topic")
    assert found.options == {"security.protocol": "SSL"}


def test_sources_of_one_host_share_a_partition_and_ticks_go_to_all() -> None:
    assert [key_of(name) for name in ("web-1/auditd", "web-1", "/x", "")] == [
        "web-1",
        "web-1",
        "",
        "",
    ]
    for partitions in (1, 3, 16):
        for host in ("web-1", "ü", "\udc80"):
            names = (host, f"{host}/auditd", f"{host}/app/2")
            assert len({partition_of_source(TENANT, name, partitions) for name in names}) == 1
        tick = Entry(TENANT, "", "", "", 1, kind=EntryKind.TICK)
        assert list(partitions_of(tick, partitions)) == list(range(partitions))


def test_partitions_are_the_same_in_every_process_and_version() -> None:
    """They are on disk: a change would move streams to other shards."""
    names = [f"web-{each}" for each in range(12)]
    assert [partition_of_source(TENANT, name, 8) for name in names] == _KNOWN
    other = [partition_of_source(TenantId("other"), name, 8) for name in names]
    assert other != _KNOWN


_KNOWN = [4, 6, 2, 5, 3, 5, 7, 5, 6, 7, 6, 3]
