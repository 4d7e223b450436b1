"""What a server says of an error, without the data in it, whatever language it speaks.

Values are found by the quotes around them, which every language has, and by what the server sends
beside its words in none: SQLSTATE, positions, and the C function that raised it. Names stay, and so
does what the author of the SQL wrote himself.
"""

from __future__ import annotations

from psycopg2 import errorcodes

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.masking import COMMENTS, MASK, TOKEN, mask_sql
from promptlib.postgres.masking_context import (
    CLOSE,
    NOT_QUOTE,
    OPEN,
    QUOTED,
    is_written,
    mask_context,
    mask_quoted,
)
from promptlib.syntax.lexemes import DOLLAR_QUOTE, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Self

    from psycopg2.extensions import Diagnostics

RAISED = ("exec_stmt_raise", "exec_stmt_assert")
_AUTHORS = {errorcodes.RAISE_EXCEPTION, errorcodes.ASSERT_FAILURE}
_PARTITION_KEY = "ExecFindPartition"
_WITH_ROW = {
    errorcodes.NOT_NULL_VIOLATION,
    errorcodes.CHECK_VIOLATION,
    errorcodes.WITH_CHECK_OPTION_VIOLATION,
}
_WITH_KEY = errorcodes.CLASS_INTEGRITY_CONSTRAINT_VIOLATION
_WITH_PARAMETERS = {errorcodes.NO_DATA_FOUND, errorcodes.TOO_MANY_ROWS}
# The first thing in quotes may be a name there.
_NAME_FIRST = {
    errorcodes.NULL_VALUE_NOT_ALLOWED,
    errorcodes.INVALID_PARAMETER_VALUE,
    errorcodes.BAD_COPY_FILE_FORMAT,
}
# There a number without quotes is data, and what is quoted a name.
_BARE_NUMBERS = {
    errorcodes.CHARACTER_NOT_IN_REPERTOIRE,
    errorcodes.UNTRANSLATABLE_CHARACTER,
    errorcodes.PROGRAM_LIMIT_EXCEEDED,
}
# What a value that is cast to regclass and its like leads to, or one that nextval() takes.
_LOOKUPS = {
    errorcodes.UNDEFINED_TABLE,
    errorcodes.UNDEFINED_OBJECT,
    errorcodes.UNDEFINED_FUNCTION,
    errorcodes.AMBIGUOUS_FUNCTION,
    errorcodes.INVALID_SCHEMA_NAME,
    errorcodes.INVALID_NAME,
}
_TWO_KEYS = 2
_OF_NAME_AND_VALUE = (2, 4)  # quotes, unless the value has some too
# Some languages quote the type first, and the value behind it.
_TYPES = {
    *("bigint", "boolean", "bytea", "cidr", "date", "double precision", "inet", "integer"),
    *("interval", "json", "jsonb", "macaddr", "money", "numeric", "oid", "real", "smallint"),
    *("time", "timestamp", "timestamp with time zone", "uuid", "xml"),
}
_DATES = ("date.c", "datetime.c", "timestamp.c")
_OBJECT_NAMES = "regproc.c"  # where regclass and its like are read
_METHODS = ("btree", "hash", "gist", "gin", "spgist", "brin", "heap")  # a statement may leave out

_NAME = lazy_pattern(rf"{OPEN}(?P<name>{NOT_QUOTE}+?){CLOSE}")
_ONE_QUOTE = lazy_pattern(rf"(?!{NOT_QUOTE})[\s\S]")
# What JSON or an array lacks or has too much.
_SYMBOLS = lazy_pattern(rf"\A(?:{NOT_QUOTE}*{OPEN}[^\w\s]{CLOSE})+")
_LINE_OF_XML = lazy_pattern(r"(line \d+: )[\s\S]*")
_BARE = lazy_pattern(
    r"(?:0x[0-9a-fA-F]+ ?)*0x[0-9a-fA-F]+|(?P<before>[:\uff1a]\s?)(?!0x)"
    r"-?[0-9][0-9.:+-]*(?: [0-9.:+-]+)*"
)
_BEHIND_COLON = lazy_pattern(rf"([:\uff1a]\s?){NOT_QUOTE}*\Z")
_PLACE = lazy_pattern(r"[0-9]+")

_KEY = lazy_pattern(r"\)\s*=\s*\([\s\S]*\)")
_ROW = lazy_pattern(r"\([\s\S]*\)")
_STRING = lazy_pattern(r"'(?:[^']|'')*(?:'|\Z)")
_LITERAL = lazy_pattern(rf"(?:[eEbBxXnN]|[uU]&)?'|{DOLLAR_QUOTE}")
_WORD = lazy_pattern(r"\w+")


class ServerWords(NamedTuple):
    """What a server said of an error.

    Attributes:
        sqlstate: its kind.
        primary: the message.
        detail: its DETAIL.
        hint: its HINT: advice, without data.
        query: its QUERY, that a function ran.
        context: its CONTEXT.
        position: where in the statement it is, counted in characters from 1; 0: nowhere.
        query_position: where in the query.
        function: the C function that raised it.
        file: where that is.
    """

    sqlstate: str
    primary: str = ""
    detail: str = ""
    hint: str = ""
    query: str = ""
    context: str = ""
    position: int = 0
    query_position: int = 0
    function: str = ""
    file: str = ""

    @classmethod
    def of(cls, diagnostics: Diagnostics) -> Self:
        """What psycopg2 heard."""
        return cls(
            sqlstate=diagnostics.sqlstate or "",
            primary=diagnostics.message_primary or "",
            detail=diagnostics.message_detail or "",
            hint=diagnostics.message_hint or "",
            query=diagnostics.internal_query or "",
            context=diagnostics.context or "",
            position=int(diagnostics.statement_position or 0),
            query_position=int(diagnostics.internal_position or 0),
            function=diagnostics.source_function or "",
            file=diagnostics.source_file or "",
        )

    def masked(self, written: str = "") -> Self:
        """The same without data.

        Args:
            written: the statement, as its author wrote it; empty, if it is ours.
        """
        query = mask_sql(self.query, with_numbers=not is_written(self.query, written))[0]
        is_data = self._quotes_data or self.sqlstate == errorcodes.SYNTAX_ERROR
        context = mask_context(self.context, written, with_quoted=is_data)
        known = f"{written}\n{query}\n{context}"
        names = _names_in(known) if known.strip() else None  # else it is a statement of ours
        return self._replace(
            primary=self._mask(self.primary, written, names),
            detail=self._mask_detail(written, names),
            query=query,
            context=context,
        )

    @property
    def _is_authors(self) -> bool:
        return self.function in RAISED or self.sqlstate in _AUTHORS

    @property
    def _quotes_data(self) -> bool:
        """Whether all that is quoted may be data."""
        if self.sqlstate == errorcodes.FEATURE_NOT_SUPPORTED:
            return self.file in _DATES
        return self.sqlstate.startswith(errorcodes.CLASS_DATA_EXCEPTION)

    def _mask_detail(self, written: str, names: Container[str] | None) -> str:
        detail = self.detail
        if self._is_authors:
            return detail
        if self.sqlstate in _WITH_ROW and self.function != _PARTITION_KEY:
            return _ROW.sub(f"({MASK})", detail)
        if self.sqlstate.startswith(_WITH_KEY):
            return _mask_keys(detail, self.sqlstate)
        if self.sqlstate in _WITH_PARAMETERS:
            return _STRING.sub(f"'{MASK}'", detail)
        symbols = _SYMBOLS.match(detail) if self._quotes_data else None
        start = symbols.end() if symbols else 0
        return detail[:start] + self._mask(detail[start:], written, names)

    def _mask(self, text: str, written: str, names: Container[str] | None) -> str:
        """Mask the values of a message, or of a detail that says no more than one."""
        if self._is_authors:
            return text
        if self._quotes_data or self.sqlstate in _BARE_NUMBERS:
            return self._mask_data(text, names)
        if self.sqlstate == errorcodes.SYNTAX_ERROR:
            return text if self._shows_code(text, written) else mask_quoted(text)
        if self.file == _OBJECT_NAMES:
            return mask_quoted(_BEHIND_COLON.sub(rf"\1{MASK}", text))
        if self.sqlstate in _LOOKUPS and names and not are_known(text, names):
            return mask_quoted(text)
        return text

    def _mask_data(self, text: str, names: Container[str] | None) -> str:
        text = _BARE.sub(lambda found: (found["before"] or "") + MASK, text)
        if self.sqlstate in _BARE_NUMBERS:
            return text
        if self.sqlstate == errorcodes.ARRAY_SUBSCRIPT_ERROR:
            text = _PLACE.sub(MASK, text)
        name = self._name_before_value(text, names)
        return name + mask_quoted(_LINE_OF_XML.sub(rf"\1{MASK}", text[len(name) :]))

    def _name_before_value(self, text: str, names: Container[str] | None) -> str:
        """The text as far as a name is quoted in it that is no value, if that can be told."""
        first = _NAME.search(text)
        if not first or len(_ONE_QUOTE.findall(text)) not in _OF_NAME_AND_VALUE:
            return ""
        known = names if names and self.sqlstate in _NAME_FIRST else ()
        is_type = first["name"] in _TYPES and not first.start()
        return text[: first.end()] if is_type or are_known(first[0], known) else ""

    def _shows_code(self, said: str, written: str) -> bool:
        """Whether what a syntax error quotes is what stands at its place, and no literal.

        Types that read text, as tsquery and regtype do, have such errors too.
        """
        quoted = _quoted_in(said)
        text, position = (written, self.position)
        if self.query:
            text, position = (self.query, self.query_position)
        at_place = text[position - 1 :].casefold() if position else ""
        if _LITERAL.match(at_place) or not any(map(at_place.startswith, quoted)):
            return not quoted
        return not at_place[0].isdigit() or is_written(text, written)


def _names_in(sql: str) -> set[str]:
    """The words of names and keywords in some SQL, and in the code that it holds."""
    kept = (found["kept"] or "" for found in TOKEN.finditer(sql))
    names = " ".join(each for each in kept if each[:2] not in COMMENTS)
    return {*_METHODS, *_WORD.findall(names.casefold())}


def are_known(text: str, names: Container[str]) -> bool:
    """Whether all that is quoted are such names."""
    quoted = [found["name"].casefold() for found in _NAME.finditer(text)]
    words = [word for each in quoted for word in _WORD.findall(each) or [each]]
    is_paired = len(_ONE_QUOTE.findall(text)) == 2 * len(quoted)
    return is_paired and all(word in names for word in words)


def _quoted_in(text: str) -> list[str]:
    """What is quoted, in small letters: each, and all from the first quote to the last."""
    found = [each["name"] for each in _NAME.finditer(text)]
    if whole := QUOTED.search(text):
        found.append(text[whole.end("open") : whole.start("close")].strip())
    return [each.casefold() for each in found if each]


def _mask_keys(detail: str, sqlstate: str) -> str:
    """Mask what `(a, b)=(...)` gives as values; an exclusion constraint tells of two keys."""
    found = _KEY.search(detail)
    if not found:
        return detail
    columns = detail[detail.find("(") : found.start() + 1] + "=("
    first, *values = detail.split(columns)
    # A value may hold what looks like a key: then there are more than two.
    if sqlstate == errorcodes.EXCLUSION_VIOLATION and len(values) == _TWO_KEYS:
        masked = [f"{columns}{MASK}){value.rpartition(')')[2]}" for value in values]
        return "".join([first, *masked])
    return _KEY.sub(lambda key: f"{key[0].partition('(')[0]}({MASK})", detail)
