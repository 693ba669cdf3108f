"""Move matches from the lake, in commit order, through the judge step to both stores."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson
import pyarrow as pa
from sqlalchemy import Engine

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.artefacts import NewArtefact, put
from foreseen.control.cursors import Checkpoint, checkpoint, save
from foreseen.core.decisions import Basis, Decision, Outcome, Stage
from foreseen.core.ids import RuleId, TenantId, content_hash
from foreseen.lake.cursors import judge_of
from foreseen.lake.lake import Commit, Cursor, Lake
from foreseen.lake.rollups import rollup
from foreseen.pipeline.correlated import firings_of
from foreseen.pipeline.judge import JudgeArtefacts, JudgeOut
from foreseen.pipeline.late import Revision
from foreseen.pipeline.predictions import predictions_table
from foreseen.rules import RuleSet
from foreseen.rules.suppression.suppressions import SuppressionSet, no_suppressions
from foreseen.runners.judges.deciders import Deciders, Here
from foreseen.runners.metrics import Metrics
from foreseen.runners.settings.settings import Settings
from foreseen.runners.telemetry import span
from foreseen.studies.train import Stored

log = logging.getLogger("foreseen.judge")

NAME = "judge"
_MOST_PASSED = 500  # commits


@dataclass(slots=True)
class Verdicts:
    """What was decided.

    Attributes:
        counts: Matches by (rule, outcome, basis).
        lost: What correlations and thresholds could not count, or count no more, and alerts that
            were closed early, by (what it concerns, reason).
    """

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    lost: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def add(self, decisions: Iterable[Decision]) -> None:
        """Count decisions."""
        self.counts.update((d.rule, d.outcome.value, d.basis.value) for d in decisions)

    def revise(self, revisions: Sequence[Revision]) -> None:
        """Count matches that late evidence decided anew under their last word alone."""
        self.add(each.verdict.decision for each in revisions)
        first = Outcome.SUPPRESSED.value, Basis.EXPECTED.value  # no others are provisional
        self.counts -= Counter((each.verdict.decision.rule, *first) for each in revisions)


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
        hashes["stages"] = content_hash(stages_bytes(stored.stages))
    return JudgeArtefacts(
        tenant=tenant,
        rules={rule.id: rule for rule in rules.rules},
        foresight=stored.foresight if stored else None,
        policy=settings.policy_with(stored.about if stored else None),
        hashes=hashes,
        correlations=rules.correlations,
        suppressions=by_hand,
        stages=stored.stages if stored else {},
    )


def stages_bytes(stages: Mapping[RuleId, Stage]) -> bytes:
    """Stages as kept among the artefacts: the same bytes for the same stages."""
    return orjson.dumps(dict(stages), option=orjson.OPT_SORT_KEYS)


def as_edited(stored: Stored | None, rules: RuleSet) -> Stored | None:
    """Models with a rule's only observing once its text is not the one that they learned from."""
    if stored is None:
        return None
    texts = {each.rule.id: content_hash(each.text.encode()) for each in rules.compiled}
    learned = stored.about.get("rules", {})
    edited = {rule for rule in stored.stages if learned.get(rule) != texts.get(rule)}
    if not edited:
        return stored
    stages = {r: Stage.OBSERVE if r in edited else s for r, s in stored.stages.items()}
    return replace(stored, stages=stages)


def keep_stages(engine: Engine, tenant: TenantId, stored: Stored | None, *, now: int) -> None:
    """Keep the stages in force among the artefacts, so that a decision can be made again."""
    if stored:
        new = NewArtefact("stages", "stages", stages_bytes(stored.stages))
        put(engine, tenant, new, now=now)


def _now() -> int:
    """When alerts are raised, ms UTC: for the record, no decision depends on it."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """A commit that deciders were asked about, and with which artefacts."""

    version: int
    artefacts: JudgeArtefacts


class Judge:
    """A tenant's judge: goes on from its cursor in the control database."""

    def __init__(
        self,
        lake: Lake,
        engine: Engine,
        artefacts: JudgeArtefacts,
        clock: str | None = None,
        begun: Callable[[bytes | None], Deciders] = Here,
    ) -> None:
        """Artefacts: exchanged at a batch boundary by assigning `artefacts`.

        Clock: whose commits tell the time, of a live pipeline. Begun: who decides, from a snapshot.
        """
        self._lake = lake
        self._engine = engine
        self._clock = clock
        self._name = judge_of(artefacts.tenant)
        self.artefacts = artefacts
        self.verdicts = Verdicts()
        self.metrics = Metrics()
        self._before = self._newest = lake.version("matches")
        reached = checkpoint(engine, artefacts.tenant, NAME)
        self._version = self._seen = reached.version if reached else lake.first_version("matches")
        self._commits: Iterator[Commit] | None = None
        self._asked: _Asked | None = None
        self._deciders = begun(reached.state if reached else None)
        self.verdicts.lost = self._deciders.lost()

    @property
    def due(self) -> int | None:
        """When something that waits for a time is due, ms UTC; None: nothing waits."""
        return self._deciders.due

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes of judges on this machine; none when they work in the worker's own."""
        return self._deciders.process_ids

    @property
    def behind(self) -> int:
        """Commits that it has not judged."""
        return self._lake.version("matches") - self._seen

    @property
    def waits(self) -> bool:
        """Whether something was asked and is not answered yet."""
        return self._asked is not None

    def drain(self, since: int | None = None, patience: float | None = None) -> int:
        """Judge every match committed after the cursor; returns how many.

        Args:
            since: Matches of events before this time (ms UTC) belong to the accepted history: they
                teach and are not judged.
            patience: How long to wait for judges that work elsewhere, seconds; what they have not
                answered then is left for the next call. None: until all is judged.
        """
        judged = 0
        while (asked := self._asked or self._ask(since)) is not None:
            with span("judge", commit=asked.version):
                out = self._deciders.answered(patience)
                if out is None:
                    break
                judged += self._commit(out, asked.artefacts, asked.version)
            self._asked, self._seen = None, asked.version
            self.metrics.judge_at(self._seen)
        self._pass_on()
        return judged

    def finish(self) -> int:
        """Decide what waited for a time, for there will be no more matches; returns how many."""
        if self.due is None:
            return 0
        self._deciders.ask_last(self.artefacts)
        out = self._deciders.answered()
        # The next version of the matches is the one that this very commit makes.
        return self._commit(out, self.artefacts, self._version + 1, firings=True) if out else 0

    def stop(self) -> None:
        """End judges that work elsewhere, in order: what they were asked is kept."""
        try:
            out = self._deciders.answered() if self._asked else None
            if out is not None and self._asked is not None:
                self._commit(out, self._asked.artefacts, self._asked.version)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """End judges that work elsewhere at once."""
        self._asked = None
        self._deciders.close()

    def _ask(self, since: int | None) -> "_Asked | None":
        """Ask about the next commit in which there is something to judge, if there is one."""
        if self._commits is None:
            tenant, self._newest = self.artefacts.tenant, self._lake.version("matches")
            found = self._lake.since("matches", self._seen, tenant=tenant, clock=self._clock)
            self._commits = iter(found)
        for commit in self._commits:
            if self._matters(commit):
                self._deciders.ask(commit.rows, self.artefacts, commit.time, since)
                self._asked = _Asked(commit.version, self.artefacts)
                return self._asked
            self._seen = commit.version
        self._commits, self._seen = None, max(self._seen, self._newest)
        self.metrics.judge_at(self._seen)
        return None

    def _pass_on(self) -> None:
        """Move the cursor past many commits of nothing: upkeep may then forget their log."""
        if self._asked is None and self._seen - self._version > _MOST_PASSED:
            reached = Checkpoint(NAME, self._seen, self._deciders.dump())
            save(self._engine, self.artefacts.tenant, reached)
            self._version = self._seen

    def _matters(self, commit: Commit) -> bool:
        """Whether there is something to judge: not its own firings, nor a time that is not due.

        Then the cursor stays where it is; a restart sees them again and finds the same.
        """
        if self._name in commit.producers:
            return False
        due = self.due
        passed = commit.time is not None and due is not None and commit.time >= due
        return commit.rows.num_rows > 0 or passed

    def _commit(
        self, out: JudgeOut, artefacts: JudgeArtefacts, version: int, *, firings: bool = False
    ) -> int:
        """What a batch gave, to both stores; `firings`: also when none fired."""
        for rule, error in out.failures.items():
            log.warning("the model of rule %s failed, so its matches alert: %r", rule, error)
        predictions = predictions_table(out.matches, out.decisions, out.revisions)
        tables = {"predictions": pa.Table.from_batches([predictions])}
        fired = firings_of(out.matches, artefacts.correlations)
        if fired.num_rows or firings:
            tables["matches"] = fired
        tables["rollups"] = rollup(predictions=tables["predictions"], matches=fired)
        # The lake first: its cursors make a second delivery harmless, and an alert without its
        # match and its prediction would be one that cannot be explained.
        self._lake.commit(tables, Cursor(self._name, version))
        decided = Decided(alerts=out.alerts, incidents=out.incidents)
        reached = Checkpoint(NAME, version, self._deciders.dump())
        commit_decisions(self._engine, self.artefacts.tenant, decided, reached, now=_now())
        self.metrics.decided(out, live=version > self._before)
        self.metrics.snapshot(NAME, len(reached.state or b""))
        self._version = version
        self.verdicts.add(out.decisions)
        self.verdicts.revise(out.revisions)
        self._tell_lost()
        return len(out.decisions)

    def _tell_lost(self) -> None:
        """What is lost, once for what it concerns and reason."""
        lost = self._deciders.lost()
        for (what, reason), count in lost.items():
            if (what, reason) not in self.verdicts.lost:
                log.warning("%s: %d x %s", what, count, reason)
        self.verdicts.lost = lost
