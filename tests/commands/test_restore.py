"""`promptlib restore`: what was there stays until what comes is whole."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.postgres.client_programs import find_clients
from support import servers
from support.databases import Database
from support.projects import THREE, Project

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def saved(done: Project, database: Database) -> Iterator[str]:
    """The path of a backup, of which the database has moved on; no other database is left."""
    database.query("INSERT INTO a VALUES (1), (2)")
    path = done.promptlib("backup", "b").stdout.strip()
    database.query("INSERT INTO a VALUES (3); CREATE TABLE later (i int)")
    yield path
    assert _beside(database) == []


def _beside(database: Database) -> list[str]:
    names = database.query("SELECT datname FROM pg_database WHERE datname ~ '^promptlib_'")
    return [name for (name,) in names if name.endswith(database.name)]


def _rows(database: Database) -> int:
    found: int = database.value("SELECT count(*) FROM a")
    return found


def _waiting_restore(folder: Path) -> tuple[str, Path]:
    """A PATH with a pg_restore that waits before it restores, and the fifo that lets it go on."""
    client, programs, fifo = max(find_clients()), folder / "programs", folder / "fifo"
    programs.mkdir()
    os.mkfifo(fifo)
    (programs / "pg_dump").symlink_to(client.folder / "pg_dump")
    waits = f'case "$*" in *--dbname*) read -r _ < "{fifo}";; esac'
    restore = programs / "pg_restore"
    restore.write_text(f'#!/bin/sh\n{waits}\nexec "{client.folder}/pg_restore" "$@"\n')
    restore.chmod(0o755)
    (programs / "pg_dump").unlink()
    (programs / "pg_dump").write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {client.version}"\n')
    (programs / "pg_dump").chmod(0o755)
    return f"{programs}{os.pathsep}{os.environ['PATH']}", fifo


def test_a_backup_comes_back(done: Project, database: Database, saved: str) -> None:
    """With the database's settings, rights and comment; `backup` has said how."""
    database.server.role("newcomer")
    database.query(
        f"ALTER DATABASE {database.name} SET search_path = \"$user\", public, 'a b';"
        f"ALTER ROLE newcomer IN DATABASE {database.name} SET work_mem = '9MB';"
        f"REVOKE ALL ON DATABASE {database.name} FROM PUBLIC;"
        f"GRANT CONNECT ON DATABASE {database.name} TO newcomer WITH GRANT OPTION;"
        f"COMMENT ON DATABASE {database.name} IS 'it''s ours'"
    )
    facts = (
        "SELECT datacl::text, shobj_description(oid, 'pg_database'), encoding, datcollate,"
        " (SELECT array_agg(setconfig ORDER BY setrole) FROM pg_db_role_setting"
        "   WHERE setdatabase = d.oid) FROM pg_database d WHERE datname = current_database()"
    )
    before = database.query(facts)
    refused = done.promptlib("restore", saved, ok=False)
    assert "replaces postgresql://" in refused.stderr
    assert _rows(database) == 3
    said = done.promptlib("restore", saved, "--yes").stderr.splitlines()
    assert "rows in 7 tables, from PostgreSQL" in said[0]
    assert said[-1].endswith(f"rows in 7 tables; the database is at {THREE} (head)")
    assert _rows(database) == 2
    assert "later" not in database.tables()
    assert database.query(facts) == before
    assert "3 executed" in done.promptlib("status").stdout


def test_backup_says_what_restores_it(done: Project) -> None:
    url, done.url = done.url, ""
    said = done.promptlib("backup", "my b", "--url", url)
    path = said.stdout.strip()
    assert said.stderr.endswith(f"to restore it: promptlib --url URL restore '{path}'\n")


def test_into_a_new_and_an_empty_database(done: Project, database: Database, saved: str) -> None:
    """Nobody has to be asked."""
    for made in (False, True):
        done.url = database.url
        done.promptlib("db", "drop", "--yes")
        if made:
            done.promptlib("db", "create")
        done.promptlib("restore", saved)
        assert _rows(database) == 2


def test_a_file_that_is_none(done: Project, database: Database, saved: str, tmp_path: Path) -> None:
    """Or not whole, however much of it is there: nothing is touched."""
    whole = Path(tmp_path / saved).read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-200])
    (tmp_path / "begun").write_bytes(whole[:400])
    (tmp_path / "newer").write_bytes(whole[:5] + b"\1\77" + whole[7:])
    (tmp_path / "empty").write_bytes(b"")
    for name, told in {
        "nowhere": "nowhere: cannot be read: No such file or directory\n",
        "alembic.ini": "alembic.ini: this is SQL, and no file for pg_restore; run it in an empty",
        "cut": "cut: pg_restore failed: ",
        "begun": "begun: pg_restore failed: ",
        "newer": "newer: pg_restore failed: unsupported version (1.63) in file header; nothing was",
        "empty": "empty: pg_restore failed: ",
    }.items():
        refused = done.promptlib("restore", name, "--yes", ok=False)
        assert refused.stderr.startswith(told)
        assert refused.returncode == 2
    assert _rows(database) == 3


def test_what_the_server_cannot_take(done: Project, database: Database) -> None:
    """Everything that is wrong is told, and the old database is as it was."""
    database.query("CREATE ROLE passing; CREATE TABLE theirs (i int)")
    try:
        database.query("ALTER TABLE theirs OWNER TO passing")
        path = done.promptlib("backup", "b").stdout.strip()
        database.query("ALTER TABLE theirs OWNER TO CURRENT_USER")
    finally:
        database.query("DROP ROLE passing")
    refused = done.promptlib("restore", path, "--yes", ok=False)
    assert 'role "passing" does not exist' in refused.stderr
    assert "Command was: ALTER TABLE public.theirs OWNER TO passing" in refused.stderr
    assert "theirs" in database.tables()
    assert _beside(database) == []
    done.promptlib("restore", path, "--yes", "--no-owner")
    assert "theirs" in database.tables()


def test_rows_that_the_server_cannot_take(done: Project, database: Database) -> None:
    """What it says of them is shown without them; names are no data."""
    database.query(
        "CREATE TABLE names (t text); INSERT INTO names VALUES ('geheim');"
        " CREATE FUNCTION known(text) RETURNS boolean LANGUAGE sql AS"
        " $$ SELECT EXISTS (SELECT FROM public.names WHERE t = $1) $$;"
        " CREATE TABLE n (t text CONSTRAINT is_known CHECK (known(t)));"
        " INSERT INTO n TABLE names"
    )
    saved = done.promptlib("backup", "b").stdout.strip()
    said = done.promptlib("restore", saved, "--yes", ok=False).stderr
    assert "geheim" not in said
    assert 'relation "n" violates check constraint "is_known"; nothing was changed\n' in said
    assert said.endswith("  DETAIL:  Failing row contains (***).\n")


def test_sessions_of_others(done: Project, database: Database, saved: str) -> None:
    other = psycopg2.connect(database.url)
    refused = done.promptlib("restore", saved, "--yes", ok=False)
    assert f"others are connected to {database.name}: pid {other.info.backend_pid}" in (
        refused.stderr
    )
    assert "or let --force do so; nothing was replaced" in refused.stderr
    assert "others are connected" in done.promptlib("db", "drop", "--yes", ok=False).stderr
    done.promptlib("restore", saved, "--yes", "--force")
    with pytest.raises(psycopg2.OperationalError), other.cursor() as cursor:
        cursor.execute("SELECT 1")
    other = psycopg2.connect(database.url)
    done.promptlib("db", "drop", "--yes", "--force")
    with pytest.raises(psycopg2.OperationalError), other.cursor() as cursor:
        cursor.execute("SELECT 1")
    done.promptlib("db", "create")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_is_killed(
    done: Project, database: Database, saved: str, tmp_path: Path, number: int
) -> None:
    """While it restores; the next one removes what is left, and goes on."""
    path, fifo = _waiting_restore(tmp_path)
    with done.start("promptlib", "restore", saved, "--yes", PATH=path) as it, fifo.open("w"):
        another = done.promptlib("restore", saved, "--yes", ok=False)
        assert f"{database.name} is being replaced by somebody else" in another.stderr
        it.signal(number)
        it.ends(143 if number == signal.SIGTERM else -9)
    assert _rows(database) == 3
    left = [f"promptlib_new_{database.name}"] if number == signal.SIGKILL else []
    assert _beside(database) == left
    said = done.promptlib("restore", saved, "--yes").stderr
    assert ("which an earlier run left unfinished" in said) is bool(left)
    assert _rows(database) == 2


def test_one_that_was_killed_behind_the_exchange(
    done: Project, database: Database, saved: str
) -> None:
    """The old one is there under another name, and is not removed without a word."""
    server, old = database.server, f"promptlib_old_{database.name}"
    server.execute(f'CREATE DATABASE "{old}" TEMPLATE "{database.name}"')
    refused = done.promptlib("restore", saved, ok=False)
    assert "removes postgresql://postgres@127.0.0.1" in refused.stderr
    assert ", which an earlier run replaced\n" in refused.stderr
    assert _beside(database) == [old]
    done.promptlib("restore", saved, "--yes")


def test_a_database_of_that_name(done: Project, database: Database, saved: str) -> None:
    """What holds anything, or says what it is for, is somebody's; an empty one could not be marked.

    The process that was to mark it was killed while the server made it.
    """
    server, name = database.server, f"promptlib_new_{database.name}"
    server.execute(f'CREATE DATABASE "{name}"')
    try:
        for theirs, undo in (
            (f"COMMENT ON DATABASE \"{name}\" IS 'ours'", f'COMMENT ON DATABASE "{name}" IS NULL'),
            ("CREATE SCHEMA ours", "DROP SCHEMA ours"),
        ):
            Database(server, name).query(theirs)
            said = done.promptlib("restore", saved, "--yes", ok=False).stderr
            assert f"there is a database {name} already, which promptlib did not make" in said
            Database(server, name).query(undo)
        said = done.promptlib("restore", saved, "--yes").stderr
        assert f"removing {name}, which an earlier run left unfinished" in said
    finally:
        server.drop(name)


@pytest.mark.patient
@pytest.mark.parametrize(("source", "goal"), [("debian-15", "18"), ("18", "debian-15")])
def test_from_one_major_version_to_another(three: Project, source: str, goal: str) -> None:
    """With whichever pg_restore fits; by hand one of them would fail."""
    if not Path("/usr/lib/postgresql/15/bin").is_dir():
        pytest.skip("Debian's PostgreSQL 15 is not installed")
    with servers.running(source) as one, servers.running(goal) as other:
        here, there = one.create(), other.create()
        three.url = here.url
        three.promptlib("migrate")
        here.query("INSERT INTO a SELECT generate_series(1, 9); SELECT lo_from_bytea(0, 'x')")
        path = three.promptlib("backup", "b").stdout.strip()
        three.url = there.url
        three.promptlib("restore", path)
        assert _rows(there) == 9
        assert "3 executed" in three.promptlib("status").stdout
        there.query("CREATE TABLE later (i int)")
        three.promptlib("restore", path, "--yes")
        assert "later" not in there.tables()


def test_what_a_newer_server_has_and_an_older_one_does_not(three: Project) -> None:
    """It cannot work, and the old database is as it was."""
    if not Path("/usr/lib/postgresql/15/bin").is_dir():
        pytest.skip("Debian's PostgreSQL 15 is not installed")
    with servers.running("18") as one, servers.running("debian-15") as other:
        here, there = one.create(), other.create()
        here.query("CREATE TABLE v (i int, twice int GENERATED ALWAYS AS (i * 2) VIRTUAL)")
        three.url = here.url
        path = three.promptlib("backup", "b").stdout.strip()
        three.url = there.url
        there.query("CREATE TABLE mine (i int)")
        refused = three.promptlib("restore", path, "--yes", ok=False)
        assert "pg_restore failed: " in refused.stderr
        assert "nothing was changed" in refused.stderr
        assert "mine" in there.tables()
        assert _beside(there) == []
