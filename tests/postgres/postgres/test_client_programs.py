"""Which pg_dump is taken, and what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ConfigurationError, ProgramError
from promptlib.postgres.client_programs import (
    DUMP,
    MAJOR,
    call_for,
    find_clients,
    find_dump_programs,
    run_client,
)
from promptlib.postgres.url import parse_url

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database


def test_the_newest_is_taken(database: Database) -> None:
    server = database.value("SELECT current_setting('server_version_num')::int") // MAJOR
    assert server <= find_dump_programs(server).version
    assert find_dump_programs(server) in [*find_clients()]


def test_what_a_program_says_when_it_fails(database: Database, tmp_path: Path) -> None:
    target = parse_url(database.url, "the test")
    call = call_for(target).but("--table=nowhere", f"--file={tmp_path}/x")
    with pytest.raises(ProgramError) as failed:
        run_client(max(find_clients()), DUMP, call, "nothing was written")
    assert str(failed.value) == (
        "pg_dump failed: no matching tables were found; nothing was written"
    )


def test_a_secret_that_cannot_be_handed_over() -> None:
    target = parse_url("postgresql://u:p%40ss@h/d?sslpassword=pa55", "the test")
    with pytest.raises(ConfigurationError, match="without showing it"):
        call_for(target)
    call = call_for(parse_url("postgresql://u:p%40ss@h/d", "the test"))
    assert "p@ss" not in " ".join(call.arguments)
    assert call.environment == {"PGPASSWORD": "p@ss"}
