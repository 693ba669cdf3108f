"""The ledger: per rule what its model suppressed, and what it would have missed, with exact bounds.

It alone reads the sealed replays. What it says must never choose a model: a gate that looked at it
would turn the sealed set into another gate set, and the bound into a promise about known attacks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.control import audit_sample, taint
from foreseen.control.audit_sample import Finding
from foreseen.core.decisions import Outcome, Stage
from foreseen.core.ids import ContentHash, RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.foresight import Foresight
from foreseen.models.ledger import Audit, audit_of, drawn_order
from foreseen.models.moments.moment import Moment
from foreseen.rules import RuleSet
from foreseen.schema.arrow import integers, texts
from foreseen.studies.history import Evidence, clean_history
from foreseen.studies.last_words import Words, last_words
from foreseen.studies.replays.chain import Replay, Use
from foreseen.studies.replays.recall import Recall, Terms, recall_on
from foreseen.studies.replays.replay import replays_under
from foreseen.studies.replays.surroundings import latest
from foreseen.studies.replays.transplant import PLACEMENTS, transplants

Benign = Mapping[RuleId, Sequence[Moment]]


@dataclass(frozen=True, slots=True)
class Books:
    """Where a tenant's matches and words are.

    Attributes:
        tenant: Whose.
        lake: Matches and predictions.
        engine: The control database: dispositions and answers on the audit sample.
        rules: Rules in use; the recorded attacks are labelled with them.
    """

    tenant: TenantId
    lake: Lake
    engine: Engine
    rules: RuleSet


@dataclass(frozen=True, slots=True)
class Trusted:
    """The models whose ledger it is.

    Attributes:
        hash: Content hash of the foresight.
        foresight: The models.
        policy: What their predictions are held to.
        stages: How far each rule's model is trusted; one that is not named may suppress.
        accepted_until: End of the history that a person accepted, ms UTC.
    """

    hash: ContentHash
    foresight: Foresight
    policy: Policy
    stages: Mapping[RuleId, Stage]
    accepted_until: int


@dataclass(frozen=True, slots=True)
class Line:
    """One rule of the ledger.

    Attributes:
        rule: Its id.
        stage: How far its model is trusted; None without a model.
        matches: Its matches that were judged.
        suppressed: Those that its model suppressed.
        hidden: Those not told for another reason: by hand, counted only, below a threshold.
        alerted: The others: told to people.
        benign_alert_rate: Share of the matches that no person escalated that alerted; None without.
        recall: Its model's recall on sealed replays if it may suppress, whatever its stage; None
            without a model, when all that it matches alerts.
        imitation: The same on imitations of benign jobs.
        audit: What people found of a random sample of what its model suppressed.
    """

    rule: RuleId
    stage: Stage | None
    matches: int
    suppressed: int
    hidden: int
    alerted: int
    benign_alert_rate: float | None
    recall: Recall | None
    imitation: Recall | None
    audit: Audit


@dataclass(frozen=True, slots=True)
class Measured:
    """Replays of one use, measured.

    Attributes:
        by_rule: Recall of each rule's model as if it may suppress.
        models: Recall of all rules with a model together, as if all may suppress.
        product: Recall of all rules together in their stages: what would be told today.
        impossible: Chains that cannot happen here, for no rule that they match has benign matches.
    """

    by_rule: Mapping[RuleId, Recall]
    models: Recall
    product: Recall
    impossible: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of a tenant.

    Attributes:
        foresight: Content hash of the models.
        rules: Line by line, the rule with most suppressed matches first.
        sealed: Sealed replays, measured.
        imitation: Imitations of benign jobs, measured.
        placements: Placements of each recorded run.
        since: Matches of events before it are not counted, ms UTC.
    """

    foresight: ContentHash
    rules: tuple[Line, ...]
    sealed: Measured
    imitation: Measured
    placements: int
    since: int


def ledger_of(
    books: Books, trusted: Trusted, *, since: int = 0, placements: int = PLACEMENTS
) -> Ledger:
    """The ledger of a tenant's models.

    Args:
        books: Where to look.
        trusted: The models.
        since: Matches of events before this time are not counted, ms UTC.
        placements: Placements of each recorded run, at least one.

    Raises:
        CorruptError: The lake or the shipped replays cannot be read.
    """
    words = last_words(books.lake, books.tenant, since=since)
    benign = _benign(books, trusted)
    sealed = _measured(Use.SEALED, benign, books, trusted, placements)
    imitation = _measured(Use.IMITATION, benign, books, trusted, placements)
    said = _Said(
        frozenset(taint.escalated(books.engine, books.tenant)),
        {
            uid: each.finding is Finding.WANTED
            for uid, each in audit_sample.answers(books.engine, books.tenant).items()
        },
    )
    lines = [
        _line(rule, words.get(rule, Words()), trusted, said)
        for rule in sorted({*words, *trusted.foresight.models})
    ]
    lines = [_with_recall(line, sealed, imitation) for line in lines]
    lines.sort(key=lambda line: (-line.suppressed, -line.matches, line.rule))
    return Ledger(trusted.hash, tuple(lines), sealed, imitation, placements, since)


@dataclass(frozen=True, slots=True)
class _Said:
    """What people said: of alerts that they escalated, and whether they wanted suppressed ones."""

    escalated: frozenset[str]
    wanted: Mapping[str, bool]


def _benign(books: Books, trusted: Trusted) -> Benign:
    """Matches that may teach: accepted, dismissed, or suppressed on a host that stayed quiet."""
    lake, engine, tenant = books.lake, books.engine, books.tenant
    expected = {uid for each in last_words(lake, tenant).values() for uid in each.expected}
    evidence = Evidence(
        accepted_until=trusted.accepted_until,
        outcomes=dict.fromkeys(expected, Outcome.SUPPRESSED),
        dismissed=taint.dismissed(engine, tenant),
        tainted=taint.tainted(engine, tenant) | audit_sample.audit_hits(engine, tenant),
    )
    matches = lake.read("matches", None, pc.field("tenant") == tenant)
    now = max(integers(matches, "ingested_time"), default=0)
    marked = {rule.id for rule in books.rules.rules if rule.foresee}
    return clean_history(_few(matches, evidence.tainted), evidence, marked, now)


def _few(matches: pa.Table, tainted: Collection[str]) -> pa.Table:
    """The latest matches of each rule and workload, and all that say where there was unrest."""
    whole = zip(
        texts(matches, "match_uid"), matches.column("window_complete").to_pylist(), strict=True
    )
    unrest = {*tainted, *(uid for uid, complete in whole if complete is not True)}
    return latest(matches, _OF_A_RULE, unrest)


_OF_A_RULE = 1_000
"""Matches of a rule on a workload, the latest, that attacks are put beside."""


def _measured(
    use: Use, benign: Benign, books: Books, trusted: Trusted, placements: int
) -> Measured:
    replays = replays_under(books.rules, use)
    here = transplants(replays, benign, placements)
    models = trusted.foresight.models
    # Matches of rules without a model alert anyhow: they say nothing of models.
    known = [replay.only(lambda moment: moment.rule in models) for replay in here.replays]
    alone = _recalls([each for each in known if each.moments], books, trusted, {})
    product = _recalls(here.replays, books, trusted, trusted.stages)
    return Measured(
        by_rule={rule: recall for rule, recall in alone.items() if rule is not None},
        models=alone[None],
        product=product[None],
        impossible=here.impossible,
    )


def _recalls(
    replays: Sequence[Replay], books: Books, trusted: Trusted, stages: Mapping[RuleId, Stage]
) -> Mapping[RuleId | None, Recall]:
    silent = frozenset(books.rules.correlations.silent)
    unmarked = frozenset(rule.id for rule in books.rules.rules if not rule.foresee)
    terms = Terms(trusted.policy, stages, unmarked, silent)
    return recall_on(trusted.foresight, replays, terms)


def _line(rule: RuleId, words: Words, trusted: Trusted, said: _Said) -> Line:
    known = rule in trusted.foresight.models
    benign = words.matches - len(words.alerted & said.escalated)
    alerted = len(words.alerted - said.escalated)
    return Line(
        rule=rule,
        stage=trusted.stages.get(rule, Stage.SUPPRESS) if known else None,
        matches=words.matches,
        suppressed=len(words.expected),
        hidden=len(words.hidden),
        alerted=len(words.alerted),
        benign_alert_rate=alerted / benign if benign else None,
        recall=None,
        imitation=None,
        audit=audit_of(drawn_order(words.expected), said.wanted),
    )


def _with_recall(line: Line, sealed: Measured, imitation: Measured) -> Line:
    """The line with what its model would have missed; without a model all alerts."""
    if line.stage is None:
        return line
    return replace(
        line,
        recall=sealed.by_rule.get(line.rule, _NOTHING),
        imitation=imitation.by_rule.get(line.rule, _NOTHING),
    )


_NOTHING = Recall(0, 0, (), 1.0)
