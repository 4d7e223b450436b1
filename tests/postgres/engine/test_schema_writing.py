"""Whoever deploys, the schema's file is written when all is committed, or it is told why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

pytestmark = pytest.mark.servers("newest")


def test_a_callers_transaction(
    three: Project, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody but the caller sees what it holds, pg_dump neither."""
    three.configure(schema_file="schema.sql")
    config = Config(three.folder / "alembic.ini")
    with caplog.at_level("INFO", "promptlib"), database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    assert "schema.sql was not written, for this transaction is not committed yet" in caplog.text
    assert not (three.folder / "schema.sql").exists()
    three.promptlib("dump")
    assert "CREATE TABLE public.c (" in (three.folder / "schema.sql").read_text()
