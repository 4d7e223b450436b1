"""Deploys that are killed at any moment: their client, a server process, the lock, the server.

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
from typing import TYPE_CHECKING, Any

import psycopg2

from support import servers
from support.processes import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from support.databases import Database
    from support.processes import Process
    from support.projects import Project
    from support.servers import Server

    Kill = Callable[["Deploys", Process], bool]  # whether there was anything to kill

_STEPS = "SELECT 1 + coalesce(statements_done, 0) FROM migration_events"
_OTHERS = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND backend_type = 'client backend'
"""
_HOLDER = """
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass
class Deploys:
    """Deploys of one project that are killed, one after the other.

    Args:
        project: whose migrations run.
        database: that they change.
        random: says where to kill.
        kill: kills; whether there was anything to kill.
        versions: of the project's migrations.
    """

    project: Project
    database: Database
    random: Random
    kill: Kill
    versions: list[str]
    kills: int = field(default=0, init=False)

    def deploy(self) -> None:
        """Begin something, and kill it if it has not ended before."""
        ran = len(self.rows())
        up = self.random.random() * len(self.versions) > ran
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


def kill_client(_: Deploys, process: Process) -> bool:
    """Kill the client, which leaves its statement to the server."""
    process.signal(signal.SIGKILL)
    return True


def terminate_backend(deploys: Deploys, _: Process) -> bool:
    """End one of its sessions."""
    return any(deploys.found(f"SELECT pg_terminate_backend({pid})") for pid in deploys.anyone())


def kill_backend(deploys: Deploys, process: Process) -> bool:
    """Kill a server process, whereupon the server ends all others and begins anew."""
    killed = [pid for pid in deploys.anyone() if _kill(pid)]
    process.ends(None)
    until(lambda: not any(map(_kill, killed)))  # the server has seen it, and takes nobody in
    until(lambda: _answers(deploys.database))
    return bool(killed)


def kill_server(deploys: Deploys, process: Process) -> bool:
    """Kill all processes of the server, and start it again."""
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


def end_lock(deploys: Deploys, _: Process) -> bool:
    """End the session that holds the deploy lock."""
    holders = deploys.found(_HOLDER)
    return any(deploys.found(f"SELECT pg_terminate_backend({pid})") for pid in holders)
