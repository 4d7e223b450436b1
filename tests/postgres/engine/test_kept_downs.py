"""DOWN sections that the ledger keeps: they run only where somebody has seen them and agreed."""

from __future__ import annotations

import contextlib
import pickle
from typing import TYPE_CHECKING

import pytest

import promptlib
from promptlib.config.settings import Settings
from promptlib.core.errors import (
    ChangedMeanwhileError,
    KeptDownError,
    LedgerError,
    MissingMigrationError,
)
from promptlib.engine.kept_downs import KeptDown, find_kept_downs, require_agreed
from promptlib.files.parser import parse_section
from promptlib.ledger.names import LedgerNames
from promptlib.ledger.reading import read_ledger
from promptlib.plan.reading import MigrationFiles
from promptlib.plan.status import compare_status
from support import inside
from support.projects import full

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database
    from support.projects import Project

_KEPT = "-- DOWN\nDROP TABLE a;\n"


@pytest.fixture
def ran(project: Project) -> Project:
    """A project of one migration that ran."""
    project.add(1, "CREATE TABLE a ();", "DROP TABLE a;")
    inside.alembic(project, "upgrade", "head")
    return project


def change(project: Project, what: str) -> None:
    """Let the file be another one, or be gone."""
    path = project.folder / "sql" / f"{full(1)}_x.sql"
    match what:
        case "gone":
            path.unlink()
        case "both":
            project.add(1, "CREATE TABLE a (i int);", "DROP TABLE another;")
        case "up":
            project.add(1, "CREATE TABLE a (i int);", "DROP TABLE a;")
        case "down":
            project.add(1, "CREATE TABLE a ();", "DROP TABLE another;")


def found(project: Project, database: Database) -> dict[str, KeptDown]:
    """What would run of the ledger's, were everything taken back."""
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        ledger = read_ledger(cursor, LedgerNames())
        status = compare_status(MigrationFiles(project.folder / "sql"), ledger)
        return find_kept_downs(cursor, status, [full(1), full(2)])


@pytest.mark.parametrize("what", ["nothing", "up", "down"])
def test_the_file_s_runs_where_there_is_nothing_to_choose(
    ran: Project, database: Database, what: str
) -> None:
    change(ran, what)
    assert found(ran, database) == {}


@pytest.mark.parametrize("what", ["gone", "both"])
def test_the_ledger_s_is_shown_with_what_it_stands_for(
    ran: Project, database: Database, what: str
) -> None:
    change(ran, what)
    (kept,) = found(ran, database).values()
    assert (kept.version, kept.text, kept.is_edited) == (full(1), _KEPT, what == "both")
    assert kept.section.text == "DROP TABLE a;"
    assert kept.lines() == ["  | -- DOWN", "  | DROP TABLE a;"]


def test_nothing_of_it_is_hidden(tmp_path: Path) -> None:
    text = "-- DOWN\nSELECT 1;\x1b[2K\r-- \u202enothing\tto see\u200b\n"
    kept = KeptDown(full(1), tmp_path, text, parse_section(text), is_edited=False)
    shown = "SELECT 1;\\x1b[2K\\x0d-- \\u202enothing\tto see\\u200b"
    assert kept.lines() == ["  | -- DOWN", f"  | {shown}"]


@pytest.mark.parametrize(
    ("kept", "kind"), [("''", MissingMigrationError), ("'no section'", LedgerError)]
)
def test_what_the_ledger_keeps_may_be_none(
    ran: Project,
    database: Database,
    kept: str,
    kind: type[MissingMigrationError | LedgerError],
) -> None:
    change(ran, "gone")
    database.query(f"UPDATE migrations SET down_sql = {kept}")
    with pytest.raises(kind):
        found(ran, database)


def test_it_runs_as_it_was_seen_and_not_otherwise(ran: Project, database: Database) -> None:
    change(ran, "both")
    kept = found(ran, database)
    require_agreed({}, None, Settings())
    require_agreed({}, {}, Settings())
    require_agreed(kept, None, Settings(kept_down="run"))
    require_agreed(kept, {full(1): _KEPT}, Settings())
    for other in ({}, {full(1): "-- DOWN\nDROP TABLE b;\n"}):
        with pytest.raises(ChangedMeanwhileError):
            require_agreed(kept, other, Settings(kept_down="run"))
    with pytest.raises(KeptDownError) as refused:
        require_agreed(kept, None, Settings())
    assert refused.value.sections == {full(1): _KEPT}
    assert pickle.loads(pickle.dumps(refused.value)).sections == {full(1): _KEPT}


@pytest.mark.parametrize("what", ["gone", "both"])
def test_a_program_agrees_by_an_argument_or_a_setting(
    ran: Project, database: Database, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    change(ran, what)
    ran.add(2, "CREATE TABLE b ();", "DROP TABLE b;")
    monkeypatch.chdir(ran.folder)
    with promptlib.Migrator(database.url) as migrator:
        with contextlib.suppress(promptlib.EditedMigrationError, promptlib.MissingMigrationError):
            migrator.migrate()
        with pytest.raises(promptlib.KeptDownError) as refused:
            migrator.rollback(to="base")
        assert refused.value.sections == {full(1): _KEPT}
        assert "a" in database.tables()
        assert [each.version for each in migrator.rollback(kept_down=True).ran] == [full(1)]
    assert "a" not in database.tables()


def test_somebody_who_writes_the_ledger_is_not_obeyed(ran: Project, database: Database) -> None:
    """The file is there and untouched, but the ledger says something else."""
    database.query(
        "UPDATE migrations SET checksum = 'x', down_checksum = 'y', down_sql = %s",
        "-- DOWN\nCREATE TABLE taken ();\n",
    )
    for command in (["rollback"], ["rollback", "--yes"], ["rollback", "-n", "1", "--yes"]):
        said = ran.promptlib(*command, ok=False)
        assert said.returncode == 2
        assert "is not what ran here, says the ledger, which keeps this DOWN section" in said.stderr
        assert "which DOWN section is right? the ledger's: promptlib rollback --kep" in said.stderr
        assert "  | CREATE TABLE taken ();\n" in said.stderr
    assert (
        "alembic -x kept_down=run downgrade -1" in ran.alembic("downgrade", "-1", ok=False).stderr
    )
    assert database.tables() == {"alembic_version", "a"}
    ran.promptlib("repair", "--yes")
    ran.promptlib("rollback")
    assert database.tables() == {"alembic_version"}


def test_nothing_runs_before_all_is_agreed_to(ran: Project, database: Database) -> None:
    ran.add(2, "CREATE TABLE b ();", "DROP TABLE b;")
    inside.alembic(ran, "upgrade", "head")
    change(ran, "gone")
    inside.alembic(ran, "downgrade", "base", ok=False)
    assert database.tables() == {"alembic_version", "a", "b"}
    inside.alembic(ran, "-x", "kept_down=run", "downgrade", "base")
    assert database.tables() == {"alembic_version"}
