"""What a server under test gets when its intake is a broker: failpoints, and trims that archive."""

from collections.abc import Sequence
from pathlib import Path

from tests.crash.broker import archive, archived
from tests.crash.failpoints import at

from foreseen.intake import nats
from foreseen.intake.entries import Entry
from foreseen.intake.nats_place import Connection
from foreseen.intake.nats_streams import fetched, purge

_READ_BYTES = 8 << 20


def wire(folder: Path) -> None:
    """Failpoints around appends and trims; what is trimmed is kept in a folder."""
    trim, append = purge, nats.NatsIntake.append

    async def trimmed(connection: Connection, partition: int, before: int) -> None:
        await _keep(connection, partition, before, folder)
        at("broker.trim.before")
        await trim(connection, partition, before)
        at("broker.trim.after")

    def appended(self: nats.NatsIntake, entries: Sequence[Entry]) -> int:
        at("broker.append.before")
        end = append(self, entries)
        at("broker.append.after")
        return end

    setattr(nats, "purge", trimmed)  # noqa: B010 (not a name of its own)
    setattr(nats.NatsIntake, "append", appended)  # noqa: B010 (as above)


async def _keep(connection: Connection, partition: int, before: int, folder: Path) -> None:
    known = archived(folder)
    done = known[-1].sequence + 1 if known else 1
    while done < before:
        found = await fetched(connection, partition, done, _READ_BYTES)
        kept = [record for record in found if record.sequence < before]
        if not kept or kept[0].sequence != done:
            raise ValueError(f"record {done} is gone and was not archived")
        archive(folder, kept)
        done = kept[-1].sequence + 1
