"""A contest as sheets of text for people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from foreseen.studies.benchmark.bootstrap import Figure, Interval
from foreseen.studies.benchmark.contest import Contest
from foreseen.studies.benchmark.outcome import LEAST_MALICIOUS, Outcome
from foreseen.studies.benchmark.ranking import ORACLE_RECALLS


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of texts.

    Attributes:
        title: What it shows.
        columns: Headings.
        rows: Cells, as many a row as headings.
        note: What a reader has to know.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def sheets(contest: Contest) -> list[Sheet]:
    """What a person reads, the most important first."""
    found = [_overall_sheet(contest), _rates_sheet(contest), _oracle_sheet(contest)]
    if any(entry.without_harness for entry in contest.entries):
        found.append(_harness_sheet(contest))
    if contest.differences:
        found.append(_difference_sheet(contest))
    return [*found, *_rule_sheets(contest)]


def _overall_sheet(contest: Contest) -> Sheet:
    columns = ("method", "suppressed", "recall", "groups", "(group, rule)", "ROC in rules")
    return Sheet(
        title=f"{contest.dataset}: all rules, thresholds from calibration alone",
        columns=(*columns, "us/match"),
        rows=tuple(
            (
                entry.method,
                *_shares(entry.outcome.overall),
                _of(outcome.groups_found, outcome.groups),
                _of(outcome.pairs_found, outcome.pairs),
                _plain(entry.outcome.macro.roc),
                f"{entry.microseconds:,.0f}",
            )
            for entry in contest.entries
            for outcome in [entry.outcome.overall]
        ),
        note=_sizes(contest),
    )


def _rates_sheet(contest: Contest) -> Sheet:
    return Sheet(
        title="Share of benign matches that alert [95 %, bootstrap over clusters]",
        columns=("method", "promised", "may come to", "realised", "of clusters like these"),
        rows=tuple(
            (
                entry.method,
                _share(entry.outcome.overall.promised),
                _range(entry.promised),
                _share(entry.outcome.overall.realised),
                _range(entry.realised),
            )
            for entry in contest.entries
        ),
        note="may come to: where the realised share lies if the promise holds",
    )


def _sizes(contest: Contest) -> str:
    if not contest.entries:
        return "no method answered"
    outcome = contest.entries[0].outcome.overall
    few = f"; recall is told from {LEAST_MALICIOUS} malicious matches on"
    return (
        f"{outcome.benign:,.0f} benign and {outcome.malicious:,} malicious matches of test in"
        f" {contest.clusters:,} clusters; suppressed: of the benign, recall: of the malicious"
        f"{few if outcome.malicious_recall is None else ''}"
    )


def _oracle_sheet(contest: Contest) -> Sheet:
    recalls = tuple(f"at {recall:.0%}" for recall in ORACLE_RECALLS)
    return Sheet(
        title="Benign suppressed at a malicious recall, thresholds chosen ON THE TEST (oracle)",
        columns=("method", *recalls, *(f"{each}, by rule" for each in recalls), "ROC"),
        rows=tuple(
            (
                entry.method,
                *map(_share, entry.outcome.overall.oracle.values()),
                *map(_share, entry.outcome.macro.oracle.values()),
                _plain(entry.outcome.overall.roc),
            )
            for entry in contest.entries
        ),
        note="the best that a ranking could do; by rule: each rule has its own threshold",
    )


def _harness_sheet(contest: Contest) -> Sheet:
    return Sheet(
        title="Without the matches that the recording itself made, same thresholds",
        columns=("method", "benign", "suppressed", "recall", "ROC in rules", "realised"),
        rows=tuple(
            (
                entry.method,
                f"{found.overall.benign:,.0f}",
                *_shares(found.overall),
                _plain(found.macro.roc),
                _share(found.overall.realised),
            )
            for entry in contest.entries
            if (found := entry.without_harness)
        ),
    )


def _difference_sheet(contest: Contest) -> Sheet:
    return Sheet(
        title=f"{contest.differences[0].method} against each, in points [95 % paired bootstrap]",
        columns=("against", "suppressed", "recall", "ROC in rules"),
        rows=tuple(
            (each.against, *(_points(each.figures[figure]) for figure in Figure))
            for each in contest.differences
        ),
        note="above 0: better than the other; an interval that holds 0 tells of no difference",
    )


def _rule_sheets(contest: Contest) -> Iterable[Sheet]:
    """The compared method rule by rule."""
    ours = contest.differences[0].method if contest.differences else None
    for entry in contest.entries:
        if entry.method == ours or (ours is None and len(contest.entries) == 1):
            yield Sheet(
                title=f"{entry.method} by rule",
                columns=(
                    *("rule", "benign", "malicious", "suppressed", "recall"),
                    *("ROC", "promised", "realised", "missed at most"),
                ),
                rows=tuple(_rule_cells(outcome) for outcome in entry.outcome.rules),
                note="at most: exact one-sided 95 % bound, as if matches were independent",
            )


def _rule_cells(outcome: Outcome) -> tuple[str, ...]:
    return (
        str(outcome.rule),
        f"{outcome.benign:,.0f}",
        f"{outcome.malicious:,}",
        *_shares(outcome),
        _plain(outcome.roc),
        _share(outcome.promised),
        _share(outcome.realised),
        _share(outcome.malicious_suppressed_bound if outcome.malicious else None),
    )


def _shares(outcome: Outcome) -> Sequence[str]:
    return _share(outcome.benign_suppressed), _share(outcome.malicious_recall)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f} %"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _of(found: int, all_: int) -> str:
    return f"{found} of {all_}" if all_ else "-"


def _range(found: Interval | None) -> str:
    return f"[{100 * found.low:.2f}, {100 * found.high:.2f}]" if found else "-"


def _points(found: Interval | None) -> str:
    if found is None:
        return "-"
    return f"{100 * found.value:+.2f} [{100 * found.low:+.2f}, {100 * found.high:+.2f}]"
