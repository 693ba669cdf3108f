"""Foreseen without the window: what the act, its doer and its parent tell by themselves."""

from dataclasses import replace

import pyarrow as pa

from foreseen.models.moments.moment import Moment
from foreseen.studies.benchmark.dataset import Dataset
from foreseen.studies.benchmark.method import Scored
from foreseen.studies.benchmark.ours import Ours


class WithoutWindow:
    """The product's models on matches of which nobody knows what came before them.

    It gets no events before the match, none of its session or its siblings, no failed logins, and
    no ancestors: the parent and its command line stay. So it shows what the window is worth.
    """

    name = "foreseen without the window"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """As `Ours`, on matches without a window."""
        alone = {uid: _alone(moment) for uid, moment in data.moments.items()}
        hidden = replace(data, moments=alone, events=_each_alone(data.events))
        return Ours()(hidden, budget=budget, seed=seed)


def _alone(moment: Moment) -> Moment:
    bare = replace(moment, window=(), session=(), siblings=(), ancestry=(), elsewhere=())
    return replace(bare, failures=None)


def _each_alone(events: pa.Table) -> pa.Table:
    """Each event in a session of its own, so that nothing came before it."""
    at = events.schema.get_field_index("session")
    names = pa.array(range(events.num_rows)).cast(pa.string())
    return events.set_column(at, events.schema.field(at), names)
