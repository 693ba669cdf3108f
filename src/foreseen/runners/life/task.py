"""The process that reviews or trains models: told what to do on its standard input, as JSON."""

import os
import sys
from pathlib import Path

import orjson
from sqlalchemy import Engine

from foreseen.control import jobs, model_versions
from foreseen.control.database import opened
from foreseen.control.places import FILE
from foreseen.core.errors import ConfigurationError, ForeseenError
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake, S3Options
from foreseen.runners.crews.joining import crew_of
from foreseen.runners.history import settings_kept
from foreseen.runners.lake_place import lake_of
from foreseen.runners.life.retraining import RETRAIN, Task
from foreseen.runners.rules.files import load_folder
from foreseen.runners.settings.settings import Settings
from foreseen.studies.order import Order
from foreseen.studies.review import Reviewer, review
from foreseen.studies.stored import Stored, stored_foresight
from foreseen.studies.train import train_models

AUTHOR = "retraining"
_LOWEST = 19  # of priority: the pipeline comes first


def main() -> int:
    """Do it; what goes wrong is told on the standard error, and the exit code is 1."""
    os.nice(_LOWEST)
    told = orjson.loads(sys.stdin.buffer.read())
    s3 = told.pop("s3")
    task = Task(**told, s3=S3Options(**s3) if s3 else None)
    try:
        with opened(Path(task.data) / FILE) as engine:
            _run(task, engine)
    except ForeseenError as error:
        sys.stderr.write(str(error))
        return 1
    return 0


def _run(task: Task, engine: Engine) -> None:
    tenant = TenantId(task.tenant)
    lake = lake_of(Path(task.data), engine, lambda: task.s3)
    used = stored_foresight(engine, tenant)
    if used is None:
        raise ConfigurationError("no models are in use; train with 'foreseen models train --until'")
    if task.kind == RETRAIN:
        _retrain(task, engine, lake, used)
        used = stored_foresight(engine, tenant) or used
    settings = _settings(engine, tenant)
    reviewer = Reviewer(settings.policy_with(used.about), task.now, settings.bars)
    review(lake, engine, tenant, used, reviewer)
    jobs.report(engine, tenant, task.job, 1.0, now=task.now)


def _retrain(task: Task, engine: Engine, lake: Lake, used: Stored) -> None:
    """A new version, by the history that a person accepted last.

    Raises:
        ConfigurationError: The gates refuse it.
    """
    tenant = TenantId(task.tenant)
    folder, local = (Path(each) if each else None for each in (task.rules, task.local))
    rules = load_folder(folder, local=local).rules
    marked = max(sum(rule.foresee for rule in rules.rules), 1)
    done: list[RuleId] = []
    settings = _settings(engine, tenant)

    def one_more(rule: RuleId) -> None:
        done.append(rule)
        share = min(len(done) / marked, 0.99)
        jobs.report(engine, tenant, task.job, share, now=task.now)

    order = Order(
        tenant=tenant,
        accepted_until=int(used.about["accepted_until"]),
        budget=task.budget,
        least_history=task.least_history,
        seed=int(used.about["seed"]),
        now=task.now,
        alerts_a_day=task.alerts_a_day,
        author=AUTHOR,
        reason=task.reason,
        bars=settings.bars,
        groups=settings.policy.groups,
    )
    with crew_of(task.cluster) as crew:
        trained = train_models(lake, engine, rules, order, one_more, crew=crew)
    if trained.refused:
        kept = model_versions.version(engine, tenant, trained.version)
        raise ConfigurationError(
            f"version {kept.number} is refused: {kept.refused}; two persons may take it with"
            f" 'foreseen models promote --version {kept.number} --second NAME'"
        )


def _settings(engine: Engine, tenant: TenantId) -> Settings:
    """Those that were kept last."""
    return (settings_kept(engine, tenant) or [Settings()])[0]


if __name__ == "__main__":
    sys.exit(main())
