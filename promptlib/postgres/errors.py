"""A server's error -> what the server said, without data, and what to do about it."""

from __future__ import annotations

from psycopg2 import errorcodes

from promptlib.core.errors import NoConnectionError, StatementError
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import on_one_line
from promptlib.core.remedies import STATUS, Remedy
from promptlib.postgres.server_words import ServerWords
from promptlib.postgres.severity import FATAL, fatal_words

if TYPE_CHECKING:
    import psycopg2
    from psycopg2.extensions import Diagnostics

_EXISTS = "rename it, or drop what is there first"
_MISSING = "create it in an earlier migration, or correct the name, its schema or the search_path"
_VALUES = "mend the rows in this section"
_CONNECT_AGAIN = "what was not committed is gone: connect and run it again"
# Without the server's word nobody knows: it may not have noticed that its client is gone.
_UNHEARD = Remedy(
    "what was not committed is undone when the server notices: see where the database stands with "
    "{}, then run it again",
    STATUS,
)
_LIMIT = (
    "raise the limit, or lift it for the user who deploys: ALTER ROLE ... SET {} = 0; what was not "
    "committed is gone: then run it again"
)
# What libpq takes for a notice has no SQLSTATE.
_LIMITS = (
    ("idle-session timeout", errorcodes.IDLE_SESSION_TIMEOUT),
    ("idle-in-transaction timeout", errorcodes.IDLE_IN_TRANSACTION_SESSION_TIMEOUT),
    ("transaction timeout", "25P04"),
    ("administrator command", errorcodes.ADMIN_SHUTDOWN),
)
_STARVED_FOR = "query_wait_timeout"  # in PgBouncer's words
_MORE_CONNECTIONS = (
    "the pooler had no connection to the server for it: let its pool have more, or connect to the "
    "server itself; a deploy needs two at a time"
)
REFUSES_BY_ITSELF = "the migration refuses by itself: do what it says, then run it again"
_ENDS_SESSION = ("FATAL", "PANIC")
_REMEDIES = {
    errorcodes.INVALID_TEXT_REPRESENTATION: "correct the value that is not of this type",
    errorcodes.NOT_NULL_VIOLATION: f"give every row a value: {_VALUES}",
    errorcodes.FOREIGN_KEY_VIOLATION: f"add the rows that are referred to, or {_VALUES}",
    errorcodes.UNIQUE_VIOLATION: f"remove the duplicates: {_VALUES}",
    errorcodes.CHECK_VIOLATION: f"{_VALUES}, or add the constraint NOT VALID",
    errorcodes.ACTIVE_SQL_TRANSACTION: "run it outside of a transaction",
    errorcodes.INVALID_TRANSACTION_TERMINATION: "run it outside of a transaction",
    errorcodes.READ_ONLY_SQL_TRANSACTION: (
        "connect to the primary, with a user whose default_transaction_read_only is off"
    ),
    errorcodes.IN_FAILED_SQL_TRANSACTION: "look at the first error",
    errorcodes.DEPENDENT_OBJECTS_STILL_EXIST: (
        "drop or change those first, in this section; CASCADE would drop them unseen"
    ),
    errorcodes.INVALID_SCHEMA_NAME: "create the schema in an earlier migration",
    errorcodes.SERIALIZATION_FAILURE: "run it again",
    errorcodes.DEADLOCK_DETECTED: "run it again",
    errorcodes.INSUFFICIENT_PRIVILEGE: (
        "grant the right to the user in DATABASE_URL, or deploy as the owner"
    ),
    errorcodes.SYNTAX_ERROR: "correct the SQL",
    errorcodes.UNDEFINED_COLUMN: _MISSING,
    errorcodes.UNDEFINED_OBJECT: _MISSING.replace("it in", "it, or its extension, in"),
    errorcodes.UNDEFINED_FUNCTION: (
        "correct the name, cast the arguments to its types, or create its extension first"
    ),
    errorcodes.UNDEFINED_TABLE: _MISSING,
    errorcodes.DUPLICATE_COLUMN: _EXISTS,
    errorcodes.DUPLICATE_OBJECT: _EXISTS,
    errorcodes.DUPLICATE_FUNCTION: _EXISTS,
    errorcodes.DUPLICATE_SCHEMA: _EXISTS,
    errorcodes.DUPLICATE_TABLE: _EXISTS,
    errorcodes.DISK_FULL: "free disk space on the server",
    errorcodes.TOO_MANY_CONNECTIONS: "close connections, or raise max_connections",
    errorcodes.LOCK_NOT_AVAILABLE: (
        "run it again at a quieter time, or with a longer lock_timeout behind the marker"
    ),
    errorcodes.UNSAFE_NEW_ENUM_VALUE_USAGE: (
        "a new value can be used once it is committed: put ALTER TYPE ... ADD VALUE into a "
        "migration of its own, before this one"
    ),
    errorcodes.QUERY_CANCELED: "somebody cancelled it, or it ran into a limit: run it again",
    errorcodes.UNDEFINED_FILE: "install on the server what this needs",
    errorcodes.IDLE_SESSION_TIMEOUT: _LIMIT.format("idle_session_timeout"),
    errorcodes.IDLE_IN_TRANSACTION_SESSION_TIMEOUT: (
        _LIMIT.format("idle_in_transaction_session_timeout")
    ),
    "25P04": _LIMIT.format("transaction_timeout"),
    errorcodes.RAISE_EXCEPTION: REFUSES_BY_ITSELF,
}
# What refuses a transaction: at once, or DO and CALL at their first COMMIT, which is undone then.
REFUSES_TRANSACTION = (
    errorcodes.ACTIVE_SQL_TRANSACTION,
    errorcodes.INVALID_TRANSACTION_TERMINATION,
)
_DEFAULT = "correct the SQL, then run it again"
# By the first two letters, where the SQL need not be wrong. Of an internal error, or a state that
# an extension made up, the server's own hint says more than we know.
_BY_CLASS = {
    "53": "give the server more of what it lacks, then run it again",
    "55": "wait until nobody uses it, then run it again",
    "57": "run it again",
    "58": "look into the server's log",
}
_SQL_IS_WRONG = (
    *("0A", "0B", "0F", "0L", "0P", "0Z", "20", "21", "22", "23", "24", "25", "26", "27", "28"),
    *("2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "42", "44", "54", "P0"),
)


def explain_server_error(
    error: psycopg2.Error, place: str, written: str = ""
) -> StatementError | NoConnectionError:
    """Say what an error of the server's means, or of the connection to it.

    Args:
        error: as psycopg2 raised it.
        place: where what failed is written; for a COMMIT, the file that was running, or nothing.
        written: the statement, where an author wrote it: his words are no data.

    Returns:
        the error to raise, with the server's detail, hint and context, and a remedy. The data in
        all of these is masked.
    """
    first = str(error).strip().split("\n")[0]
    if not error.pgcode and (ended := last_words(first)):
        return explain_ended_session(ended).but(place=place)
    state = error.pgcode or ""
    words = ServerWords.of(error.diag).masked(written)
    said = words.primary or first
    what = on_one_line(said) + (f" ({state})" if state else "")
    notes = _server_notes(words)
    # A statement may fail with an SQLSTATE of class 08, too: when it reads foreign tables.
    severity = error.diag.severity_nonlocalized or error.diag.severity
    if not state or severity in _ENDS_SESSION:
        remedy = _connect_again(said, state) if state else _UNHEARD
        lost = NoConnectionError(what, remedy, place=place, notes=notes)
        lost.sqlstate = state
        return lost
    refused = StatementError(what, _remedy(state), place=place, notes=notes)
    refused.sqlstate, refused.raised_at = state, place_in_server(error.diag)
    return refused


def place_in_server(said: Diagnostics) -> str:
    """Where in its source the server found an error: one kind of error has many places."""
    return f"{said.source_function}:{said.source_line}"


def _remedy(state: str) -> str:
    usual = _DEFAULT if state[:2] in _SQL_IS_WRONG else ""
    return _REMEDIES.get(state) or _BY_CLASS.get(state[:2], usual)


def _connect_again(said: str, state: str) -> str:
    return _MORE_CONNECTIONS if _STARVED_FOR in said else _REMEDIES.get(state, _CONNECT_AGAIN)


def last_words(said: str) -> str:
    """What the server says as it ends a session; nothing, if that is not what it says."""
    return fatal_words(said) if said.startswith(FATAL) else ""


def explain_ended_session(said: str) -> NoConnectionError:
    """Say what it means that the server has ended a session which was idle.

    Args:
        said: the server's last words, which had no SQLSTATE with them.
    """
    state = next((each for words, each in _LIMITS if words in said), "")
    known = f" ({state})" if state else ""
    lost = NoConnectionError(f"{on_one_line(said)}{known}", _connect_again(said, state))
    lost.sqlstate = state
    return lost


def _server_notes(words: ServerWords) -> list[str]:
    told = {
        "detail": words.detail,
        "hint": words.hint,
        "query": words.query.strip(),
        "context": words.context,
    }
    notes = [f"  {field}: {text}" for field, text in told.items() if text]
    return [note.replace("\n", "\n    ") for note in notes]
