"""psycopg2, imported without Python's ssl: for the command that looks quickly.

psycopg2 imports ssl only to keep libpq from setting locks that OpenSSL before 1.1 wanted from its
users, and goes on where there is none. To load it, and a second OpenSSL with it, takes longer than
any question to the server. Source: libcrypto_threads_init in psycopg2's psycopg/psycopgmodule.c.
"""

from __future__ import annotations

import sys
from typing import cast

_modules = cast("dict[str, object]", sys.modules)
_hidden = "ssl" not in _modules
if _hidden:
    _modules["ssl"] = None  # to import it fails now
try:
    import psycopg2
finally:
    if _hidden:
        del _modules["ssl"]

__all__ = ["psycopg2"]
