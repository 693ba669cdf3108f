"""Moments that did not happen: a match's act in a context where it does not belong.

A classifier needs something to tell expected matches from, and no attack may be used. So contexts
are corrupted (noise-contrastive estimation, Gutmann and Hyvarinen 2010): the act stays and the
window, the doer or the parent comes from another match, preferably of another workload; or the act
of another match appears in this one's place.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from foreseen.models.moments.moment import Moment


def corrupted(moments: Sequence[Moment], others: Sequence[Moment], seed: int) -> list[Moment]:
    """One corrupted moment for each moment.

    Args:
        moments: Expected matches of one rule.
        others: Matches of any rule and workload, the source of foreign parts.
        seed: The same seed gives the same corruption.

    Returns:
        Moments with parts exchanged; those that came out equal to an expected one are left out.
    """
    chance = random.Random(seed)  # noqa: S311 (sampling, not secrecy)
    known = {_identity(moment) for moment in moments}
    made = [chance.choice(_CORRUPTIONS)(moment, chance.choice(others)) for moment in moments]
    return [moment for moment in made if _identity(moment) not in known]


def _identity(moment: Moment) -> tuple[object, ...]:
    return (moment.workload, moment.act, moment.who, moment.parent, moment.ancestry, moment.window)


def _foreign_context(moment: Moment, other: Moment) -> Moment:
    return replace(
        moment,
        window=other.window,
        ages=other.ages,
        session=other.session,
        siblings=other.siblings,
        elsewhere=other.elsewhere,
        failures=other.failures,
    )


def _foreign_lineage(moment: Moment, other: Moment) -> Moment:
    return replace(
        moment,
        parent=other.parent,
        ancestry=other.ancestry,
        session=other.session,
        siblings=other.siblings,
    )


def _foreign_doer(moment: Moment, other: Moment) -> Moment:
    return replace(
        moment,
        who=other.who,
        parent=other.parent,
        ancestry=other.ancestry,
        session=other.session,
        failures=other.failures,
    )


def _foreign_act(moment: Moment, other: Moment) -> Moment:
    return replace(moment, act=other.act, siblings=other.siblings)


_CORRUPTIONS: tuple[Callable[[Moment, Moment], Moment], ...] = (
    _foreign_context,
    _foreign_lineage,
    _foreign_doer,
    _foreign_act,
)
