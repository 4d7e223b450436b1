"""How names in SQL of ours are looked up: never by the search_path of the session.

Whoever may create something in a schema of the search_path can make a function, or an operator such
as `=(varchar, varchar)`, that suits our statement better than the one in pg_catalog, and it runs as
whoever deploys. Source: https://wiki.postgresql.org/wiki/A_Guide_to_CVE-2018-1058

So in what is sent where an author's statements run, and has the search_path that is his, each name
is written in full, operators too, as is whatever stands for one: `IN`, `JOIN ... USING`, `||`,
`LIKE`, `CASE x WHEN`, types but for those of SQL's own grammar. What runs on connections of ours
may come behind TRUSTED_PATH.
"""

from __future__ import annotations

import itertools

from promptlib.core.light import TYPE_CHECKING
from promptlib.syntax.lexemes import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

# Tables are looked up in pg_temp first where it is not named. It ends with the transaction; of
# several statements in one message each is looked up when those before it have run.
TRUSTED_PATH = "SET LOCAL search_path = pg_catalog, pg_temp;"
_KEPT = "promptlib.search_path"
_KEEP = f"SELECT pg_catalog.set_config('{_KEPT}', pg_catalog.current_setting('search_path'), true);"
_GIVE_BACK = (
    f"SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('{_KEPT}'), true);"
)
# The server asks for rules and views by SQL of its own, whose operators it does not write in full.
_SHOWN_BY_SQL = "promptlib.before_catalog"
CATALOG_FIRST = (
    f"SELECT pg_catalog.set_config('{_SHOWN_BY_SQL}',"
    " pg_catalog.current_setting('search_path'), true);"
    " SELECT pg_catalog.set_config('search_path', pg_catalog.concat('pg_catalog, ',"
    f" pg_catalog.current_setting('{_SHOWN_BY_SQL}')), true);"
)
CATALOG_AS_BEFORE = (
    "SELECT pg_catalog.set_config('search_path',"
    f" pg_catalog.current_setting('{_SHOWN_BY_SQL}'), true)"
)
_NAME = lazy_pattern(r'"((?:[^"]|"")*)"|([^",\s]+)')
_SERVERS_OWN = ("pg_catalog", "pg_temp")
_numbers = itertools.count(1)


def resolved_apart(query: str) -> str:
    """A query whose names are looked up on the trusted path, and which runs on the session's own.

    Whatever asks for the search_path while it runs, as pg_table_is_visible() and to_regclass() do,
    sees that one. It wants a transaction, and leaves a cursor open until that ends.

    Args:
        query: that reads, with a driver's placeholders or without.
    """
    name = f"promptlib_{next(_numbers)}"
    return (
        f"{_KEEP} {TRUSTED_PATH} DECLARE {name} CURSOR FOR {query};"
        f" {_GIVE_BACK} FETCH ALL FROM {name}"
    )


def first_schema(setting: str, effective: Sequence[str], user: str) -> str:
    """The schema that somebody names first in a search_path, whether it is there or not.

    Args:
        setting: what search_path is set to.
        effective: the schemas that names are looked up in: those that are there and may be used.
        user: whom `$user` stands for; that one need not have a schema.
    """
    for quoted, plain in _NAME.findall(setting):
        name = quoted.replace('""', '"') or plain.lower()
        if name == "$user":
            name = user if user in effective else ""
        if name and name not in _SERVERS_OWN:
            return str(name)
    return ""
