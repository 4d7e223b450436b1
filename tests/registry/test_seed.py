"""20250210120001: what it seeds, against the facts in `tests/data/catalogue.json`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import func, select

from promptlib.registry.tables import models, provider_templates, providers

from . import facts as facts_of
from .seeded_rows import (
    PROVIDERS,
    read,
    read_models,
    read_provider,
    read_template,
    seeded_id,
)

if TYPE_CHECKING:
    from support.databases import Database

#: The fields that the application cannot do without, by auth_method.
REQUIRED_FIELDS: Final = {
    "api_key": {"apiKey"},
    "aws_iam": {"accessKeyId", "secretAccessKey", "region"},
}


def expected_models(catalogue: dict[str, Any], provider: str) -> list[dict[str, Any]]:
    """Give the facts about the models of one provider."""
    return [one for one in catalogue["models_2025_02_10"] if one["provider"] == provider]


def expected_auth_config(facts: dict[str, Any]) -> dict[str, Any]:
    """Build auth_config from the facts."""
    fields = {
        field["name"]: {key: value for key, value in field.items() if key != "name"}
        for field in facts["auth_fields"]
    }
    return {
        "type": facts["auth_method"],
        "fields": fields,
        "headers": facts["headers"],
        "testEndpoint": facts["test_endpoint"],
    }


def expected_provider_capabilities(facts: dict[str, Any]) -> dict[str, Any]:
    """Build a provider's capabilities from the facts."""
    known = facts["capabilities"]
    keys = (
        "supportsSystemMessages",
        "supportsStreaming",
        "supportsTools",
        "supportedRoles",
        "supportedAuthMethods",
    )
    return {key: known[key] for key in keys} | {
        "maxContextLength": known["maxContextLength_2025_02_10"],
    }


def test_counts(seed: Database, catalogue: dict[str, Any]) -> None:
    assert len(read(seed, providers)) == len(catalogue["providers"]) == len(PROVIDERS)
    assert len(read(seed, models)) == len(catalogue["models_2025_02_10"]) == 41
    assert len(read(seed, provider_templates)) == len(PROVIDERS)


def test_every_id_is_a_valid_uuid_of_version_8(seed: Database) -> None:
    """As strict validators in the application want it."""
    ids = seed.query(
        """SELECT id::text FROM providers UNION ALL SELECT id::text FROM models
        UNION ALL SELECT id::text FROM provider_templates""",
    )

    assert len(ids) == 49
    assert {(uuid.UUID(text).version, uuid.UUID(text).variant) for (text,) in ids} == {
        (8, uuid.RFC_4122),
    }


@pytest.mark.parametrize("identifier", PROVIDERS)
def test_provider(seed: Database, catalogue: dict[str, Any], identifier: str) -> None:
    facts = facts_of.provider(catalogue, identifier)

    row = dict(read_provider(seed, identifier))

    assert row.pop("description")
    assert row.pop("created_at") == row.pop("updated_at") is not None
    assert row == {
        "id": seeded_id("provider", identifier),
        "identifier": identifier,
        "name": facts["name"],
        "api_endpoint": facts["api_endpoint"],
        "auth_method": facts["auth_method"],
        "auth_config": expected_auth_config(facts),
        "capabilities": expected_provider_capabilities(facts),
        "status": "active",
        "is_system": True,
        "created_by": None,
        "last_tested": None,
        "test_result": None,
    }


@pytest.mark.parametrize("provider", PROVIDERS)
def test_models(seed: Database, catalogue: dict[str, Any], provider: str) -> None:
    """Prices have a test of their own, which does not go through floating point."""
    rows = read_models(seed, provider)

    for facts in expected_models(catalogue, provider):
        row = dict(rows.pop(facts["identifier"]))
        assert row.pop("description")
        assert row.pop("pricing_info")
        assert row.pop("created_at") == row.pop("updated_at") is not None
        assert row == {
            "id": seeded_id("model", provider, facts["identifier"]),
            "provider_id": seeded_id("provider", provider),
            "identifier": facts["identifier"],
            "name": facts["name"],
            "context_length": facts["context_length"],
            "capabilities": facts_of.model_capabilities(
                facts,
                facts_of.provider(catalogue, provider),
            ),
            "status": facts["status"],
            "is_default": facts["is_default"],
        }
    assert not rows


@pytest.mark.parametrize("provider", PROVIDERS)
def test_prices(seed: Database, catalogue: dict[str, Any], provider: str) -> None:
    """Exact and without trailing zeros: the text is compared, not a floating-point number."""
    found = seed.query(
        f"""SELECT models.identifier, (SELECT jsonb_object_agg(key, value #>> '{{}}')
            FROM jsonb_each(pricing_info))
        FROM models JOIN providers ON providers.id = provider_id
        WHERE providers.identifier = '{provider}'""",
    )

    assert dict(found) == {
        facts["identifier"]: facts_of.prices(facts, "2025-02-10")
        for facts in expected_models(catalogue, provider)
    }


def test_each_provider_has_one_default_and_it_is_active(seed: Database) -> None:
    defaults = read(seed, models, models.c.is_default)

    assert {row["provider_id"] for row in defaults} == {
        seeded_id("provider", identifier) for identifier in PROVIDERS
    }
    assert [row["status"] for row in defaults] == ["active"] * len(PROVIDERS)


@pytest.mark.parametrize("identifier", PROVIDERS)
def test_auth_config_describes_the_fields_its_method_needs(
    seed: Database,
    identifier: str,
) -> None:
    config = read_provider(seed, identifier)["auth_config"]
    required = {name for name, field in config["fields"].items() if field["required"]}

    assert required >= REQUIRED_FIELDS[config["type"]]
    for field in config["fields"].values():
        assert field.keys() - {"default"} == {"required", "sensitive", "description"}
        assert not ("default" in field and field["sensitive"])


@pytest.mark.parametrize("identifier", PROVIDERS)
def test_limits_hold(seed: Database, identifier: str) -> None:
    """No model of a provider takes more than the provider does, and one takes as much."""
    limit = read_provider(seed, identifier)["capabilities"]["maxContextLength"]

    with seed.engine.connect() as connection:
        largest = connection.scalar(
            select(func.max(models.c.context_length)).where(
                models.c.provider_id == seeded_id("provider", identifier),
            ),
        )

    assert largest == limit


@pytest.mark.parametrize("identifier", PROVIDERS)
def test_template_makes_the_provider(seed: Database, identifier: str) -> None:
    provider = read_provider(seed, identifier)

    template = read_template(seed, identifier)

    assert template["name"] == provider["name"]
    assert template["description"]
    assert template["is_system"]
    assert template["created_by"] is None
    assert template["created_at"] == template["updated_at"] is not None
    assert template["provider_config"] == {
        "name": provider["name"],
        "description": provider["description"],
        "apiEndpoint": provider["api_endpoint"],
        "authMethod": provider["auth_method"],
        "authConfig": provider["auth_config"],
        "capabilities": provider["capabilities"],
    }


@pytest.mark.parametrize("identifier", PROVIDERS)
def test_template_offers_the_active_models(seed: Database, identifier: str) -> None:
    """The default comes first, and nobody starts with a deprecated model."""
    active = [row for row in read_models(seed, identifier).values() if row["status"] == "active"]

    offered = read_template(seed, identifier)["default_models"]

    assert [model["isDefault"] for model in offered] == [True] + [False] * (len(active) - 1)
    assert {model["identifier"]: model for model in offered} == {
        row["identifier"]: {
            "identifier": row["identifier"],
            "name": row["name"],
            "description": row["description"],
            "contextLength": row["context_length"],
            "capabilities": row["capabilities"],
            "isDefault": row["is_default"],
        }
        for row in active
    }
