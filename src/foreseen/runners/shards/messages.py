"""What a worker and its shards in other processes or on other machines say to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from foreseen.core.errors import CorruptError
from foreseen.core.ids import TenantId
from foreseen.lake.cursors import Cursor, Delivery
from foreseen.pipeline.shard import ShardArtefacts
from foreseen.pipeline.workloads import Workloads
from foreseen.rules import RuleSet, load
from foreseen.rules.assignment import Assignment, RuleSets
from foreseen.rules.engine.scan import Store
from foreseen.runners.links.tables import packed, unpacked
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.partition import Worked
from foreseen.runners.shards.whole import Tally


@dataclass(frozen=True, slots=True)
class Orders:
    """Artefacts of the shard step on their way: rules as the files that they are read from.

    Attributes:
        tenant: Organisation.
        documents: Rule files: path and text.
        lists: Placeholders that they were loaded with.
        workloads: Which workload a host plays.
        rule_sets: Which rules look at which workload.
        hash: Of the rules: both sides have to mean the same.
    """

    tenant: TenantId
    documents: Sequence[tuple[str, str]]
    lists: Mapping[str, Sequence[str]]
    workloads: Workloads
    rule_sets: RuleSets
    hash: str

    @classmethod
    def of(cls, tenant: TenantId, rules: RuleSet, settings: Settings) -> Self:
        """Rules and settings as they are sent."""
        texts = list(rules.sources.texts.items())
        return cls(tenant, texts, rules.lists, settings.workloads, settings.rule_sets, rules.hash)

    def loaded(self, store: Store | None, before: RuleSet | None = None) -> ShardArtefacts:
        """The artefacts where they are needed.

        Args:
            store: Keeps compiled databases of rules.
            before: Rules in use there: files that have not changed are not read again.

        Raises:
            CorruptError: The files do not give the rules that were meant.
        """
        rules = load(self.documents, lists=self.lists, before=before, store=store).rules
        if rules.hash != self.hash:
            raise CorruptError(
                f"a shard loads rules {rules.hash[:12]} where its worker has {self.hash[:12]}: the"
                " two run other versions of Foreseen; install the same on all machines"
            )
        assignment = Assignment(self.rule_sets, rules.rules)
        return ShardArtefacts(self.tenant, rules, self.workloads, assignment)


@dataclass(frozen=True, slots=True)
class Sent:
    """A worked stretch on its way: tables as Arrow streams."""

    partition: int
    tables: Mapping[str, bytes]
    cursor: Cursor
    tally: Tally
    tick: int | None
    snapshot: bytes | None

    @classmethod
    def of(cls, worked: Worked) -> Self:
        """The stretch as it is sent."""
        tables = {name: packed(rows) for name, rows in worked.delivery.batches.items()}
        cursor = worked.delivery.cursor
        return cls(worked.partition, tables, cursor, worked.tally, worked.tick, worked.snapshot)

    def worked(self) -> Worked:
        """The stretch as it was."""
        tables = {name: unpacked(rows) for name, rows in self.tables.items()}
        delivery = Delivery(tables, self.cursor)
        return Worked(self.partition, delivery, self.tally, self.tick, self.snapshot)


@dataclass(frozen=True, slots=True)
class Go:
    """Work one stretch, the log being on the disk up to `end`; None: ask the broker."""

    end: int | None


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing waited."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Say the state and end."""
