"""A database of which nobody knows what ran on it, or that is ahead: no front calls it done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib import Migrator
from promptlib.core.errors import NotAdoptedError
from support import inside
from support.ledgers import applied, current, states
from support.projects import ONE, THREE, TWO, full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

pytestmark = pytest.mark.servers("newest", "oldest")
_HASH = "2dc4342adfea"
_ALEMBICS = "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"
_LOOKS = (("current",), ("history", "-i"))
_DEPLOYS = (("upgrade", "head"), ("upgrade", "+1"), ("downgrade", "-1"), ("downgrade", "base"))


@pytest.fixture
def done(three: Project) -> Project:
    """A project whose migrations ran."""
    inside.alembic(three, "upgrade", "head")
    return three


def _stand(database: Database, *revisions: str) -> None:
    """Let alembic_version name these."""
    database.query(_ALEMBICS)
    for each in revisions:
        database.query("INSERT INTO alembic_version VALUES (%s)", each)


@pytest.mark.parametrize(
    "revisions",
    [(_HASH,), (_HASH, "f" * 12), (full(9),), ("19990101000000",), ("x" * 32,), (_HASH, full(1))],
)
def test_what_nobody_knows_is_refused_until_somebody_says_where_it_stands(
    three: Project, database: Database, revisions: tuple[str, ...]
) -> None:
    _stand(database, *revisions)
    ours = {version for version in revisions if version == full(1)}
    for arguments in _LOOKS:
        said = inside.alembic(three, *arguments)
        assert f"alembic_version names {', '.join(sorted({*revisions} - ours))}, " in said.stderr
        assert f"{revisions[0]} (head)" not in said.stdout
    assert not inside.alembic(three, "current", "--check-heads", ok=False).ok
    for arguments in (*_DEPLOYS, ("check",)):
        said = inside.alembic(three, *arguments, ok=False)
        assert "what ran here is unknown; if this database" in said.stderr
        assert "Traceback" not in said.stderr
    assert (sorted(current(database)), database.tables()) == (
        sorted(revisions),
        {"alembic_version"},
    )
    inside.alembic(three, "stamp", full(1))
    assert (current(database), applied(database)) == ([full(1)], [full(1)])
    inside.alembic(three, "downgrade", "base", ok=None)


def test_the_commands_say_so(three: Project, database: Database) -> None:
    _stand(database, _HASH)
    seen = three.promptlib("status", "--exit-code", ok=False)
    assert seen.returncode == 1
    assert seen.stdout.splitlines()[1].split() == [_HASH, "unknown", "-", "-", "-"]
    assert seen.stdout.splitlines()[-1] == (
        f"4 migrations: 3 pending, 1 unknown; the database is at {_HASH} (unknown)"
    )
    assert states(three) == {_HASH: "unknown"} | dict.fromkeys((ONE, TWO, THREE), "pending")
    document = three.document("status")
    assert (document["current"], document["unknown"], document["executed"]) == (_HASH, 1, 0)
    tested = three.promptlib("db", "test", ok=False)
    assert "could not run" in tested.stdout
    for command in ("migrate", "rollback", "repair", "adopt", "migrate --dry-run"):
        refused = three.promptlib(*command.split(), ok=False)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "alembic stamp VERSION" in refused.stderr
    assert three.promptlib("executed").stdout == ""
    with Migrator(database.url, config=str(three.folder / "alembic.ini")) as migrator:
        for deploy in (migrator.migrate, migrator.rollback):
            with pytest.raises(NotAdoptedError, match=_HASH):
                deploy()
    three.alembic("stamp", "base")
    assert "3 migrations in" in three.promptlib("migrate").stderr


def test_two_revisions_of_ours_are_one_too_many(done: Project, database: Database) -> None:
    first, second, third = sorted(applied(database))
    database.query("INSERT INTO alembic_version VALUES (%s)", second)
    for arguments in _DEPLOYS:
        said = inside.alembic(done, *arguments, ok=False)
        assert "but migrations form one line; say which is right" in said.stderr
    assert not inside.alembic(done, "current", "--check-heads", ok=False).ok
    inside.alembic(done, "stamp", first)
    assert (current(database), applied(database)) == ([first], [first])
    inside.alembic(done, "stamp", "head")
    assert (current(database), applied(database)) == ([third], [first, second, third])


def test_a_database_that_is_ahead_is_not_at_head(done: Project, database: Database) -> None:
    newest = current(database)[0]
    inside.alembic(done, "current", "--check-heads")
    next((done.folder / "sql").glob(f"{newest}_*")).unlink()
    seen = inside.alembic(done, "current")
    assert seen.stdout == f"{newest} (ahead)\n"
    assert "the database is ahead of them; deploy from the files that have it" in seen.stderr
    assert not inside.alembic(done, "current", "--check-heads", ok=False).ok
    assert "is ahead of the files: it is at" in inside.alembic(done, "check", ok=False).stderr
    status = done.promptlib("status", "--exit-code", ok=False).stdout
    assert f"is at {newest} (ahead of the newest file, " in status
    assert "ahead" in done.promptlib("migrate", ok=False).stderr
    done.promptlib("rollback", "--kept-down")
    inside.alembic(done, "current", "--check-heads")


def test_a_late_migration_has_to_run_too_before_all_heads_are_there(done: Project) -> None:
    done.add("20240101000000", "SELECT 1;")
    said = inside.alembic(done, "current", "--check-heads", ok=False)
    assert "never ran here" in said.stderr
    inside.alembic(done, "-x", "late=apply", "upgrade", "head")
    inside.alembic(done, "current", "--check-heads")
