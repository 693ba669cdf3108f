"""A match as the models see it: its act, who did it, from what parent, and the tokens before it."""

from dataclasses import dataclass
from posixpath import basename

import pyarrow as pa

from foreseen.models.acts import Act, acts_of
from foreseen.models.tokens import LONGEST, folded, shape
from foreseen.models.windows_text import as_posix, path_as_posix

_COLUMNS = (
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
    "session_tokens",
    "sibling_tokens",
)


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


def moments_of(matches: pa.Table) -> list[Moment]:
    """Moments of rows of the matches table, in the same order."""
    acts, indices = acts_of(matches)
    columns = [matches.column(name).to_pylist() for name in _COLUMNS]
    return [
        _moment(acts[index], values)
        for index, values in zip(
            indices.to_numpy().tolist(), zip(*columns, strict=True), strict=True
        )
    ]


def _moment(act: Act, values: tuple[object, ...]) -> Moment:
    (uid, rule, workload, time, login, effective, parent, parent_command, ancestry, terminal,
     window, session, siblings) = values  # fmt: skip
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
        window=tuple(map(str, _list(window))),
        session=tuple(map(str, _list(session))),
        siblings=tuple(map(str, _list(siblings))),
    )


def _program(path: object, command: object) -> str:
    if command:
        return shape(as_posix(str(command)[:LONGEST]))
    return folded(basename(path_as_posix(str(path)))) if path else "?"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
