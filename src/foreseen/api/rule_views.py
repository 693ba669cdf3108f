"""Rules as readers of the API see them."""

from pydantic import BaseModel

from foreseen.core.ids import content_hash
from foreseen.rules import Rule, RuleSet
from foreseen.runners.rules.book import RuleBook
from foreseen.runners.rules.telling import correlations_of, rule_row


class AlertingView(BaseModel):
    """How matches of a rule become alerts.

    Attributes:
        threshold: Matches within the window before there is an alert.
        window: Milliseconds; 0 without a threshold.
        aggregate: Columns whose values make an alert one; empty: the usual likeness.
        title: Template of the alert's title; empty: the rule's title.
    """

    threshold: int
    window: int
    aggregate: tuple[str, ...]
    title: str


class RuleView(BaseModel):
    """A rule as it is in use, tuned where a tuning says so.

    Attributes:
        enabled: False where a tuning disabled it: it labels nothing.
        model: Whether a model may suppress its matches.
        decided_by: `model`, `rule alone` or `correlation`.
        pack: Folder that its file lies in.
        kept: `managed`: it came with Foreseen; `local`: it is the organisation's.
        columns: Columns of the events table that decide a match.
        path: Its file, below the folder of rules.
        line: Line of its first key in that file.
    """

    id: str
    uuid: str
    title: str
    description: str
    level: str
    severity: int
    enabled: bool
    model: bool
    decided_by: str
    techniques: list[str]
    tactics: list[str]
    logsource: str
    pack: str
    kept: str
    alerting: AlertingView
    compliance: list[str]
    fields: list[str]
    columns: list[str]
    falsepositives: list[str]
    path: str
    line: int


def rule_view(book: RuleBook, rules: RuleSet, rule: Rule, *, enabled: bool = True) -> RuleView:
    """A rule as a reader sees it."""
    row = rule_row(
        rule,
        is_correlation=str(rule.id) in correlations_of(rules),
        managed=book.is_managed(rule),
    )
    return RuleView.model_validate({**row, "path": book.shown(rule.path), "enabled": enabled})


def text_tag(text: str) -> str:
    """The ETag of a text."""
    return f'"{content_hash(text.encode("utf-8", "surrogatepass"))[:32]}"'
