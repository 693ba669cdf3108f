"""What each kind of job does: the functions behind the commands, with what was asked as JSON."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from foreseen.control.job_orders import JobKind
from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.rules import RuleSet
from foreseen.runners.crews.joining import crew_of
from foreseen.runners.history import Edit, History, answer, history, settings_kept
from foreseen.runners.jobs.ledger import told_ledger
from foreseen.runners.jobs.measures import measured
from foreseen.runners.jobs.running import JobTask
from foreseen.runners.lake_place import lake_of
from foreseen.runners.life.office import edit_receipts
from foreseen.runners.rules.files import load_folder, local_documents
from foreseen.runners.settings.settings import BUDGET, LEAST_HISTORY, Settings
from foreseen.studies.compare import compared
from foreseen.studies.order import Order
from foreseen.studies.stored import stored_version
from foreseen.studies.train import train_models
from foreseen.studies.what_if import Progress
from foreseen.studies.what_if_shape import Scope

_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Told:
    """A job with the stores that it works on.

    Attributes:
        task: What to do.
        engine: The control database.
        progress: Told what is done: stage, steps done, steps in all.
    """

    task: JobTask
    engine: Engine
    progress: Progress

    @property
    def tenant(self) -> TenantId:
        """Whose job."""
        return TenantId(self.task.tenant)

    @property
    def asked(self) -> Mapping[str, Any]:
        """What exactly is asked, as the API checked it."""
        return self.task.asked

    def lake(self) -> Lake:
        """The lake."""
        return lake_of(Path(self.task.data), self.engine, lambda: self.task.s3)

    def rules(self) -> RuleSet:
        """The rules that the server was begun with, as far as they load."""
        folder, local = (
            Path(each) if each else None for each in (self.task.rules, self.task.local)
        )
        return load_folder(folder, local=local).rules

    def history(self) -> History:
        """What the folder holds and uses.

        Where people keep rules, those in use are the ones of the folders now, though nothing may
        have been labelled by them yet; and where those that labelled last cannot be told.
        """
        data, local = Path(self.task.data), self.task.local
        if local is None or not local_documents(Path(local)):
            with suppress(ConfigurationError):
                return history(data, self.lake(), tenant=self.tenant)
        documents = list(self.rules().sound_files().items())
        return history(data, self.lake(), rules=documents, tenant=self.tenant)

    def settings(self) -> Settings:
        """Settings that were kept last."""
        return (settings_kept(self.engine, self.tenant) or [Settings()])[0]


def asked_share(
    kept: Settings, budget: float | None, alerts_a_day: float | None
) -> tuple[float, float | None]:
    """Share and alerts a day that were asked for: now, else in the settings that were used last.

    Raises:
        ConfigurationError: Both are asked for.
    """
    if budget is not None and alerts_a_day is not None:
        raise ConfigurationError(
            "--budget and --alerts-a-day both say how much may alert; give one"
        )
    if budget is None and alerts_a_day is None:
        return kept.policy.budget, kept.alerts_a_day
    return (BUDGET if budget is None else budget), alerts_a_day


def _what_if(told: Told) -> object:
    asked = told.asked
    edit = Edit(
        rules=_documents(asked["rules"]) if asked.get("rules") is not None else None,
        changed=_documents(asked.get("changed", ())),
        removed=[RuleId(name) for name in asked.get("removed", ())],
        suppressions=_documents(asked.get("suppressions", ())),
        budget=asked.get("budget"),
        least_history=asked.get("least_history"),
        models={RuleId(name): is_on for name, is_on in asked.get("models", {}).items()},
    )
    scope = Scope(
        judged_from=asked.get("judged_from"),
        since=asked.get("since"),
        until=asked.get("until"),
        examples=asked.get("examples", 5),
    )
    found, data = told.history(), Path(told.task.data)
    with crew_of(told.task.cluster) as crew:
        result = answer(found, edit, scope, told.progress, crew=crew)
    moved = edit_receipts(data, found, edit, told.progress)
    told_of = {each.name: getattr(result, each.name) for each in fields(result)}
    return {**told_of, "receipts": [each.dump() for each in moved]}


def _documents(texts: object) -> list[tuple[str, str]]:
    """Files as messages name them."""
    assert isinstance(texts, list | tuple)  # noqa: S101 (the API has checked it)
    return [(each["name"], each["text"]) for each in texts]


def _train(told: Told) -> object:
    asked, kept, rules = told.asked, told.settings(), told.rules()
    share, daily = asked_share(kept, asked.get("budget"), asked.get("alerts_a_day"))
    order = Order(
        tenant=told.tenant,
        accepted_until=asked["until"],
        budget=share,
        least_history=LEAST_HISTORY,
        seed=asked.get("seed", 0),
        now=time.time_ns() // 1_000_000,
        alerts_a_day=daily,
        author=told.task.author,
        reason=asked["reason"],
        accepted=asked.get("suppress", False),
        bars=kept.bars,
        groups=kept.policy.groups,
    )
    marked, done = sum(rule.foresee for rule in rules.rules), list[RuleId]()

    def one_more(rule: RuleId) -> None:
        done.append(rule)
        told.progress("training", len(done), marked)

    with crew_of(told.task.cluster) as crew:
        stored = train_models(told.lake(), told.engine, rules, order, one_more, crew=crew)
    return {
        "version": stored.version,
        "foresight": stored.hash,
        "refused": stored.refused,
        "stages": {rule: stage.value for rule, stage in stored.stages.items()},
        "skipped": stored.about.get("skipped", {}),
    }


def _ledger(told: Told) -> object:
    since, placements = told.asked.get("since") or 0, told.asked["placements"]
    return told_ledger(told.history(), told.engine, since=since, placements=placements)


def _promises(told: Told) -> object:
    days = told.asked.get("days")
    since = 0 if days is None else time.time_ns() // 1_000_000 - days * _DAY
    use = (told.rules(), told.settings())
    return measured(told.lake(), told.engine, told.tenant, use, since)


def _compare(told: Told) -> object:
    first, second = told.asked["first"], told.asked["second"]
    pair = [stored_version(told.engine, told.tenant, number) for number in (first, second)]
    policy = told.settings().policy_with(pair[1].about)
    both = (pair[0].foresight, pair[1].foresight)
    found = compared(told.lake(), told.tenant, told.rules(), both, policy)
    return {"first": first, "second": second, **asdict(found)}


DOES: Mapping[JobKind, Callable[[Told], object]] = {
    JobKind.WHAT_IF: _what_if,
    JobKind.TRAIN: _train,
    JobKind.LEDGER: _ledger,
    JobKind.PROMISES: _promises,
    JobKind.COMPARE: _compare,
}
