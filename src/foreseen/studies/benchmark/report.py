"""A contest as JSON."""

import math
from collections.abc import Iterable
from dataclasses import asdict

from foreseen.studies.benchmark.bootstrap import Interval
from foreseen.studies.benchmark.contest import Contest, Difference, Entry
from foreseen.studies.benchmark.outcome import Macro, Oracle, Outcome, View
from foreseen.studies.benchmark.ranking import ORACLE_RECALLS


def as_json(contest: Contest) -> dict[str, object]:
    """The whole contest, with null where a figure cannot be told; never NaN or infinite.

    `rows` holds every method's outcome on all rules (`rule` null) and on each.
    """
    entries = contest.entries
    has_other = any(entry.without_harness for entry in entries)
    return {
        "dataset": contest.dataset,
        "budget": contest.order.budget,
        "seed": contest.order.seed,
        "harness_counts": contest.order.harness,
        "clusters": contest.clusters,
        "rows": [row for entry in entries for row in _rows(entry.method, entry.outcome)],
        "groups_found": {entry.method: _groups(entry.outcome.overall) for entry in entries},
        "macro": [_macro(entry.method, entry.outcome.macro) for entry in entries],
        "methods": [_method(entry) for entry in entries],
        "differences": [_difference(each) for each in contest.differences],
        "failed": [{"method": each.method, "reason": each.reason} for each in contest.failures],
        "rows_without_harness": [
            row
            for entry in entries
            for row in _rows(entry.method, entry.without_harness or entry.outcome)
        ]
        if has_other
        else None,
    }


def _rows(method: str, view: View) -> Iterable[dict[str, object]]:
    return (_row(method, outcome) for outcome in (view.overall, *view.rules))


def _row(method: str, outcome: Outcome) -> dict[str, object]:
    return {
        "method": method,
        "rule": outcome.rule,
        "benign_matches": _count(outcome.benign),
        "malicious_matches": outcome.malicious,
        "benign_suppressed": number(outcome.benign_suppressed),
        "malicious_recall": number(outcome.malicious_recall),
        "roc": number(outcome.roc),
        "alert_rate_promised": number(outcome.promised),
        "alert_rate_realised": number(outcome.realised),
        "malicious_alerted": outcome.alerted,
        "malicious_suppressed_bound": number(outcome.malicious_suppressed_bound),
        "groups": outcome.groups,
        "groups_found": outcome.groups_found,
        "groups_missed_bound": number(outcome.groups_missed_bound),
        "pairs": outcome.pairs,
        "pairs_found": outcome.pairs_found,
        "oracle_benign_suppressed": _oracle(outcome.oracle),
    }


def _groups(outcome: Outcome) -> dict[str, object]:
    return {
        "found": outcome.groups_found,
        "groups": outcome.groups,
        "missed": list(outcome.groups_missed),
        "pairs_found": outcome.pairs_found,
        "pairs": outcome.pairs,
    }


def _macro(method: str, macro: Macro) -> dict[str, object]:
    return {
        "method": method,
        "benign_suppressed": number(macro.benign_suppressed),
        "malicious_recall": number(macro.malicious_recall),
        "roc": number(macro.roc),
        "roc_rules": list(macro.roc_rules),
        "oracle_benign_suppressed": _oracle(macro.oracle),
    }


def _method(entry: Entry) -> dict[str, object]:
    return {
        "method": entry.method,
        "cpu_seconds": entry.cpu_seconds,
        "microseconds_per_match": entry.microseconds,
        "threshold": number(entry.threshold),
        "own_threshold": entry.own_threshold,
        "unscored": entry.unscored,
        "alert_rate_realised": _interval(entry.realised),
        "alert_rate_promised": _interval(entry.promised),
    }


def _difference(difference: Difference) -> dict[str, object]:
    figures = {str(figure): _interval(found) for figure, found in difference.figures.items()}
    return {"method": difference.method, "against": difference.against, **figures}


def _interval(found: Interval | None) -> dict[str, float] | None:
    return asdict(found) if found else None


def _oracle(oracle: Oracle) -> dict[str, float | None]:
    return {f"{recall:g}": number(oracle[recall]) for recall in ORACLE_RECALLS}


def number(value: float | None) -> float | None:
    """A figure for JSON: null in place of what is not finite."""
    return value if value is not None and math.isfinite(value) else None


def _count(weight: float) -> float:
    """A sum of weights, whole where it is whole."""
    return int(weight) if weight.is_integer() else weight
