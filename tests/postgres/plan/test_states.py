"""Late, edited, missing: what each command does about them, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.ledger.lock import lock_key
from support import inside
from support.ledgers import applied, current, events, everything, versions
from support.projects import Project, full

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

_RAN = {1: "a", 3: "b", 5: "c"}
# What was done to the files after they ran. A number is a version's.
_STATES = [
    "",
    "pending 6",
    "late 2",
    "late 0, late 4, pending 6",
    "edited 3",
    "edited 5",
    "missing 3",
    "ahead 5",
    "missing 1, missing 3, missing 5",
    "edited 1, late 2, missing 3, pending 6",
]
_SAID = {
    "late": "sql/{version}_late.sql: is older than the current revision 20250101000005 and never "
    "ran here; rename it to a newer version, or run it now: late_migrations = apply in "
    "alembic.ini, or alembic -x late=apply upgrade head (if it ran here by other means: alembic "
    "stamp 20250101000005)",
    "edited": "sql/{version}_make_{name}.sql: was edited after it ran here; restore the file and "
    "write a new migration, or accept the file as it is: promptlib repair",
    "missing": "sql/{version}_make_{name}.sql: ran here, and the file is gone; restore the file, "
    "or take the migration out of the ledger: promptlib repair",
    "ahead": "sql/{version}_make_{name}.sql: ran here, and is newer than all files: the database "
    "is ahead of them; deploy from the files that have it; or take it back by the DOWN section "
    "that the ledger keeps: alembic -x kept_down=run downgrade -1; or, where the file is lost, out "
    "of the ledger: promptlib repair",
}
_DOWNGRADED = {
    "late": "{version} never ran here: passed over",
    "edited": "sql/{version}_make_{name}.sql: is not what ran here, says the ledger: running the "
    "DOWN section that the ledger keeps:",
    "missing": "sql/{version}_make_{name}.sql: is gone: running the DOWN section that the ledger "
    "keeps:",
}
_DOWNGRADED["ahead"] = _DOWNGRADED["missing"]
_KEPT = ("-x", "kept_down=run")


@pytest.fixture
def ran(project: Project) -> Project:
    """A project whose three migrations ran."""
    for number, name in _RAN.items():
        create, drop = f"CREATE TABLE {name} (i int);", f"DROP TABLE {name};"
        project.add(number, create, drop, name=f"make_{name}")
    inside.alembic(project, "upgrade", "head")
    return project


def path(project: Project, number: int) -> Path:
    """The file of a migration that ran."""
    return project.folder / "sql" / f"{full(number)}_make_{_RAN[number]}.sql"


def parsed(state: str) -> dict[int, str]:
    """A text of _STATES: what became of each migration, by number, oldest first."""
    found = {int(each.split()[1]): each.split()[0] for each in state.split(", ") if each}
    return dict(sorted(found.items()))


def make(project: Project, state: str) -> None:
    """Do to the files what a text of _STATES says. The DOWN of an edited file would fail."""
    for number, what in parsed(state).items():
        if what in ("missing", "ahead"):
            path(project, number).unlink()
        elif what == "edited":
            project.add(number, "CREATE TABLE x ();", "SELECT 1/0;", name=f"make_{_RAN[number]}")
        else:
            create, drop = f"CREATE TABLE t{number} ();", f"DROP TABLE t{number};"
            project.add(number, create, drop, name=what)


def lines(texts: dict[str, str], state: str) -> list[str]:
    """What is said about each migration, oldest first."""
    return [
        texts[what].format(version=full(number), name=_RAN.get(number))
        for number, what in parsed(state).items()
        if what in texts
    ]


@pytest.mark.servers("newest", "oldest")
@pytest.mark.parametrize("state", _STATES)
def test_an_upgrade_refuses_and_whoever_looks_is_told(
    ran: Project, database: Database, state: str
) -> None:
    make(ran, state)
    before = everything(database)
    for arguments in (("current",), ("history", "-i"), ("check",)):
        said = inside.alembic(ran, *arguments, ok=None)
        told = lines(_SAID, state)
        assert said.stderr.splitlines()[: len(told)] == told
        if arguments == ("check",) and "pending" in state:
            assert "the database is not up to date" in said.stderr.splitlines()[-1]
        else:
            if arguments != ("check",):  # which goes on to tell what the model lacks
                assert len(said.stderr.splitlines()) == len(told)
            assert said.ok is (arguments != ("check",))
        if arguments == ("current",):
            assert said.stdout.split()[0] == full(5)
    assert everything(database) == before

    if refused := lines(_SAID, state):
        said = inside.alembic(ran, "upgrade", "head", ok=False)
        assert said.stderr.splitlines() == refused
        assert everything(database) == before
    else:
        inside.alembic(ran, "upgrade", "head")
        assert applied(database) == versions(*_RAN, *parsed(state))


@pytest.mark.servers("newest", "oldest")
@pytest.mark.parametrize("state", _STATES)
def test_a_downgrade_passes_over_what_never_ran_and_lands_on_what_did(
    ran: Project, database: Database, state: str
) -> None:
    make(ran, state)
    said = inside.alembic(ran, *_KEPT, "downgrade", "-1").stderr
    assert (current(database), applied(database)) == (versions(3), versions(1, 3))
    assert database.tables() == {"alembic_version", "a", "b"}
    said += inside.alembic(ran, *_KEPT, "downgrade", "base").stderr
    assert (current(database), applied(database)) == ([], [])
    assert database.tables() == {"alembic_version"}
    marks = ("passed over", "ledger keeps:")
    told = [line.split("  ")[-1] for line in said.splitlines() if line.endswith(marks)]
    assert sorted(told) == sorted(lines(_DOWNGRADED, state))
    assert [each for each in events(database) if each[1] == "down"] == [
        (version, "down", "done") for version in reversed(versions(*_RAN))
    ]


@pytest.mark.servers("newest", "oldest")
@pytest.mark.parametrize("state", _STATES)
def test_a_stamp_takes_what_is_late_for_executed(
    ran: Project, database: Database, state: str
) -> None:
    make(ran, state)
    late = [number for number, what in parsed(state).items() if what == "late"]
    said = inside.alembic(ran, "stamp", full(5)).stderr.splitlines()
    assert said[:-1] == [f"{version} is taken for executed" for version in versions(*late)]
    assert (current(database), applied(database)) == (versions(5), sorted(versions(*_RAN, *late)))
    assert events(database)[3:] == [(version, "up", "stamped") for version in versions(*late)]
    others = [line for line in lines(_SAID, state) if "_late.sql" not in line]
    assert inside.alembic(ran, "current").stderr.splitlines() == others


def test_looking_neither_writes_nor_waits(
    tmp_path: Path, migrated: Database, database: Database
) -> None:
    """On this project's own history, where `check` has nothing to complain of."""
    project = Project.copy(tmp_path, migrated.url, migrations=True)
    first, second, *_ = sorted((project.folder / "sql").iterdir())
    first.unlink()
    second.write_text(second.read_text().replace("\n-- DOWN", "\nSELECT 1;\n-- DOWN", 1))
    project.add("20250101000001", "SELECT 1;")
    holder = migrated.connect()
    with holder.cursor() as cursor:
        key = lock_key("public", "alembic_version")
        cursor.execute("SELECT pg_advisory_lock(%s)", (key,))
    waits = project.alembic("-x", "deploy_wait=0", "stamp", "head", ok=False)
    assert "another deploy has not ended" in waits.stderr
    migrated.query(f'ALTER DATABASE "{migrated.name}" SET default_transaction_read_only = on')
    for arguments in (("current",), ("history", "-i"), ("check",)):
        said = project.alembic(*arguments).stderr.splitlines()
        states = [" ran here, and the file is gone;", " is older than", " was edited after"]
        assert all(each in line for each, line in zip(states, said, strict=False))
        # Nobody can make a temporary table here, to compare the model with.
        rest = [line for line in said[3:] if "is compared as it is written" not in line]
        assert (len(said) >= len(states), rest) == (True, [])
    holder.close()
    # Neither does it make the tables of a database that has none.
    project.alembic("history", "-i", DATABASE_URL=database.url)
    project.alembic("current", DATABASE_URL=database.url)
    assert database.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_looking_needs_no_right_to_the_ledger_and_no_readable_files(
    ran: Project, database: Database
) -> None:
    database.server.role("onlooker")
    database.query("GRANT SELECT ON alembic_version TO onlooker")
    make(ran, "late 2")
    reader = Project(ran.folder, f"{ran.url}?options=-c%20role%3Donlooker")
    said = inside.alembic(reader, "current")
    assert (said.stdout, said.stderr) == (f"{full(5)} (head)\n", "")
    ran.write(f"{full(7)}_broken.sql", "-- UP\nSELECT 1;\n")
    said = inside.alembic(ran, "current")
    assert said.stdout == f"{full(5)}\n"
    assert said.stderr.startswith(f"sql/{full(7)}_broken.sql:2:9: the line `-- DOWN` is missing")


_SEEN = "CREATE TABLE t{} AS SELECT version_num FROM alembic_version;"


@pytest.mark.parametrize("way", ["alembic.ini", "-x"])
def test_late_migrations_run_first_and_the_oldest_of_them_first(
    ran: Project, database: Database, way: str
) -> None:
    for number in (4, 2, 6):
        ran.add(number, _SEEN.format(number), f"DROP TABLE t{number};")
    ran.write(
        f"{full(0)}_x.sql",
        "-- UP transaction:false\n"
        f"{_SEEN.format(0)}\nCREATE INDEX CONCURRENTLY i ON t0 (version_num);\n"
        "-- DOWN\nDROP TABLE t0;\n",
    )
    if way == "-x":
        said = ran.alembic("-x", "late=apply", "upgrade", "head").stderr
    else:
        ran.configure(late_migrations="apply")
        said = inside.alembic(ran, "upgrade", "head").stderr
    ran_now = versions(0, 2, 4, 6)
    assert [version for version, *_ in events(database)[3:]] == ran_now
    told = [f"{number}/4  upgrade   {each}  x" for number, each in enumerate(ran_now, 1)]
    assert [line.rpartition("  ")[0] for line in said.splitlines()[:-1]] == told
    assert [database.value(f"SELECT version_num FROM t{number}") for number in (0, 2, 4, 6)] == [
        full(5)
    ] * 4
    assert (current(database), applied(database)) == (versions(6), versions(*range(7)))
    inside.alembic(ran, "downgrade", "base")
    assert database.tables() == {"alembic_version"}


def test_a_late_migration_that_fails_leaves_nothing_and_stops_the_others(
    ran: Project, database: Database
) -> None:
    make(ran, "late 2, pending 6")
    ran.add(4, "CREATE TABLE gone ();\nSELECT 1/0;")
    said = inside.alembic(ran, "-x", "late=apply", "upgrade", "head", ok=False).stderr
    assert f"sql/{full(4)}_x.sql:3:1: division by zero" in said
    assert (current(database), applied(database)) == (versions(5), versions(1, 2, 3, 5))
    assert database.tables() == {"alembic_version", "a", "b", "c", "t2"}
    assert events(database)[3:] == [(full(2), "up", "done"), (full(4), "up", "failed")]


def test_late_migrations_do_not_run_beside_what_is_edited_or_missing(
    ran: Project, database: Database
) -> None:
    make(ran, "edited 1, late 2, missing 3")
    before = everything(database)
    said = inside.alembic(ran, "-x", "late=apply", "upgrade", "head", ok=False)
    assert said.stderr.splitlines() == lines(_SAID, "edited 1, missing 3")
    assert everything(database) == before


def test_the_refusal_is_the_command_s_exit_code(ran: Project) -> None:
    make(ran, "edited 1")
    said = ran.alembic("upgrade", "head", ok=False)
    assert (said.returncode, said.stdout) == (255, "")
    assert said.stderr.splitlines() == lines(_SAID, "edited 1")


@pytest.mark.parametrize("state", ["edited", "missing"])
def test_the_down_section_in_the_ledger_runs_as_it_was_written(
    project: Project, database: Database, state: str
) -> None:
    """Its options too: an index is not dropped concurrently within a transaction."""
    text = "it''s größe % \\ $$;$$ :x"
    project.write(
        f"{full(1)}_x.sql",
        "-- UP\nCREATE TABLE t (i int);\nCREATE INDEX i ON t (i);\n"
        "-- DOWN transaction:false lock_timeout:1234ms\n"
        "DROP INDEX CONCURRENTLY i;\nDROP TABLE t;\n"
        f"CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS s, '{text}' AS v;\n",
    )
    inside.alembic(project, "upgrade", "head")
    if state == "missing":
        (project.folder / "sql" / f"{full(1)}_x.sql").unlink()
    else:
        project.add(1, "SELECT 1;", "SELECT 1/0;")
    inside.alembic(project, *_KEPT, "downgrade", "base")
    assert database.query("SELECT s, v FROM seen") == [("1234ms", text.replace("''", "'"))]
    assert database.tables() == {"alembic_version", "seen"}


@pytest.mark.servers("newest", "oldest")
@pytest.mark.parametrize(
    ("kept", "why"),
    [
        ("garbage", "no marker with SQL behind it"),
        ("-- DOWN", "no marker with SQL behind it"),
        ("-- a comment", "no marker with SQL behind it"),
        ("-- UP\nSELECT 1;\n-- DOWN\nSELECT 2;", "a second marker"),
        ("-- DOWN\nSELECT 'x", "this quote is never closed"),
    ],
)
def test_what_the_ledger_keeps_may_be_no_section(
    ran: Project, database: Database, kept: str, why: str
) -> None:
    make(ran, "missing 5")
    database.query("UPDATE migrations SET down_sql = %s WHERE id = %s", kept, full(5))
    before = everything(database)
    said = inside.alembic(ran, "downgrade", "-1", ok=False).stderr.splitlines()
    assert said[-1] == (
        f"sql/{full(5)}_make_c.sql: the DOWN section that the ledger keeps is not one of "
        f'promptlib\'s: {why}; restore the file, or write its DOWN section into "public".migrations'
    )
    assert everything(database) == before


def test_what_is_no_edit(ran: Project, database: Database) -> None:
    """A mended DOWN, other line endings, blank lines and another name; the file's DOWN runs."""
    before = ran.add(6, "CREATE TABLE d ();\n\nCREATE TABLE e ();", "DROP TABLE d;")
    inside.alembic(ran, "upgrade", "head")
    before.unlink()
    ran.write(
        f"{full(6)}_renamed.sql",
        "\ufeff-- a comment before it\r\n\r\n-- UP\r\n\r\n  \r\n"
        "CREATE TABLE d ();\r\n\r\nCREATE TABLE e ();\t\r\n\r\n"
        "-- DOWN lock_timeout:2s\r\nDROP TABLE d;\r\nDROP TABLE e;\r\n",
    )
    said = inside.alembic(ran, "upgrade", "head").stderr
    assert said == f"the database is at {full(6)} (head)\n"
    assert inside.alembic(ran, "current").stderr == ""
    assert "ledger" not in inside.alembic(ran, "downgrade", "-1").stderr
    assert database.tables() == {"alembic_version", "a", "b", "c"}


@pytest.mark.parametrize(
    ("moved", "at"),
    [
        ("DELETE FROM alembic_version", "base"),
        (f"UPDATE alembic_version SET version_num = '{full(1)}'", full(1)),
    ],
)
def test_alembic_version_moved_back_by_hand(
    ran: Project, database: Database, moved: str, at: str
) -> None:
    database.query(moved)
    before = everything(database)
    refusal = (
        f"alembic_version is at {at}, but the ledger says that {full(5)} ran here; say which is "
        "right: alembic stamp VERSION sets both\n"
    )
    for arguments in (("upgrade", "head"), ("downgrade", "base")):
        assert inside.alembic(ran, *arguments, ok=False).stderr == refusal
    inside.alembic(ran, "current")
    assert everything(database) == before
    inside.alembic(ran, "stamp", full(3))
    assert (current(database), applied(database)) == (versions(3), versions(1, 3))


@pytest.mark.parametrize("number", [5, 6])
def test_alembic_version_moved_on_by_hand(ran: Project, database: Database, number: int) -> None:
    """To a migration that did not run here, and to one that has no file."""
    inside.alembic(ran, "downgrade", full(3))
    database.query("UPDATE alembic_version SET version_num = %s", full(number))
    before = everything(database)
    said = inside.alembic(ran, "upgrade", "head", ok=False).stderr
    assert full(number) in said
    assert everything(database) == before
    inside.alembic(ran, "stamp", full(3))
    inside.alembic(ran, "upgrade", "head")
    assert (current(database), applied(database)) == (versions(5), versions(1, 3, 5))
