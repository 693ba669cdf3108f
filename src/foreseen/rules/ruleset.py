"""A set of rules that labels batches; equal texts give an equal hash and equal labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pyarrow as pa

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.core.ids import ContentHash, RuleId, content_hash
from foreseen.rules.engine import Engine
from foreseen.rules.fields import Gate
from foreseen.rules.kernels import Lists, array_of
from foreseen.rules.rule import Rule
from foreseen.rules.tree import Tree

SEMANTICS = "1"


@dataclass(frozen=True, slots=True)
class Compiled:
    """One rule, ready to run, and the text that it came from."""

    rule: Rule
    gate: Gate
    tree: Tree
    text: str


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order of their ids, whatever the order of the files was.

    Attributes:
        rules: What the rules say of themselves.
        content: The rules' texts and the version of our semantics, as kept among the artefacts.
        hash: Content hash of `content`.
    """

    rules: tuple[Rule, ...]
    content: bytes = field(repr=False)
    hash: ContentHash
    _engine: Engine = field(repr=False, compare=False)

    def label(self, batch: pa.RecordBatch) -> Lists:
        """Ids of the rules that match each event, as list<string>, empty where none does.

        Each event is judged by itself: the labels do not depend on the rows beside it.

        Args:
            batch: Rows of the events table; a column that it lacks reads as null.

        Raises:
            CorruptError: `unmapped` is no JSON object though a rule looks into it.
        """
        rows, rules = self._engine.matches(batch)
        counts = np.bincount(rows, minlength=batch.num_rows)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        ids = array_of([rule.id for rule in self.rules], pa.string())
        labels: Lists = pa.ListArray.from_arrays(array_of(offsets), ids.take(array_of(rules)))
        return labels

    def rule(self, rule_id: RuleId) -> Rule:
        """The rule with this id.

        Raises:
            NotFoundError: There is none.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise NotFoundError(f"no rule '{rule_id}' among the {len(self.rules)} loaded")


def rule_set(compiled: Sequence[Compiled]) -> RuleSet:
    """Rules as one set.

    Raises:
        MalformedInputError: Two rules have the same id.
    """
    ordered = sorted(compiled, key=lambda each: each.rule.id)
    for one, two in pairwise(ordered):
        if one.rule.id == two.rule.id:
            first, second = one.rule, two.rule
            raise MalformedInputError(
                f"{second.path}:{second.line}: rule '{second.id}' stands also at"
                f" {first.path}:{first.line}; rename one of them"
            )
    text = "\0".join([SEMANTICS, *(f"{each.rule.id}\0{each.text}" for each in ordered)])
    content = text.encode("utf-8", "surrogatepass")
    return RuleSet(
        tuple(each.rule for each in ordered),
        content,
        content_hash(content),
        Engine([(each.gate, each.tree) for each in ordered]),
    )
