"""How S3 is reached, from the environment: the usual variables of AWS."""

from collections.abc import Mapping

from foreseen.core.errors import ConfigurationError
from foreseen.lake.places.s3 import S3Options

_NEEDED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def s3_options(environment: Mapping[str, str], *, single_writer: bool = False) -> S3Options | None:
    """Options that the environment names; None where it names no key.

    Args:
        environment: Variables by name, e.g. `os.environ`.
        single_writer: See `S3Options`.

    Raises:
        ConfigurationError: Only a part of what is needed is there.
    """
    found = {name: value for name, value in environment.items() if value}
    if not any(name in found for name in _NEEDED):
        return None
    region = next((found[name] for name in _REGIONS if name in found), None)
    missing = [name for name in _NEEDED if name not in found]
    missing += [] if region else [_REGIONS[0]]
    if region is None or missing:
        raise ConfigurationError(f"S3 needs {', '.join(missing)} too; set it in the environment")
    return S3Options(
        region=region,
        access_key=found[_NEEDED[0]],
        secret_key=found[_NEEDED[1]],
        session_token=found.get("AWS_SESSION_TOKEN"),
        endpoint=next((found[name] for name in _ENDPOINTS if name in found), None),
        single_writer=single_writer,
    )
