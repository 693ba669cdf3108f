"""What every member of a model must keep, whoever writes it: `check_model` is one call a member."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import orjson
from tests.models.histories import MINUTE, act_of, moment

from foreseen.models.moments.moment import Moment

Scores = npt.NDArray[np.float64]


class Fitted(Protocol):
    """A fitted member: raw scores of moments, and itself as JSON."""

    def scores(self, moments: Sequence[Moment]) -> Scores:
        """One row a moment, higher is less expected."""
        ...

    def dump(self) -> object:
        """JSON-ready."""
        ...


@dataclass(frozen=True)
class Member:
    """How to fit and load one kind of member."""

    name: str
    fit: Callable[[Sequence[Moment], int], Fitted]
    load: Callable[[object], Fitted]


def _jobs(first: int, count: int, *, crossed: bool = False) -> list[Moment]:
    """Two jobs, each with its own parent, user and window; crossed: the act of the other one."""
    chance = random.Random(first)  # noqa: S311 (made-up data)
    return [
        moment(
            uid=f"job-{number}",
            time=number * MINUTE,
            act=act_of(f"{'backup' if backup is not crossed else 'render'} -q /srv/{number % 5}"),
            parent="sh -c backup" if backup else "python# <word>",
            ancestry=("sh", "cron") if backup else ("python#", "systemd"),
            who=f"{'0' if backup else '33'} as 0, no terminal",
            window=tuple(chance.sample(_BACKUP if backup else _RENDER, 4)),
            siblings=tuple(chance.sample(_BACKUP if backup else _RENDER, 2)),
        )
        for number in range(first, first + count)
        for backup in [number % 3 == 0]
    ]


_BACKUP = [f"execve b{number}" for number in range(8)]
_RENDER = [f"execve r{number}" for number in range(8)]
EXPECTED, LATER, STRANGE = _jobs(0, 250), _jobs(250, 120), _jobs(400, 120, crossed=True)
HOSTILE = [
    moment(window=(), session=(), siblings=(), ancestry=(), who="", parent="", workload="unheard"),
    moment(window=("\x1f", "\0", "?", " ", "") * 500, parent="?", ancestry=("?",) * 9),
    moment(act=act_of("\x1b[2J \ud7ff \u202e"), who="\n", siblings=("a" * 100_000,)),
]


def check_model(member: Member) -> None:
    """Everything that a member promises.

    Raises:
        AssertionError: It breaks a promise; the message of the failing check says which.
    """
    fitted = member.fit(EXPECTED, 0)
    for check in (
        check_scores_are_finite,
        check_strange_scores_higher,
        check_same_seed_same_bytes,
        check_round_trip,
        check_no_batch_matters,
        check_input_is_left_alone,
    ):
        check(member, fitted)


def check_scores_are_finite(member: Member, fitted: Fitted) -> None:
    """One finite row of float64 a moment, none for none, whatever the moments hold."""
    for found in (EXPECTED[:1], LATER, STRANGE, HOSTILE, []):
        scores = fitted.scores(found)
        assert len(scores) == len(found), member.name
        assert scores.dtype == np.float64, member.name
        assert np.isfinite(scores).all(), member.name


def check_strange_scores_higher(member: Member, fitted: Fitted) -> None:
    """A habit of one job in the place of another scores above both in their places."""
    usual, strange = fitted.scores(LATER), fitted.scores(STRANGE)
    assert (np.median(strange, axis=0) > np.quantile(usual, 0.75, axis=0)).any(), member.name


def check_same_seed_same_bytes(member: Member, fitted: Fitted) -> None:
    """The same history and seed give the same bytes."""
    assert as_bytes(member.fit(EXPECTED, 0)) == as_bytes(fitted), member.name


def check_round_trip(member: Member, fitted: Fitted) -> None:
    """Loaded from its JSON, a member answers bit for bit the same and dumps the same bytes."""
    loaded = member.load(orjson.loads(as_bytes(fitted)))
    for found in (LATER, STRANGE, HOSTILE):
        assert np.array_equal(loaded.scores(found), fitted.scores(found)), member.name
    assert as_bytes(loaded) == as_bytes(fitted), member.name


def check_no_batch_matters(member: Member, fitted: Fitted) -> None:
    """A moment's scores do not depend on the moments beside it."""
    together = fitted.scores(LATER)
    alone = np.concatenate([fitted.scores([one]) for one in LATER])
    assert np.array_equal(together, alone), member.name
    assert np.array_equal(fitted.scores(LATER[::-1])[::-1], together), member.name


def check_input_is_left_alone(member: Member, fitted: Fitted) -> None:
    """Asking changes nothing: the bytes are the same after as before."""
    before = as_bytes(fitted)
    fitted.scores([*LATER, *HOSTILE])
    assert as_bytes(fitted) == before, member.name


def as_bytes(fitted: Fitted) -> bytes:
    """Stored form: JSON by a strict writer, so no objects of Python get in."""
    return orjson.dumps(fitted.dump(), option=orjson.OPT_SORT_KEYS)
