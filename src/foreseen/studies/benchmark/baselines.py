"""What people do without a model: lists and counts of what was before; and all methods listed."""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.schema.arrow import AnyChunks
from foreseen.studies.benchmark.dataset import (
    CALIBRATE,
    TEST,
    TRAIN,
    Dataset,
    Integers,
    Reals,
    Truths,
)
from foreseen.studies.benchmark.deepcase import DeepCase
from foreseen.studies.benchmark.gated import GatedSequence
from foreseen.studies.benchmark.isolation import WindowForest
from foreseen.studies.benchmark.loaders.columns import combined
from foreseen.studies.benchmark.method import Method, Scored
from foreseen.studies.benchmark.sequences import DeepLog, Trigram
from foreseen.studies.benchmark.vocabulary import codes, preceding


class AlertAll:
    """No suppression at all."""

    name = "alert all"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Every match alerts."""
        del budget, seed
        return Scored(np.ones(data.matches.num_rows), _HALF)


class ExactAllowlist:
    """Suppress the command lines that a rule saw before, numbers folded; the token where none is.

    A list is kept up to date: what cal showed is on it when test is judged. It decides by itself
    and takes no budget.
    """

    name = "exact allowlist"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """1 where the line is not on the list, else 0."""
        del budget, seed
        written = pc.coalesce(data.matches["command"], tokens(data))
        folded = pc.replace_substring_regex(written, "[0-9]+", "0")
        return _unknown(data, combined(codes(data.matches["rule"]), codes(folded)))


class FirstSeen:
    """Suppress a rule on the workloads where it matched before; decides by itself like a list."""

    name = "first seen"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """1 where the rule is new on the workload, else 0."""
        del budget, seed
        return _unknown(data, combined(codes(data.matches["rule"]), codes(workloads(data))))


class RuleWorkloadFrequency:
    """Rarity of the rule on the workload: -log of its weighted matches in train.

    Counts, not shares of the workload's matches: what came a hundred times is expected on a noisy
    workload as well. Pairs never seen rank by how common the rule is anywhere.
    """

    name = "rule-workload frequency"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Higher where the rule was rarer on the workload."""
        del budget, seed
        rule = codes(data.matches["rule"])
        return _rarity(data, combined(rule, codes(workloads(data))), rule)


class ParentChildFrequency:
    """Rarity of parent > child under the rule on the workload: -log of its weighted count in train.

    Where a source gives no parent, the token before the match stands for it and the rule for the
    child. Pairs never seen on the workload rank by how common they are under the rule anywhere.
    """

    name = "parent > child frequency"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Higher where parent > child was rarer."""
        del budget, seed
        parents, children = data.matches["parent"], data.matches["child"]
        given = pc.is_valid(parents)
        parent = codes(pc.if_else(given, parents, _tokens_before(data)))
        child = codes(
            pc.if_else(given, pc.coalesce(children, tokens(data)), data.matches["rule"]),
        )
        pair = combined(codes(data.matches["rule"]), parent, child)
        return _rarity(data, combined(pair, codes(workloads(data))), pair)


def available() -> list[Method]:
    """The methods that can run here, the simple ones first."""
    missing = absent()
    return [method for method in _METHODS if method.name not in missing]


def absent() -> dict[str, str]:
    """Methods whose packages are not installed, and what to do about it."""
    reasons = {}
    for name, (extra, packages) in _NEEDS.items():
        missing = [package for package in packages if find_spec(package) is None]
        if missing:
            listed = ", ".join(missing)
            reasons[name] = f"not installed: {listed}; install foreseen[{extra}]"
    return reasons


def tokens(data: Dataset) -> AnyChunks:
    """The token of each match's own event."""
    return data.events["token"].take(data.matches["event"])


def workloads(data: Dataset) -> AnyChunks:
    """The workload of each match."""
    return data.events["workload"].take(data.matches["event"])


def _tokens_before(data: Dataset) -> AnyChunks:
    rows = preceding(data, data.matches["event"].to_numpy(), 1)[:, 0]
    return data.events["token"].take(pa.array(rows, pa.int64(), mask=rows < 0))


def _unknown(data: Dataset, key: Integers) -> Scored:
    """1 where a key does not occur in the parts before the match's own, 0 where it does."""
    part = data.column("part")
    scores = np.full(len(key), np.nan)
    for judged, history in ((CALIBRATE, (TRAIN,)), (TEST, (TRAIN, CALIBRATE))):
        rows = part == judged
        scores[rows] = ~np.isin(key[rows], key[np.isin(part, history)])
    return Scored(scores, _HALF)


def _rarity(data: Dataset, key: Integers, wider: Integers) -> Scored:
    """-log of a key's weight in train; where it has none, of its wider key's share (below one)."""
    train = data.column("part") == TRAIN
    narrow, wide = (_weight(data, train, which) for which in (key, wider))
    share = (wide + _HALF) / (data.weights[train].sum() + 1)
    return Scored(np.where(train, np.nan, -np.log(narrow + share)))


def _weight(data: Dataset, train: Truths, key: Integers) -> Reals:
    size = int(key.max(initial=0)) + 1
    summed: Reals = np.bincount(key[train], data.weights[train], minlength=size).astype(np.float64)
    return summed[key]


_HALF = 0.5
_METHODS: Sequence[Method] = (
    AlertAll(),
    ExactAllowlist(),
    FirstSeen(),
    RuleWorkloadFrequency(),
    ParentChildFrequency(),
    Trigram(),
    WindowForest(),
    DeepLog(),
    DeepCase(),
    GatedSequence(),
)
_NEEDS = {
    WindowForest.name: ("bench", ("sklearn", "scipy")),
    DeepLog.name: ("deep", ("torch", "deeplog", "torchtrain")),
    GatedSequence.name: ("deep", ("torch",)),
    DeepCase.name: ("deep", ("torch", "deepcase", "sklearn", "tqdm")),
}
