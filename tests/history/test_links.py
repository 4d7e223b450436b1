"""20250210120001: connections are linked to their providers, which is no edit of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .harness import SEED, add_connection, add_provider, down, run, up

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
