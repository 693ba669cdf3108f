"""The models in use of a data folder, as the ledger looks at them."""

from foreseen.core.errors import NotFoundError
from foreseen.runners.history import History
from foreseen.studies.ledger import Trusted


def trusted_of(found: History) -> Trusted:
    """The models whose ledger it is.

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
