"""What came before a match, as the shard saved it with the match, beside the events themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foreseen.lake.asking.match_list import judged_match
from foreseen.lake.asking.narrowed import Asker, equal, narrowed


@dataclass(frozen=True, slots=True)
class Step:
    """An event of a window.

    Attributes:
        seq: Its number in the stream.
        age: How long before the match it was, ms.
        token: What it was, folded.
        event: Its columns; None: it is no longer in the lake.
    """

    seq: int
    age: int
    token: str
    event: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SavedWindow:
    """A match's window.

    Attributes:
        match: The match's row.
        steps: Events of its stream, oldest first.
        session: What came before in its login session, oldest first, folded.
        siblings: What its parent's other children did before, oldest first, folded.
        failures: Failed logins before the session's; None where that login is not known.
        complete: False where telemetry before the match is known to be missing.
    """

    match: dict[str, Any]
    steps: tuple[Step, ...]
    session: tuple[str, ...]
    siblings: tuple[str, ...]
    failures: int | None
    complete: bool | None


def saved_window(asker: Asker, uid: str, columns: Sequence[str]) -> SavedWindow:
    """The window of a match.

    Args:
        asker: Who asks.
        uid: The match.
        columns: Columns of the events; `seq` must be among them.

    Raises:
        NotFoundError: The tenant has no such match.
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    match = judged_match(asker, uid).match
    seqs, ages, tokens = (match[f"window_{name}"] or [] for name in ("seqs", "ages", "tokens"))
    events = _events(asker, match, columns) if seqs else {}
    steps = zip(seqs, ages, tokens, strict=False)  # as long as each other, as the shard saves them
    return SavedWindow(
        match,
        tuple(Step(seq, age, token or "", events.get(seq)) for seq, age, token in steps),
        tuple(match["session_tokens"] or ()),
        tuple(match["sibling_tokens"] or ()),
        match["session_failures"],
        match["window_complete"],
    )


def _events(
    asker: Asker, match: dict[str, Any], columns: Sequence[str]
) -> dict[int, dict[str, Any]]:
    """Events of the window that are still there, by their number."""
    seqs, times = match["window_seqs"], [match["time"] - age for age in match["window_ages"]]
    numbers, when = (min(seqs), max(seqs)), (min(times), max(times))
    values: dict[str, object] = {
        "stream": match["stream"],
        "seqs": seqs,
        "least": numbers[0],
        "most": numbers[1],
        "since": when[0],
        "until": when[1],
    }
    named = ", ".join(f'"{name}"' for name in columns)
    with narrowed(asker) as asked:
        asked.show(
            "events", "events", {"stream": equal(match["stream"]), "seq": numbers, "time": when}
        )
        found = asked.records(
            f"SELECT {named} FROM events WHERE stream = $stream "  # noqa: S608 (names of ours)
            f"AND seq BETWEEN $least AND $most AND time BETWEEN $since AND $until "
            f"AND list_contains($seqs::BIGINT[], seq)",
            values,
        )
    return {row["seq"]: row for row in found}
