"""How far a producer has come: versions that travel in the tables' own transactions."""

from dataclasses import dataclass

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
            transaction.
    """

    app_id: str
    version: int
    after: int | None = None
    time: int | None = None


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
