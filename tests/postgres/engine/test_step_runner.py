"""Killed at any moment, a deploy leaves a database that knows how far it came; the next goes on.

Where to kill is chosen at random, from a seed; here a random pause is the point, and no wait for
a condition.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from support import inside, ledgers, servers
from support.processes import until
from support.projects import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.databases import Database
    from support.processes import Process
    from support.servers import Server

    Kill = Callable[["Deploys", Process], bool]  # whether there was anything to kill

NEWEST_ALONE = True
_KILLS = 9  # of one seed; with the seeds and kinds below more than 60
_SEEDS = (1, 2)
_VERSIONS = ledgers.versions(*range(1, 13))
_NAP = "SELECT pg_sleep(0.02);"
_IN_TRANSACTION = (
    f"""CREATE TABLE t{{0}} (i int);
        {_NAP}
        CREATE INDEX t{{0}}_i ON t{{0}} (i);
        INSERT INTO log VALUES ({{0}});
        CREATE UNIQUE INDEX t{{0}}_u ON t{{0}} (i);
        {_NAP}""",
    f"""DELETE FROM log WHERE number = {{0}};
        DROP INDEX t{{0}}_u;
        {_NAP}
        DROP TABLE t{{0}};""",
)
_OUTSIDE = (
    f"""CREATE TABLE t{{0}} (i int);
        {_NAP}
        CREATE INDEX CONCURRENTLY t{{0}}_i ON t{{0}} (i);
        CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t{{0}}_u ON t{{0}} (i);
        {_NAP}""",
    f"""DROP INDEX CONCURRENTLY t{{0}}_u;
        {_NAP}
        DROP INDEX CONCURRENTLY t{{0}}_i;
        DROP TABLE t{{0}};""",
)
_OPTION = " transaction:false"
# Of UP and of DOWN; they alternate.
_KINDS = (
    (_IN_TRANSACTION, "", ""),
    (_OUTSIDE, _OPTION, _OPTION),
    ((_OUTSIDE[0], _IN_TRANSACTION[1]), _OPTION, ""),
)
_STEPS = "SELECT 1 + coalesce(statements_done, 0) FROM migration_events"
_OTHERS = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND backend_type = 'client backend'
"""
_HALF_DONE = """
    SELECT version FROM (
        SELECT DISTINCT ON (version) version, outcome FROM migration_events
         WHERE statements_done IS NOT NULL OR outcome <> 'failed' ORDER BY version, id DESC) newest
     WHERE outcome IN ('running', 'failed')
"""
_RELATIONS = """
    SELECT relname FROM pg_class LEFT JOIN pg_index ON indexrelid = pg_class.oid
     WHERE relname ~ '^t[0-9]' AND indisvalid IS NOT FALSE
"""


@pytest.fixture(scope="module")
def mortal() -> Iterator[Server]:
    """A server of these tests' own.

    It runs without fsync, as all servers of the tests do: what a dead process has written is in
    the kernel's cache, which only the machine's own death would empty.
    """
    with servers.running("18") as server:
        yield server


@dataclass
class Deploys:
    """Deploys of one project that are killed, one after the other."""

    project: Project
    database: Database
    random: Random
    kill: Kill
    kills: int = field(default=0, init=False)

    def deploy(self) -> None:
        """Begin something, and kill it if it has not ended before."""
        ran = len(self.rows())
        up = self.random.random() * len(_VERSIONS) > ran
        count = self.random.choice(["1", "3", ""])
        target = f"{'+' if up else '-'}{count}" if count else "head" if up else "base"
        before, steps = self.progress(), self.random.randrange(8)
        with self.project.start("alembic", "upgrade" if up else "downgrade", target) as it:
            until(lambda: self.others() or not it.runs)
            until(lambda: self.progress() >= before + steps or not it.runs)
            time.sleep(self.random.uniform(0, 0.06))
            self.kills += it.runs and self.kill(self, it)
            it.ends(None)

    def progress(self) -> int:
        """A number that grows with all that deploys record."""
        return sum(self.found(_STEPS))

    def others(self) -> list[int]:
        """The server processes that work for the database."""
        return self.found(_OTHERS)

    def anyone(self) -> list[int]:
        """One of them at random; none if they are gone."""
        others = self.others()
        return self.random.sample(others, k=min(1, len(others)))

    def rows(self) -> list[str]:
        """The versions in the ledger."""
        return self.found("SELECT id FROM migrations ORDER BY id")

    def found(self, sql: str) -> list[Any]:
        """The only column of a query; nothing from a table that is not there yet."""
        with contextlib.suppress(psycopg2.errors.UndefinedTable):
            return [value for (value,) in self.database.query(sql)]
        return []

    def check(self) -> None:
        """Schema, alembic_version and ledger agree, but for what is known to be half done."""
        until(lambda: not self.others())  # a client's death does not end its statement
        rows, there, half = self.rows(), set(self.found(_RELATIONS)), self.found(_HALF_DONE)
        assert rows == _VERSIONS[: len(rows)]
        assert self.found("SELECT version_num FROM alembic_version") == rows[-1:]
        assert len(half) <= 1
        assert {*half} <= {*rows[-1:], *_VERSIONS[len(rows) :][:1]}
        for number, version in enumerate(_VERSIONS, start=1):
            things = {f"t{number}", f"t{number}_i", f"t{number}_u"}
            if version not in half:
                assert there & things == (things if version in rows else set())
        logged = self.found("SELECT number FROM log ORDER BY number")
        assert ledgers.versions(*logged) == [each for each in rows if not _kind(each)[1]]


def _kind(version: str) -> tuple[tuple[str, str], str, str]:
    return _KINDS[int(version[-2:]) % len(_KINDS)]


def _kill_client(_: Deploys, process: Process) -> bool:
    process.signal(signal.SIGKILL)
    return True


def _terminate_backend(deploys: Deploys, _: Process) -> bool:
    return any(deploys.found(f"SELECT pg_terminate_backend({pid})") for pid in deploys.anyone())


def _kill_backend(deploys: Deploys, process: Process) -> bool:
    """Kill a server process, whereupon the server ends all others and begins anew."""
    killed = [pid for pid in deploys.anyone() if _kill(pid)]
    process.ends(None)
    until(lambda: not any(map(_kill, killed)))  # the server has seen it, and takes nobody in
    until(lambda: _answers(deploys.database))
    return bool(killed)


def _kill_server(deploys: Deploys, process: Process) -> bool:
    server = deploys.database.server
    assert server.data
    postmaster = (server.data / "postmaster.pid").read_text().split()[0]
    everyone = [int(postmaster), *deploys.found("SELECT pid FROM pg_stat_activity")]
    killed = [_kill(pid) for pid in everyone]
    process.ends(None)
    until(lambda: _starts(server))
    return any(killed)


def _kill(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def _starts(server: Server) -> bool:
    with contextlib.suppress(subprocess.CalledProcessError):
        servers.start(server)
        return True
    return False


def _answers(database: Database) -> bool:
    with contextlib.suppress(psycopg2.OperationalError):
        return bool(database.query("SELECT 1"))
    return False


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(_kill_client, id="client"),
        pytest.param(_terminate_backend, id="backend-terminated"),
        pytest.param(_kill_backend, id="backend-killed"),
        pytest.param(_kill_server, id="server"),
    ],
)
def test_a_killed_deploy_is_gone_on_with(
    mortal: Server, tmp_path: Path, kill: Kill, seed: int
) -> None:
    database = mortal.create()
    database.query("CREATE TABLE log (number int)")
    project = Project.copy(tmp_path, database.url)
    for number, version in enumerate(_VERSIONS, start=1):
        (up, down), *options = _kind(version)
        text = f"-- UP{options[0]}\n{up}\n-- DOWN{options[1]}\n{down}\n".format(number)
        project.write(f"{version}_x.sql", text)
    deploys = Deploys(project, database, Random(seed), kill)
    while deploys.kills < _KILLS:
        deploys.deploy()
        deploys.check()
    project.alembic("upgrade", "head")
    deploys.check()
    assert deploys.rows() == _VERSIONS
    assert deploys.found(_HALF_DONE) == []
    assert database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
    inside.alembic(project, "downgrade", "base")
    deploys.check()
    assert deploys.rows() == []
    mortal.drop(database.name)
