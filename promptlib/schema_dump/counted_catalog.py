"""What a database consists of, as far as a schema's text tells: whose it is does not count."""

from __future__ import annotations

import contextlib

from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.catalog import read_catalog

if TYPE_CHECKING:
    from promptlib.postgres.catalog import Catalog
    from promptlib.postgres.target import Target

_UNCOUNTED = {
    *("owner", "grant", "revoked default", "default privilege", "security label"),
    *("role", "setting", "subscription", "user mapping"),
}


def read_counted(target: Target) -> Catalog:
    """Read it.

    Raises:
        NoConnectionError: when the database cannot be reached.
    """
    with contextlib.closing(target.connect()) as connection:
        found = read_catalog(connection)
    return {key: text for key, text in found.items() if key[0] not in _UNCOUNTED}
