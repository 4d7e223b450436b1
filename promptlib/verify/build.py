"""Bring a scratch database to a state: what is to be set up there first, then migrations."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2

from promptlib.core.errors import StatementError, display_path
from promptlib.engine.runner import Step
from promptlib.ledger.tables import UP
from promptlib.postgres.errors import explain_server_error
from promptlib.verify.measure import run_measured
from promptlib.verify.session import scratch_session

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from promptlib.config.settings import Settings
    from promptlib.files.parser import Migration
    from promptlib.postgres.target import Target
    from promptlib.verify.server_guard import ServerGuard


def build_schema(
    made: Target, migrations: Iterable[Migration], settings: Settings, guard: ServerGuard
) -> None:
    """Run the UP sections of migrations, without a ledger.

    Raises:
        StatementError: for the first statement that fails.
        FindingError: for the first one that would change what other databases share.
    """
    with scratch_session(made, guard) as session:
        for migration in migrations:
            step = Step(migration.version, UP, migration.up, migration.path)
            [*run_measured(session, step, settings)]


def run_setup(made: Target, path: Path, guard: ServerGuard) -> None:
    """Run a SQL file, whole, in one transaction.

    Raises:
        PromptlibError: when it cannot be read, fails, or would change what is others' on the
            server.
    """
    place = display_path(path)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StatementError(f"cannot be read: {error}", "correct the file", place=place) from None
    with contextlib.closing(made.connect()) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(text)
            guard.check(cursor)
            connection.commit()
        except psycopg2.Error as error:
            raise explain_server_error(error, place) from None
