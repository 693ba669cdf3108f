"""A lake in an S3 bucket: how it is reached."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pyarrow.fs import S3FileSystem

from foreseen.core.errors import ConfigurationError
from foreseen.lake.places.place import Place

SCHEME = "s3://"
_RETRIES = 5
_RETRY_SECONDS = 20


@dataclass(frozen=True, slots=True)
class S3Options:
    """How an S3-compatible store is reached. It may be printed: keys do not show.

    Attributes:
        region: Its region.
        access_key: Whose key.
        secret_key: The key's secret.
        session_token: Of temporary credentials.
        endpoint: Address of a store other than AWS, e.g. `https://s3.example.org`.
        single_writer: Write to a store without conditional writes all the same: you make sure
            that one process writes. A lease notices most second writers, not all.
    """

    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    endpoint: str | None = None
    single_writer: bool = False

    def __post_init__(self) -> None:
        if self.endpoint is None:
            return
        parts = urlsplit(self.endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise ConfigurationError(
                f"endpoint {self.endpoint!r} is no address; write it like https://s3.example.org"
            )


def in_bucket(address: str, s3: S3Options, admit: Callable[[Place], None]) -> Place:
    """Place of a prefix of a bucket.

    Args:
        address: `s3://bucket/prefix`.
        s3: How it is reached.
        admit: See `Place`.

    Raises:
        ConfigurationError: The address names no bucket.
    """
    root = address.removeprefix(SCHEME).strip("/")
    if not root or "//" in root:
        raise ConfigurationError(f"{address!r} names no place; write s3://BUCKET/PREFIX")
    files = S3FileSystem(
        access_key=s3.access_key,
        secret_key=s3.secret_key,
        session_token=s3.session_token,
        region=s3.region,
        endpoint_override=s3.endpoint,
    )
    return Place(SCHEME + root, root, files, None, _for_delta(s3), admit)


def _for_delta(s3: S3Options) -> dict[str, str]:
    """Options of delta-rs; said in full, so that its own reading of the environment adds none."""
    options = {
        "aws_access_key_id": s3.access_key,
        "aws_secret_access_key": s3.secret_key,
        "aws_region": s3.region,
        "aws_conditional_put": "etag",
        "aws_s3_allow_unsafe_rename": "false",
        "aws_allow_http": str((s3.endpoint or "").startswith("http://")).lower(),
        "max_retries": str(_RETRIES),
        "retry_timeout": f"{_RETRY_SECONDS}s",
    }
    if s3.session_token is not None:
        options["aws_session_token"] = s3.session_token
    if s3.endpoint is not None:
        options["aws_endpoint_url"] = s3.endpoint
    return options
