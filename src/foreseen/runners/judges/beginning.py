"""Begin an organisation's judges where the installation wants them."""

from foreseen.core.errors import ConfigurationError
from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.runners.installation import Installation
from foreseen.runners.judges.apart import Apart
from foreseen.runners.judges.deciders import Deciders, Here


def begun_deciders(
    installation: Installation, artefacts: JudgeArtefacts, content: bytes | None
) -> Deciders:
    """Judges from a snapshot, whoever made it.

    Raises:
        ConfigurationError: Judges are wanted, and nothing that begins them.
        CorruptError: The snapshot cannot be read.
        TransientError: They cannot begin now.
    """
    sharding = installation.sharding
    if sharding.judges == 0:
        return Here(content)
    if sharding.judges_elsewhere is None:
        raise ConfigurationError(f"{sharding.judges} judges, and nowhere for them to work")
    workloads = installation.settings.workloads
    return Apart(sharding.judges_elsewhere, sharding.judges, content, artefacts, workloads)
