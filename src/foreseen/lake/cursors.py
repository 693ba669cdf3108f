"""How far a producer has come: versions that travel in the tables' own transactions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from foreseen.core.errors import MalformedInputError
from foreseen.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a producer has come with the rows that it commits.

    Attributes:
        app_id: The producer, e.g. `shard-0`.
        version: Offset after the input that the rows came from; grows with every commit.
        after: Offset before that input. Given, a commit that would repeat part of what a table
            holds is refused instead of duplicated.
        time: How late it was after that input, as the input itself says, ms UTC; kept in the same
            transaction. Of several producers in one commit, `Told` speaks instead.
    """

    app_id: str
    version: int
    after: int | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Rows of one producer, by table, and how far it is with them."""

    batches: Mapping[str, pa.Table]
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Told:
    """What a committer says of the time after the rows that it commits.

    Attributes:
        clock: Whose time it is: `Lake.since` tells it to those that ask for this name.
        time: ms UTC.
    """

    clock: str
    time: int


class Marks:
    """Cursors that one transaction moves, checked one after the other."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        """Where each producer is after the transaction."""

    def takes(self, table: str, cursor: Cursor, held: int | None) -> bool:
        """Whether a delivery's rows belong into the transaction; then its cursor moves.

        Args:
            table: Name of the table, for the error.
            cursor: Of the delivery.
            held: Version of the producer that the table has before the transaction.

        Raises:
            MalformedInputError: What the table holds cuts the delivery in two.
        """
        held = self.versions.get(cursor.app_id, held)
        if held is not None and held >= cursor.version:
            return False
        if held is not None and cursor.after is not None and held > cursor.after:
            raise MalformedInputError(
                f"{table}: holds {cursor.app_id} up to {held}, which cuts the commit "
                f"({cursor.after}, {cursor.version}] in two; deliver up to {held} first "
                f"(Lake.progress says so)"
            )
        self.versions[cursor.app_id] = cursor.version
        return True


def growing(cursors: Iterable[Cursor]) -> None:
    """Check that each cursor's input has an extent.

    Raises:
        MalformedInputError: One ends before it begins.
    """
    for cursor in cursors:
        if cursor.after is not None and cursor.after >= cursor.version:
            raise MalformedInputError(f"cursor does not grow: {cursor}")


def judge_of(tenant: TenantId) -> str:
    """Producer of what the judge of an organisation commits: predictions, and matches that fired.

    Who reads matches to judge them leaves these out: they follow from the others.
    """
    return f"judge/{tenant}"


@dataclass(frozen=True, slots=True)
class Progress:
    """What a producer finds when it starts again.

    Attributes:
        done: Every table holds the input up to here; start after it. None: nothing yet.
        reached: Some table holds the input up to here. When it is more than `done`, a crash fell
            between two tables: deliver exactly (done, reached] as the first commit.
    """

    done: int | None
    reached: int | None
