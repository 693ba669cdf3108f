"""The broker of a site: a real nats-server, all that it was ever given, and a copy nobody disturbs.

The pipeline trims what it has read. The server under test archives it before (see
`wiring_broker`), so that a run without faults can read all of it again, at the same offsets.
"""

import base64
import json
import os
import subprocess
import sysconfig
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.intake.brokers import NatsServer

from foreseen.intake.entries import Stored
from foreseen.intake.nats import NatsIntake
from foreseen.intake.nats_place import Connection, NatsPlace
from foreseen.intake.nats_streams import Record, fetched
from foreseen.intake.records import stored_of

PATIENCE_SECONDS = 2.0
_STREAM = "crash"
_BACKLOG = 256 << 20
_READ_BYTES = 8 << 20
_COPY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker with one partition.

    Attributes:
        server: The process.
        archive: Folder of the records that were trimmed.
    """

    server: NatsServer
    archive: Path

    @property
    def url(self) -> str:
        """As `foreseen up --intake` takes it."""
        return f"{self.server.url}/{_STREAM}?backlog={_BACKLOG}&patience={PATIENCE_SECONDS}"

    @property
    def place(self) -> NatsPlace:
        """The same for the client."""
        return NatsPlace(self.server.url, _STREAM, backlog=_BACKLOG, patience=PATIENCE_SECONDS)

    def records(self) -> list[Record]:
        """All records that it was ever given, in order.

        Raises:
            ValueError: Some are neither in the stream nor in the archive.
        """
        found = archived(self.archive)
        with closing(Connection(self.place)) as connection:
            while more := connection.run(fetched(connection, 0, len(found) + 1, _READ_BYTES)):
                found += more
        if [record.sequence for record in found] != list(range(1, len(found) + 1)):
            raise ValueError(f"the broker has lost records: {len(found)} are left, with holes")
        return found


def started(folder: Path, archive: Path) -> Broker:
    """A broker that runs, its store in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    server = NatsServer(folder)
    server.start()
    return Broker(server, archive)


def version() -> str:
    """Which broker it is."""
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip().replace(": v", " ")


def give(broker: Broker, records: Sequence[Record]) -> list[int]:
    """Put records into a broker; gives their numbers, in a fresh one the same as before."""
    with closing(NatsIntake.open(broker.place, 1)), closing(Connection(broker.place)) as connection:

        async def sent() -> list[int]:
            live = await connection.live()
            subject = broker.place.subject(0)
            return [
                (await live.jetstream.publish(subject, record.payload)).seq for record in records
            ]

        return connection.run(sent(), _COPY_SECONDS)


def entries_of(records: Sequence[Record]) -> list[Stored]:
    """What the pipeline reads of them."""
    return [stored_of(each.payload, each.sequence, _STREAM, each.received) for each in records]


def archived(folder: Path) -> list[Record]:
    """The records of an archive, in order."""
    found = []
    for path in sorted(folder.glob("*.records")):
        for line in path.read_text().splitlines():
            told = json.loads(line)
            payload = base64.b64decode(told["payload"])
            found.append(Record(told["sequence"], payload, told["received"]))
    return found


def archive(folder: Path, records: Sequence[Record]) -> None:
    """Keep records, all or none: who does it may be killed."""
    folder.mkdir(exist_ok=True)
    lines = (
        json.dumps(
            {
                "sequence": each.sequence,
                "received": each.received,
                "payload": base64.b64encode(each.payload).decode(),
            }
        )
        for each in records
    )
    path = folder / f"{records[0].sequence:012d}.records"
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text("\n".join(lines))
    partial.rename(path)
