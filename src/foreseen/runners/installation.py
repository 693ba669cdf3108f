"""An installation as its runners see it: stores, settings, and how its shards are divided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import Engine

from foreseen.core.ids import TenantId
from foreseen.intake.log import IntakeLog
from foreseen.intake.protocol import Appender
from foreseen.lake.lake import Lake
from foreseen.runners.metrics import Metrics
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.inputs import Input, OwnLog
from foreseen.runners.shards.remote import Links
from foreseen.runners.shards.serving import Begin


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

    @classmethod
    def of_log(cls, intake: IntakeLog, lake: Lake, control: Engine) -> Self:
        """Stores with our own log."""
        return cls(intake, OwnLog(intake), lake, control)


Elsewhere = Callable[[Sequence[Begin]], Links]
"""Starts shards in processes of their own, here or on other machines."""


@dataclass(frozen=True, slots=True)
class Sharding:
    """Among how many shards streams are divided, and where these work.

    Attributes:
        shards: How many.
        elsewhere: Starts them in processes of their own; None: all work in the worker's thread.
    """

    shards: int = 1
    elsewhere: Elsewhere | None = None


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
