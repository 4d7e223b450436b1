"""20250210120001: connections are linked to their providers, which is no edit of a connection.

Links that UP makes come back after a DOWN. For others, which an operator made, DOWN asks first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .harness import (
    SEED,
    TABLES,
    add_connection,
    add_model,
    add_provider,
    contents,
    down,
    run,
    up,
)

if TYPE_CHECKING:
    from support.databases import Database

    from .harness import Row


@pytest.fixture
def unseeded(seeded: Database) -> Database:
    """Give a database with all the tables, before the seed."""
    down(seeded, SEED)
    return seeded


def links(database: Database) -> list[Row]:
    """Read which provider each connection is linked to."""
    return database.query(
        """SELECT connections.provider, providers.identifier FROM connections
        LEFT JOIN providers ON providers.id = provider_id ORDER BY 1""",
    )


def unlinked_contents(database: Database) -> list[Row]:
    """Read all of the connections but their links."""
    return database.query("SELECT to_jsonb(c) - 'provider_id' FROM connections AS c ORDER BY id")


def link(database: Database, connection: str, provider: str) -> None:
    """Link a connection to the provider that has this identifier; that is an edit."""
    run(
        database,
        f"""UPDATE connections SET provider_id = providers.id FROM providers
        WHERE connections.id = '{connection}' AND providers.identifier = '{provider}'""",
    )


def refused_downgrade(database: Database) -> str:
    """Downgrade below the seed, which has to fail and change nothing; give what was said."""
    before = contents(database)
    result = database.alembic("downgrade", TABLES, ok=False)
    assert contents(database) == before
    return result.stdout + result.stderr


def test_up_links_connections_and_changes_nothing_else(unseeded: Database) -> None:
    for provider in ("anthropic", "bedrock", "no-such-provider"):
        add_connection(unseeded, provider)
    before = unlinked_contents(unseeded)

    up(unseeded, SEED)

    assert links(unseeded) == [
        ("anthropic", "anthropic"),
        ("bedrock", "bedrock"),
        ("no-such-provider", None),
    ]
    assert unlinked_contents(unseeded) == before


def test_up_links_to_an_operators_provider_of_that_name(unseeded: Database) -> None:
    own = add_provider(unseeded, "openai")
    add_connection(unseeded, "openai")

    up(unseeded, SEED)

    assert str(unseeded.value("SELECT provider_id FROM connections")) == own


def test_up_keeps_a_link_that_is_there(unseeded: Database) -> None:
    own = add_provider(unseeded)
    add_connection(unseeded, "openai")
    run(unseeded, f"UPDATE connections SET provider_id = '{own}'")

    up(unseeded, SEED)

    assert links(unseeded) == [("openai", "mine")]


def test_down_takes_links_back_and_up_restores_them(unseeded: Database) -> None:
    add_connection(unseeded, "openai")
    up(unseeded, SEED)
    before = unlinked_contents(unseeded)

    down(unseeded, SEED)
    assert links(unseeded) == [("openai", None)]
    assert unlinked_contents(unseeded) == before

    up(unseeded, SEED)
    assert links(unseeded) == [("openai", "openai")]
    assert unlinked_contents(unseeded) == before


def test_down_keeps_links_to_other_providers(unseeded: Database) -> None:
    own = add_provider(unseeded)
    add_connection(unseeded, "openai")
    run(unseeded, f"UPDATE connections SET provider_id = '{own}'")
    up(unseeded, SEED)

    down(unseeded, SEED)

    assert links(unseeded) == [("openai", "mine")]


def test_updated_at_is_kept_up_again_afterwards(unseeded: Database) -> None:
    add_connection(unseeded, "openai")
    up(unseeded, SEED)
    down(unseeded, SEED)
    up(unseeded, SEED)

    run(unseeded, "UPDATE connections SET name = 'changed'")

    assert unseeded.value("SELECT updated_at > '2025-01-01' FROM connections")


def test_deferred_constraints_do_not_get_in_the_way(unseeded: Database) -> None:
    add_connection(unseeded, "openai")
    run(
        unseeded,
        """ALTER TABLE connections ALTER CONSTRAINT connections_provider_id_fkey
        DEFERRABLE INITIALLY DEFERRED""",
    )

    up(unseeded, SEED)
    assert links(unseeded) == [("openai", "openai")]
    down(unseeded, SEED)
    assert links(unseeded) == [("openai", None)]


def test_down_refuses_to_lose_links_that_do_not_come_back(seeded: Database) -> None:
    """Those that an operator made against the provider column; the others do not count."""
    for says, provider in (
        ("azure", "microsoft-copilot"),
        ("gateway", "openai"),
        ("anthropic", "openai"),
        ("openai", "openai"),
        ("bedrock", "bedrock"),
    ):
        link(seeded, add_connection(seeded, says), provider)
    link(seeded, add_connection(seeded, "gateway"), "no-such-provider")

    said = refused_downgrade(seeded)

    assert (
        "would delete 3 link(s) of connections that the next upgrade would not restore "
        "(microsoft-copilot: 1, openai: 2)" in said
    )
    assert "move them to a provider of your own" in said
    assert "allow_data_loss=on" in said


def test_down_names_lost_models_and_lost_links_together(seeded: Database) -> None:
    """Who allows the loss of one has seen the other."""
    link(seeded, add_connection(seeded, "gateway"), "openai")
    add_model(seeded, "bedrock", "imported")

    said = refused_downgrade(seeded)

    assert "would delete 1 model(s) that no migration created (bedrock: 1) and 1 link(s) of" in said


def test_down_loses_those_links_when_that_is_allowed(seeded: Database) -> None:
    link(seeded, add_connection(seeded, "gateway"), "openai")
    link(seeded, add_connection(seeded, "openai"), "openai")
    before = unlinked_contents(seeded)

    seeded.alembic("-x", "allow_data_loss=on", "downgrade", TABLES)

    assert links(seeded) == [("gateway", None), ("openai", None)]
    assert unlinked_contents(seeded) == before

    up(seeded, SEED)

    assert links(seeded) == [("gateway", None), ("openai", "openai")]
    assert unlinked_contents(seeded) == before


def test_links_to_a_renamed_provider_count_by_the_name_it_was_seeded_with(seeded: Database) -> None:
    """That is the name under which the provider comes back."""
    run(seeded, "UPDATE providers SET identifier = 'renamed' WHERE identifier = 'openai'")
    link(seeded, add_connection(seeded, "openai"), "renamed")
    by_new_name = add_connection(seeded, "renamed")
    link(seeded, by_new_name, "renamed")

    assert "would delete 1 link(s) of connections" in refused_downgrade(seeded)

    run(seeded, f"DELETE FROM connections WHERE id = '{by_new_name}'")
    down(seeded, SEED)
    up(seeded, SEED)
    assert links(seeded) == [("openai", "openai")]


def test_links_that_would_go_to_an_operators_provider_do_not_come_back(seeded: Database) -> None:
    run(seeded, "UPDATE providers SET identifier = 'renamed' WHERE identifier = 'openai'")
    link(seeded, add_connection(seeded, "openai"), "renamed")
    add_provider(seeded, "openai")

    assert "not restore (renamed: 1)" in refused_downgrade(seeded)


@pytest.mark.parametrize("way", ["provider column", "own provider"])
def test_links_are_kept_in_the_ways_that_the_hint_names(seeded: Database, way: str) -> None:
    connection = add_connection(seeded, "gateway")
    link(seeded, connection, "openai")
    assert "connections.provider names the provider as it was seeded" in refused_downgrade(seeded)

    if way == "provider column":
        run(seeded, f"UPDATE connections SET provider = 'openai' WHERE id = '{connection}'")
    else:
        add_provider(seeded)
        link(seeded, connection, "mine")
    before = contents(seeded, ["connections"])
    seeded.alembic("downgrade", TABLES)
    up(seeded, SEED)

    assert contents(seeded, ["connections"]) == before
