"""A place where servers live and die: a volume, a nursery, a producer, an oracle."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from deltalake.exceptions import DeltaError
from tests.crash.broker import Broker, started
from tests.crash.control import Nursery, Producer, Server, free_port, wait_until
from tests.crash.failpoints import Trigger
from tests.crash.oracle import Oracle, Verdict, sent
from tests.crash.producer import Manner
from tests.crash.serve import Life
from tests.crash.stores import Holding, holding
from tests.crash.volume import Volume

from foreseen.control.database import opened
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import DEFAULT_TENANT

VOLUME_MEGABYTES = 512
_NOW = 1_800_000_000_000
_SETTLED_SECONDS = 180.0
_LOOK_SECONDS = 0.4
_LANES = 4
_REST_SECONDS = 0.1
"""That each lane rests after an acknowledgement."""


@dataclass(slots=True)
class Site:
    """One installation on a volume of its own, with what acts on it.

    Attributes:
        work: Folder outside the volume: ledgers, messages, the trigger.
        volume: Where the stores lie; None where the machine has no loop devices: no cuts then.
        nursery: Forks servers.
        producer: Sends to whichever server is up.
        trigger: Arms failpoints.
        oracle: Knows what was acknowledged.
        life: How servers are started.
        broker: Where the server's intake is; None: a log of its own.
        server: The one that runs now.
        ready: Seconds until ready, of each start.
    """

    work: Path
    volume: Volume | None
    nursery: Nursery
    producer: Producer
    trigger: Trigger
    oracle: Oracle
    life: Life
    broker: Broker | None = None
    server: Server | None = None
    ready: list[float] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """Folder of the stores."""
        return Path(self.life.data)

    def start(self, **changed: object) -> Server:
        """Start a server; arguments change how it lives, this once."""
        if not (self.data / "control.db").exists():  # the first one was cut away
            _new_token(self.data, self.work / "token")
        life = replace(self.life, **changed)  # type: ignore[arg-type]  # fields of Life
        self.server = self.nursery.start(life)
        return self.server

    def begin(self, **changed: object) -> Server:
        """Start a server and wait until it is ready."""
        server = self.start(**changed)
        try:
            self.ready.append(server.ready())
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.messages[-4000:]}") from error
        return server

    def settle(self, seconds: float = _SETTLED_SECONDS) -> Verdict:
        """The oracle's word once all is well, or when the time is over; nobody may send now."""
        found = [self.look()]

        def good() -> bool:
            if found[-1] is not None and not found[-1].faults:
                return True
            time.sleep(_LOOK_SECONDS)
            found.append(self.look())
            return False

        wait_until(good, seconds)
        last = found[-1]
        if last is None:
            raise TimeoutError("the lake cannot be read")
        return last

    def look(self) -> Verdict | None:
        """The oracle's word now; None while tables are being made."""
        try:
            return self.oracle.judge(holding(self.data, whole=False))
        except (DeltaError, FileNotFoundError):
            return None

    def wait_for_bodies(self, least: int) -> None:
        """Wait until so many bodies are acknowledged.

        Raises:
            TimeoutError: They are not, for long.
        """
        if not wait_until(lambda: self.acked() >= least, _SETTLED_SECONDS):
            raise TimeoutError(f"{self.acked()} bodies acknowledged of {least}\n{self.messages}")

    def readable(self) -> Holding:
        """What can be read of the stores, for accounts; a store that cannot holds nothing."""
        return holding(self.data, whole=False, broken=True)

    def held(self) -> Holding:
        """What the stores hold now."""
        return holding(self.data)

    @property
    def ledgers(self) -> Path:
        """Folder of what the producer wrote down."""
        return self.work / "ledger"

    def acked(self) -> int:
        """Bodies that were acknowledged so far."""
        return len(sent(self.ledgers).acked)

    @property
    def messages(self) -> str:
        """What the servers said."""
        path = Path(self.life.log)
        return path.read_text() if path.exists() else ""


@contextmanager
def site(
    nursery: Nursery,
    *,
    on_volume: bool = True,
    shards: int = 1,
    with_broker: bool = False,
) -> Iterator[Site]:
    """A new site; all of it is thrown away at the end.

    Args:
        nursery: Forks the servers.
        on_volume: Whether the stores lie on a volume that can be cut and filled.
        shards: Processes that the server divides hosts among.
        with_broker: Whether the server's intake is a broker of the site's own.
    """
    with ExitStack() as stack:
        work = Path(tempfile.mkdtemp(prefix="foreseen-crash-"))
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        fast = _fast_folder(work, stack)
        volume = stack.enter_context(Volume(fast, VOLUME_MEGABYTES)) if on_volume else None
        data = (volume.folder if volume else work) / "data"
        data.mkdir()
        broker = _broker(fast / "broker", data / "archive", stack) if with_broker else None
        port, url = free_port(), broker.url if broker else ""
        messages, armed = str(work / "server.log"), str(work / "trigger")
        life = Life(str(data), port, messages, armed, shards=shards, intake=url)
        trigger = Trigger(work / "trigger")
        token, ledger = work / "token", work / "ledger"
        _new_token(data, token)
        manner = Manner(port, token, _REST_SECONDS, doubts=with_broker)
        producer = stack.enter_context(Producer(manner, ledger, _LANES))
        place = Site(work, volume, nursery, producer, trigger, Oracle(ledger), life, broker)
        try:
            yield place
        finally:
            if place.server is not None and place.server.is_alive:
                place.server.kill()


def _fast_folder(work: Path, stack: ExitStack) -> Path:
    """Where the volume's file lies: in memory if there is room, for it is synced all the time."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 4 * VOLUME_MEGABYTES << 20:
        found = Path(tempfile.mkdtemp(prefix="foreseen-crash-", dir=memory))
        stack.callback(shutil.rmtree, found, ignore_errors=True)
        return found
    return work


def _broker(folder: Path, archive: Path, stack: ExitStack) -> Broker:
    broker = started(folder, archive)
    stack.callback(broker.server.kill)
    return broker


def _new_token(data: Path, file: Path) -> None:
    with opened(data / "control.db") as control:
        ensure_tenant(control, DEFAULT_TENANT, now=_NOW)
        name = f"producer-{time.time_ns()}"
        token = create_token(control, DEFAULT_TENANT, name=name, scopes={Scope.INGEST}, now=_NOW)
    file.write_text(token)
