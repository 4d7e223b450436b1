"""A search_path full of traps, and which statements have stepped into one.

For each function, operator, aggregate, type and table of pg_catalog there is one of the same name
in a schema that comes before it: whatever is not named fully is found there. They do what the
server's own do, so that nothing else changes. What a name was taken for, the server writes into its
log with each statement that it parses, run or not.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2

from support import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project
    from support.servers import Server

SCHEMA, USER = "traps", "trapped"
_SETTINGS = {
    "search_path": f"public, {SCHEMA}, pg_catalog",
    "debug_print_parse": "on",
    "debug_pretty_print": "off",
}
# What lets somebody else step into them.
PGOPTIONS = " ".join(f"-c{name}={value.replace(' ', '')}" for name, value in _SETTINGS.items())
# What cannot be made again is passed over: functions of pseudo-types, for one, which no SQL calls.
_LAY = """
CREATE SCHEMA traps;
GRANT USAGE ON SCHEMA traps TO PUBLIC;
SET search_path = pg_catalog, pg_temp;
DO $$
DECLARE
    made text;
BEGIN
    FOR made IN
        SELECT replace(pg_get_functiondef(oid), 'FUNCTION pg_catalog.', 'FUNCTION traps.')
          FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('f', 'w')
        UNION ALL
        SELECT format('CREATE OPERATOR traps.%s (FUNCTION = %s%s%s)', oprname, oprcode,
                      ', LEFTARG = ' || nullif(oprleft, 0)::regtype,
                      ', RIGHTARG = ' || nullif(oprright, 0)::regtype)
          FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace
        UNION ALL
        SELECT format('CREATE AGGREGATE traps.%I(%s) (SFUNC = %s, STYPE = %s%s%s%s)', proname,
                      coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*'), aggtransfn,
                      aggtranstype::regtype,
                      ', FINALFUNC = ' || nullif(aggfinalfn, 0)::regproc,
                      CASE WHEN aggfinalextra THEN ', FINALFUNC_EXTRA' END,
                      ', INITCOND = ' || quote_literal(agginitval))
          FROM pg_proc p JOIN pg_aggregate ON aggfnoid = p.oid WHERE aggkind = 'n'
        UNION ALL
        SELECT format('CREATE VIEW traps.%I AS TABLE pg_catalog.%1$I', relname)
          FROM pg_class
         WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')
        UNION ALL
        SELECT format('CREATE DOMAIN traps.%I AS pg_catalog.%1$I', typname)
          FROM pg_type
         WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typname !~ '^_'
        UNION ALL
        -- Better matches than those of pg_catalog, which has none for varchar.
        SELECT format('CREATE FUNCTION traps.better_%s(varchar, varchar) RETURNS boolean'
                      ' LANGUAGE internal AS %L; CREATE OPERATOR traps.%s'
                      ' (FUNCTION = traps.better_%1$s, LEFTARG = varchar, RIGHTARG = varchar)',
                      oprcode, oprcode, oprname)
          FROM pg_operator
         WHERE (oprleft, oprright, oprresult)
             = ('text'::regtype, 'text'::regtype, 'boolean'::regtype)
    LOOP
        BEGIN
            EXECUTE made;
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END $$;
"""
_OIDS = """
    SELECT 'function', oid::bigint FROM pg_proc WHERE pronamespace = 'traps'::regnamespace
    UNION ALL SELECT 'operator', oid FROM pg_operator WHERE oprnamespace = 'traps'::regnamespace
    UNION ALL SELECT 'table', oid FROM pg_class WHERE relnamespace = 'traps'::regnamespace
    UNION ALL SELECT 'type', oid FROM pg_type WHERE typnamespace = 'traps'::regnamespace
"""
# What was made of one: what a table has for a type, say, which no statement names.
_RESTING = """
    SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend
     WHERE refobjid = ANY (%s) AND pg_describe_object(classid, objid, objsubid) !~ 'traps\\.'
"""
# What the server's nodes call the numbers of what a name was taken for.
_NUMBERS = {
    "function": re.compile(r":(?:funcid|aggfnoid|winfnoid|opfuncid) (\d+)"),
    "operator": re.compile(r":(?:opno|eqop|sortop|opnos \(o) (\d+)"),
    "table": re.compile(r":relid (\d+)"),
    "type": re.compile(r":\w*type(?:id)? (\d+)"),
}
_ENTRY = re.compile(
    r"^[^\n]*LOG:  parse tree:[^\n]*\n[^\n]*DETAIL:  (?P<tree>[^\n]*(?:\n\t[^\n]*)*)\n"
    r"(?:[^\n]*STATEMENT:  (?P<said>[^\n]*(?:\n\t[^\n]*)*))?",
    re.MULTILINE,
)


@dataclass
class Traps:
    """A server whose databases are all full of traps, for a superuser of it."""

    server: Server
    oids: dict[str, set[int]]

    def url(self, database: Database) -> str:
        """What the user who is to step into them would put into DATABASE_URL."""
        return database.url.replace("postgres@", f"{USER}@")

    def add_user(self, name: str, options: str) -> None:
        """Make somebody who may log in, and who would step into them."""
        self.server.role(name, f"LOGIN {options}")
        for setting, value in _SETTINGS.items():
            self.server.execute(f"ALTER ROLE {name} SET {setting} = {value}")

    @contextlib.contextmanager
    def watched(self) -> Iterator[Steps]:
        """Which statements were parsed within the block, and what they stepped into."""
        start, found = self.log_end(), Steps(0, {})
        yield found
        for entry in _ENTRY.finditer(self.log_from(start)):
            found.parsed += 1
            self._judge(entry, found)

    def resting_on(self, database: Database) -> list[str]:
        """What in a database was made of a trap, unless it is one."""
        oids = [oid for each in self.oids.values() for oid in each]
        return [what for (what,) in database.query(_RESTING, oids)]

    @property
    def _log(self) -> Path:
        return Path(f"{self.server.data}/log")

    def log_end(self) -> int:
        """Where the server's log ends now."""
        return self._log.stat().st_size

    def log_from(self, start: int) -> str:
        """What the server has logged since."""
        with self._log.open("rb") as lines:
            lines.seek(start)
            return lines.read().decode(errors="replace")

    def _judge(self, entry: re.Match[str], found: Steps) -> None:
        tree = " ".join(entry["tree"].split())
        for kind, pattern in _NUMBERS.items():
            if {int(each) for each in pattern.findall(tree)} & self.oids[kind]:
                found.into.setdefault(entry["said"] or "?", set()).add(kind)


@dataclass
class Steps:
    """How many statements were parsed, and what those that stepped into a trap took for theirs."""

    parsed: int
    into: dict[str, set[str]]


@contextlib.contextmanager
def laid(name: str) -> Iterator[Traps]:
    """Run a server of its own, and lay the traps: in databases to come, and in that of all."""
    with servers.running(name) as server:
        template = psycopg2.connect(server.dsn(dbname="template1"))
        template.autocommit = True
        with contextlib.closing(template), template.cursor() as cursor:
            cursor.execute(_LAY)
            cursor.execute(_OIDS)
            oids: dict[str, set[int]] = {}
            for kind, oid in cursor:
                oids.setdefault(kind, set()).add(oid)
            cursor.execute("DROP DATABASE postgres")
            cursor.execute("CREATE DATABASE postgres")
        made = Traps(server, oids)
        made.add_user(USER, "SUPERUSER")
        yield made


def step(ground: Traps, project: Project, *lines: str, ok: bool | None = True) -> None:
    """Run commands, none of which may step into a trap."""
    with ground.watched() as steps:
        for line in lines:
            program, *words = line.split()
            run = project.alembic if program == "alembic" else project.promptlib
            run(*words, ok=ok)
    assert steps.into == {}
    assert steps.parsed
