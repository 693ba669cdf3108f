"""What the lake holds of the organisation, how long it is kept, and what room is left."""

import shutil
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from pydantic import BaseModel

from foreseen import __version__
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.core.errors import TransientError
from foreseen.intake.log import IntakeLog
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.keeping.held import Held, held
from foreseen.lake.keeping.holdings import DAY
from foreseen.runners.history import settings_kept

if TYPE_CHECKING:
    from foreseen.lake.keeping.retention import Periods, Retention

router = APIRouter(prefix="/api/v1/storage")

_LATELY = 7 * DAY


class HeldView(BaseModel):
    """What a table of the lake holds of the organisation.

    Attributes:
        lately_bytes: Of files whose newest rows came in the last seven days; of rows that do not
            say when they came, of files written then.
        cold_files: Files that were written once more, denser, and stay until they expire.
        cold_after_seconds: At which age rows become cold; null: never, or not known.
        expire_after_seconds: At which age rows may go; null: never, or not known.
    """

    table: str
    rows: int
    files: int
    cold_files: int
    bytes: int
    lately_bytes: int
    oldest: str | None
    newest: str | None
    cold_after_seconds: float | None
    expire_after_seconds: float | None


class DiskView(BaseModel):
    """The disk that the lake lies on."""

    total_bytes: int
    free_bytes: int


class StorageView(BaseModel):
    """What is stored, and the room for more.

    Attributes:
        version: Of the server.
        retention_known: Whether a worker has said yet how long rows are kept.
        disk: Null where the lake lies in an object store.
        reserve_bytes: The intake refuses what would leave less than this free on its own disk;
            null: a broker or another process takes it in.
    """

    version: str
    tables: list[HeldView]
    retention_known: bool
    disk: DiskView | None
    reserve_bytes: int | None


@router.get("", responses=ANSWERS)
async def storage(
    request: Request, services: Serviced, desk: Desked, grant: Reading
) -> StorageView:
    """Rows and bytes of each table, as its log tells them, and until when rows are kept."""

    def work(asker: Asker) -> StorageView:
        kept = settings_kept(services.control, asker.tenant)
        intake, since = services.intake, services.clock() - _LATELY
        retention: Retention | None = kept[0].retention if kept else None
        return StorageView(
            version=__version__,
            tables=[
                _view(
                    name,
                    held(store, asker.tenant, since),
                    retention.of(name, asker.tenant) if retention else None,
                )
                for name, store in asker.lake.stores.items()
            ],
            retention_known=retention is not None,
            disk=_disk(asker),
            reserve_bytes=intake.keep_free if isinstance(intake, IntakeLog) else None,
        )

    return await desk.ask(request, grant, work)


def _view(name: str, found: Held, periods: "Periods | None") -> HeldView:
    return HeldView(
        table=name,
        rows=found.rows,
        files=found.files,
        cold_files=found.cold,
        bytes=found.bytes,
        lately_bytes=found.lately,
        oldest=iso(found.oldest),
        newest=iso(found.newest),
        cold_after_seconds=_seconds(periods.cold if periods else None),
        expire_after_seconds=_seconds(periods.expire if periods else None),
    )


def _seconds(period: int | None) -> float | None:
    return None if period is None else period / 1000


def _disk(asker: Asker) -> DiskView | None:
    folder = asker.lake.place.folder
    if folder is None:
        return None
    try:
        room = shutil.disk_usage(folder)
    except OSError as error:
        raise TransientError("the disk of the lake does not say what room it has") from error
    return DiskView(total_bytes=room.total, free_bytes=room.free)
