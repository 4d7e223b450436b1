"""What DOWN undoes, keeps and refuses, for the tables and for the history as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest

from .harness import (
    BASE,
    OUR_TABLES,
    PREDECESSOR,
    SEED,
    SEEDED_TABLES,
    TABLES,
    add_connection,
    add_model,
    add_provider,
    add_template,
    add_user,
    contents,
    definitions,
    down,
    run,
    up,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.databases import Database


def test_both_kinds_of_database_get_the_same_schema(database: Database) -> None:
    up(database, BASE, TABLES, SEED)
    from_empty = [line for line in definitions(database) if line[1] != "function"]
    down(database, SEED, TABLES, BASE)
    run(database, PREDECESSOR)
    up(database, BASE, TABLES, SEED)

    assert from_empty == [line for line in definitions(database) if line[0] in OUR_TABLES]


@pytest.mark.parametrize(
    "version",
    [BASE, TABLES, SEED],
    ids=["base tables", "provider tables", "seed"],
)
def test_down_undoes_up(database: Database, version: str) -> None:
    """The restored CHECK alone differs: it does not look at rows that are there."""
    up(database, *(earlier for earlier in (BASE, TABLES, SEED) if earlier < version))
    before = definitions(database)

    up(database, version)
    down(database, version)

    assert [(*line[:2], line[2].replace(" NOT VALID", "")) for line in definitions(database)] == (
        before
    )


def test_nothing_is_left_of_the_whole_history(migrated: Database) -> None:
    """Other than what the runner itself remembers, which is not part of the history."""
    migrated.alembic("downgrade", "base")

    assert (
        migrated.query(
            f"""SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relname = ANY (ARRAY{list(OUR_TABLES)})""",
        )
        == []
    )
    assert migrated.value("SELECT to_regprocedure('update_updated_at_column()') IS NULL")


def test_history_runs_again_after_it_was_undone(database: Database) -> None:
    up(database, BASE, TABLES, SEED)
    schema, ids = definitions(database), database.query("SELECT id FROM models ORDER BY id")

    down(database, SEED, TABLES, BASE)
    assert definitions(database) == []
    up(database, BASE, TABLES, SEED)

    assert definitions(database) == schema
    assert database.query("SELECT id FROM models ORDER BY id") == ids


def test_restored_check_keeps_old_rows_and_guards_new_ones(tables: Database) -> None:
    kept = add_connection(tables, "anthropic")
    rows = tables.query("SELECT id, provider, updated_at FROM connections")

    down(tables, TABLES)

    assert tables.query("SELECT id, provider, updated_at FROM connections") == rows
    add_connection(tables, "bedrock")
    with pytest.raises(psycopg2.errors.CheckViolation, match="connections_provider_check"):
        add_connection(tables, "mistral")
    assert tables.value(f"SELECT count(*) FROM connections WHERE id = '{kept}'") == 1


@pytest.mark.parametrize(
    ("add", "counts"),
    [
        (add_provider, "1 provider(s), 0 model(s) and 0 template(s)"),
        (add_model, "0 provider(s), 1 model(s) and 0 template(s)"),
        (add_template, "0 provider(s), 0 model(s) and 1 template(s)"),
    ],
    ids=["a provider", "a model without provider", "a template"],
)
def test_down_refuses_to_delete_rows_and_counts_them(
    seeded: Database,
    add: Callable[[Database], str],
    counts: str,
) -> None:
    """All that the seed added is gone by then, so what is left is an operator's."""
    own = add(seeded)

    result = seeded.alembic("downgrade", BASE, ok=False)

    assert f"would delete {counts}" in result.stdout + result.stderr
    assert "allow_data_loss=on" in result.stdout + result.stderr
    kept = contents(seeded, SEEDED_TABLES)
    assert any(own in row for rows in kept.values() for row in rows)


def test_down_deletes_rows_when_that_is_allowed(seeded: Database) -> None:
    add_user(seeded)
    add_connection(seeded, "mine")
    add_provider(seeded, "mine")
    add_model(seeded, "mine")
    add_template(seeded)
    users = contents(seeded, ("users",))
    connections = seeded.query("SELECT id, name, provider, config, updated_at FROM connections")

    seeded.alembic("-x", "allow_data_loss=on", "downgrade", BASE)

    assert seeded.value("SELECT to_regclass('providers') IS NULL")
    assert contents(seeded, ("users",)) == users
    assert connections == seeded.query(
        "SELECT id, name, provider, config, updated_at FROM connections",
    )
