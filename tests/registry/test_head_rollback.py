"""From head back: an operator's rows in every table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .harness import (
    SEED,
    TABLES,
    add_connection,
    add_user,
    rows,
    run,
)
from .test_rules import OWN

if TYPE_CHECKING:
    from support.databases import Database

EVERY = ("users", "connections", "providers", "models", "provider_templates")


def test_rows_of_operators_in_every_table(migrated: Database) -> None:
    """Nothing takes them along on the way to the seed; below it they are asked for, and counted."""
    seeded = rows(migrated, *EVERY).keys()
    add_user(migrated)
    run(
        migrated,
        OWN,
        """INSERT INTO models (provider_id, identifier, name, capabilities)
        SELECT id, 'tuned', 'Mine', '{"maxContextLength": 1}' FROM providers
        WHERE identifier = 'openai'""",
    )
    add_connection(migrated, "own")
    run(
        migrated,
        """UPDATE connections SET provider_id = providers.id FROM providers
        WHERE identifier = provider""",
    )
    own = {key: row for key, row in rows(migrated, *EVERY).items() if key not in seeded}
    assert {key.split()[0] for key in own} == set(EVERY)

    migrated.alembic("downgrade", SEED)
    assert own.items() <= rows(migrated, *EVERY).items()

    said = migrated.alembic("downgrade", "base", ok=False).stderr
    assert "would delete 1 model(s) that no migration created (openai: 1)" in said
    assert own.items() <= rows(migrated, *EVERY).items()

    migrated.alembic("-x", "allow_data_loss=on", "downgrade", TABLES)
    assert {key for key in own if "models" not in key} <= rows(migrated, *EVERY).keys()

    said = migrated.alembic("downgrade", "base", ok=False).stderr
    assert "would delete 1 provider(s), 2 model(s) and 1 template(s)" in said

    migrated.alembic("-x", "allow_data_loss=on", "downgrade", "base")
    assert not {*EVERY} & migrated.tables()
