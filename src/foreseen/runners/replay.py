"""Replay files through the same two steps as the server, into stores of their own."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.control import alerts, tenants
from foreseen.control.database import opened
from foreseen.control.places import FILE
from foreseen.core.alerts import Alert
from foreseen.core.errors import ConfigurationError, MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.core.records import Line
from foreseen.lake.lake import Lake
from foreseen.pipeline.shard import ShardArtefacts
from foreseen.rules import RuleSet
from foreseen.rules.assignment import Assignment
from foreseen.runners.judging import Judge, Verdicts, as_edited, judge_artefacts, keep_stages
from foreseen.runners.lake_place import own_lake
from foreseen.runners.parts import parts
from foreseen.runners.rules.suppressions import suppressions_in_force
from foreseen.runners.settings.settings import Settings, keep
from foreseen.runners.shards.whole import Shard, Tally
from foreseen.studies.gates import Bars
from foreseen.studies.train import Order, Stored, stored_foresight, train_models

log = logging.getLogger("foreseen.replay")

Progress = Callable[[str, float, float], None]

BATCH_LINES = 150_000
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What to replay and how.

    Attributes:
        files: Paths in order, read as one stream; `-` is the standard input.
        format: Name of a parser, or `auto`.
        rules: Rules that label.
        data: Folder of the lake and the control database.
        now: Wall time for records of what was trained, ms UTC; no decision depends on it.
        train_until: Everything before is accepted as clean history and trains the models, ms UTC.
        settings: Bounds of silence, and which workload a host plays.
        seed: Makes training repeatable.
        tenant: Organisation.
        bars: What models must show before they may suppress; None: what the settings say.
    """

    files: Sequence[str]
    format: str
    rules: RuleSet
    data: Path
    now: int
    train_until: int | None = None
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    tenant: TenantId = DEFAULT_TENANT
    bars: Bars | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay gave; details are in the lake and the control database.

    Attributes:
        tally: Lines, events, matches, quarantine.
        verdicts: Decisions by rule, outcome and basis.
        trained: Models trained in this replay.
        alerts: Alerts, oldest first.
        lake: The lake, for questions.
    """

    tally: Tally
    verdicts: Verdicts
    trained: Stored | None
    alerts: Sequence[Alert]
    lake: Lake


def replay(order: ReplayOrder, progress: Progress = lambda *_: None) -> Replayed:
    """Files to events, labels, predictions, decisions and alerts.

    Raises:
        NotFoundError: A file is missing; or nothing may teach before `train_until`.
        ConfigurationError: An unknown format, or the folder has its lake elsewhere.
        MalformedInputError: The folder holds a replay of the same files when they were shorter.
    """
    with opened(order.data / FILE) as engine:
        lake = Lake.open(own_lake(order.data, engine))
        tenants.ensure_tenant(engine, order.tenant, now=order.now)
        tally = to_lake(order, lake, progress)
        trained = _trained(order, lake, engine, progress)
        keep(engine, order.tenant, order.rules, order.settings, now=order.now)
        by_hand = suppressions_in_force(engine, order.tenant, order.rules, now=order.now)
        trained = as_edited(trained, order.rules)
        keep_stages(engine, order.tenant, trained, now=order.now)
        artefacts = judge_artefacts(
            order.tenant, order.rules, order.settings, trained, by_hand.suppressions
        )
        judge = Judge(lake, engine, artefacts)
        progress("judging", 0, 1)
        judge.drain(since=order.train_until)
        judge.finish()
        progress("judging", 1, 1)
        raised = sorted(_alerts(engine, order.tenant), key=lambda a: (a.first_time, a.uid))
    return Replayed(tally, judge.verdicts, trained, raised, lake)


def to_lake(order: ReplayOrder, lake: Lake, progress: Progress) -> Tally:
    """All files through the shard step, a few large commits; nothing is trained or judged.

    Raises:
        NotFoundError, ConfigurationError, MalformedInputError: As for `replay`.
    """
    assignment = Assignment(order.settings.rule_sets, order.rules.rules)
    artefacts = ShardArtefacts(order.tenant, order.rules, order.settings.workloads, assignment)
    shard: Shard | None = None
    done = 0
    stream = parts(
        order.files,
        order.format,
        lines=BATCH_LINES,
        progress=lambda read_bytes, total: progress("reading", read_bytes, total),
    )
    for part in stream:
        shard = shard or _shard(lake, artefacts, order, part.source)
        version = max([done, *(_end(line) for line in part.lines)]) + 1
        try:
            shard.process([part], after=done, version=version)
        except MalformedInputError as error:
            raise MalformedInputError(
                f"{order.data}: holds these files as they were when they were shorter or cut"
                f" otherwise; replay them into another folder ({error})"
            ) from error
        done = version
    return shard.tally if shard else Tally()


def _shard(lake: Lake, artefacts: ShardArtefacts, order: ReplayOrder, source: str) -> Shard:
    """A shard for a folder that holds nothing yet, or this very replay.

    A second source would begin its sequence numbers, processes and windows anew.
    """
    app_id = f"shard/{order.tenant}/{source}"
    own = pc.field("tenant") == order.tenant
    if lake.cursor("events", app_id) is None and lake.read("events", ["seq"], own).num_rows:
        raise ConfigurationError(
            f"{order.data}: holds a replay of other files; choose another folder, or give all"
            " files to one replay"
        )
    return Shard(lake, artefacts, app_id)


def _end(line: Line) -> int:
    return line.offset + len(line.data)


def _day_and_time(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _trained(order: ReplayOrder, lake: Lake, engine: Engine, progress: Progress) -> Stored | None:
    if order.train_until is None:
        return stored_foresight(engine, order.tenant)
    training = Order(
        tenant=order.tenant,
        accepted_until=order.train_until,
        budget=order.settings.policy.budget,
        least_history=order.settings.policy.least_history,
        seed=order.seed,
        now=order.now,
        alerts_a_day=order.settings.alerts_a_day,
        reason=f"replay that accepts the history before {_day_and_time(order.train_until)}",
        accepted=True,
        bars=order.bars or order.settings.bars,
        groups=order.settings.policy.groups,
    )
    marked = sum(rule.foresee for rule in order.rules.rules)
    done: list[str] = []

    def one_more(rule: str) -> None:
        done.append(rule)
        progress("training", len(done), marked)

    trained = train_models(lake, engine, order.rules, training, one_more)
    if trained.refused:
        log.warning("version %d of the models is refused: %s", trained.version, trained.refused)
        return stored_foresight(engine, order.tenant)
    return trained


def _alerts(engine: Engine, tenant: TenantId) -> Iterator[Alert]:
    """All alerts, a page at a time."""
    after: alerts.AlertKey | None = None
    while page := alerts.alerts(
        engine, tenant, page=alerts.Page(after=after, limit=_PAGE, members=True)
    ):
        yield from page
        after = alerts.AlertKey(page[-1].first_time, page[-1].uid)
