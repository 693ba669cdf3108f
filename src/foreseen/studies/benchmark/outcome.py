"""What a method did with a part of a data set: pooled over rules, rule by rule, and macro."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from foreseen.studies.benchmark.dataset import Reals, Truths
from foreseen.studies.benchmark.labels import NONE, Labels
from foreseen.studies.benchmark.ranking import (
    ORACLE_RECALLS,
    oracle_suppressed,
    ranked,
    roc,
)
from foreseen.studies.benchmark.thresholds import alerting, promise

LEAST_MALICIOUS = 20
"""With fewer malicious matches nothing is said of recall."""

CONFIDENCE = 0.95

Oracle = Mapping[float, float | None]
"""Share of benign matches suppressed by malicious recall, thresholds chosen on the test."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Matches of one part with a method's word on each.

    Attributes:
        labels: What they are.
        scores: Settled scores.
        alerts: Whether each alerts.
    """

    labels: Labels
    scores: Reals
    alerts: Truths

    @classmethod
    def of(cls, labels: Labels, scores: Reals, threshold: float) -> "Judged":
        """Matches judged by a threshold; `scores` are those of the whole data set."""
        own = scores[labels.rows]
        return cls(labels, own, alerting(own, threshold))

    def only(self, mask: Truths) -> "Judged":
        """Those that a mask takes."""
        return Judged(self.labels.only(mask), self.scores[mask], self.alerts[mask])


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts and shares of one method, of one rule or of all.

    Attributes:
        rule: The rule, None for all.
        benign: Benign matches, by weight.
        suppressed: Those of them that did not alert, by weight.
        malicious: Malicious matches.
        alerted: Those of them that alerted.
        groups: Groups with a match.
        groups_found: Those of them with an alert.
        groups_missed: Names of the others.
        pairs: (group, rule) with a match.
        pairs_found: Those of them with an alert.
        roc: Area under the ROC curve of the scores; None where a side is empty.
        promised: Share of expected matches said to alert, from calibration; None without any.
        oracle: With thresholds that know the test.
    """

    rule: str | None
    benign: float
    suppressed: float
    malicious: int
    alerted: int
    groups: int
    groups_found: int
    groups_missed: tuple[str, ...]
    pairs: int
    pairs_found: int
    roc: float | None
    promised: float | None
    oracle: Oracle

    @property
    def benign_suppressed(self) -> float | None:
        """Share of benign matches suppressed; None without one."""
        return self.suppressed / self.benign if self.benign else None

    @property
    def realised(self) -> float | None:
        """Share of benign matches that alerted; None without one."""
        return (self.benign - self.suppressed) / self.benign if self.benign else None

    @property
    def malicious_recall(self) -> float | None:
        """Share of malicious matches that alerted; None where they are too few for a claim."""
        return self.alerted / self.malicious if self.malicious >= LEAST_MALICIOUS else None

    @property
    def malicious_suppressed_bound(self) -> float:
        """Upper bound on the share of malicious matches suppressed, as if they were independent."""
        return upper_bound(self.malicious - self.alerted, self.malicious)

    @property
    def groups_missed_bound(self) -> float:
        """Upper bound on the share of groups without any alert."""
        return upper_bound(self.groups - self.groups_found, self.groups)


@dataclass(frozen=True, slots=True)
class Macro:
    """Means over rules, each rule counting the same; None where no rule qualifies.

    Attributes:
        benign_suppressed: Over rules with a benign match.
        malicious_recall: Over rules with enough malicious matches for a claim.
        roc: Within the rule; over the ambiguous rules, or where a data set names none, over those
            with enough malicious matches; each with both sides.
        roc_rules: The rules that `roc` is of.
        oracle: Not a mean: share of all benign matches of rules with a malicious match suppressed
            when each of these rules has a threshold of its own that knows the test.
    """

    benign_suppressed: float | None
    malicious_recall: float | None
    roc: float | None
    roc_rules: tuple[str, ...]
    oracle: Oracle


@dataclass(frozen=True, slots=True)
class View:
    """A method's outcome on some of the matches."""

    overall: Outcome
    macro: Macro
    rules: tuple[Outcome, ...]


def view(test: Judged, calibration: Judged, threshold: float) -> View:
    """The outcome on matches of test, with the promise that those of calibration make."""
    overall = _outcome(None, test, calibration, threshold)
    rules = tuple(
        _outcome(
            test.labels.names[rule],
            test.only(test.labels.rules == rule),
            calibration.only(calibration.labels.rules == rule),
            threshold,
        )
        for rule in np.unique(test.labels.rules)
    )
    return View(overall, _macro(rules, test.labels), rules)


def counts_in_roc(labels: Labels, rule: str, malicious: int) -> bool:
    """Whether a rule's ROC counts in the mean over rules, if it has one."""
    return rule in labels.ambiguous if labels.ambiguous else malicious >= LEAST_MALICIOUS


def upper_bound(hits: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound on a probability (Clopper and Pearson); 1 without a trial."""
    if hits >= trials:
        return 1.0
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, trials + 1)))])
    counts = np.arange(hits + 1)
    ways = logs[trials] - logs[counts] - logs[trials - counts]
    low, high = hits / trials, 1.0
    for _ in range(60):  # halves until nothing is left of a double
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        terms = ways + counts * np.log(middle) + (trials - counts) * np.log1p(-middle)
        low, high = (middle, high) if np.exp(terms).sum() > 1 - confidence else (low, middle)
    return float(high)


def _outcome(rule: str | None, test: Judged, calibration: Judged, threshold: float) -> Outcome:
    labels, silent = test.labels, ~test.alerts
    benign = float(labels.weights[labels.benign].sum())
    ranking = ranked(test.scores, labels.malicious, labels.weights)
    grouped = labels.malicious & (labels.groups != NONE)
    pairs = labels.groups * len(labels.names) + labels.rules
    every, found = (np.unique(labels.groups[rows]) for rows in (grouped, grouped & test.alerts))
    oracle = {recall: oracle_suppressed(ranking, recall) for recall in ORACLE_RECALLS}
    return Outcome(
        rule=rule,
        benign=benign,
        suppressed=float(labels.weights[labels.benign & silent].sum()),
        malicious=int(labels.malicious.sum()),
        alerted=int((labels.malicious & test.alerts).sum()),
        groups=len(every),
        groups_found=len(found),
        groups_missed=tuple(labels.group_names[code] for code in np.setdiff1d(every, found)),
        pairs=len(np.unique(pairs[grouped])),
        pairs_found=len(np.unique(pairs[grouped & test.alerts])),
        roc=roc(ranking),
        promised=promise(calibration.scores, calibration.labels.weights, threshold),
        oracle={
            recall: held / benign if benign and held is not None else None
            for recall, held in oracle.items()
        },
    )


def _macro(rules: tuple[Outcome, ...], labels: Labels) -> Macro:
    within = [
        each
        for each in rules
        if each.roc is not None and counts_in_roc(labels, str(each.rule), each.malicious)
    ]
    both = [each for each in rules if each.malicious and each.benign]
    benign = sum(each.benign for each in both)
    return Macro(
        benign_suppressed=_mean([each.benign_suppressed for each in rules]),
        malicious_recall=_mean([each.malicious_recall for each in rules]),
        roc=_mean([each.roc for each in within]),
        roc_rules=tuple(str(each.rule) for each in within),
        oracle={
            recall: sum((each.oracle[recall] or 0) * each.benign for each in both) / benign
            if both
            else None
            for recall in ORACLE_RECALLS
        },
    )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
