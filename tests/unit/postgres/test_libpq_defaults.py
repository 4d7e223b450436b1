"""What libpq adds to parameters: a service's file, the environment, and what is built in."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest

from promptlib.postgres.libpq_defaults import complete_parameters, database_name
from promptlib.postgres.url import parse_url

if TYPE_CHECKING:
    from pathlib import Path

_SERVICES = """
[other]
host=elsewhere
[db]
# comment = no
host=service.example
port = 5433
dbname=of_the_service
[last]
user=last
"""


@pytest.fixture(autouse=True)
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of services, and an environment that says no more than that."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    path = tmp_path / "services.conf"
    path.write_text(_SERVICES, encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(path))
    return path


def test_a_service_comes_behind_what_is_given_and_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "environment")
    monkeypatch.setenv("PGUSER", "me")
    found = complete_parameters({"service": "db", "port": "1", "dbname": ""})
    assert found == {
        "service": "db",
        "host": "service.example",
        "port": "1",
        "user": "me",
        "dbname": "of_the_service",
    }


def test_a_service_may_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete_parameters({}) == {}
    monkeypatch.setenv("PGSERVICE", "db")
    assert database_name({}) == "of_the_service"
    assert str(parse_url("postgresql://", "here")) == (
        "postgresql://service.example:5433/of_the_service"
    )


def test_a_file_of_services_may_be_named(services: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGSERVICEFILE")
    given = {"service": "db", "servicefile": str(services)}
    assert complete_parameters(given)["host"] == "service.example"
    monkeypatch.setenv("PGSYSCONFDIR", str(services.parent))
    services.rename(services.with_name("pg_service.conf"))
    assert complete_parameters({"service": "db"})["host"] == "service.example"
    assert complete_parameters({"service": "none"}) == {"service": "none"}


def test_the_database_is_the_users_where_nobody_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert database_name({}) == pwd.getpwuid(os.geteuid()).pw_name
    assert database_name({"user": "me"}) == "me"
    assert database_name({"service": "last"}) == "last"
    monkeypatch.setenv("PGDATABASE", "said")
    assert database_name({"user": "me"}) == "said"
