"""Repeatable files in verify: they run behind all migrations, and once more with no effect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.config.settings import Settings
from promptlib.files.parser import parse_migration
from promptlib.files.repeatable import RepeatableFile
from promptlib.postgres.url import parse_url
from promptlib.verify.place import ScratchPlace
from promptlib.verify.prover import ToProve, prove_migrations

if TYPE_CHECKING:
    from promptlib.verify.report import VerifyReport
    from support.databases import Database

pytestmark = pytest.mark.servers("newest", "oldest")
_VIEW = "CREATE OR REPLACE VIEW v AS SELECT i FROM t"
_MIGRATION = parse_migration(
    "20250101000001",
    "t",
    Path("sql/20250101000001_t.sql"),
    b"-- UP\nCREATE TABLE t (i int);\n-- DOWN\nDROP TABLE t;\n",
)


def _prove(database: Database, *texts: str, chosen: bool = True) -> VerifyReport:
    files = [
        RepeatableFile(f"f{number}", Path(f"sql/repeatable/f{number}.sql"), text.encode())
        for number, text in enumerate(texts)
    ]
    place = ScratchPlace(parse_url(database.url, "the test"))
    work = ToProve([_MIGRATION], [_MIGRATION.version] if chosen else [], files)
    return prove_migrations(place, work, Settings(), 2)


@pytest.mark.parametrize("chosen", [True, False])
def test_files_that_run_twice_to_the_same_end_are_clean(
    database: Database, *, chosen: bool
) -> None:
    report = _prove(database, _VIEW, "GRANT SELECT ON v TO PUBLIC", chosen=chosen)
    assert report.is_clean
    assert report.repeatable
    assert report.repeatable.number == 2


@pytest.mark.parametrize(
    ("texts", "place", "what"),
    [
        ([_VIEW, "SELECT nothing"], "sql/repeatable/f1.sql:1:8", 'column "nothing" does not exist'),
        (
            ["CREATE VIEW v AS SELECT i FROM t"],
            "sql/repeatable/f0.sql:1:1",
            'runs once, and fails the second time: relation "v" already exists',
        ),
        (
            [_VIEW, "ALTER TABLE t ADD UNIQUE (i)"],
            "sql/repeatable",
            "running them all a second time makes another schema",
        ),
        (["CREATE ROLE promptlib_nobody"], "sql/repeatable/f0.sql:1:1", ""),
    ],
)
def test_what_is_found(database: Database, texts: list[str], place: str, what: str) -> None:
    report = _prove(database, *texts)
    (finding,) = report.findings
    assert (finding.place, finding.what.startswith(what)) == (place, True)
    assert not database.server.has("SELECT 1 FROM pg_roles WHERE rolname = 'promptlib_nobody'")
