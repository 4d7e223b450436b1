"""psql and pg_dump, on a test's own database."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.databases import Database

_KEYS = ("\\restrict", "\\unrestrict")  # lines with a dump's random session key


def psql(database: Database, script: str, *, ok: bool = True, **environment: str) -> str:
    """Run a script as its first line says; what psql has to say about it."""
    said = subprocess.run(
        [database.server.program("psql"), "-qX", "--set", "ON_ERROR_STOP=1", database.url],
        input=script.encode(),
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
    )
    text = said.stderr.decode()
    assert (said.returncode == 0) is ok, text
    return text


def schema(database: Database, *options: str) -> list[str]:
    """The schema as pg_dump writes it, with options of its own."""
    return dump(database, "--schema-only", *options)


def dump(database: Database, *options: str) -> list[str]:
    """Schema and rows as pg_dump writes them."""
    said = subprocess.run(
        [database.server.program("pg_dump"), "--no-owner", *options, database.url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [line for line in said.splitlines() if not line.startswith(_KEYS)]
