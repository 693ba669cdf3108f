"""An installation as its runners see it: stores, settings, and how its shards are divided."""

from dataclasses import dataclass, field

from sqlalchemy import Engine

from foreseen.core.ids import TenantId
from foreseen.intake.protocol import Appender
from foreseen.lake.lake import Lake
from foreseen.runners.links.link import Elsewhere
from foreseen.runners.metrics import Metrics
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.inputs import Input


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of an installation.

    Attributes:
        intake: Takes entries.
        input: Gives them to the shards.
        lake: What became of them.
        control: The control database.
    """

    intake: Appender
    input: Input
    lake: Lake
    control: Engine


@dataclass(frozen=True, slots=True)
class Sharding:
    """Among how many shards streams are divided, workloads among how many judges, and where.

    Attributes:
        shards: How many.
        elsewhere: Begins them in processes of their own; None: all work in the worker's thread.
        judges: How many beside the worker; 0: one in the worker's thread.
        judges_elsewhere: Begins them; wanted where there are any.
    """

    shards: int = 1
    elsewhere: Elsewhere | None = None
    judges: int = 0
    judges_elsewhere: Elsewhere | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """Whose stores, with which settings.

    Attributes:
        stores: The stores.
        tenant: Organisation.
        settings: In force for both steps.
        sharding: Among how many shards streams are divided, and where these work.
        metrics: What is counted meanwhile, over all workers.
    """

    stores: Stores
    tenant: TenantId
    settings: Settings
    sharding: Sharding = field(default_factory=Sharding)
    metrics: Metrics = field(default_factory=Metrics)
