"""pg_dump's text as plain statements: without what tells of the day, the machine or the programs.

Pure. What stands in the statements is PostgreSQL's own wording; their order is pg_dump's.
"""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING
from promptlib.syntax.statements import Marker, bare_words, scan_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.syntax.statements import Statement

# A key against what a hostile server might slip in; psql alone knows it. It stands at both ends.
_RESTRICT = re.compile(rb"\A((?:--[^\n]*\n|\n)*)\\restrict [^\n]*\n")
_UNRESTRICT = re.compile(rb"\n\\unrestrict [^\n]*(?=\n*\Z)")
# What each pg_dump begins with, for the session that runs the text.
_SESSION = re.compile(
    rb"SET (?:SESSION )?[a-z_]+ = [^\n]*;\Z"
    rb"|SELECT pg_catalog\.set_config\('search_path', '', false\);\Z"
)
_ACCESS_METHOD = re.compile(rb"SET default_table_access_method = (?P<name>[^\n]+);\Z")
_HEAP = b"heap"
# Some servers keep in every column which version of them made it.
_SERVER_OWN = re.compile(rb"(\AALTER TABLE ONLY .* SET \()pg_attver=\d+(?:, )?", re.DOTALL)
# Sequences were not unlogged before, and no such server takes the word.
_LOGGED = re.compile(rb"( AS IDENTITY \(\n    SEQUENCE NAME [^\n]*)\n    LOGGED(?=\n)")
_KNOWS_LOGGED = 15
_NOTHING_SET = b" SET ();"
_LEFT_OUT = (
    ["CREATE", "USER", "MAPPING"],  # its options are mostly a password
    ["COMMENT", "ON", "EXTENSION"],  # the extension's own words, another with each release
)


def plain_statements(dumped: bytes, server: int) -> Iterator[str]:
    """Yield the statements of a text that pg_dump wrote.

    Args:
        dumped: in UTF-8, with INSERT where there are rows.
        server: the major version of whose schema it is.

    Raises:
        LexicalError: where that is no SQL.
    """
    text = _UNRESTRICT.sub(b"", _RESTRICT.sub(rb"\1", dumped))
    method = other = _HEAP
    for item in scan_sql(text):
        assert not isinstance(item, Marker)  # its comments are no markers
        sql = _SERVER_OWN.sub(rb"\1", text[item.head : item.end])
        sql = _LOGGED.sub(rb"\1", sql) if server < _KNOWS_LOGGED else sql
        if found := _ACCESS_METHOD.match(sql):
            method = found["name"]
        elif not _is_left_out(text, item, sql):
            if method != other and sql.startswith(b"CREATE "):
                yield f"SET default_table_access_method = {method.decode()};"
                other = method
            yield sql.decode()


def _is_left_out(text: bytes, statement: Statement, sql: bytes) -> bool:
    if _SESSION.match(sql) or sql.endswith(_NOTHING_SET):
        return True
    words = bare_words(text, statement)
    first = [word for word, _ in zip(words, range(3), strict=False)]
    return first in _LEFT_OUT
