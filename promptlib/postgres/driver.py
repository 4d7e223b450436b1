"""psycopg2, imported without Python's ssl, for the command that looks quickly; and its errors.

psycopg2 imports ssl only to keep libpq from setting locks that OpenSSL before 1.1 wanted from its
users, and goes on where there is none. To load it, and a second OpenSSL with it, takes longer than
any question to the server. Source: libcrypto_threads_init in psycopg2's psycopg/psycopgmodule.c.
"""

from __future__ import annotations

import contextlib
import sys

from promptlib.core.errors import PromptlibError, error_chain
from promptlib.core.interrupts import interrupt_behind
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment] # None hides one
_hidden = "ssl" not in _modules
if _hidden:
    _modules["ssl"] = None  # to import it fails now
try:
    import psycopg2
finally:
    if _hidden:
        del _modules["ssl"]

__all__ = ["driver_errors_explained", "psycopg2"]


@contextlib.contextmanager
def driver_errors_explained(place: str = "") -> Iterator[None]:
    """Raise what the driver raises as an error of ours; what is one already, or an interrupt, wins.

    Args:
        place: the file that is running, or nothing.
    """
    handled = sys.exception()  # what a caller is about, who cleans up behind an error
    try:
        yield
    except psycopg2.Error as error:
        if interrupt := interrupt_behind(error, handled):  # which has closed the connection
            raise interrupt from None
        from promptlib.postgres.errors import explain_server_error

        ours = (each for each in error_chain(error, handled) if isinstance(each, PromptlibError))
        # A traceback would show the driver's error, and with it the data that it quotes.
        raise next(ours, None) or explain_server_error(error, place) from None
