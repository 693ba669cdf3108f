"""The ledger for who asks for it: a person's job or command, and nothing that trains or chooses."""

from sqlalchemy import Engine

from foreseen.core.errors import NotFoundError
from foreseen.runners.history import History
from foreseen.studies.ledger import Books, Trusted, ledger_of
from foreseen.studies.ledger_figures import figures_of


def trusted_of(found: History) -> Trusted:
    """The models in use of a data folder, as the ledger looks at them.

    Raises:
        NotFoundError: There are none.
    """
    stored = found.stored
    if stored is None:
        raise NotFoundError("no models yet; train with 'foreseen models train --until'")
    return Trusted(
        hash=stored.hash,
        foresight=stored.foresight,
        policy=found.settings.policy_with(stored.about),
        stages=stored.stages,
        accepted_until=int(str(stored.about["accepted_until"])),
    )


def told_ledger(found: History, engine: Engine, *, since: int, placements: int) -> object:
    """The whole ledger, JSON-ready, without the names of sealed chains.

    Raises:
        NotFoundError: There are no models.
    """
    books = Books(found.tenant, found.lake, engine, found.rules)
    ledger = ledger_of(books, trusted_of(found), since=since, placements=placements)
    return figures_of(ledger, ledger.rules)
