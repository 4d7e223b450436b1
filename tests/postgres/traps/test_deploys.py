"""No statement of ours is resolved through the search_path, whatever command sends it."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

import pytest

from support.ledgers import PREDECESSORS
from support.processes import until
from support.projects import ONE, THREE, TWO, Project
from support.traps import step

if TYPE_CHECKING:
    from support.databases import Database
    from support.traps import Traps

pytestmark = pytest.mark.servers("newest", "oldest")
_MODEL = """
from alembic import context
from promptlib import environment
from sqlalchemy import CheckConstraint, Column, Enum, ForeignKey, Integer, MetaData, String, Table

model = MetaData()
Table("a", model, Column("i", Integer, primary_key=True), Column("v", String(10), nullable=False),
      Column("n", Integer, server_default="7"), CheckConstraint("n > 0", name="positive"))
Table("b", model, Column("i", Integer, ForeignKey("a.i")), Column("e", Enum("x", "y", name="kind")))
environment.run(context, model)
"""


_REPEATABLE = """\
CREATE OR REPLACE FUNCTION seven() RETURNS integer LANGUAGE sql AS $$ SELECT 7 $$;
"""
# Each UP with its DOWN.
_TO_BE_PROVEN = (
    (
        """
        CREATE TYPE public.mood AS ENUM ('fine', 'so so');
        CREATE DOMAIN public.few AS integer CHECK (VALUE OPERATOR(pg_catalog.>) 5);
        CREATE TABLE public.kinds (
            i integer PRIMARY KEY REFERENCES public.a, t pg_catalog.text NOT NULL, n integer,
            j pg_catalog.jsonb NOT NULL, u pg_catalog.uuid NOT NULL, m public.mood NOT NULL,
            f public.few NOT NULL, s timestamp NOT NULL, d pg_catalog.date NOT NULL,
            b pg_catalog.text[] NOT NULL, c pg_catalog."char" NOT NULL, p numeric(5, 2) NOT NULL,
            o boolean NOT NULL, k pg_catalog.bpchar NOT NULL, z pg_catalog."time"[] NOT NULL,
            v interval NOT NULL, x bit(3) NOT NULL, r pg_catalog.int4range NOT NULL,
            CHECK (pg_catalog.length(t) OPERATOR(pg_catalog.>) 3)
        );
        """,
        "DROP TABLE public.kinds; DROP DOMAIN public.few; DROP TYPE public.mood;",
    ),
    (
        """
        CREATE FUNCTION public.touched() RETURNS pg_catalog.trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.n := coalesce(NEW.n, 0) OPERATOR(pg_catalog.+) 1; RETURN NEW; END $$;
        CREATE TRIGGER touched BEFORE UPDATE ON public.kinds
        FOR EACH ROW EXECUTE FUNCTION public.touched();
        CREATE INDEX by_length ON public.kinds (pg_catalog.length(t));
        """,
        """
        DROP TRIGGER touched ON public.kinds;
        DROP FUNCTION public.touched();
        DROP INDEX public.by_length;
        """,
    ),
    ("UPDATE public.kinds SET t = 'other';", "UPDATE public.kinds SET t = t;"),
    (
        "ALTER TABLE public.kinds ADD q integer NOT NULL;",
        "ALTER TABLE public.kinds DROP q;",
    ),
    ("CREATE ROLE trapped_too;", "DROP ROLE trapped_too;"),
)


def test_the_traps_are_seen(ground: Traps, project: Project) -> None:
    """Whoever names anything by half steps into one, and that is told."""
    statements = {
        "SELECT lower('A')": "function",
        "SELECT count(*) FROM pg_catalog.pg_class": "function",
        "SELECT '1'::text": "type",
        "SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'x'": "operator",
        "SELECT 1 FROM pg_catalog.pg_class WHERE oid IN (1, 2)": "operator",
        "SELECT 1 WHERE EXISTS (SELECT FROM pg_class)": "table",
    }
    for number, statement in enumerate(statements):
        project.add(f"2026010100000{number}", f"{statement};")
    with ground.watched() as steps:
        project.promptlib("migrate")
    assert {said.rstrip(";"): kinds for said, kinds in steps.into.items()} == {
        said: {kind} for said, kind in statements.items()
    }


def test_a_deploy_and_what_looks_at_it(ground: Traps, project: Project) -> None:
    looks = ("status", "pending", "executed", "history", "db test", "db show", "db create")
    looking = [f"promptlib {each}" for each in looks]
    step(ground, project, *looking, ok=None)
    step(ground, project, "promptlib migrate +2", *looking)
    repeatable = project.folder / "sql" / "repeatable"
    repeatable.mkdir()
    (repeatable / "seven.sql").write_text(
        "CREATE OR REPLACE FUNCTION seven() RETURNS integer LANGUAGE sql AS $$ SELECT 7 $$;\n"
    )
    step(ground, project, "promptlib migrate", *looking, "promptlib redo -n 2 --yes")
    step(ground, project, "promptlib rollback", "promptlib rollback --to base --yes", *looking)


def test_alembic_s_commands(ground: Traps, project: Project) -> None:
    looking = ("alembic current", "alembic history -i")
    step(ground, project, *looking, "alembic upgrade +2", *looking, "alembic upgrade head")
    step(ground, project, *looking, "alembic downgrade -1", "alembic stamp head", *looking)
    step(ground, project, "alembic stamp base", "alembic ensure_version")


def test_a_model_compared(ground: Traps, project: Project) -> None:
    (project.folder / "alembic" / "env.py").write_text(_MODEL)
    project.promptlib("migrate")
    step(ground, project, "alembic check", ok=False)
    step(ground, project, "alembic revision --autogenerate -m more")


def test_what_is_taken_for_right(ground: Traps, project: Project) -> None:
    project.promptlib("migrate")
    project.add(TWO, "CREATE TABLE b (i integer REFERENCES a, j integer);", name="make_b")
    (project.folder / "sql" / f"{THREE}_index_a.sql").unlink()
    step(ground, project, "promptlib status", "promptlib rollback --kept-down")
    step(ground, project, "promptlib repair --yes", "promptlib rollback")


def test_what_the_predecessor_left(ground: Traps, project: Project, database: Database) -> None:
    database.query(PREDECESSORS)
    database.query(f"INSERT INTO migrations VALUES ('{ONE}', 'make a', now(), 'x')")
    database.query("CREATE TABLE a (i integer PRIMARY KEY, v varchar(10) NOT NULL)")
    step(ground, project, "promptlib status", "promptlib adopt --dry-run")
    step(ground, project, "promptlib adopt --yes", "promptlib migrate")


def test_proofs(ground: Traps, project: Project) -> None:
    step(ground, project, "promptlib verify")


@pytest.mark.patient
def test_proofs_on_made_up_rows_of_all_kinds(
    ground: Traps, project: Project, database: Database
) -> None:
    """What refuses rows, sets columns, fails on rows, and changes the server."""
    for number, (up, down) in enumerate(_TO_BE_PROVEN, start=4):
        project.add(number, up, down)
    project.write(
        "20250103000000_alone.sql",
        "-- UP transaction:false\nDO $$ BEGIN COMMIT; END $$;\n-- DOWN\nSELECT;\n",
    )
    name = f"lowly_{database.name}"
    ground.add_user(name, "CREATEROLE")
    database.query(f"ALTER DATABASE {database.name} OWNER TO {name}")
    own = database.url.replace("postgres@", f"{name}@")
    (project.folder / "first.sql").write_text("CREATE TABLE given (i integer);")
    for elsewhere in ((), ("--scratch", own, "--scratch-setup", "first.sql")):
        with ground.watched() as steps:
            said = project.promptlib("verify", *elsewhere, ok=False).stdout
        assert "on made-up rows alone UP fails" in said
        assert "  ! public.kinds: 3 rows changed in t\n" in said
        assert 'row: {"' in said
        assert said.splitlines()[-1].endswith(": 2 with findings")
        assert steps.into == {}
        assert steps.parsed


def test_a_database_that_is_dropped(ground: Traps, project: Project, database: Database) -> None:
    with contextlib.closing(database.connect()):
        step(ground, project, "promptlib reset --yes", ok=False)
    step(ground, project, "promptlib db drop --yes", "promptlib db create")


def test_waiting_for_others(ground: Traps, project: Project, database: Database) -> None:
    """The deploy lock's holder, and who blocks a statement, are asked for."""
    project.promptlib("migrate", TWO)
    project.add(THREE, "ALTER TABLE a ADD COLUMN n integer;", name="index_a")
    project.configure(lock_timeout="200ms")
    with contextlib.closing(database.connect()) as blocker, ground.watched() as steps:
        blocker.cursor().execute("BEGIN; SELECT FROM a")
        with project.start("promptlib", "migrate") as first:
            first.says("blocked by pid ")
            with project.start("promptlib", "migrate") as second:
                second.says("waiting for another deploy: pid ")
                for command in ("status", "history", "db test"):
                    project.promptlib(*command.split(), ok=None)
                blocker.cursor().execute("ROLLBACK")
                first.ends()
                second.ends()
    assert steps.into == {}


def test_what_was_cut_off(ground: Traps, project: Project) -> None:
    twice = "CREATE TABLE a (i integer, v varchar(10));\nINSERT INTO a VALUES (1), (1);"
    project.add(ONE, twice, "DROP TABLE a;", name="make_a")
    project.write(
        f"{TWO}_make_b.sql",
        "-- UP transaction:false\nCREATE TABLE b ();\n"
        "CREATE UNIQUE INDEX CONCURRENTLY u ON a (i);\n"
        "-- DOWN transaction:false\nDROP INDEX CONCURRENTLY IF EXISTS u;\nDROP TABLE b;\n",
    )
    for command in ("promptlib migrate", "promptlib migrate", "promptlib status"):
        step(ground, project, command, ok=command.endswith("status"))
    step(ground, project, "promptlib rollback", "promptlib history")


def test_what_runs_alone(ground: Traps, project: Project) -> None:
    """The catalog is asked what became of statements that no transaction takes."""
    project.promptlib("migrate", TWO)
    alone = (
        "CREATE TABLE p (i integer) PARTITION BY RANGE (i);",
        "CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (2);",
        "CREATE INDEX CONCURRENTLY ON a (v);",
        "CREATE INDEX CONCURRENTLY named ON a (v);",
        "REINDEX INDEX CONCURRENTLY named;",
        "REINDEX TABLE CONCURRENTLY a;",
        "VACUUM a;",
        "ALTER TABLE p DETACH PARTITION q CONCURRENTLY;",
        "DO $$ BEGIN COMMIT; END $$;",
        "DROP INDEX CONCURRENTLY named;",
    )
    up = "\n".join(alone)
    project.write(
        f"{THREE}_index_a.sql",
        f"-- UP transaction:false\n{up}\n-- DOWN transaction:false\nDROP TABLE p, q;\n",
    )
    step(ground, project, "promptlib migrate", "promptlib rollback")


def test_a_deploy_that_died(ground: Traps, project: Project, database: Database) -> None:
    """The next one takes over, asks whether the first is gone, and goes on or back."""
    project.promptlib("migrate", ONE)
    project.write(
        f"{TWO}_make_b.sql",
        "-- UP transaction:false\nCREATE TABLE b ();\nDO $$ BEGIN COMMIT; LOCK TABLE a; END $$;\n"
        "-- DOWN transaction:false\nDROP TABLE b;\n",
    )
    project.configure(lock_timeout="0")
    waits = "FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with contextlib.closing(database.connect()) as blocker, ground.watched() as steps:
        blocker.cursor().execute("BEGIN; LOCK TABLE a")
        with project.start("promptlib", "migrate", TWO) as deploy:
            until(lambda: database.query(f"SELECT pid {waits}"))
            deploy.signal(signal.SIGKILL)
            deploy.ends(None)
        database.query(f"SELECT pg_terminate_backend(pid) {waits}")
    assert steps.into == {}
    step(ground, project, "promptlib status", "promptlib history")
    step(ground, project, f"promptlib migrate {TWO}", ok=False)
    step(ground, project, f"promptlib migrate {TWO} --skip {TWO}", "promptlib rollback")


# A better match than pg_catalog's, which has none for varchar; it tells whom it ran as.
_ATTACK = """
    CREATE FUNCTION public.caught(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        RAISE LOG 'caught %', current_user;
        RETURN $1::text OPERATOR(pg_catalog.=) $2::text;
    END $$;
    CREATE OPERATOR public.= (FUNCTION = public.caught, LEFTARG = varchar, RIGHTARG = varchar);
    CREATE OPERATOR public.<> (FUNCTION = public.caught, LEFTARG = varchar, RIGHTARG = varchar);
    CREATE OPERATOR public.> (FUNCTION = public.caught, LEFTARG = varchar, RIGHTARG = varchar);
"""


def test_an_operator_of_a_role_without_rights_is_never_called(
    ground: Traps, project: Project, database: Database
) -> None:
    """On the search_path of a server as installed, which PostgreSQL 14 lets everybody write to."""
    ground.server.role("stranger", "LOGIN")
    database.query("GRANT CREATE ON SCHEMA public TO stranger")
    database.query(f"SET ROLE stranger; {_ATTACK}")
    project.url = database.url
    start = ground.log_end()
    database.query("SELECT 'a'::varchar = 'b'::varchar")
    assert "caught postgres" in ground.log_from(start)
    commands = (
        *("status", "migrate", "migrate", "status", "history 2025", "db test", "rollback"),
        *("repair --yes", "db show", "adopt", "verify"),
    )
    start = ground.log_end()
    for command in commands:
        project.promptlib(*command.split())
    for command in ("current", "upgrade head", "downgrade -1", "stamp head", "history -i"):
        project.alembic(*command.split())
    assert "caught" not in ground.log_from(start)
