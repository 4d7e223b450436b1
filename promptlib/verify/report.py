"""What `promptlib verify` finds out about migrations: plain facts, for whoever shows them. Pure.

Making them is left to verify, showing them to the terminal and to the page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# The locks of tables, as pg_locks names them, and what others cannot do meanwhile; weakest first.
LOCK_EFFECTS = {
    "AccessShareLock": "blocks no reads or writes",
    "RowShareLock": "blocks no reads or writes",
    "RowExclusiveLock": "blocks CREATE INDEX, no reads or writes",
    "ShareUpdateExclusiveLock": "blocks VACUUM and ALTER TABLE, no reads or writes",
    "ShareLock": "blocks writes",
    "ShareRowExclusiveLock": "blocks writes",
    "ExclusiveLock": "blocks writes and SELECT ... FOR UPDATE",
    "AccessExclusiveLock": "blocks reads and writes",
}
LOCK_STRENGTHS = {mode: strength for strength, mode in enumerate(LOCK_EFFECTS)}
_STOPS_WRITES = LOCK_STRENGTHS["ShareLock"]


class StrongestLock(NamedTuple):
    """The strongest lock that a statement took on a table that was there before.

    Attributes:
        table: its name, with the schema where a reader needs it.
        mode: one of LOCK_EFFECTS.
        rewritten: whether the statement wrote the whole table anew.
    """

    table: str
    mode: str
    rewritten: bool

    @property
    def name(self) -> str:
        """Its mode as LOCK TABLE and the manual write it, such as `ACCESS EXCLUSIVE`."""
        return " ".join(re.findall("[A-Z][a-z]+", self.mode.removesuffix("Lock"))).upper()

    @property
    def blocks(self) -> str:
        """What others cannot do to the table until the transaction ends."""
        return LOCK_EFFECTS[self.mode]

    @property
    def risk(self) -> tuple[bool, int]:
        """To be compared with other locks: the greater, the worse for who uses the table."""
        return self.rewritten, LOCK_STRENGTHS[self.mode]

    @property
    def is_risky(self) -> bool:
        """Whether writes wait for it, or reads too, or the table is written anew."""
        return self.rewritten or LOCK_STRENGTHS[self.mode] >= _STOPS_WRITES


class MeasuredStatement(NamedTuple):
    """One statement as it ran.

    Attributes:
        direction: of its section.
        place: where it begins, `path:line:column`.
        sql: its first line, with the literals masked.
        seconds: how long it took.
        locks: one for each table that was there before the migration, none twice.
    """

    direction: Literal["up", "down"]
    place: str
    sql: str
    seconds: float
    locks: tuple[StrongestLock, ...]


class Finding(NamedTuple):
    """What is wrong with a migration.

    Attributes:
        place: `path`, `path:line` or `path:line:column`.
        what: in a sentence, lower case, without a full stop.
        diff: lines of the catalog or of data that are left over (`+`) or lost (`-`), and lines
            around them (a blank first); none where there is nothing to compare.
    """

    place: str
    what: str
    diff: tuple[str, ...]


class Proof(NamedTuple):
    """What came of running one migration up, down and up again.

    Attributes:
        version: of the migration.
        name: as in the file's name.
        path: of its file, as a reader would type it.
        up: its UP section, as it is written.
        down: its DOWN section.
        statements: in the order in which they ran.
        findings: what is wrong; nothing, where DOWN undoes UP.
        lost: what UP says that it loses (data_loss:accepted).
        seconds: that the whole proof took.
        is_one_way: whether DOWN refuses, so that UP alone was run.
    """

    version: str
    name: str
    path: str
    up: str
    down: str
    statements: tuple[MeasuredStatement, ...]
    findings: tuple[Finding, ...]
    lost: tuple[str, ...]
    seconds: float
    is_one_way: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.findings


class Risk(NamedTuple):
    """A statement and a lock of it that others would notice, or would have to wait for."""

    proof: Proof
    statement: MeasuredStatement
    lock: StrongestLock


class RepeatableProof(NamedTuple):
    """What came of running the repeatable files at head, twice.

    Attributes:
        number: how many there are.
        findings: what is wrong with them.
    """

    number: int
    findings: tuple[Finding, ...]


class VerifyReport(NamedTuple):
    """What came of a run of verify.

    Attributes:
        server: which PostgreSQL it was.
        proofs: one for each migration, the oldest first.
        seconds: that the whole run took.
        unfilled: the tables that no rows could be made up for, and what the server said.
        repeatable: what came of the repeatable files; None: they were not tried.
    """

    server: str
    proofs: tuple[Proof, ...]
    seconds: float
    unfilled: tuple[tuple[str, str], ...] = ()
    repeatable: RepeatableProof | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong with any of them."""
        return not self.findings

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is wrong, in the order of the migrations; with repeatable files last."""
        found = [finding for proof in self.proofs for finding in proof.findings]
        return (*found, *(self.repeatable.findings if self.repeatable else ()))

    @property
    def risks(self) -> list[Risk]:
        """The locks that block writes and the tables written anew: the worst first, UP's before.

        A deploy has those of UP; those of DOWN come with a rollback alone.
        """
        return sorted(
            self._risks(),
            key=lambda risk: (risk.statement.direction == "up", risk.lock.risk),
            reverse=True,
        )

    def _risks(self) -> Iterator[Risk]:
        for proof in self.proofs:
            for statement in proof.statements:
                for lock in statement.locks:
                    if lock.is_risky:
                        yield Risk(proof, statement, lock)
