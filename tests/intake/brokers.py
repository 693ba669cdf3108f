"""Real brokers on loopback: a NATS server and Kafka's protocol, each in a process of its own."""

import json
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

_START_SECONDS = 20
_NATS = """
listen: "127.0.0.1:%(port)d"
max_payload: 1048576
jetstream { store_dir: %(folder)s, sync_interval: always }
%(more)s
"""
#: Kafka's protocol from librdkafka's own mock cluster, which `test.mock.num.brokers` hides; by its
#: C interface topics can be made with partitions, and brokers can go down and come up.
_KAFKA = """
import ctypes, glob, os, sys
import confluent_kafka

place = os.path.dirname(os.path.dirname(confluent_kafka.__file__))
lib = ctypes.CDLL(glob.glob(place + "/confluent_kafka.libs/librdkafka-*")[0])
pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
lib.rd_kafka_conf_new.restype = lib.rd_kafka_new.restype = pointer
lib.rd_kafka_mock_cluster_new.restype = pointer
lib.rd_kafka_mock_cluster_bootstraps.restype = text
lib.rd_kafka_new.argtypes = [number, pointer, text, ctypes.c_size_t]
lib.rd_kafka_mock_cluster_new.argtypes = [pointer, number]
lib.rd_kafka_mock_cluster_bootstraps.argtypes = [pointer]
lib.rd_kafka_mock_topic_create.argtypes = [pointer, text, number, number]
lib.rd_kafka_mock_broker_set_down.argtypes = [pointer, ctypes.c_int32]
lib.rd_kafka_mock_broker_set_up.argtypes = [pointer, ctypes.c_int32]
why = ctypes.create_string_buffer(500)
client = lib.rd_kafka_new(0, lib.rd_kafka_conf_new(), why, 500)
cluster = lib.rd_kafka_mock_cluster_new(client, 1)
print(lib.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
for line in sys.stdin:
    word, *rest = line.split()
    if word == "topic":
        done = lib.rd_kafka_mock_topic_create(cluster, rest[0].encode(), int(rest[1]), 1)
    else:
        change = {"down": lib.rd_kafka_mock_broker_set_down, "up": lib.rd_kafka_mock_broker_set_up}
        done = change[word](cluster, 1)
    print(done, flush=True)
"""


@dataclass
class NatsServer:
    """A nats-server that can be killed and started again on its folder."""

    folder: Path
    more: str = ""
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; on the port of before, if there was one."""
        if not self.port:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
        config = self.folder / "nats.conf"
        folder = json.dumps(str(self.folder / "store"))
        config.write_text(_NATS % {"port": self.port, "folder": folder, "more": self.more})
        program = Path(sysconfig.get_path("scripts")) / "nats-server"
        with (self.folder / "nats.log").open("ab") as log:
            self.process = subprocess.Popen([program, "-c", config], stdout=log, stderr=log)
        end = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError((self.folder / "nats.log").read_text())
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as found:
                return found.recv(4) == b"INFO"
        except OSError:
            return False


@dataclass
class KafkaServer:
    """A broker that speaks Kafka's protocol and keeps its records in memory."""

    process: subprocess.Popen[str]
    servers: str
    names: Iterator[int] = field(default_factory=count)

    @classmethod
    def start(cls) -> "KafkaServer":
        """Start one."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, "-c", _KAFKA],
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        return cls(process, process.stdout.readline().strip())

    def topic(self, partitions: int = 1) -> str:
        """Make a topic of a new name."""
        name = f"intake-{next(self.names)}"
        self.say(f"topic {name} {partitions}")
        return name

    def say(self, words: str) -> None:
        """`down`, `up` or `topic NAME PARTITIONS`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "0"

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.communicate()
