"""What is found of another tool's migrations, and what becomes of it, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.cli.tables import align_columns
from promptlib.cli.views import display_time
from promptlib.ledger.history import Execution
from promptlib.ledger.names import VERSION_TABLE
from promptlib.ledger.tables import ADDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from promptlib.adopt.adoption import Adoption
    from promptlib.adopt.schema_match import SchemaComparison
    from promptlib.files.parser import Migration
    from promptlib.ledger.state import LedgerRow
    from promptlib.plan.status import Status

_UNKNOWN = Execution()


def explain_adoption(
    found: Status,
    executions: Mapping[str, Execution],
    adoption: Adoption,
    comparison: SchemaComparison,
) -> Iterator[str]:
    """Say what was found and, if the database holds that, what becomes of it, line by line."""
    yield f"found in {found.ledger.schema}.{found.ledger.table}, which the predecessor left:"
    yield from (f"  {line}" for line in _listed(executions, adoption))
    if comparison.differences:
        return
    if comparison.expected.made:
        yield f"the database holds what ran on it: {len(comparison.expected.made)} objects compared"
    yield from (f"  and beyond that, which it keeps: {each}" for each in comparison.additions)
    yield "adopting it will"
    yield from (f"  {line}" for line in _deeds(found, adoption))


def _listed(executions: Mapping[str, Execution], adoption: Adoption) -> list[str]:
    """A line for each migration of the predecessor's table, and of ours up to its newest."""
    about: dict[str, Sequence[Migration | LedgerRow]] = {
        "executed": adoption.ran,
        "no row, but made before what ran": adoption.assumed,
        "no row, but what came after it ran: late": adoption.gaps,
        "executed, no file here": adoption.kept,
    }
    listed = [
        (
            each.version,
            each.name.replace("_", " "),
            display_time(executions.get(each.version, _UNKNOWN).executed_at),
            what,
        )
        for what, those in about.items()
        for each in those
    ]
    return align_columns(sorted(listed), {}) if listed else ["nothing"]


def _deeds(found: Status, adoption: Adoption) -> Iterator[str]:
    schema, table, events = found.ledger.schema, found.ledger.table, found.ledger.names.events
    if not found.ledger.exists:
        lacking = ", ".join(name for name in ADDED if name not in found.ledger.columns)
        yield f"add {lacking} to {schema}.{table}, and make {schema}.{events}"
    if adoption.taken:
        yield f"count {_versions(adoption.taken)} as executed, with the checksums of their files"
    if adoption.kept:
        yield f"keep as they are the rows of {_versions(adoption.kept)}"
    if adoption.gaps:
        yield f"leave {_versions(adoption.gaps)} late: migrate refuses until --late apply runs it"
    yield f"set {schema}.{VERSION_TABLE} to {adoption.end or 'base'}"
    pending = ", ".join(version for version in found.files if version > adoption.end)
    yield "run no migration" + (f"; promptlib migrate runs {pending}" if pending else "")


def _versions(those: Iterable[Migration | LedgerRow]) -> str:
    return ", ".join(each.version for each in those)
