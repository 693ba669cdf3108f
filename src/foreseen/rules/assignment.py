"""Which rules look at which workloads: named sets of rules, given to workloads by tags."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.kernels import Array, Codes, Lists, Mask, array_of, compute
from foreseen.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Selection:
    """Rules by patterns (shell style, case does not count); an empty part does not restrict.

    Attributes:
        rules: Names or ids.
        tags: ATT&CK tags (`attack.t1059.*`) and compliance classifiers (`pci-dss:*`).
        packs: Folders of the rule's file, whole (`packs/linux`) or by one name (`linux`).
        levels: Sigma levels.
    """

    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedSet:
    """A named set of rules and the workloads that it is for.

    Attributes:
        name: For people.
        include: A rule is in when it meets every part that is given.
        exclude: And out again when it meets one of these.
        with_tags: Workloads that have one of these tags; empty for all.
        without_tags: But none of these.
    """

    name: str
    include: Selection = field(default_factory=Selection)
    exclude: Selection = field(default_factory=Selection)
    with_tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSets:
    """What a person set; nothing set means that all rules look at all workloads.

    Attributes:
        workloads: By pattern of a workload's name (shell style) its tags; all that fit count.
        sets: Named sets of rules.
    """

    workloads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sets: tuple[NamedSet, ...] = ()

    def tags_of(self, workload: str) -> frozenset[str]:
        """Tags of a workload."""
        return frozenset(
            tag
            for pattern, tags in self.workloads.items()
            if fnmatchcase(workload, pattern)
            for tag in tags
        )

    def sets_of(self, workload: str) -> tuple[NamedSet, ...]:
        """The sets that are for a workload; without any, all rules look at it."""
        tags = self.tags_of(workload)
        return tuple(each for each in self.sets if _is_for(each, tags))


class Assignment:
    """Which rules of one loaded set look at which workload; made once for each pair of both."""

    def __init__(self, sets: RuleSets, rules: Sequence[Rule]) -> None:
        """For loaded rules."""
        self._sets = sets
        self._rules = rules
        self._numbers = {rule.id: number for number, rule in enumerate(rules)}
        self._chosen: dict[str, Mask] = {
            each.name: np.array([chooses(each, rule) for rule in rules], np.bool_)
            for each in sets.sets
        }

    @property
    def empty(self) -> tuple[str, ...]:
        """Names of sets that hold no rule: their workloads would be looked at by none."""
        return tuple(name for name, chosen in self._chosen.items() if not chosen.any())

    def of(self, workload: str) -> Mask:
        """For each rule whether it looks at a workload."""
        sets = self._sets.sets_of(workload)
        if not sets:
            return np.ones(len(self._rules), np.bool_)
        chosen: Mask = np.logical_or.reduce([self._chosen[each.name] for each in sets])
        return chosen

    def kept(self, labels: Lists, workloads: Array) -> Lists:
        """The labels of rules that look at the workload of their event.

        Args:
            labels: One list of rule ids an event.
            workloads: One name an event; null reads as the empty name.
        """
        if not self._sets.sets:
            return labels
        names = compute.fill_null(workloads, "").dictionary_encode()
        allowed = np.array([self.of(name) for name in names.dictionary.to_pylist()], np.bool_)
        if allowed.all():
            return labels
        ids = array_of(list(self._numbers), pa.string())
        rules = compute.index_in(compute.list_flatten(labels), ids)
        codes: Codes = rules.to_numpy(zero_copy_only=False).astype(np.int64)
        rows: Codes = compute.list_parent_indices(labels).to_numpy().astype(np.int64)
        keep = allowed[names.indices.to_numpy()[rows], codes]
        counts = np.bincount(rows[keep], minlength=len(labels))
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        kept: Lists = pa.ListArray.from_arrays(array_of(offsets), ids.take(array_of(codes[keep])))
        return kept


def chooses(each: NamedSet, rule: Rule) -> bool:
    """Whether a set holds a rule."""
    into = _met(each.include, rule)
    out = _met(each.exclude, rule)
    return all(into) and not any(out)


def _is_for(each: NamedSet, tags: frozenset[str]) -> bool:
    wanted = not each.with_tags or not tags.isdisjoint(each.with_tags)
    return wanted and tags.isdisjoint(each.without_tags)


def _met(selection: Selection, rule: Rule) -> list[bool]:
    """For each part of a selection that is given whether a rule meets it."""
    parts: list[tuple[tuple[str, ...], Callable[[Rule], Sequence[str]]]] = [
        (selection.rules, lambda rule: (rule.id, rule.uuid)),
        (selection.tags, _tags),
        (selection.packs, _packs),
        (selection.levels, lambda rule: (rule.level,)),
    ]
    return [_any_fits(patterns, names(rule)) for patterns, names in parts if patterns]


def _tags(rule: Rule) -> list[str]:
    attack = [f"attack.{name}" for name in (*rule.techniques, *rule.tactics)]
    return [*attack, *rule.compliance]


def _packs(rule: Rule) -> list[str]:
    folders = rule.path.replace("\\", "/").split("/")[:-1]
    return ["/".join(folders), *folders]


def _any_fits(patterns: Sequence[str], names: Sequence[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns for name in names)
