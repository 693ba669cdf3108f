"""Orders to read quarantine again, on their way: control database, intake, shard.

An order is durable before it is sent, sent until the intake has it, and carried out once however
often it comes, for the shard's state remembers its number. So lines become events exactly once.
"""

import logging
from collections.abc import Callable
from threading import Event

import orjson
from sqlalchemy import Engine

from foreseen.control.quarantine import WaitingOrder, sent, waiting, withdraw
from foreseen.core.errors import MalformedInputError, TransientError
from foreseen.core.ids import TenantId
from foreseen.core.records import Line
from foreseen.intake.entries import Entry, EntryKind, Stored
from foreseen.intake.protocol import Appender
from foreseen.pipeline.shard import Lines

log = logging.getLogger("foreseen.quarantine")

_PATH = "quarantine"
_NO_ORDER = "order"
_SECONDS = 2.0


def send_waiting(engine: Engine, intake: Appender, tenant: TenantId, now: int) -> int:
    """Hand the intake the orders that it may not have; returns how many.

    Raises:
        TransientError: The intake or the database cannot take them now; call again.
    """
    orders = waiting(engine, tenant)
    for order in orders:
        try:
            intake.append([_entry(tenant, order, now)])
        except MalformedInputError:
            log.exception("order %d cannot be sent; its lines stay in quarantine", order.number)
            withdraw(engine, tenant, order.number)
        else:
            sent(engine, tenant, order.number)
    return len(orders)


def keep_sending(
    engine: Engine, intake: Appender, tenant: TenantId, clock: Callable[[], int], stop: Event
) -> None:
    """Send orders as they come, until told to stop; for a thread of the server."""
    while not stop.wait(_SECONDS):
        try:
            send_waiting(engine, intake, tenant, clock())
        except TransientError as error:
            log.warning("orders of quarantine wait: %s", error)


def lines_of_order(stored: Stored) -> Lines:
    """The lines of an entry that is an order, with the identities that they always had.

    They were received now, so that they are judged like what comes late. Their parser is one of
    their own: what the source's own has begun stays as it is. What is no order is itself put into
    quarantine.
    """
    entry, now = stored.entry, stored.entry.received
    try:
        told = orjson.loads(entry.data)
        lines = [
            Line(entry.source, int(place), int(number), str(path), bytes.fromhex(raw), now)
            for place, number, path, raw in told["lines"]
        ]
        order = int(told["order"])
    except (ValueError, LookupError, TypeError):
        log.exception("the entry at offset %d is no order of quarantine", stored.offset)
        whole = Line(entry.source, stored.offset, 1, entry.path, entry.data, now)
        return Lines(entry.source, _NO_ORDER, [whole])
    return Lines(f"{entry.source}\0order {order}", entry.format, lines, ended=True, order=order)


def _entry(tenant: TenantId, order: WaitingOrder, now: int) -> Entry:
    data = orjson.dumps({"order": order.number, "lines": orjson.Fragment(order.content)})
    return Entry(tenant, order.source, _PATH, order.format, now, data, EntryKind.REPLAY)
