"""A server's error -> what the server said, without data, and what to do about it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2

from promptlib.core.errors import PromptlibError, error_chain
from promptlib.core.interrupts import interrupt_behind
from promptlib.postgres.masking import mask_context, mask_message, mask_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import Diagnostics

_EXISTS = (
    "if this migration ran here by other means, `alembic stamp` its version; otherwise rename it "
    "or drop what is there first"
)
_MISSING = "create it in an earlier migration, or correct the name, its schema or the search_path"
_PERMISSION = "grant the right to the user in DATABASE_URL, or deploy as the owner"
_VALUES = "mend the rows in this migration, before this statement"
_LOCKED = "run it again at a quieter time, or with a longer lock_timeout behind the marker"
_CONNECTION_LOST = "what was not committed is gone: connect and run it again"
_REMEDIES = {
    "22P02": "correct the value that is not of this type",
    "23502": f"give every row a value: {_VALUES}, or add a default",
    "23503": f"add the rows that are referred to, or {_VALUES}",
    "23505": f"remove the duplicates: {_VALUES}",
    "23514": f"{_VALUES}, or add the constraint NOT VALID",
    "25001": "write `transaction:false` behind the marker: -- UP transaction:false",
    "25006": "connect to the primary, with a user that may write",
    "25P02": "look at the first error",
    "2BP01": "drop or change those first, in this section; CASCADE would drop them unseen",
    "3F000": "create the schema in an earlier migration",
    "40001": "run it again",
    "40P01": "run it again",
    "42501": _PERMISSION,
    "42601": "correct the SQL",
    "42703": _MISSING,
    "42704": _MISSING,
    "42883": "correct the name or cast the arguments to its types",
    "42P01": _MISSING,
    "42701": _EXISTS,
    "42710": _EXISTS,
    "42723": _EXISTS,
    "42P06": _EXISTS,
    "42P07": _EXISTS,
    "53100": "free disk space on the server",
    "53300": "close connections, or raise max_connections",
    "55P03": _LOCKED,
    "55P04": "use the new value in a later migration: it must be committed first",
    "57014": "it was cancelled, or ran into statement_timeout: run it again",
    "P0001": "the migration refuses by itself: do what it says, then run it again",
    "57P01": _CONNECTION_LOST,
}
_DEFAULT = "correct the SQL, then run it again"


def explain_server_error(error: psycopg2.Error, file: str) -> PromptlibError:
    """Say what an error means that no statement of a file raised: COMMIT does, for one.

    Args:
        error: as psycopg2 raised it.
        file: the file that was running, or nothing.
    """
    what, remedy, notes = _told(error)
    return PromptlibError(what, remedy, place=file, notes=notes)


def _told(error: psycopg2.Error) -> tuple[str, str, list[str]]:
    """What is wrong, what to do, and the server's notes; none of it holds data."""
    state, primary = error.pgcode or "", error.diag.message_primary
    what = mask_message(primary or str(error).strip().split("\n")[0], state)
    remedy = _REMEDIES.get(state, _DEFAULT if primary else _CONNECTION_LOST)
    number = f" ({state})" if state else ""
    return " ".join(what.split()) + number, remedy, _server_notes(error.diag, state)


def _server_notes(diagnostics: Diagnostics, state: str) -> list[str]:
    notes = []
    if diagnostics.message_detail:
        notes.append(f"  detail: {mask_message(diagnostics.message_detail, state)}")
    if diagnostics.message_hint:
        notes.append(f"  hint: {diagnostics.message_hint}")  # advice, without data
    if diagnostics.internal_query:
        notes.append(f"  query: {mask_sql(diagnostics.internal_query)[0].strip()}")
    if diagnostics.context:
        notes.append(f"  context: {mask_context(diagnostics.context)}")
    return [note.replace("\n", "\n    ") for note in notes]


@contextlib.contextmanager
def driver_errors_explained(place: str = "") -> Iterator[None]:
    """Raise what the driver raises as an error of ours; what is one already, or an interrupt, wins.

    Args:
        place: the file that is running, or nothing.
    """
    try:
        yield
    except psycopg2.Error as error:
        if interrupt := interrupt_behind(error):  # which has closed the connection
            raise interrupt from None
        ours = (each for each in error_chain(error) if isinstance(each, PromptlibError))
        # A traceback would show the driver's error, and with it the data that it quotes.
        raise next(ours, None) or explain_server_error(error, place) from None
