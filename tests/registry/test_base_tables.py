"""20250101000000: users and connections, on an empty database and on one that has them already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest

from .harness import (
    BASE,
    PREDECESSOR,
    TABLES,
    add_connection,
    add_user,
    catalog_rows,
    contents,
    definitions,
    down,
    run,
    section,
    up,
)

if TYPE_CHECKING:
    from support.databases import Database

OURS = ("connections", "users")


@pytest.mark.parametrize(
    "state",
    [(PREDECESSOR,), (PREDECESSOR, section(TABLES, "UP"))],
    ids=["after the init script", "after the provider migration"],
)
def test_up_changes_nothing_where_the_tables_exist(
    database: Database,
    state: tuple[str, ...],
) -> None:
    """Not even by putting an equal thing in the place of another."""
    run(database, *state)
    schema, catalog, rows = definitions(database), catalog_rows(database), contents(database, OURS)

    up(database, BASE)

    assert definitions(database) == schema
    assert catalog_rows(database) == catalog
    assert contents(database, OURS) == rows


def test_up_makes_what_the_init_script_makes(database: Database) -> None:
    up(database, BASE)
    made = [line for line in definitions(database) if line[1] != "function"]
    run(database, section(BASE, "DOWN"), PREDECESSOR)

    assert made == [line for line in definitions(database) if line[0] in OURS]


def test_every_update_sets_updated_at(database: Database) -> None:
    up(database, BASE)
    add_user(database)
    add_connection(database, "openai")

    run(database, "UPDATE users SET role = 'viewer'", "UPDATE connections SET name = 'other'")

    assert database.value("SELECT updated_at > created_at FROM users")
    assert database.value("SELECT updated_at > created_at FROM connections")


def test_down_refuses_to_delete_rows_and_counts_them(database: Database) -> None:
    database.alembic("upgrade", BASE)
    add_user(database, "ada")
    add_user(database, "grace")
    add_connection(database, "openai")
    before = contents(database, OURS)

    result = database.alembic("downgrade", "base", ok=False)

    assert "would delete 2 user(s) and 1 connection(s)" in result.stdout + result.stderr
    assert "allow_data_loss=on" in result.stdout + result.stderr
    assert contents(database, OURS) == before


def test_down_deletes_rows_when_that_is_allowed(database: Database) -> None:
    database.alembic("upgrade", BASE)
    add_user(database)

    database.alembic("-x", "allow_data_loss=on", "downgrade", "base")

    assert database.value("SELECT to_regclass('users') IS NULL")


@pytest.mark.parametrize("setting", ["", "off", "true", "onion"])
def test_only_the_word_on_allows_data_loss(database: Database, setting: str) -> None:
    up(database, BASE)
    add_user(database)

    with pytest.raises(psycopg2.errors.RaiseException):
        run(database, f"SET promptlib.allow_data_loss = '{setting}'", section(BASE, "DOWN"))

    assert database.value("SELECT count(*) FROM users") == 1


@pytest.mark.parametrize("allow_data_loss", [False, True])
def test_down_keeps_tables_that_others_reference(
    database: Database,
    *,
    allow_data_loss: bool,
) -> None:
    run(database, PREDECESSOR)
    up(database, BASE)
    catalog, rows = catalog_rows(database), contents(database, OURS)

    notices = down(database, BASE, allow_data_loss=allow_data_loss)

    assert catalog_rows(database) == catalog
    assert contents(database, OURS) == rows
    assert "users and connections stay: they are referenced by prompts, ratings" in notices[-1]


def test_down_keeps_both_tables_when_one_is_referenced(database: Database) -> None:
    up(database, BASE)
    run(database, "CREATE TABLE audits (connection_id uuid REFERENCES connections)")

    notices = down(database, BASE, allow_data_loss=True)

    assert "referenced by audits" in notices[-1]
    assert database.query("SELECT 1 FROM users, connections") == []


def test_down_keeps_the_function_while_triggers_of_others_use_it(database: Database) -> None:
    up(database, BASE)
    run(
        database,
        "CREATE TABLE notes (id int, updated_at timestamptz)",
        """CREATE TRIGGER update_notes_updated_at BEFORE UPDATE ON notes
        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()""",
    )

    notices = down(database, BASE)

    assert "function update_updated_at_column() stays" in notices[-1]
    assert database.value("SELECT to_regclass('users') IS NULL")
    run(database, "INSERT INTO notes VALUES (1)", "UPDATE notes SET id = 2")
    assert database.value("SELECT updated_at IS NOT NULL FROM notes")


def test_up_runs_again_after_a_down_that_kept_the_tables(database: Database) -> None:
    run(database, PREDECESSOR)
    up(database, BASE)
    schema = definitions(database)

    down(database, BASE)
    up(database, BASE)

    assert definitions(database) == schema
