"""Killed at any moment, a deploy leaves a database that knows how far it came; the next goes on."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from support import inside, ledgers, servers
from support.killing import Deploys, kill_backend, kill_client, kill_server, terminate_backend
from support.processes import until
from support.projects import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.killing import Kill
    from support.servers import Server

pytestmark = pytest.mark.servers("newest")
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
_HALF_DONE = """
    SELECT version FROM (
        SELECT DISTINCT ON (version) version, outcome FROM migration_events
         WHERE outcome = 'done' OR statements_done > 0 OR alone IS NOT NULL
         ORDER BY version, id DESC) newest
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


class _Deploys(Deploys):
    """Deploys whose schema and ledger agree whenever one was killed."""

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


@pytest.mark.patient
@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill_client, id="client"),
        pytest.param(terminate_backend, id="backend-terminated"),
        pytest.param(kill_backend, id="backend-killed"),
        pytest.param(kill_server, id="server"),
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
    deploys = _Deploys(project, database, Random(seed), kill, _VERSIONS)
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
