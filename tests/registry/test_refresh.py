"""20261122090100: the catalogue of 2026-11-20, against `tests/data/catalogue.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from . import facts as facts_of
from .harness import (
    CONFIGS,
    HARDEN,
    REFRESH,
    changes,
    contents,
    down,
    rows,
    run,
    up,
)
from .seeded_rows import PROVIDERS, read_models, read_provider, read_template, seeded_id

if TYPE_CHECKING:
    from support.databases import Database

AS_OF: Final = "2026-11-20"
REGISTRY: Final = ("providers", "models", "provider_templates")
DEFAULTS: Final = {
    "openai": "gpt-6.1-sol",
    "anthropic": "claude-opus-5-5",
    "bedrock": "anthropic.claude-sonnet-5-5",
    "microsoft-copilot": "gpt-6-sol",
}


@pytest.fixture
def hardened(migrated: Database) -> Database:
    """A database before the refresh."""
    down(migrated, CONFIGS, REFRESH)
    return migrated


def of_provider(facts: list[dict[str, Any]], provider: str) -> dict[str, dict[str, Any]]:
    """The facts about one provider, by the model's identifier."""
    return {each["identifier"]: each for each in facts if each["provider"] == provider}


def status(facts: dict[str, Any], shut_down: dict[str, dict[str, Any]]) -> str:
    """The status that a model of 2025 has on the day of the refresh."""
    gone = shut_down.get(facts["identifier"])
    return "deprecated" if gone and gone["date"] <= AS_OF else facts["status"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_field_of_every_model(
    head: Database, catalogue: dict[str, Any], provider: str
) -> None:
    """The models of 2026, and those of 2025 that are not among them: only their status changes."""
    found = {key: dict(row) for key, row in read_models(head, provider).items()}
    prices = dict(
        head.query(
            f"""SELECT models.identifier, (SELECT jsonb_object_agg(key, value #>> '{{}}')
            FROM jsonb_each(pricing_info))
            FROM models JOIN providers ON providers.id = provider_id
            WHERE providers.identifier = '{provider}'"""
        )
    )
    new = of_provider(catalogue["models_2026_11_20"], provider)
    old = of_provider(catalogue["models_2025_02_10"], provider)
    shut_down = of_provider(catalogue["lifecycle_changes"], provider)
    expected = {
        identifier: {
            "id": seeded_id("model", provider, identifier),
            "provider_id": seeded_id("provider", provider),
            "identifier": identifier,
            "name": facts["name"],
            "context_length": facts["context_length"],
            "capabilities": facts_of.model_capabilities(
                facts, facts_of.provider(catalogue, provider)
            ),
            "status": facts["status"] if identifier in new else status(facts, shut_down),
            "is_default": identifier == DEFAULTS[provider],
        }
        for identifier, facts in {**old, **new}.items()
    }
    for row in found.values():
        assert row.pop("description")
        assert row.pop("pricing_info")
        assert row.pop("created_at") == row.pop("updated_at") is not None
    assert found == expected
    assert prices == {
        identifier: facts_of.prices(facts, AS_OF if identifier in new else "2025-02-10")
        for identifier, facts in {**old, **new}.items()
    }
    assert new[DEFAULTS[provider]]["is_default"]


def test_counts(head: Database) -> None:
    """41 of 2025, and 37 of 2026, three of which are in both."""
    assert head.value("SELECT count(*) FROM models") == 75
    assert head.value("SELECT count(*) FROM provider_templates") == len(PROVIDERS)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_provider_and_template(head: Database, catalogue: dict[str, Any], provider: str) -> None:
    """The template offers what the provider has and is still served, the default first."""
    row, facts = read_provider(head, provider), facts_of.provider(catalogue, provider)
    limit = facts["capabilities"]["maxContextLength_refresh"]
    assert row["api_endpoint"] == facts["api_endpoint"]
    assert row["capabilities"]["maxContextLength"] == limit
    assert row["created_at"] == row["updated_at"]

    template = read_template(head, provider)
    active = {
        key: model
        for key, model in read_models(head, provider).items()
        if model["status"] == "active"
    }

    assert template["provider_config"]["capabilities"] == row["capabilities"]
    assert template["created_at"] == template["updated_at"]
    assert template["default_models"][0]["identifier"] == DEFAULTS[provider]
    assert {model["identifier"]: model for model in template["default_models"]} == {
        key: {
            "identifier": key,
            "name": model["name"],
            "description": model["description"],
            "contextLength": model["context_length"],
            "capabilities": model["capabilities"],
            "isDefault": model["is_default"],
        }
        for key, model in active.items()
    }


def test_second_up_changes_nothing(migrated: Database) -> None:
    """Nor does it undo what an operator did since."""
    run(
        migrated,
        "UPDATE models SET is_default = false WHERE identifier = 'gpt-6.1-sol'",
        "UPDATE models SET name = 'ours' WHERE identifier = 'gpt-6-luna'",
        "UPDATE providers SET api_endpoint = 'https://proxy' WHERE identifier = 'anthropic'",
        "DELETE FROM models WHERE identifier = 'amazon.nova-pro-v1:0'",
    )
    before = contents(migrated)

    up(migrated, REFRESH)

    assert contents(migrated) == before


def test_down_restores_what_was_seeded(seeded: Database) -> None:
    """From the seed to head and back: every row is what it was, and no other is there."""
    before = contents(seeded)

    seeded.alembic("upgrade", "head")
    seeded.alembic("downgrade", HARDEN)

    assert contents(seeded) == before


def insert(provider: str, identifier: str, *, limit: int = 4096, default: bool = False) -> str:
    """The SQL of an operator's model."""
    return f"""INSERT INTO models
        (provider_id, identifier, name, context_length, capabilities, is_default)
        SELECT id, '{identifier}', 'Mine', {limit}, '{{"maxContextLength": {limit}}}', {default}
        FROM providers WHERE identifier = '{provider}'"""


def test_what_operators_made_or_changed_stays(hardened: Database) -> None:
    """Rows of an operator's, and rows that he edited, are the same after UP and after DOWN."""
    run(
        hardened,
        # His own models: one of a new identifier, one in the place of a seeded one.
        insert("openai", "gpt-6-luna"),
        "DELETE FROM models WHERE identifier = 'o3-mini'",
        insert("openai", "o3-mini"),
        # His default; a system row that he made the default; a default that he edited.
        "UPDATE models SET is_default = false WHERE identifier LIKE 'claude-3-5-sonnet-20241022'",
        insert("anthropic", "mine", default=True),
        """UPDATE models SET is_default = false WHERE is_default AND provider_id = (
            SELECT id FROM providers WHERE identifier = 'bedrock')""",
        "UPDATE models SET is_default = true WHERE identifier = 'amazon.nova-pro-v1:0'",
        "UPDATE models SET description = 'ours' WHERE identifier = 'gpt-4o' AND is_default",
        # Rows that he edited.
        "UPDATE models SET name = 'ours' WHERE identifier = 'claude-2.1'",
        "UPDATE models SET name = 'ours' WHERE identifier = 'cohere.command-r-v1:0'",
        "UPDATE provider_templates SET description = 'ours' WHERE name = 'Anthropic'",
        """UPDATE providers SET api_endpoint = 'https://ours.openai.azure.com'
        WHERE identifier = 'microsoft-copilot'""",
    )
    kept = """SELECT jsonb_object_agg(id, row) FROM (
        SELECT id, to_jsonb(m) AS row FROM models AS m
        WHERE name = 'Mine' OR updated_at <> created_at
        UNION ALL SELECT id, to_jsonb(t) FROM provider_templates AS t WHERE updated_at <> created_at
        UNION ALL SELECT id, to_jsonb(p) #- '{capabilities,maxContextLength}' FROM providers AS p
        WHERE updated_at <> created_at) AS own"""
    before, whole = hardened.value(kept), contents(hardened)
    assert len(before) == 12

    up(hardened, REFRESH)

    assert hardened.value(kept) == before
    assert hardened.query(
        """SELECT providers.identifier, models.identifier FROM models
        JOIN providers ON providers.id = provider_id WHERE is_default ORDER BY 1"""
    ) == [
        ("anthropic", "mine"),
        ("bedrock", "amazon.nova-pro-v1:0"),
        ("microsoft-copilot", "gpt-4o"),
        ("openai", "gpt-4o"),
    ]
    assert read_models(hardened, "microsoft-copilot").keys() >= {"gpt-6-sol", "gpt-5"}
    limit = "SELECT capabilities -> 'maxContextLength' FROM providers WHERE identifier = %s"
    assert hardened.value(limit, "microsoft-copilot") == 1050000

    down(hardened, REFRESH)

    run(  # nobody knows what it was
        hardened,
        """ALTER TABLE providers DISABLE TRIGGER USER;
        UPDATE providers SET capabilities = capabilities || '{"maxContextLength": 200000}'
        WHERE identifier = 'microsoft-copilot'""",
    )
    assert contents(hardened) == whole


def test_limits_make_room_for_operators_models(hardened: Database) -> None:
    run(
        hardened,
        """ALTER TABLE providers DISABLE TRIGGER update_providers_updated_at;
        UPDATE providers SET capabilities = capabilities || '{"maxContextLength": 2000000}';
        ALTER TABLE providers ENABLE TRIGGER update_providers_updated_at""",
        insert("openai", "mine", limit=1500000),
    )
    limits = """SELECT identifier, capabilities -> 'maxContextLength' FROM providers
        WHERE identifier IN ('openai', 'bedrock') ORDER BY 1"""

    up(hardened, REFRESH)
    assert hardened.query(limits) == [("bedrock", 1000000), ("openai", 1500000)]

    down(hardened, REFRESH)
    assert hardened.query(limits) == [("bedrock", 300000), ("openai", 1500000)]


@pytest.mark.parametrize("flags", ["true", "false"])
def test_operators_provider_of_a_system_name_stays(hardened: Database, flags: str) -> None:
    """Nothing is added below it, whatever it calls itself."""
    run(
        hardened,
        """UPDATE providers SET is_system = false WHERE identifier = 'openai';
        DELETE FROM providers WHERE identifier = 'openai'""",
        f"""INSERT INTO providers
        (identifier, name, api_endpoint, auth_method, auth_config, capabilities, is_system)
        SELECT 'openai', 'Mine', 'https://mine', auth_method, auth_config, capabilities, {flags}
        FROM providers WHERE identifier = 'anthropic'""",
        insert("openai", "gpt-4", default=True),
    )
    own = "SELECT to_jsonb(p), to_jsonb(m) FROM providers p JOIN models m ON p.id = provider_id "
    own += "WHERE p.identifier = 'openai'"
    before = hardened.query(own)

    up(hardened, REFRESH)
    assert hardened.query(own) == before
    down(hardened, REFRESH)
    assert hardened.query(own) == before


def test_what_the_predecessor_seeded_is_brought_up_to_date(
    left: Database, catalogue: dict[str, Any]
) -> None:
    """Its rows have other ids; what came with their provider and nobody edited is its own."""
    left.alembic("upgrade", HARDEN)
    before = rows(left, *REGISTRY, "connections")

    left.alembic("upgrade", REFRESH)

    after = rows(left, *REGISTRY, "connections")
    changed = changes(before, after)
    named = {f"{row['name']}": change for key, change in changed.items() if (row := before[key])}
    assert {name: set(change or ()) for name, change in named.items()} == {
        "OpenAI": {"capabilities"},
        "Anthropic": {"capabilities", "api_endpoint"},
        "AWS Bedrock": {"capabilities"},
        "Microsoft Copilot": {"capabilities"},
        "GPT-4": {"status", "is_default"},
        "GPT-3.5": {"status"},
        "Claude 3 Opus": {"status", "is_default"},
        "Nova": {"name", "description", "context_length", "capabilities", "pricing_info"},
    }
    new = {after[key]["identifier"] for key in after.keys() - before.keys()}
    assert new == {each["identifier"] for each in catalogue["models_2026_11_20"]} - {
        "amazon.nova-pro-v1:0",
    }
    again = contents(left)
    up(left, REFRESH)
    assert contents(left) == again

    down(left, REFRESH)

    assert rows(left, *REGISTRY, "connections").keys() == before.keys()
