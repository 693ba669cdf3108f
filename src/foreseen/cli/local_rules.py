"""The folder of local rules of a server that does all by itself: it lies in the data folder."""

from dataclasses import replace
from pathlib import Path

from foreseen.runners.config.sections import ROLES, Configuration


def with_local(configuration: Configuration) -> Configuration:
    """With a folder where people can keep rules, also if none is named.

    Only where one process does all: others cannot know which folder they share.
    """
    pipeline = configuration.pipeline
    if pipeline.local is not None or set(configuration.server.roles) != set(ROLES):
        return configuration
    return replace(configuration, pipeline=replace(pipeline, local=_own(configuration)))


def local_now(configuration: Configuration) -> Path | None:
    """The folder to load from: one that was named must be there, the own one need not yet."""
    local = configuration.pipeline.local
    return None if local == _own(configuration) and not local.exists() else local


def make_local(configuration: Configuration) -> None:
    """Make the own folder, once the data folder is this server's."""
    if configuration.pipeline.local == _own(configuration):
        _own(configuration).mkdir(exist_ok=True)


def _own(configuration: Configuration) -> Path:
    return configuration.stores.data / "rules"
