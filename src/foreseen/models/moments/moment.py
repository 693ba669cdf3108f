"""A match as the models see it: its act, who did it, from what parent, and the tokens before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import basename
from sys import intern

import pyarrow as pa

from foreseen.models.moments.acts import COLUMNS as ACT_COLUMNS
from foreseen.models.moments.acts import Act, acts_of
from foreseen.models.moments.elsewhere import elsewhere_of
from foreseen.models.moments.tokens import LONGEST, folded, shape
from foreseen.models.moments.windows_text import as_posix, path_as_posix

_OWN_COLUMNS = (
    "match_uid",
    "rule_id",
    "workload",
    "time",
    "user_uid",
    "process_user_uid",
    "parent_path",
    "parent_cmd_line",
    "lineage_paths",
    "process_terminal",
    "window_tokens",
    "window_ages",
    "session_tokens",
    "sibling_tokens",
    "session_failures",
)

COLUMNS = tuple(dict.fromkeys((*_OWN_COLUMNS, *ACT_COLUMNS)))
"""Columns of the matches table that a moment is made of, beside what was elsewhere."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One match with its context, folded.

    Attributes:
        uid: The match's name.
        rule: Rule that matched.
        workload: Whose baseline it is compared with.
        time: When, ms UTC.
        act: What it did, at three depths.
        who: Login user, the user it ran as and whether a terminal is attached.
        parent: The parent's image and the shape of its command line.
        ancestry: Images of parent and grandparents, nearest first.
        window: Tokens of the events before it on the stream, oldest first.
        session: Tokens of the events before it in its login session.
        siblings: Tokens of the earlier events of its parent's children.
        ages: How long before the match each event of the window was, ms; empty where unknown.
        elsewhere: What the same person did on other streams in the hour before, oldest first.
        failures: Failed logins of the account before the login of its session; None where no login
            is known.
    """

    uid: str
    rule: str
    workload: str
    time: int
    act: Act
    who: str
    parent: str
    ancestry: tuple[str, ...]
    window: tuple[str, ...]
    session: tuple[str, ...]
    siblings: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()
    ages: tuple[int, ...] = ()
    failures: int | None = None


def moments_of(
    matches: pa.Table,
    elsewhere: Sequence[tuple[str, ...]] | None = None,
    *,
    rows: Sequence[int] | None = None,
) -> list[Moment]:
    """Moments of rows of the matches table, in the same order.

    Args:
        matches: The rows.
        elsewhere: Tokens of each row's elsewhere; None: worked out of the rows, which must be all
            matches of a tenant then, at least of the hour before each.
        rows: Numbers of the rows that are wanted; None: all of them.
    """
    told = elsewhere_of(matches) if elsewhere is None else elsewhere
    if rows is not None:
        matches, told = matches.take(pa.array(rows, pa.int64())), [told[row] for row in rows]
    acts, indices = acts_of(matches)
    columns = [matches.column(name).to_pylist() for name in _OWN_COLUMNS]
    return [
        _moment(acts[index], values, tokens)
        for index, values, tokens in zip(
            indices.to_numpy().tolist(), zip(*columns, strict=True), told, strict=True
        )
    ]


def _moment(act: Act, values: tuple[object, ...], elsewhere: tuple[str, ...]) -> Moment:
    (uid, rule, workload, time, login, effective, parent, parent_command, ancestry, terminal,
     window, ages, session, siblings, failures) = values  # fmt: skip
    place = "terminal" if terminal else "no terminal"
    return Moment(
        uid=str(uid),
        rule=str(rule),
        workload=str(workload),
        time=int(str(time)),
        act=act,
        who=f"{login or 'without login'} as {effective or '?'}, {place}",
        parent=_program(parent, parent_command),
        ancestry=tuple(folded(basename(path_as_posix(str(p)))) for p in _list(ancestry)[:4]),
        window=_tokens(window),
        session=_tokens(session),
        siblings=_tokens(siblings),
        elsewhere=elsewhere,
        ages=tuple(_list(ages)),  # type: ignore[arg-type]  # a column of integers
        failures=failures if isinstance(failures, int) else None,
    )


def _program(path: object, command: object) -> str:
    if command:
        return shape(as_posix(str(command)[:LONGEST]))
    return folded(basename(path_as_posix(str(path)))) if path else "?"


def _tokens(value: object) -> tuple[str, ...]:
    """Tokens, each kept once for all moments: windows overlap, and a day has few distinct ones."""
    return tuple(intern(str(token)) for token in _list(value))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
