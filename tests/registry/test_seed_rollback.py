"""20250210120001: run twice, beside an operator's own rows, and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.registry.tables import models, provider_templates

from .harness import (
    SEED,
    SEEDED_TABLES,
    TABLES,
    add_connection,
    add_model,
    add_provider,
    add_template,
    contents,
    down,
    run,
    up,
)
from .seeded_rows import (
    PROVIDERS,
    read,
    read_models,
    read_provider,
    read_template,
)

if TYPE_CHECKING:
    from support.databases import Database


def test_second_up_changes_nothing(seeded: Database) -> None:
    """Nor does it give back what an operator changed, renamed or deleted."""
    run(
        seeded,
        "UPDATE providers SET identifier = 'renamed' WHERE identifier = 'anthropic'",
        "UPDATE providers SET name = 'changed' WHERE identifier = 'openai'",
        "UPDATE provider_templates SET name = 'renamed' WHERE name = 'OpenAI'",
        "DELETE FROM models WHERE identifier = 'gpt-4o-mini'",
    )
    add_connection(seeded, "unknown")
    before = contents(seeded)

    up(seeded, SEED)

    assert contents(seeded) == before


def test_provider_of_an_operator_stays_as_it_is(seeded: Database) -> None:
    """No models are added below it, and neither direction touches it or what is below it."""
    down(seeded, SEED)
    add_provider(seeded, "openai", is_system=True)
    add_model(seeded, "openai", "gpt-4o")
    add_template(seeded, "OpenAI")
    own = contents(seeded, SEEDED_TABLES)

    up(seeded, SEED)

    assert read_provider(seeded, "openai")["name"] == "Mine"
    assert list(read_models(seeded, "openai")) == ["gpt-4o"]
    assert seeded.value("SELECT count(*) FROM providers") == len(PROVIDERS)
    assert seeded.value("SELECT count(*) FROM provider_templates") == len(PROVIDERS)
    assert all(set(own[table]) < set(contents(seeded)[table]) for table in SEEDED_TABLES)

    down(seeded, SEED)

    assert contents(seeded, SEEDED_TABLES) == own


def test_template_does_not_copy_an_operators_provider(seeded: Database) -> None:
    down(seeded, SEED)
    add_provider(seeded, "openai")

    up(seeded, SEED)

    config = read_template(seeded, "openai")["provider_config"]
    assert config["apiEndpoint"] == "https://api.openai.com/v1"


def test_down_removes_what_up_added_and_nothing_else(seeded: Database) -> None:
    """By id: neither a flag nor a name makes a row the seed's."""
    down(seeded, SEED)
    add_provider(seeded, "ours", is_system=True)
    add_model(seeded, "ours", "gpt-4o")
    add_template(seeded)
    own = contents(seeded)
    up(seeded, SEED)
    run(
        seeded,
        "UPDATE providers SET name = 'changed', is_system = false WHERE identifier = 'openai'",
        "UPDATE models SET identifier = 'renamed' WHERE identifier = 'gpt-4o-mini'",
    )

    down(seeded, SEED)

    assert contents(seeded) == own


def test_down_refuses_to_delete_an_operators_models_and_counts_them(seeded: Database) -> None:
    add_model(seeded, "openai", "fine-tuned-1")
    add_model(seeded, "openai", "fine-tuned-2")
    add_model(seeded, "bedrock", "imported")
    before = contents(seeded)

    result = seeded.alembic("downgrade", TABLES, ok=False)

    output = result.stdout + result.stderr
    assert "would delete 3 model(s) that no migration created (bedrock: 1, openai: 2)" in output
    assert "allow_data_loss=on" in output
    assert "link" not in output
    assert contents(seeded) == before


def test_down_deletes_them_when_that_is_allowed(seeded: Database) -> None:
    add_model(seeded, "openai", "fine-tuned")
    add_provider(seeded)
    kept = add_model(seeded, "mine")

    seeded.alembic("-x", "allow_data_loss=on", "downgrade", TABLES)

    assert seeded.query("SELECT identifier FROM providers") == [("mine",)]
    assert [str(row["id"]) for row in read(seeded, models)] == [kept]
    assert read(seeded, provider_templates) == []
