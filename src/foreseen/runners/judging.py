"""Move matches from the lake, in commit order, through the judge step to both stores."""

import logging
from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.control.alerts import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint, checkpoint
from foreseen.core.decisions import Decision
from foreseen.core.ids import TenantId, content_hash
from foreseen.lake.lake import Commit, Cursor, Lake
from foreseen.pipeline.judge import JudgeArtefacts, step
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.predictions import predictions_table
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.rules import RuleSet
from foreseen.rules.suppressions import SuppressionSet, no_suppressions
from foreseen.runners.settings import Settings
from foreseen.studies.train import Stored

log = logging.getLogger("foreseen.judge")

NAME = "judge"


@dataclass(slots=True)
class Verdicts:
    """What was decided: counts by (rule, outcome, basis)."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, decisions: list[Decision]) -> None:
        """Count decisions."""
        self.counts.update((d.rule, d.outcome.value, d.basis.value) for d in decisions)


def judge_artefacts(
    tenant: TenantId,
    rules: RuleSet,
    settings: Settings,
    stored: Stored | None,
    suppressions: SuppressionSet | None = None,
) -> JudgeArtefacts:
    """What the judge depends on, with the hashes that every prediction carries."""
    by_hand = suppressions or no_suppressions()
    hashes = {
        "rules": rules.hash,
        "settings": content_hash(settings.content),
        "suppressions": by_hand.hash,
    }
    if stored:
        hashes["foresight"] = stored.hash
    return JudgeArtefacts(
        tenant=tenant,
        rules={rule.id: rule for rule in rules.rules},
        foresight=stored.foresight if stored else None,
        policy=settings.policy,
        hashes=hashes,
        correlations=rules.correlations,
        suppressions=by_hand,
    )


class Judge:
    """A tenant's judge: goes on from its cursor in the control database."""

    def __init__(self, lake: Lake, engine: Engine, artefacts: JudgeArtefacts) -> None:
        """Artefacts: exchanged at a batch boundary by assigning `artefacts`."""
        self._lake = lake
        self._engine = engine
        self.artefacts = artefacts
        self.verdicts = Verdicts()
        reached = checkpoint(engine, artefacts.tenant, NAME)
        self._version = reached.version if reached else 0
        self._state = load_judge(reached.state) if reached and reached.state else JudgeState()

    def drain(self, since: int | None = None) -> int:
        """Judge every match committed after the cursor; returns how many.

        Args:
            since: Matches of events before this time (ms UTC) belong to the accepted history: they
                teach and are not judged.
        """
        judged = 0
        for commit in self._lake.since("matches", self._version, tenant=self.artefacts.tenant):
            judged += self._judge(commit, since)
        return judged

    def _judge(self, commit: Commit, since: int | None) -> int:
        matches = commit.rows
        if since is not None:
            matches = matches.filter(pc.field("time") >= since)
        self._state, out = step(self._state, matches, self.artefacts)
        for rule, error in out.failures.items():
            log.warning("the model of rule %s failed, so its matches alert: %r", rule, error)
        rows = pa.Table.from_batches([predictions_table(out.matches, out.decisions)])
        # Predictions first: their cursor makes a second delivery harmless, and an alert without
        # its prediction would be one that cannot be explained.
        cursor = Cursor(f"{NAME}/{self.artefacts.tenant}", commit.version)
        self._lake.commit({"predictions": rows}, cursor)
        decided = Decided(alerts=out.alerts, incidents=out.incidents)
        reached = Checkpoint(NAME, commit.version, dump_judge(self._state))
        commit_decisions(self._engine, self.artefacts.tenant, decided, reached)
        self._version = commit.version
        self.verdicts.add(list(out.decisions))
        return len(out.decisions)
