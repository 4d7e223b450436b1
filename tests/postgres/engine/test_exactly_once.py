"""Sections that count, in a transaction and outside: killed at any moment, their sums are right."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from support import ledgers, servers
from support.killing import (
    Deploys,
    end_lock,
    kill_backend,
    kill_client,
    kill_server,
    terminate_backend,
)
from support.processes import until
from support.projects import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.killing import Kill
    from support.servers import Server

pytestmark = [pytest.mark.patient, pytest.mark.servers("newest")]
# Of each kind: 100 in all. Sections in transactions follow each other without waiting.
_KILLS = {" transaction:false": 12, "": 8}
_VERSIONS = ledgers.versions(*range(1, 9))
_NAP = "SELECT pg_sleep(0.02);"
_COUNT = "UPDATE counter SET value = value {} 1, slept = pg_sleep(0.01)::text;"
_UP = ["CREATE INDEX CONCURRENTLY counter_{0} ON counter (value);", _NAP]
_DOWN = ["DROP INDEX CONCURRENTLY counter_{0};", _NAP]
_HALF_DONE = """
    SELECT version || ' ' || direction || ' ' || statements_done FROM (
        SELECT DISTINCT ON (version) * FROM migration_events
         WHERE coalesce(statements_done, 0) > 0 OR outcome = 'done'
         ORDER BY version, id DESC) newest
     WHERE outcome <> 'done'
"""


def _section(sign: str, others: list[str]) -> list[str]:
    """Statements that count, and others between."""
    count = _COUNT.format(sign)
    return [count, others[0], count, count, others[1], count]


@pytest.fixture(scope="module")
def mortal() -> Iterator[Server]:
    """A server of these tests' own."""
    with servers.running("18") as server:
        yield server


class _Counting(Deploys):
    """Deploys whose sum is right whenever one was killed."""

    def check(self) -> None:
        """Compare the sum with what the ledger says ran."""
        until(lambda: not self.others())  # a client's death does not end its statement
        rows = self.rows()
        assert rows == _VERSIONS[: len(rows)]
        expected = dict.fromkeys(rows, 4)
        for each in self.found(_HALF_DONE):  # the other section was whole, row or no row
            version, direction, done = each.split()
            ran = sum("UPDATE" in text for text in _section("", _UP)[: int(done)])
            expected[version] = ran if direction == "up" else 4 - ran
        assert self.found("SELECT value FROM counter") == [sum(expected.values())]


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill_client, id="client"),
        pytest.param(terminate_backend, id="backend-terminated"),
        pytest.param(kill_backend, id="backend-killed"),
        pytest.param(end_lock, id="lock"),
        pytest.param(kill_server, id="server"),
    ],
)
@pytest.mark.parametrize("marker", _KILLS, ids=["outside", "inside"])
def test_every_statement_counts_once(
    mortal: Server, tmp_path: Path, kill: Kill, marker: str
) -> None:
    database = mortal.create()
    database.query("CREATE TABLE counter AS SELECT 0 AS value, '' AS slept")
    project = Project.copy(tmp_path, database.url)
    for number, version in enumerate(_VERSIONS, start=1):
        up, down = ("\n".join(_section(*each)) for each in (("+", _UP), ("-", _DOWN)))
        text = f"-- UP{marker}\n{up}\n-- DOWN{marker}\n{down}\n".format(number)
        text = text if marker else text.replace("CONCURRENTLY", "")
        project.write(f"{version}_x.sql", text)
    deploys = _Counting(project, database, Random(1), kill, _VERSIONS)
    while deploys.kills < _KILLS[marker]:
        deploys.deploy()
        deploys.check()
    half_down = any(" down " in each for each in deploys.found(_HALF_DONE))
    if half_down or deploys.rows() == _VERSIONS:  # which is not to be undone; or nothing is to do
        project.alembic("downgrade", "-1")
    project.alembic("upgrade", "head")
    deploys.check()
    assert deploys.rows() == _VERSIONS
    assert database.value("SELECT value FROM counter") == 4 * len(_VERSIONS)
    assert database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
    assert database.value("SELECT count(*) FROM migration_deploys WHERE finished_at IS NULL") == 0
    mortal.drop(database.name)
