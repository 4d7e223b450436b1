"""What to do about a statement that the server refused, by what its author wrote.

postgres/errors.py has a remedy for each SQLSTATE. Here are those that depend on more: on the kind
of the statement, on its section, and on the place that the server points to.
"""

from __future__ import annotations

from psycopg2 import errorcodes

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.remedies import CommandLine, Remedy
from promptlib.engine.cancellation import cancellation_remedy
from promptlib.postgres.errors import REFUSES_BY_ITSELF, REFUSES_TRANSACTION
from promptlib.postgres.server_words import RAISED
from promptlib.syntax.ddl import COLUMN, object_changes
from promptlib.syntax.lexemes import WORD, byte_pattern
from promptlib.syntax.statements import bare_words
from promptlib.syntax.tokens import tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promptlib.files.section import Section
    from promptlib.syntax.statements import Statement
    from promptlib.syntax.tokens import Token

_QUOTES = "write text in single quotes: double quotes are for names"
_NAME = "correct the name, its schema or the search_path"
_ROWS = "mend the rows in this section, before this statement"
_WITHIN = (
    "let no function, and no block with EXCEPTION, do that: write it as a statement of its own"
)
_NO_NULLS = f"give every row a value: {_ROWS}"
_ADDED_NOT_NULL = (
    "the rows that are there have no value for it: give the column a DEFAULT; or add it without "
    "NOT NULL, fill it, then ALTER COLUMN ... SET NOT NULL"
)
_WRITES = ("INSERT", "MERGE", "COPY", "UPDATE")
# What a statement begins with, and nothing goes on with but a subquery or a function's body.
_BEGINS = (
    *("ALTER", "ANALYZE", "CALL", "COMMENT", "CREATE", "DELETE", "DO", "DROP", "GRANT", "INSERT"),
    *("MERGE", "REFRESH", "REINDEX", "REVOKE", "SELECT", "TRUNCATE", "UPDATE", "VACUUM", "WITH"),
)
_NEXT_WORD = byte_pattern(WORD)
_ELSEWHERE = {
    "`": "PostgreSQL quotes names in double quotes, or not at all",
    "[": "PostgreSQL quotes names in double quotes, or not at all",
    "AUTO_INCREMENT": "PostgreSQL says GENERATED ALWAYS AS IDENTITY",
    "AUTOINCREMENT": "PostgreSQL says GENERATED ALWAYS AS IDENTITY",
    "IDENTITY": "PostgreSQL says GENERATED ALWAYS AS IDENTITY",
    "ENGINE": "PostgreSQL's tables have no ENGINE: take it out",
    "GO": "PostgreSQL ends statements with `;`: take it out",
}
_UNDEFINED = (
    errorcodes.UNDEFINED_COLUMN,
    errorcodes.UNDEFINED_OBJECT,
    errorcodes.UNDEFINED_FUNCTION,
    errorcodes.UNDEFINED_TABLE,
    errorcodes.INVALID_SCHEMA_NAME,
)
_DUPLICATE = (
    errorcodes.DUPLICATE_COLUMN,
    errorcodes.DUPLICATE_OBJECT,
    errorcodes.DUPLICATE_FUNCTION,
    errorcodes.DUPLICATE_SCHEMA,
    errorcodes.DUPLICATE_TABLE,
)
_PENDING_EVENTS = (
    "what this transaction has written waits to be checked: write SET CONSTRAINTS ALL IMMEDIATE; "
    "before this statement, or put it into a migration of its own"
)
# Where there is no marker to write an option behind.
_OF_REPEATABLE = {
    **dict.fromkeys(
        _DUPLICATE,
        "a repeatable file runs again and again: write CREATE OR REPLACE, or DROP ... IF EXISTS "
        "before it",
    ),
    **dict.fromkeys(
        REFUSES_TRANSACTION, "put it into a migration: -- UP transaction:false; or take it out"
    ),
    errorcodes.LOCK_NOT_AVAILABLE: "run it again at a quieter time, or write a longer lock_timeout "
    "into alembic.ini",
}


class Refusal(NamedTuple):
    """A statement that the server refused.

    Attributes:
        sqlstate: why.
        column: which one the server names, if any.
        function: the C function that raised it.
        is_inside: whether a function or block of the statement was running.
        section: where it is written.
        statement: which of its statements.
        offset: where the server points to; else where the statement begins.
    """

    sqlstate: str
    column: str
    function: str
    is_inside: bool
    section: Section
    statement: Statement
    offset: int

    @property
    def tokens(self) -> Sequence[Token]:
        """The statement's."""
        return tokenize_statement(self.section.source, self.statement)

    @property
    def verb(self) -> str:
        """The word that says what it does: the first, but for WITH."""
        words = bare_words(self.section.source, self.statement)
        first = next(words, "")
        if first != "WITH":
            return first
        return next((each for each in words if each in (*_WRITES, "DELETE")), first)

    @property
    def pointed_at(self) -> str:
        """The word in capitals, or the character, that the server points to."""
        source = self.section.source
        found = _NEXT_WORD.match(source, self.offset)
        if found:
            return found[0].decode().upper()
        return source[self.offset : self.offset + 1].decode(errors="ignore")


def advise(refusal: Refusal, version: str) -> str | None:
    """What to do; None: what everybody is told of such an SQLSTATE.

    Args:
        refusal: of which statement, and why.
        version: of the migration.
    """
    if refusal.section.is_whole_file and refusal.sqlstate in _OF_REPEATABLE:
        return _OF_REPEATABLE[refusal.sqlstate]
    if refusal.sqlstate in _DUPLICATE:
        return _already_there(refusal, version)
    if refusal.pointed_at == '"' and refusal.sqlstate in _MEANT_AS_TEXT:
        return f"{_QUOTES}; or correct the name" if refusal.sqlstate in _UNDEFINED else _QUOTES
    if refusal.sqlstate in _UNDEFINED:
        return _not_there(refusal)
    if refusal.sqlstate in REFUSES_TRANSACTION:
        return _outside(refusal)
    advice = _BY_STATE.get(refusal.sqlstate)
    return advice(refusal) if advice else None


_MEANT_AS_TEXT = (
    errorcodes.UNDEFINED_COLUMN,
    errorcodes.SYNTAX_ERROR,
)


def _already_there(refusal: Refusal, version: str) -> str:
    if refusal.section.is_down:
        return "rename it in this section, or drop what is there first"
    return Remedy(
        "if this migration ran here by other means, `{}`; otherwise rename it or drop what is "
        "there first",
        CommandLine("stamp", version),
    )


def _not_there(refusal: Refusal) -> str | None:
    if refusal.section.is_down:
        return f"{_NAME}; or take it out of this section, if it is gone already"
    if refusal.verb == "DROP":
        return f"{_NAME}; or take this out, if it is gone already"
    return None


def _outside(refusal: Refusal) -> str:
    section = refusal.section
    if not section.transactional:
        return _WITHIN
    marker = f"-- {'DOWN' if section.is_down else 'UP'} transaction:false"
    alone = len(section.statements) == 1 or section.is_down
    what = "write" if alone else "put it into a migration of its own, with"
    return f"{what} `transaction:false` behind the marker: {marker}"


def _no_value(refusal: Refusal) -> str:
    if refusal.verb in _WRITES:
        return "give the column a value in this statement, or a DEFAULT before it"
    made = (each.object for each in object_changes(refusal.tokens) if each.verb == "make")
    added = {each.name[-1:] for each in made if each.kind == COLUMN}
    return _ADDED_NOT_NULL if (refusal.column,) in added else _NO_NULLS


def _not_unique(refusal: Refusal) -> str:
    if refusal.verb in ("INSERT", "MERGE", "COPY"):
        return "leave out the rows that are there already: ON CONFLICT DO NOTHING; or " + _ROWS
    if refusal.verb == "UPDATE":
        return "let it make no two rows equal"
    return f"remove the duplicates: {_ROWS}"


def _not_referred(refusal: Refusal) -> str:
    if refusal.verb in ("DELETE", "TRUNCATE"):
        return "change or delete the rows that refer to these, before this statement"
    if refusal.verb in _WRITES:
        return "add the rows that are referred to, before this statement; or correct the values"
    return f"add the rows that are referred to, or {_ROWS}; or add the constraint NOT VALID"


def _not_allowed(refusal: Refusal) -> str:
    if refusal.function == "ExecFindPartition":
        return "make the partition that the row belongs to, before this statement"
    if refusal.verb in _WRITES:
        return "write values that the constraint allows, or change it before this statement"
    return f"{_ROWS}, or add the constraint NOT VALID"


def _not_a_value(refusal: Refusal) -> str | None:
    """Of rows that are there; where the server points to a value, that is to be corrected."""
    if refusal.verb == "ALTER" and refusal.offset == refusal.statement.head:
        return f"let USING turn every value into one of the new type, or {_ROWS}"
    return None


def _in_use(refusal: Refusal) -> str:
    if refusal.is_inside:
        return (
            "let no cursor or loop read it meanwhile; where rules wait to be checked: SET "
            "CONSTRAINTS ALL IMMEDIATE; before this statement"
        )
    is_table = refusal.function == "CheckTableNotInUse"
    return _PENDING_EVENTS if is_table else "end what uses it, then run it again"


def _cancelled(refusal: Refusal) -> str:
    """Of an author's own RAISE, too."""
    if refusal.function in RAISED:
        return REFUSES_BY_ITSELF
    return cancellation_remedy(is_down=refusal.section.is_down)


def _not_sql(refusal: Refusal) -> str | None:
    found, source = refusal.pointed_at, refusal.section.source
    before = source[refusal.statement.head : refusal.offset].rstrip()
    if found in _ELSEWHERE:
        return _ELSEWHERE[found]
    if found in _BEGINS and before and not before.endswith(b"("):
        return "correct the SQL: is a `;` missing before this?"
    if found == ";" and refusal.offset < refusal.statement.end - 1:
        return "close the parenthesis that is open before this"
    if before.endswith(b",") and found in (")", ";", "FROM", "WHERE"):
        return "take out the comma before it"
    return None


def _not_supported(refusal: Refusal) -> str | None:
    """Of a column where none may be named, mostly text without its quotes; or of an extension."""
    if refusal.function == "transformColumnRef":
        return _QUOTES
    is_extension = [token.word for token in refusal.tokens[:2]] == ["CREATE", "EXTENSION"]
    return "" if is_extension else None  # the server's hint says it


_BY_STATE: dict[str, Callable[[Refusal], str | None]] = {
    errorcodes.NOT_NULL_VIOLATION: _no_value,
    errorcodes.UNIQUE_VIOLATION: _not_unique,
    errorcodes.EXCLUSION_VIOLATION: _not_unique,
    errorcodes.FOREIGN_KEY_VIOLATION: _not_referred,
    errorcodes.CHECK_VIOLATION: _not_allowed,
    errorcodes.INVALID_TEXT_REPRESENTATION: _not_a_value,
    errorcodes.STRING_DATA_RIGHT_TRUNCATION: _not_a_value,
    errorcodes.NUMERIC_VALUE_OUT_OF_RANGE: _not_a_value,
    errorcodes.INVALID_DATETIME_FORMAT: _not_a_value,
    errorcodes.OBJECT_IN_USE: _in_use,
    errorcodes.QUERY_CANCELED: _cancelled,
    errorcodes.SYNTAX_ERROR: _not_sql,
    errorcodes.FEATURE_NOT_SUPPORTED: _not_supported,
}
