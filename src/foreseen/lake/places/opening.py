"""From what a person writes to a place: a folder, or a bucket with its guard against lost rows."""

from pathlib import Path

from foreseen.core.errors import ConfigurationError
from foreseen.lake.places.conditional_writes import Probe
from foreseen.lake.places.lease import Leases
from foreseen.lake.places.local import in_folder
from foreseen.lake.places.place import Place
from foreseen.lake.places.s3 import SCHEME, S3Options, in_bucket


def place_at(where: str | Path, s3: S3Options | None) -> Place:
    """Place of a folder or of `s3://bucket/prefix`.

    Raises:
        ConfigurationError: It is in S3 and nothing says how S3 is reached, or of another scheme.
    """
    text = str(where)
    if isinstance(where, Path) or "://" not in text:
        return in_folder(Path(where))
    if not text.startswith(SCHEME):
        raise ConfigurationError(f"{text}: a lake lies in a folder or in s3://BUCKET/PREFIX")
    if s3 is None:
        raise ConfigurationError(
            f"{text}: keys are missing; set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION"
        )
    return in_bucket(text, s3, Leases().hold if s3.single_writer else Probe(s3))
