"""What the judge says of a match: prediction, decision, alert."""

from dataclasses import dataclass, field
from enum import StrEnum

from foreseen.core.ids import ContentHash, EventUid, RuleId, TenantId


class Outcome(StrEnum):
    """What became of a match."""

    SUPPRESSED = "suppressed"
    ALERTED = "alerted"


class Stage(StrEnum):
    """How far a rule's model is trusted."""

    OBSERVE = "observe"
    """It predicts, and its word is kept beside the alert for comparison."""
    ASSIST = "assist"
    """It predicts, and people see its word; everything still alerts."""
    SUPPRESS = "suppress"
    """What it expects is not told."""


class Level(StrEnum):
    """Whose history a prediction rests on, the nearest first."""

    WORKLOAD = "workload"
    GROUP = "group"
    TENANT = "tenant"


class Basis(StrEnum):
    """Why the outcome is what it is; all but the four that suppress alert (law 4)."""

    EXPECTED = "expected"
    UNEXPECTED = "unexpected"
    NO_MODEL = "no model for this rule"
    NOT_FORESEEN = "rule is not marked for a model"
    COLD_START = "too little clean history"
    BROKEN_MODEL = "model failed"
    OBSERVED = "expected by a model that only observes"
    ASSISTED = "expected by a model that only assists"
    INCOMPLETE_WINDOW = "window has known telemetry loss"
    OPEN_INCIDENT = "tied to an open incident"
    COUNTED = "counted by a correlation only"
    SUPPRESSED_BY_HAND = "suppressed by hand"
    BELOW_THRESHOLD = "below the threshold"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One member's share of a prediction, in words a person reads.

    Attributes:
        member: Name of the model's member, e.g. `context`, `novelty`, `neighbours`.
        surprise: Its surprise in bits (-log2 of the share of expected matches at least as odd).
        sentence: Plain sentence: what was (not) seen before.
    """

    member: str
    surprise: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's answer for one match.

    Attributes:
        probability: Share of expected matches at least as surprising as this one, 0..1.
        surprise: -log2(probability), in bits.
        evidence: The members' shares, most surprising first.
        model: Content hash of the model that answered.
        level: Whose history it rests on: above the workload where its own is too short.
    """

    probability: float
    surprise: float
    evidence: tuple[Evidence, ...]
    model: ContentHash
    level: Level = Level.WORKLOAD


@dataclass(frozen=True, slots=True)
class Decision:
    """The judge's word on one match, with the hashes of all that it depended on.

    `suppression` is the id of the suppression by hand that hid it, whatever the model says;
    `elsewhere` what the model was told of the same person on other streams; `revised` why this word
    takes the place of an earlier one, a sentence: empty for the first word on a match.
    """

    tenant: TenantId
    match_uid: str
    event_uid: EventUid
    rule: RuleId
    outcome: Outcome
    basis: Basis
    prediction: Prediction | None
    incident: str | None
    artefacts: dict[str, ContentHash] = field(default_factory=dict)
    suppression: str | None = None
    elsewhere: tuple[str, ...] = ()
    revised: str = ""
