"""How S3 is reached is read from the environment once, at the edge."""

import pytest

from foreseen.cli.s3_options import s3_options
from foreseen.core.errors import ConfigurationError

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "the-secret", "AWS_REGION": "r"}


def test_the_usual_variables_are_read() -> None:
    more = {"AWS_SESSION_TOKEN": "token", "AWS_ENDPOINT_URL": "http://localhost:9000"}
    found = s3_options(KEYS | more)
    assert found is not None
    assert (found.access_key, found.secret_key, found.session_token) == (
        "key",
        "the-secret",
        "token",
    )
    assert (found.region, found.endpoint, found.single_writer) == (
        "r",
        more["AWS_ENDPOINT_URL"],
        False,
    )


def test_an_environment_without_keys_names_no_store() -> None:
    assert s3_options({"AWS_REGION": "r", "AWS_ACCESS_KEY_ID": ""}) is None


@pytest.mark.parametrize("name", list(KEYS))
def test_what_is_missing_is_named_and_no_secret_is(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as told:
        s3_options({key: value for key, value in KEYS.items() if key != name})
    assert "the-secret" not in str(told.value)
