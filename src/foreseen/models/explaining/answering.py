"""Whose history answers for a match, in words: its workload's own, its group's or all workloads'.

A workload may be well known by other rules where the one that matched is new: then the rule is
said to be new there, and not the workload.
"""

from dataclasses import dataclass

from foreseen.core.decisions import Level
from foreseen.models.ensemble import RuleModel
from foreseen.models.explaining.phrases import several
from foreseen.models.members.common import Common
from foreseen.models.members.levels import SPREAD, Standing


@dataclass(frozen=True, slots=True)
class Answering:
    """Whose history answers for one rule on one workload.

    Attributes:
        workload: Whose match it is.
        standing: Whose history answers.
        own: Expected matches of the rule on the workload itself.
        is_known: Whether any rule's expected matches are of the workload.
    """

    workload: str
    standing: Standing
    own: int
    is_known: bool

    @property
    def members(self) -> tuple[str, ...]:
        """The other workloads that answer; none where the workload's own history does."""
        return self.standing.members

    @property
    def alone(self) -> bool:
        """Whether the workload's own history answers."""
        return self.standing.level is Level.WORKLOAD

    @property
    def others(self) -> str:
        """The others and why they are asked, e.g. `3 other workloads (this workload is new)`."""
        group = self.standing.name
        of = f" of the group {group}" if self.standing.level is Level.GROUP else ""
        return f"{several(len(self.members), 'other workload')}{of} ({self._new})"

    @property
    def everywhere(self) -> str:
        """All whose matches are counted together, e.g. `on db and 3 other workloads (...)`."""
        if self.alone:
            return f"on {self.workload}"
        return f"on {self.workload} and {self.others}" if self.own else f"on {self.others}"

    def often(self, times: int) -> str:
        """How often something was seen, as the levels count above the workload.

        Args:
            times: The workload's own count, or that which `SPREAD` others reach each: the larger.
        """
        if not times:
            own = f"not on {self.workload}, and " if self.own else ""
            return f"{own}on at most {SPREAD - 1} of {self.others}"
        return f"{several(times, 'time')} {self.enough}"

    @property
    def enough(self) -> str:
        """Where a habit must be to count, e.g. `on db or on each of 2 of 3 other workloads (...)`.

        On the workload itself, or on `SPREAD` of the others.
        """
        if self.alone:
            return f"on {self.workload}"
        own = f"on {self.workload} or " if self.own else ""
        some = "" if len(self.members) == SPREAD else f"{SPREAD} of "
        return f"{own}on each of {some}{self.others}"

    @property
    def _new(self) -> str:
        return f"this rule is new on {self.workload}" if self.is_known else "this workload is new"


def answering(
    model: RuleModel, workload: str, standing: Standing, common: Common | None = None
) -> Answering:
    """Who answers for a model's rule on a workload.

    Args:
        model: Of the rule.
        workload: Whose match it is.
        standing: Whose history answers.
        common: What all rules know of workloads; None: what this rule knows is all.
    """
    own = model.history.get(workload, 0)
    # Tenure is fitted on the expected matches of all rules, so it has heard of every workload.
    is_known = own > 0 or (common is not None and workload in common.tenure.dump())
    return Answering(workload, standing, own, is_known)


def by_itself(model: RuleModel, workload: str) -> Answering:
    """The workload's own history answers."""
    standing = Standing(Level.WORKLOAD, workload, model.history.get(workload, 0))
    return answering(model, workload, standing)
