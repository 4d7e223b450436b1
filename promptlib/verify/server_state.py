"""What the databases of a server share: roles, their settings, other databases; read and put back.

A scratch database is alone with its objects, but not with these. What a transaction changes of them
is the difference between what it sees itself and what another session sees meanwhile.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from promptlib.postgres.search_path import TRUSTED_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

# In the order in which they are made; what depends on others goes before them.
ROLE = "role"
_HIDDEN = "password of role"
_RESTORABLE = (
    ROLE,
    "attributes of role",
    _HIDDEN,
    "membership",
    "setting",
    "comment",
    "security label",
    "replication origin",
    "replication slot",
)
_HASH = "(SELECT rolpassword FROM pg_authid a WHERE a.oid = pg_roles.oid)"
_PARAMETERS = """
UNION ALL
SELECT 'right on parameter', parname, '{}', paracl::text, '', NULL FROM pg_parameter_acl
"""
_PARAMETERS_SINCE = 150000
# Numbers of catalogs, which are the same in every version: pg_tablespace, pg_authid,
# pg_auth_members, pg_database, pg_shdescription, pg_db_role_setting, pg_shseclabel,
# pg_replication_origin, pg_subscription, pg_parameter_acl. All names are qualified, and no operator
# is used: the section may have set a search_path.
_TOUCHED = """
    SELECT pg_catalog.current_setting('track_counts'),
           pg_catalog.pg_stat_get_xact_tuples_inserted(catalog),
           pg_catalog.pg_stat_get_xact_tuples_updated(catalog),
           pg_catalog.pg_stat_get_xact_tuples_deleted(catalog)
      FROM pg_catalog.unnest(
               '{1213,1260,1261,1262,2396,2964,3592,6000,6100,6243}'::pg_catalog.oid[]) catalog
"""

StateKey = tuple[str, str]


class SharedObject(NamedTuple):
    """One thing that all databases share.

    Attributes:
        concerned: the roles that it is about.
        made: the statement that makes it what it is, or what it is.
        dropped: the statement that undoes it; empty where none is needed.
        number: tells a role from a later one of the same name.
    """

    concerned: tuple[str, ...]
    made: str
    dropped: str = ""
    number: str = ""


ServerState = dict[StateKey, SharedObject]


def is_restorable(key: StateKey) -> bool:
    """Whether there are statements that put such a thing back."""
    return key[0] in _RESTORABLE


def is_secret(key: StateKey) -> bool:
    """Whether nobody else may read what it is made by."""
    return key[0] == _HIDDEN


def may_have_changed(cursor: Cursor) -> bool:
    """Whether a transaction may have changed something of that; often said too early, never late.

    Args:
        cursor: in that transaction.
    """
    cursor.execute(_TOUCHED)
    return any(counted != "on" or any(counts) for counted, *counts in cursor.fetchall())


def read_server_state(cursor: Cursor) -> ServerState:
    """Read what a session sees of it.

    Args:
        cursor: of that session; its search_path is as it was afterwards.
    """
    connection = cursor.connection
    superuser = connection.get_parameter_status("is_superuser") == "on"
    text = resources.files("promptlib.verify").joinpath("server_state.sql").read_text("utf-8")
    text = text.replace("{password}", _HASH if superuser else "''")
    since = connection.server_version >= _PARAMETERS_SINCE
    text = text.replace("{parameters}", _PARAMETERS if since else "")
    cursor.execute("SELECT pg_catalog.current_setting('search_path')")
    (path,) = cursor.fetchone() or ("",)
    # One message is one transaction, where none is open.
    cursor.execute(TRUSTED_PATH + text)
    found = {
        (kind, name): SharedObject(tuple(concerned), made, dropped, number or "")
        for kind, name, concerned, made, dropped, number in cursor
    }
    cursor.execute("SELECT pg_catalog.set_config('search_path', %s, true)", (path,))
    return found


def state_changes(
    before: Mapping[StateKey, SharedObject], after: Mapping[StateKey, SharedObject]
) -> dict[StateKey, SharedObject | None]:
    """What was before, of each thing that is another now; None for what was not there."""
    return {
        key: before.get(key)
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


def restoring_statements(
    wanted: Mapping[StateKey, SharedObject | None], now: Mapping[StateKey, SharedObject]
) -> Iterator[str]:
    """What makes things again what they were: what is left over goes first.

    Args:
        wanted: those to put back, as they were; None for what was not there.
        now: what is there.
    """
    changed = {key: was for key, was in wanted.items() if now.get(key) != was}
    renamed = {*_renamed_roles(changed, now)}
    for new, old in renamed:
        yield now[ROLE, new].made.replace("CREATE", "ALTER", 1) + f" RENAME TO {_quoted(old)}"
    names = {name for pair in renamed for name in pair}
    left = [key for key, was in changed.items() if key in now and not was]
    for key in sorted(left, key=_place, reverse=True):
        if now[key].dropped and not (key[0] == ROLE and key[1] in names):
            yield now[key].dropped
    for key in sorted(changed, key=_place):
        was = changed[key]
        if was and not (key[0] == ROLE and (key[1] in names or key in now)):
            yield was.made


def _renamed_roles(
    changed: Mapping[StateKey, SharedObject | None], now: Mapping[StateKey, SharedObject]
) -> Iterator[tuple[str, str]]:
    """The roles that have another name than they had, and that one."""
    numbers = {now[key].number: key[1] for key in now if key[0] == ROLE}
    for (kind, name), was in changed.items():
        if kind == ROLE and was and (kind, name) not in now and was.number in numbers:
            yield numbers[was.number], name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _place(key: StateKey) -> tuple[int, str]:
    return _RESTORABLE.index(key[0]), key[1]
