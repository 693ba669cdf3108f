"""What a rule is once it is loaded: who it is, what it says to people, where it looks."""

from dataclasses import dataclass

from foreseen.core.ids import RuleId

SEVERITY_OF_LEVEL = {"critical": 1, "high": 1, "medium": 2, "low": 3, "informational": 3}

TACTICS = (
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
)


@dataclass(frozen=True, slots=True)
class Logsource:
    """Where a rule looks; empty strings where the rule does not say."""

    category: str = ""
    product: str = ""
    service: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.product, self.category, self.service) if part)


@dataclass(frozen=True, slots=True)
class Alerting:
    """How matches of a rule become alerts.

    Attributes:
        threshold: Matches within the window before there is an alert.
        window: Milliseconds; 0 without a threshold.
        aggregate: Columns of events whose values make an alert one; empty: the usual likeness.
        title: Template of the alert's title, columns in braces; empty: the rule's title.
    """

    threshold: int = 1
    window: int = 0
    aggregate: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One Sigma rule.

    Attributes:
        id: Label on events: the Sigma `name` if given, else the UUID.
        uuid: Sigma `id`, empty when the rule has none.
        title: One line for people.
        description: What it matches, in words.
        level: Sigma level: informational, low, medium, high or critical.
        severity: 1 (most severe) to 3: its own word, else from the level.
        techniques: ATT&CK technique ids of its tags, e.g. `T1059.004`, in the rule's order.
        tactics: ATT&CK tactics of its tags, e.g. `defense-evasion`, in the rule's order.
        logsource: Events that it looks at; nothing else is ever labelled.
        foresee: Whether a model may suppress its matches (`foreseen: {model: true}`).
        alerting: How its matches become alerts.
        compliance: Requirements that it helps to meet, e.g. `pci-dss:10.2.2`.
        fields: Fields that the author thinks worth showing.
        columns: Columns of the events table that decide a match, sorted.
        falsepositives: What else may cause a match, in words.
        path: File it came from.
        line: Line of its first key in that file.
    """

    id: RuleId
    uuid: str
    title: str
    description: str
    level: str
    severity: int
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    logsource: Logsource
    foresee: bool
    alerting: "Alerting"
    compliance: tuple[str, ...]
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    falsepositives: tuple[str, ...]
    path: str
    line: int
