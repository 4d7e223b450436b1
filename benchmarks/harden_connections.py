"""How long `connections` is locked while the registry is hardened, with a million rows in it.

    python benchmarks/harden_connections.py [--rows 1000000] [--server 18]

Makes a database at 20250210120001 whose connections are linked to no provider, the most that there
can be to do, and upgrades it to head. Meanwhile one client edits connections at random and another
adds linked ones, each statement a transaction, as fast as they can; a third looks at pg_locks.
Printed: the writers' latencies before and during the upgrade, and for every mode of lock on
connections the longest time that a transaction of the upgrade was seen to hold it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.databases import Database

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import servers  # noqa: E402 - found by the line above

_SEED = "20250210120001"
_FILL = """
    INSERT INTO connections (name, provider, config, updated_at)
    SELECT 'c' || n, (ARRAY['openai', 'bedrock', 'anthropic'])[1 + n %% 3], '{"key": "secret"}',
           '2024-01-01'
    FROM generate_series(1, %s) AS n
"""
_EDIT = """
    UPDATE connections SET status = 'inactive' WHERE id = (
        SELECT id FROM connections WHERE id >= %s ORDER BY id LIMIT 1)
"""
_ADD = """
    INSERT INTO connections (name, provider, config, provider_id)
    SELECT 'new', identifier, '{}', id FROM providers WHERE identifier = 'openai'
"""
_LOCKS = """
    SELECT mode, virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'connections'::regclass AND granted
    AND pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'promptlib')
"""
_WARM_UP = 5.0  # seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--server", default=servers.available()[0], choices=servers.available())
    options = parser.parse_args()
    with servers.running(options.server) as server:
        database = server.create()
        database.alembic("upgrade", _SEED)
        database.query(_FILL, options.rows)
        database.query("VACUUM ANALYZE connections")
        _measure(database)


def _measure(database: Database) -> None:
    stop, upgrading = threading.Event(), threading.Event()
    edits: list[tuple[bool, float]] = []
    additions: list[tuple[bool, float]] = []
    held: dict[str, float] = {}
    with ThreadPoolExecutor() as pool:
        running = [
            pool.submit(_write, database, _EDIT, edits, stop, upgrading),
            pool.submit(_write, database, _ADD, additions, stop, upgrading),
            pool.submit(_watch, database, held, stop),
        ]
        time.sleep(_WARM_UP)
        upgrading.set()
        began = time.perf_counter()
        database.alembic("upgrade", "head")
        took = time.perf_counter() - began
        stop.set()
        for each in running:
            each.result()
    print(f"upgrade to head: {took:.1f} s")
    print(f"{'milliseconds':24}{'count':>8}{'median':>9}{'99 %':>9}{'longest':>9}")
    for name, taken in (("edit", edits), ("add", additions)):
        for when, during in (("before", False), ("during", True)):
            _tell(f"{name}, {when}", [seconds for phase, seconds in taken if phase is during])
    for mode, seconds in sorted(held.items()):
        print(f"{mode:24}held by one transaction for at most {1000 * seconds:.0f} ms")


def _write(
    database: Database,
    statement: str,
    taken: list[tuple[bool, float]],
    stop: threading.Event,
    upgrading: threading.Event,
) -> None:
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        while not stop.is_set():
            phase, began = upgrading.is_set(), time.perf_counter()
            cursor.execute(statement, (str(uuid.uuid4()),) if statement is _EDIT else None)
            taken.append((phase, time.perf_counter() - began))


def _watch(database: Database, held: dict[str, float], stop: threading.Event) -> None:
    since: dict[tuple[str, str], float] = {}
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        while not stop.is_set():
            cursor.execute(_LOCKS)
            now, seen = time.perf_counter(), cursor.fetchall()
            since = {(mode, owner): since.get((mode, owner), now) for mode, owner in seen}
            for (mode, _), first in since.items():
                held[mode] = max(held.get(mode, 0.0), now - first)


def _tell(name: str, seconds: list[float]) -> None:
    last = statistics.quantiles(seconds, n=100)[98]
    figures = "".join(
        f"{1000 * each:>9.1f}" for each in (statistics.median(seconds), last, max(seconds))
    )
    print(f"{name:24}{len(seconds):>8}{figures}")


if __name__ == "__main__":
    main()
