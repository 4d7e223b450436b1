"""libpq itself, the very one that psycopg2 uses, for what psycopg2 cannot do with it."""

from __future__ import annotations

import functools

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes


# What an older library lacks: pipelines since libpq 14, chunks since 17. Source:
# https://www.postgresql.org/docs/release/
_NEWER = (
    *("PQenterPipelineMode", "PQexitPipelineMode", "PQpipelineSync", "PQsendFlushRequest"),
    "PQsetChunkedRowsMode",
)


@functools.cache
def load_libpq() -> ctypes.CDLL | None:
    """The library, with types for what is used of it; None: this psycopg2 does not let it be found.

    Its functions take the address of a connection, `connection.pgconn_ptr`, and let other threads
    run meanwhile. Source: https://www.psycopg.org/docs/connection.html, connection.pgconn_ptr
    """
    try:
        import ctypes  # noqa: PLC0415 - only who changes a database needs it, or is interrupted
    except ImportError:  # some builds of Python lack it
        return None
    import psycopg2  # noqa: PLC0415 - some commands do without

    number, text, address = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
    types = {
        "PQsendQuery": (number, address, text),
        "PQsendQueryParams": (number, address, text, number, *[address] * 4, number),
        "PQenterPipelineMode": (number, address),
        "PQexitPipelineMode": (number, address),
        "PQpipelineSync": (number, address),
        "PQsendFlushRequest": (number, address),
        "PQsetSingleRowMode": (number, address),
        "PQsetChunkedRowsMode": (number, address, number),
        "PQflush": (number, address),
        "PQconsumeInput": (number, address),
        "PQisBusy": (number, address),
        "PQstatus": (number, address),
        "PQhostaddr": (text, address),
        "PQerrorMessage": (text, address),
        "PQgetResult": (address, address),
        "PQresultStatus": (number, address),
        "PQcmdStatus": (text, address),
        "PQntuples": (number, address),
        "PQresultErrorMessage": (text, address),
        "PQresultErrorField": (text, address, number),
        "PQclear": (None, address),
        "PQgetCancel": (address, address),
        "PQcancel": (number, address, text, number),
        "PQfreeCancel": (None, address),
    }
    try:
        libpq = ctypes.CDLL(psycopg2._psycopg.__file__)  # noqa: SLF001 - as its documentation says
        for name, (result, *arguments) in types.items():
            if name not in _NEWER or hasattr(libpq, name):
                function = getattr(libpq, name)
                function.restype, function.argtypes = result, arguments
    except (AttributeError, OSError):
        return None
    return libpq
