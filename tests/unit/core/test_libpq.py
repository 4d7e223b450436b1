"""libpq: the one that psycopg2 uses, or none."""

from __future__ import annotations

from psycopg2.extensions import libpq_version

from promptlib.core.libpq import load_libpq
from support.sending import sent


def test_it_is_the_one_that_psycopg2_uses() -> None:
    with sent("together"):
        libpq = load_libpq()
        assert libpq
        assert libpq.PQlibVersion() == libpq_version()


def test_another_build_of_psycopg2_may_not_show_it() -> None:
    with sent("singly"):
        assert load_libpq() is None
