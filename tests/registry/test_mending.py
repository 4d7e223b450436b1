"""20261122090000 on a database that the predecessor left: what becomes of each row.

The rows are in `predecessor_rows.sql`, where each says what is wrong with it.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest

from .harness import (
    HARDEN,
    OUR_TABLES,
    SEED,
    add_connection,
    catalog_rows,
    changes,
    contents,
    definitions,
    rows,
    run,
)
from .mended_rows import UNASSIGNED, capabilities, expected, key

if TYPE_CHECKING:
    from support.databases import Database

REGISTRY: Final = ("providers", "models", "provider_templates")
OTHERS: Final = ("users", "prompts", "ratings", "sessions")
COUNTS: Final = (
    "2 provider(s): NULL became the default",
    "3 model(s): NULL became the default",
    "1 template(s): NULL became the default",
    "3 template(s) removed: exact duplicates of an older one",
    "3 template(s) renamed: an older one has the name",
    "6 model(s) without a provider moved to the provider unassigned",
    "3 model(s) not the default any more: an older one of the provider is",
    "9 model(s): maxContextLength from context_length",
    "1 model(s): the JSON null of pricing_info became NULL",
    "1 provider(s): the host of the endpoint has no braces any more",
    "3 provider(s): type and required fields of auth_config",
    "3 provider(s): required keys of capabilities",
    "1 provider(s): maxContextLength raised to that of a model",
    "linked 3 connection(s) to the provider they name",
)


def test_every_row_is_accounted_for(left: Database) -> None:
    """Also: nothing that the list does not name has changed, and each kind of mend is counted."""
    before, others = rows(left, *REGISTRY, "connections"), digest(left, *OTHERS)
    assert len(before) == 35

    result = left.alembic("upgrade", HARDEN)

    after = rows(left, *REGISTRY, "connections")
    assert changes(before, after) == expected(left)
    assert digest(left, *OTHERS) == others
    assert left.value("SELECT pricing_info IS NULL FROM models WHERE identifier = 'gpt-3.5-turbo'")
    assert {line.strip() for line in result.stderr.splitlines() if "NOTICE" in line} == {
        f"NOTICE: {'' if count.startswith('linked') else 'mended '}{count}" for count in COUNTS
    }
    (new,) = after.keys() - before.keys()
    made = after[new]
    assert (made["id"], made["identifier"], made["status"], made["is_system"]) == (
        *(UNASSIGNED, "unassigned", "inactive", False),
    )
    assert made["capabilities"] == capabilities(16384, supportedAuthMethods=["custom"])


def digest(database: Database, *tables: str) -> dict[str, str]:
    """All rows of tables that need no id."""
    return {
        table: hashlib.sha256(
            repr(database.query(f"SELECT t::text FROM {table} AS t ORDER BY 1")).encode()
        ).hexdigest()
        for table in tables
    }


def test_both_kinds_of_database_end_with_one_schema(migrated: Database, left: Database) -> None:
    """All of pg_catalog but the trigger function, which each kind writes in its own way."""
    left.alembic("upgrade", "head")

    assert ours(left) == ours(migrated)
    assert left.alembic("check").returncode == 0
    assert columns_in_order(left) == columns_in_order(migrated)
    assert not left.query(
        "SELECT conname FROM pg_constraint WHERE NOT convalidated UNION ALL "
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O' UNION ALL "
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
    )


def ours(database: Database) -> list[tuple[Any, ...]]:
    """The definitions of our tables and functions."""
    foreign = {*OTHERS, "migrations", "migration_events", "update_updated_at_column"}
    return [line for line in definitions(database) if line[0] not in foreign]


def columns_in_order(database: Database) -> list[tuple[Any, ...]]:
    """The columns of our tables, as SELECT * shows them."""
    return database.query(
        """SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = ANY (%s)
        ORDER BY table_name, ordinal_position""",
        list(OUR_TABLES),
    )


def test_nothing_is_mended_where_nothing_is_wrong(seeded: Database) -> None:
    """An operator's own rule, not valid for his rows, is none of ours."""
    add_connection(seeded, "no-such-provider")
    run(seeded, "ALTER TABLE models ADD CONSTRAINT own CHECK (name = 'x') NOT VALID")
    before = contents(seeded)

    result = seeded.alembic("upgrade", HARDEN)

    assert contents(seeded) == before
    assert "NOTICE" not in result.stderr


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (
            """INSERT INTO providers
            (identifier, name, api_endpoint, auth_method, auth_config, capabilities)
            VALUES ('My LLM', 'x', 'llm.example.org', 'custom', '[]', '"x"')""",
            "; ".join(
                f"1 row(s) of providers break providers_{column}_check (id %)"
                for column in ("api_endpoint", "auth_config", "capabilities", "identifier")
            ),
        ),
        (
            "UPDATE models SET context_length = 0",
            "15 row(s) of models break models_context_length_check (id %, %, %)",
        ),
        (
            "UPDATE provider_templates SET default_models = '[]' WHERE name = 'Ours'",
            "1 row(s) of provider_templates break provider_templates_default_models_check (id %)",
        ),
        (
            "UPDATE providers SET api_endpoint = 'https://{x}.org' WHERE identifier = 'house-llm'",
            "1 row(s) of providers break providers_api_endpoint_check (id 1%5)",
        ),
    ],
)
def test_what_only_its_owner_can_mend_is_named_and_nothing_changes(
    left: Database, fault: str, says: str
) -> None:
    run(left, fault)
    before, catalog = contents(left), catalog_rows(left)

    result = left.alembic("upgrade", "head", ok=False)

    said = " ".join(result.stderr.split())
    assert left.value("SELECT %s LIKE %s", said, f"%{says}%"), said
    assert "nothing has been changed" in said
    assert contents(left) == before
    assert catalog_rows(left) == catalog
    assert left.value("SELECT version_num FROM alembic_version") == SEED


def test_connections_in_use_are_linked_last_and_hold_nobody_up(left: Database) -> None:
    """While somebody edits a connection, all others are linked, and free for anybody."""
    run(
        left,
        """INSERT INTO connections (name, provider, config, updated_at)
        SELECT 'many', 'openai', '{}', '2024-06-01' FROM generate_series(1, 2500)""",
    )
    editor, writer = left.connect(), left.connect()
    editor.autocommit = False
    with ThreadPoolExecutor() as pool, editor, writer.cursor() as other:
        editor.cursor().execute("UPDATE connections SET name = 'edited' WHERE name = 'one'")
        patient = ("-x", "lock_timeout=30s", "-x", "lock_attempts=1")
        deploy = pool.submit(left.alembic, *patient, "upgrade", HARDEN)
        other.execute("SET lock_timeout = '100ms'")
        left_over = 0
        while left_over != 1:
            assert not deploy.done()
            left_over = left.value(
                "SELECT count(*) FROM connections WHERE provider = 'openai' AND provider_id IS NULL"
            )
        other.execute("UPDATE connections SET status = 'error' WHERE name IN ('many', 'two')")
        assert other.rowcount == 2501
        editor.commit()
        assert "linked 2503 connection(s)" in deploy.result().stderr
    assert left.query(
        "SELECT DISTINCT name, updated_at > '2026-01-01', provider_id IS NULL FROM connections "
        "WHERE name IN ('edited', 'many', 'three') ORDER BY 1"
    ) == [("edited", True, False), ("many", True, False), ("three", False, True)]


def test_an_upgrade_that_was_cut_off_goes_on_or_is_undone(seeded: Database) -> None:
    """A name that is taken stops it between two statements."""
    schema = definitions(seeded)
    run(seeded, "CREATE INDEX idx_models_status_created_at ON models (status, created_at)")
    assert "already exists" in seeded.alembic("upgrade", "head", ok=False).stderr
    assert seeded.value("SELECT to_regclass('models_default_key') IS NOT NULL")

    seeded.alembic("downgrade", "-1")
    assert definitions(seeded) == schema

    run(seeded, "CREATE INDEX idx_models_status_created_at ON models (status, created_at)")
    seeded.alembic("upgrade", "head", ok=False)
    run(seeded, "DROP INDEX idx_models_status_created_at")
    assert "goes on behind" in seeded.alembic("upgrade", "head").stderr
    assert seeded.alembic("check").returncode == 0


def test_unassigned_goes_and_its_models_stay(left: Database) -> None:
    left.alembic("upgrade", HARDEN)
    before = rows(left, *REGISTRY, "connections")

    left.alembic("downgrade", SEED)

    after = rows(left, *REGISTRY, "connections")
    assert changes(before, after) == {
        f"providers {UNASSIGNED}": None,
        **{key(f"2{digit}"): {"provider_id": None} for digit in "abcdef"},
    }
    assert after.keys() <= before.keys()

    left.alembic("upgrade", HARDEN)

    again = rows(left, *REGISTRY, "connections")
    assert set(changes(before, again)) == {f"providers {UNASSIGNED}"}  # its times
    assert again.keys() == before.keys()


def test_links_to_unassigned_are_asked_for(left: Database) -> None:
    left.alembic("upgrade", HARDEN)
    run(left, f"UPDATE connections SET provider_id = '{UNASSIGNED}' WHERE name = 'three'")
    before = rows(left, "connections")

    result = left.alembic("downgrade", SEED, ok=False)
    assert "would delete 1 link(s) of connections" in result.stderr
    assert rows(left, "connections") == before

    left.alembic("-x", "allow_data_loss=on", "downgrade", SEED)
    assert changes(before, rows(left, "connections")) == {key("43"): {"provider_id": None}}


def test_the_function_that_rested_is_what_it_was(left: Database) -> None:
    run(left, "ALTER FUNCTION update_updated_at_column() SET search_path = public")
    definition = "SELECT pg_get_functiondef('update_updated_at_column'::regproc)"
    before = left.value(definition)

    left.alembic("upgrade", "head")
    left.alembic("downgrade", SEED)

    assert left.value(definition) == before
    run(left, "UPDATE connections SET name = 'changed' WHERE name = 'one'")
    assert left.value("SELECT updated_at > '2026-01-01' FROM connections WHERE name = 'changed'")
