"""severity: what is for a server's log, and how it ends a session, in its language."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from promptlib.postgres.severity import FATAL, LOGGED, fatal_words, is_logged

_CATALOGS = sorted(Path("/usr/share/locale").glob("*/LC_MESSAGES/postgres-*.mo"))


def test_what_is_logged() -> None:
    assert is_logged("LOG:  statement: INSERT INTO t VALUES ('geheim')\n")
    assert is_logged("DEBUG1:  x")
    assert is_logged("СООБЩЕНИЕ:  оператор: SELECT 'geheim'")
    assert not is_logged("NOTICE:  LOG:  x")
    assert not is_logged("LOGIN:  x")


def test_what_a_server_says_as_it_goes() -> None:
    assert fatal_words('connection to server failed: ВАЖНО:  роль "x" не существует') == (
        'роль "x" не существует'
    )
    assert fatal_words("connection refused") == ""


@pytest.mark.skipif(not _CATALOGS, reason="no translations of PostgreSQL are installed")
def test_every_translation_of_postgresql_s_is_known() -> None:
    for path in _CATALOGS:
        with path.open("rb") as file:
            said = gettext.GNUTranslations(file).gettext
        assert said("FATAL") in FATAL, path
        assert {said("LOG"), said("DEBUG")} <= {*LOGGED}, path
