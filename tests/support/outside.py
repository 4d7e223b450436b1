"""Deploys of a project whose sections run outside a transaction, and what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support import inside
from support.ledgers import applied, current
from support.projects import full

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database
    from support.projects import Project

_QUICK = {"lock_timeout": "200ms", "lock_attempts": "2", "deploy_wait": "1s"}


@dataclass
class Deploys:
    """Deploys of a project that lose no time, neither to start nor to wait for locks."""

    project: Project

    def __call__(self, line: str, *, ok: bool = True, **settings: str) -> str:
        """Run `upgrade head` or the like, which succeeds or is refused; what it said."""
        options = (f"-x{name}={value}" for name, value in {**_QUICK, **settings}.items())
        said = inside.alembic(self.project, *options, *line.split(), ok=ok)
        return said.stdout + said.stderr


def outside(
    project: Project, version: int, up: str, down: str = "SELECT 1;", *, down_too: bool = True
) -> Path:
    """Drop a migration into sql/ whose UP, and DOWN too, runs outside a transaction."""
    option = " transaction:false"
    text = f"-- UP{option}\n{up}\n-- DOWN{option * down_too}\n{down}\n"
    return project.write(f"{full(version)}_x.sql", text)


def attempts(database: Database, version: int = 2) -> list[tuple[Any, ...]]:
    """What is remembered of each attempt at a migration, the oldest first."""
    return database.query(
        "SELECT direction, outcome, statements_done FROM migration_events"
        " WHERE version = %s ORDER BY id",
        full(version),
    )


def at(database: Database) -> list[str]:
    """The versions that the ledger names; alembic_version must name the last of them."""
    assert current(database) == applied(database)[-1:]
    return applied(database)
