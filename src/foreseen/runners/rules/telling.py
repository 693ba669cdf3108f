"""Rules as lists of them tell: chosen by pack, technique or requirement, one row for each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import PurePath

from foreseen.core.ids import RuleId
from foreseen.rules import Rule, RuleSet
from foreseen.rules.correlation.fields import rule_of
from foreseen.rules.reach import Reach
from foreseen.studies.rule_stats import Done


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rules are meant; None: any.

    Attributes:
        pack: Name of the folder that a rule's file lies in, with * and ?.
        technique: ATT&CK technique, with its parts.
        compliance: Requirement, with * and ?.
    """

    pack: str | None = None
    technique: str | None = None
    compliance: str | None = None

    def has(self, rule: Rule) -> bool:
        """Whether a rule is one of them."""
        wanted, compliance = (self.technique or "").upper(), (self.compliance or "").lower()
        return (
            (self.pack is None or fnmatchcase(pack_of(rule).lower(), self.pack.lower()))
            and (not wanted or any(_is_part(own, wanted) for own in rule.techniques))
            and (
                self.compliance is None
                or any(fnmatchcase(own.lower(), compliance) for own in rule.compliance)
            )
        )


def every(rules: RuleSet) -> Mapping[str, Rule]:
    """Rules and correlations by id."""
    correlations = [rule_of(each.correlation) for each in rules.correlations.rules]
    return {str(rule.id): rule for rule in (*rules.rules, *correlations)}


def correlations_of(rules: RuleSet) -> frozenset[str]:
    """Ids of rules that count matches of others."""
    return frozenset(str(each.correlation.id) for each in rules.correlations.rules)


def pack_of(rule: Rule) -> str:
    """Folder that the rule's file lies in."""
    return PurePath(rule.path).parent.name


def rule_row(rule: Rule, *, is_correlation: bool, managed: bool) -> dict[str, object]:
    """What a rule says of itself, JSON-ready."""
    judge = "correlation" if is_correlation else "model" if rule.foresee else "rule alone"
    return {
        "id": rule.id,
        "uuid": rule.uuid,
        "title": rule.title,
        "description": rule.description,
        "level": rule.level,
        "severity": rule.severity,
        "model": rule.foresee,
        "decided_by": judge,
        "techniques": list(rule.techniques),
        "tactics": list(rule.tactics),
        "logsource": str(rule.logsource),
        "pack": pack_of(rule),
        "kept": "managed" if managed else "local",
        "alerting": asdict(rule.alerting),
        "compliance": list(rule.compliance),
        "fields": list(rule.fields),
        "columns": list(rule.columns),
        "falsepositives": list(rule.falsepositives),
        "path": rule.path,
        "line": rule.line,
    }


def done_row(name: str, rule: Rule | None, done: Done) -> dict[str, object]:
    """What a rule did with history, JSON-ready; None: it is no longer loaded."""
    return {
        "id": name,
        "title": rule.title if rule else None,
        "level": rule.level if rule else None,
        "logsource": str(rule.logsource) if rule else None,
        "loaded": rule is not None,
        **asdict(done),
        "share_suppressed": done.share,
    }


def reach_row(found: Mapping[RuleId, Reach]) -> dict[str, dict[str, object]]:
    """Whether rules can match what is collected, by rule, JSON-ready."""
    return {
        str(name): {"reachable": one.reachable, "reason": one.reason}
        for name, one in sorted(found.items())
    }


def _is_part(own: str, wanted: str) -> bool:
    return own == wanted or own.startswith(f"{wanted}.")
