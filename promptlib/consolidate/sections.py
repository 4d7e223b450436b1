"""A migration that makes what a database holds, and one that removes it, from pg_dump's text."""

from __future__ import annotations

import re
from itertools import takewhile

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.client_programs import (
    DUMP,
    MAJOR,
    call_for,
    find_dump_programs,
    run_client,
)
from promptlib.schema_dump.schema_text import BARE, PLAIN, fill_views, filled_views
from promptlib.schema_dump.statements import plain_statements
from promptlib.syntax.lexemes import do_block, quote_literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.postgres.target import Target

_NONE_WRITTEN = "no migration was written"
_MAKES_ROWS = ("INSERT INTO ", "SELECT pg_catalog.setval(", "SELECT pg_catalog.lo")
_USUAL_PATH = "SET LOCAL search_path TO DEFAULT;"
# For this transaction alone; pg_dump's text counts on it.
_BEFORE = (
    "SET LOCAL search_path = '';",
    "SET LOCAL check_function_bodies = false;",
    "SET LOCAL xmloption = content;",
)
_WHOLE = ("--inserts", "--rows-per-insert=100")
_REMOVES = re.compile(
    r'DROP |ALTER (?:[^;"]|"(?:[^"]|"")*")* DROP (?:CONSTRAINT|DEFAULT|IDENTITY) ', re.DOTALL
)
# Names in full, operators too: see promptlib/postgres/search_path.py.
_TABLES = """
    SELECT pg_catalog.format('%I.%I', nspname, relname) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) relnamespace
     WHERE relkind OPERATOR(pg_catalog.=) 'r' AND nspname OPERATOR(pg_catalog.!~) '^pg_'
       AND nspname OPERATOR(pg_catalog.<>) 'information_schema'
       AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_depend d
            WHERE d.objid OPERATOR(pg_catalog.=) c.oid AND deptype OPERATOR(pg_catalog.=) 'e')
     ORDER BY nspname, relname
"""
_USER = "SELECT pg_catalog.quote_ident(current_user)"
_GUARD = """\
DECLARE
    made pg_catalog.record;
    there bigint;
BEGIN
    IF pg_catalog.current_setting('promptlib.allow_data_loss', true)
            OPERATOR(pg_catalog.=) 'on' THEN
        RETURN;
    END IF;
    FOR made IN SELECT * FROM (VALUES
        {rows}
    ) AS tables (name, rows) LOOP
        EXECUTE pg_catalog.format('SELECT pg_catalog.count(*) FROM ONLY %s', made.name) INTO there;
        IF there OPERATOR(pg_catalog.>) made.rows THEN
            RAISE EXCEPTION '% holds % rows that no migration made', made.name,
                there OPERATOR(pg_catalog.-) made.rows
                USING HINT = 'to lose them, allow it: promptlib rollback --allow-data-loss';
        END IF;
    END LOOP;
END"""
NO_WAY_BACK = """\
DO $$ BEGIN
    RAISE EXCEPTION 'what this migration makes is not taken back'
        USING HINT = 'restore a backup, or make a new database: promptlib reset';
END $$;"""


class WrittenSections(NamedTuple):
    """The SQL of a migration.

    Attributes:
        up: the statements that make everything.
        down: those that remove it.
    """

    up: list[str]
    down: list[str]

    @property
    def rows(self) -> list[str]:
        """Those of `up` that make rows, and set sequences."""
        return [each for each in self.up if each.startswith(_MAKES_ROWS)]

    def text(self, header: str) -> str:
        """A migration's file.

        Args:
            header: comment lines before the first marker.
        """
        up, down = ("\n\n".join(each) for each in (self.up, self.down))
        return f"{header}-- UP\n{up}\n\n-- DOWN\n{down}\n"


def write_sections(
    connection: Connection,
    target: Target,
    left_out: Collection[str],
    *,
    is_whole: bool = False,
) -> WrittenSections:
    """Write down what a database holds.

    Args:
        connection: in no transaction.
        target: where that is.
        left_out: tables that are not, by their names as SQL has them.
        is_whole: whether rows and the rights of others belong to it.

    Raises:
        PromptlibError: when pg_dump cannot be had, or fails.
    """
    server = connection.server_version // MAJOR
    client = find_dump_programs(server)
    options = [*PLAIN, *(f"--exclude-table={each}" for each in left_out)]
    call = call_for(target.beside(connection)).but(*options)
    contents = _WHOLE if is_whole else BARE
    made, removed = (
        [*plain_statements(run_client(client, DUMP, each, _NONE_WRITTEN), server)]
        for each in (call.but(*contents), call.but(*BARE, "--clean"))
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [name for (name,) in cursor if name not in left_out]
        counts = [_count(cursor, each) if is_whole else 0 for each in tables]
        cursor.execute(_USER)
        (user,) = cursor.fetchone() or ("",)
        views = [] if is_whole else [*fill_views(made, filled_views(cursor))]
    down = [*takewhile(_REMOVES.match, removed)]
    made = [*_without_owner(made, user)]
    made += [_USUAL_PATH] * bool(views) + views
    return WrittenSections(
        [*_BEFORE, *made],
        [*_guard(zip(tables, counts, strict=True)), *down] if down else ["SELECT 1;"],
    )


def _without_owner(statements: Iterable[str], user: str) -> Iterator[str]:
    """Leave out who made everything: where it runs elsewhere, that is another one."""
    default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {user} "
    for each in statements:
        if not (each.startswith("ALTER ") and each.endswith(f" OWNER TO {user};")):
            own = each.startswith(default)
            yield "ALTER DEFAULT PRIVILEGES " + each.removeprefix(default) if own else each


def _count(cursor: Cursor, table: str) -> int:
    cursor.execute(f"SELECT pg_catalog.count(*) FROM ONLY {table}")
    (count,) = cursor.fetchone() or (0,)
    return int(count)


def _guard(tables: Iterable[tuple[str, int]]) -> list[str]:
    """What keeps DOWN from removing rows that UP did not make."""
    rows = [f"({quote_literal(name)}, {count})" for name, count in tables]
    return [do_block(_GUARD.format(rows=",\n        ".join(rows))) + ";"] if rows else []
