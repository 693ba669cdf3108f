"""The description of the API is valid OpenAPI 3.1, and complete in itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from jsonschema.validators import Draft202012Validator
from tests.api.people import site


@pytest.fixture
def described(tmp_path: Path) -> Iterator[dict[str, Any]]:
    with site(tmp_path) as place:
        yield place.app.openapi()


def nodes(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


def test_it_is_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1.")
    read = OpenAPI.model_validate(described)
    assert len(read.paths or {}) == len(described["paths"]) > 30


def test_every_schema_is_a_valid_json_schema(described: dict[str, Any]) -> None:
    schemas = list(described["components"]["schemas"].values())
    schemas += [each["schema"] for each in nodes(described["paths"]) if "schema" in each]
    for schema in schemas:
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    references = {each["$ref"] for each in nodes(described) if isinstance(each.get("$ref"), str)}
    names = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert references
    assert references <= names


def test_operations_have_names_and_words_of_their_own(described: dict[str, Any]) -> None:
    operations = [each for path in described["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each.get("description") for each in operations)
