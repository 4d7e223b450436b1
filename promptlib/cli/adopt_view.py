"""What is found of another tool's migrations, and what becomes of it, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.cli.tables import align_columns
from promptlib.cli.views import display_time
from promptlib.core.printable import printable_line
from promptlib.ledger.names import VERSION_TABLE
from promptlib.ledger.state import Execution
from promptlib.ledger.tables import ADDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from promptlib.adopt.adoption import Adoption
    from promptlib.adopt.schema_match import SchemaComparison
    from promptlib.core.errors import NothingToAdoptError
    from promptlib.files.parser import Migration
    from promptlib.ledger.state import LedgerRow
    from promptlib.ledger.tool_history import FoundTable
    from promptlib.plan.status import Status

_UNKNOWN = Execution()


def explain_adoption(
    found: Status,
    executions: Mapping[str, Execution],
    adoption: Adoption,
    comparison: SchemaComparison | None,
) -> Iterator[str]:
    """Say what was found and, if the database holds that, what becomes of it, line by line."""
    who = adoption.tool or "the predecessor"
    yield f"found in {printable_line(adoption.table)}, which {who} left:"
    yield from (f"  {line}" for line in _listed(executions, adoption))
    if comparison and comparison.differences:
        return
    if not comparison:
        yield "nobody has compared the database with what ran on it (--no-compare)"
    elif comparison.expected.made:
        yield f"the database holds what ran on it: {len(comparison.expected.made)} objects compared"
    additions = comparison.additions if comparison else ()
    yield from (f"  and beyond that, which it keeps: {each}" for each in additions)
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
            display_time(_executed_at(each.version, executions, adoption)),
            what,
        )
        for what, those in about.items()
        for each in those
    ]
    return align_columns(sorted(listed), {}) if listed else ["nothing"]


def _executed_at(
    version: str, executions: Mapping[str, Execution], adoption: Adoption
) -> str | None:
    return executions.get(version, _UNKNOWN).executed_at or adoption.times.get(version)


def explain_import(error: NothingToAdoptError, left: Sequence[FoundTable]) -> NothingToAdoptError:
    """Say of what other tools left that their files have to be imported first."""
    tables = printable_line(", ".join(f"{each.name} ({each.tool}?)" for each in left))
    return error.but(
        what=f"{error.what}; there is {tables}, and no file here was imported from that",
        remedy="import its migrations first: promptlib import TOOL DIR",
    )


def _deeds(found: Status, adoption: Adoption) -> Iterator[str]:
    schema, names, columns = found.ledger.schema, found.ledger.names, found.ledger.columns
    if not columns:
        yield f"make {schema}.{names.table} and {schema}.{names.events}"
    elif not found.ledger.exists:
        lacking = ", ".join(name for name in ADDED if name not in columns)
        yield f"add {lacking} to {schema}.{names.table}, and make {schema}.{names.events}"
    if adoption.taken:
        yield f"count {_versions(adoption.taken)} as executed, with the checksums of their files"
    if adoption.kept and not adoption.tool:
        yield f"keep as they are the rows of {_versions(adoption.kept)}"
    if adoption.tool and adoption.tool != "alembic":
        yield f"leave {printable_line(adoption.table)} as it is"
    if adoption.gaps:
        yield f"leave {_versions(adoption.gaps)} late: migrate refuses until --late apply runs it"
    yield f"set {schema}.{VERSION_TABLE} to {adoption.end or 'base'}"
    pending = ", ".join(version for version in found.files if version > adoption.end)
    yield "run no migration" + (f"; promptlib migrate runs {pending}" if pending else "")


def _versions(those: Iterable[Migration | LedgerRow]) -> str:
    return ", ".join(each.version for each in those)
