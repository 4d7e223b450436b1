"""How statements go to the server: several in one message, or one by one.

They go one by one where libpq is not to be had: in another build of psycopg2, which this process's
is made to look like. TEST_SENDING=singly does that for all tests, and for the commands in them.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from typing import TYPE_CHECKING

import pytest

from promptlib.core.libpq import load_libpq
from support.forkserver import SENDING

if TYPE_CHECKING:
    from collections.abc import Iterator
_MODULE = importlib.import_module("psycopg2._psycopg")
_FILE = _MODULE.__file__


@contextlib.contextmanager
def sent(way: str) -> Iterator[None]:
    """Send statements that way, here and in the commands that are started meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SENDING, raising=False)
        patch.setattr(_MODULE, "__file__", os.devnull if way == "singly" else _FILE)
        if way == "singly":
            patch.setenv(SENDING, way)
        load_libpq.cache_clear()
        try:
            yield
        finally:
            load_libpq.cache_clear()


def usual() -> str:
    """The way that all tests are asked to go."""
    return os.environ.get(SENDING, "together")
