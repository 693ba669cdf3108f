"""One installation, one lake, one intake: whose each is, and that one server has the folder.

The control database holds the installation's id, the lake's mark and a broker's note repeat it. A
server refuses a lake or a stream that is another's: it would take the other's rows and cursors for
its own, and trim what the other has not read. Readers need no id.
"""

import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from foreseen.control.cursors import Checkpoint, checkpoint, save
from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.opening import claimed, shown
from foreseen.intake.segments import lock_of
from foreseen.lake.lake import Lake, S3Options
from foreseen.lake.places.mark import NAME, marked, owner_of

_INSTALLATION = "installation"
"""A row among the cursors: its state is the id, written once."""


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Have a data folder whose intake is elsewhere for this process alone, while the block lasts.

    It is the lock of the intake's own log, so that a server with a broker and one without exclude
    each other too.

    Raises:
        ConfigurationError: Another process has it, or it cannot be written.
    """
    lock = lock_of(data / "intake")
    try:
        _lock(lock, data)
        yield
    finally:
        os.close(lock)


def _lock(lock: int, data: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ConfigurationError(f"{data}: another server works on this folder") from error


def refuse_the_lake_of_others(
    data: Path, control: Engine, lake: Lake, s3: Callable[[], S3Options | None]
) -> None:
    """Do nothing if the lake is this installation's or nobody's; then it is this one's.

    The id is on the disk here before the lake's mark is: a crash between leaves a lake of nobody.

    Args:
        data: The data folder, for the message.
        control: Its control database.
        lake: The lake; it is marked where nobody's mark is.
        s3: How S3 is reached; asked only where it lies there.

    Raises:
        ConfigurationError: The lake is another installation's.
        CorruptError: Its mark cannot be read.
        TransientError: A store does not answer.
    """
    found, kept = owner_of(lake.place), _id(control)
    ours = kept or (_new_id(control) if found is None else None)
    how = s3() if lake.place.folder is None else None
    holder = found or marked(lake.place, how, ours or "")
    if ours is None or holder != ours:
        raise ConfigurationError(
            f"{lake.place.uri}: this lake belongs to another installation than {data}: one control"
            f" database alone may work on it. Name a lake of its own with --lake, or restore the"
            f" control.db that belongs to it; if that is lost for ever, delete {NAME} there"
        )


def refuse_the_marked_of_others(data: Path, control: Engine, lake: Lake) -> None:
    """Do nothing if no other installation's mark is on a lake; it is not marked.

    Raises:
        ConfigurationError: One is.
        CorruptError: The mark cannot be read.
        TransientError: The store does not answer.
    """
    found = owner_of(lake.place)
    if found is not None and found != _id(control):
        raise ConfigurationError(
            f"{lake.place.uri}: this lake belongs to another installation than {data}"
        )


def refuse_the_intake_of_others(url: str, control: Engine) -> None:
    """Do nothing if a broker's partitions are this installation's or nobody's.

    Args:
        url: URL of the broker.
        control: The control database of an installation that has its lake.

    Raises:
        ConfigurationError: They are another's.
        TransientError: The broker does not answer.
    """
    owner = _id(control) or _new_id(control)
    if claimed(url, owner) != owner:
        raise ConfigurationError(
            f"{shown(url)}: another installation reads this stream, and each would delete what the"
            " other has not read; name another stream or topic with --intake, or go on with the"
            " data folder that belongs to it; if its control.db is lost for ever, take the note"
            " foreseen.installation off the stream"
        )


def _id(control: Engine) -> str | None:
    found = checkpoint(control, DEFAULT_TENANT, _INSTALLATION)
    return found.state.decode() if found and found.state else None


def _new_id(control: Engine) -> str:
    made = uuid.uuid4().hex
    save(control, DEFAULT_TENANT, Checkpoint(_INSTALLATION, 1, made.encode()))
    return _id(control) or made
