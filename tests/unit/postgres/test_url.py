"""A URL: what is accepted, what is refused and how, and that no password shows."""

from __future__ import annotations

import os
import pwd
import re
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptlib.core.errors import ConfigurationError
from promptlib.postgres.url import parse_url
from support.servers import PASSWORD

_FORM = "write postgresql://user:password@host:5432/database"
_ENCODE = "percent-encode the password: @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25"
_USER = pwd.getpwuid(os.geteuid()).pw_name  # whom libpq takes, and for the database, too
_SSL_MODES = "write one of disable, allow, prefer, require, verify-ca, verify-full"


@pytest.mark.parametrize(
    ("url", "parameters", "shown"),
    [
        (
            "postgres://u:p@h:5433/d",
            {"user": "u", "password": "p", "host": "h", "port": "5433", "dbname": "d"},
            "postgresql://u@h:5433/d",
        ),
        ("postgresql://h/d", {"host": "h", "dbname": "d"}, "postgresql://h/d"),
        *(
            (f"{scheme}://h/d", {"host": "h", "dbname": "d"}, "postgresql://h/d")
            for scheme in ("postgresql+psycopg2", "postgresql+asyncpg", "postgres+psycopg")
        ),
        ("postgresql://h", {"host": "h"}, f"postgresql://h/{_USER}"),
        ("postgresql://", {}, f"postgresql:///{_USER}"),
        ("postgresql://me@", {"user": "me"}, "postgresql://me@/me"),
        ("PostgreSQL://h/d", {"host": "h", "dbname": "d"}, "postgresql://h/d"),
        ("postgresql:///d", {"dbname": "d"}, "postgresql:///d"),
        (
            "postgresql://[::1]:5433/d",
            {"host": "::1", "port": "5433", "dbname": "d"},
            "postgresql://[::1]:5433/d",
        ),
        (
            "postgresql://u@a:1,[::1],b:3/d",
            {"user": "u", "host": "a,::1,b", "port": "1,,3", "dbname": "d"},
            "postgresql://u@a:1,[::1],b:3/d",
        ),
        (
            "postgresql://a,b/d?port=5433",
            {"host": "a,b", "port": "5433", "dbname": "d"},
            "postgresql://a:5433,b:5433/d",
        ),
        (
            "postgresql://u@/d?host=/a folder&port=5433",
            {"user": "u", "host": "/a folder", "port": "5433", "dbname": "d"},
            "postgresql://u@/d?host=/a%20folder&port=5433",
        ),
        (
            "postgresql://%2Fsocket/d",
            {"host": "/socket", "dbname": "d"},
            "postgresql:///d?host=/socket",
        ),
        (
            "postgresql://h/d?sslmode=allow&connect_timeout=3&options=-csearch_path%3Da%20-cx%3D1",
            {
                "host": "h",
                "dbname": "d",
                "sslmode": "allow",
                "connect_timeout": "3",
                "options": "-csearch_path=a -cx=1",
            },
            "postgresql://h/d",
        ),
        (
            "postgresql://h/d?ssl=true",
            {"host": "h", "dbname": "d", "sslmode": "require"},
            "postgresql://h/d",
        ),
        (
            "postgresql://h/d?user=me@tenant&password=p",
            {"host": "h", "dbname": "d", "user": "me@tenant", "password": "p"},
            "postgresql://me%40tenant@h/d",
        ),
        ("postgresql://h/a%20%25%2F", {"host": "h", "dbname": "a %/"}, "postgresql://h/a%20%25%2F"),
        (
            "postgresql://u:a b:c?d#e@h/d",
            {"user": "u", "password": "a b:c?d#e", "host": "h", "dbname": "d"},
            "postgresql://u@h/d",
        ),
    ],
)
def test_accepted_urls(url: str, parameters: dict[str, str], shown: str) -> None:
    target = parse_url(url, "here")
    assert target.parameters == parameters
    assert str(target) == shown


@pytest.mark.parametrize(
    ("url", "what", "remedy"),
    [
        ("mysql://u:p@h/d", "has the unknown scheme mysql://", _FORM),
        ("postgresql+://h/d", "has the unknown scheme postgresql+://", _FORM),
        ("mysql+psycopg://h/d", "has the unknown scheme mysql+psycopg://", _FORM),
        ("driver://h/d", "has the unknown scheme driver://", _FORM),
        ("", "is empty", _FORM),
        ("sqlite:///x", "has the unknown scheme sqlite://", _FORM),
        ("host=h password=p dbname=d", "is not a URL", _FORM),
        ("/var/run/postgresql", "is not a URL", _FORM),
        ("u:p@h/d", "is not a URL", _FORM),
        ("postgresql:/h/d", "is not a URL", _FORM),
        ("jdbc:postgresql://h/d", "is not a URL", _FORM),
        ('"postgresql://h/d"', "is in quotes", "remove them"),
        ("'postgresql://h/d'", "is in quotes", "remove them"),
        (
            "postgresql://h/d?schema=s",
            "has the parameter schema, which is Prisma's",
            "write options=-csearch_path%3Dname instead",
        ),
        (
            "postgresql://h/d?sslmode=require&pgbouncer=true",
            "has the parameter pgbouncer, which is Prisma's",
            "remove it",
        ),
        (
            "postgresql://h/d?connection_limit=1",
            "has the parameter connection_limit, which is Prisma's",
            "remove it",
        ),
        (
            "postgresql://h/d?pool_timeout=1",
            "has the parameter pool_timeout, which is Prisma's",
            "remove it",
        ),
        (
            "postgresql://h/d?sslaccept=strict",
            "has the parameter sslaccept, which is Prisma's",
            "write sslmode=require instead",
        ),
        (
            "postgresql://h/d?ssl=false",
            "has the parameter ssl, which is of Node's pg",
            "write sslmode=require instead",
        ),
        ("postgresql://h/d?sslmode=no-verify", "has an sslmode that is not libpq's", _SSL_MODES),
        ("postgresql://h/d?sslmode=", "has an sslmode that is not libpq's", _SSL_MODES),
        (
            "postgresql://h/d?sslmod=require",
            "has the parameter 'sslmod', which libpq does not know",
            "correct or remove it",
        ),
        ("postgresql://h:70000/d", "has a port that is no port", f"{_FORM}; {_ENCODE}"),
        ("postgresql://h:0/d", "has a port that is no port", f"{_FORM}; {_ENCODE}"),
        ("postgresql://a:1,b:x/d", "has a port that is no port", f"{_FORM}; {_ENCODE}"),
        ("postgresql://u:p@[::1/d", "cannot be read", f"{_FORM}; {_ENCODE}"),
        ("postgresql://h/d?sslmode", "cannot be read", f"{_FORM}; {_ENCODE}"),
        ("postgresql://u:50%@h/d", "holds a % that begins no code of two hexadecimal digits", ""),
        ("postgresql://u:%FC@h/d", "holds %-codes that are not UTF-8", "encode it as UTF-8"),
        ("postgresql://u:p@q@h/d", "holds an @ too many", _ENCODE),
        (
            "postgresql://u:\udcfc@h/d",
            "holds a character that is not printable",
            "percent-encode it",
        ),
        ("postgresql://u:a\nb@h/d", "holds a character that is not printable", "percent-encode it"),
    ],
)
def test_refused_urls(url: str, what: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url(url, "here")
    error = caught.value
    assert (error.place, error.what, error.remedy) == (
        "here",
        f"DATABASE_URL {what}",
        remedy or _ENCODE,
    )
    assert "\n" not in str(error)


@example(PASSWORD)
@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_an_encoded_password_may_hold_anything(password: str) -> None:
    target = parse_url(f"postgresql://u:{quote(password, safe='')}@h/d", "here")
    assert target.parameters["password"] == password
    assert str(target) == "postgresql://u@h/d"
    assert repr(target) == "Target(postgresql://u@h/d)"


_WORDS = ("hunter", "tiger", "swordfish")
_SEPARATORS = "@/:?#% &=+,;[]'\"\\$ü"


def _said(url: str) -> str:
    """What a user is told of a URL: an error, or how the target is shown."""
    try:
        return str(parse_url(url, "here"))
    except ConfigurationError as error:
        return str(error)


@example(["hunter", "/?", "tiger", "=", "swordfish"])
@example(["hunter", "?", "tiger", "=", "swordfish", "/"])
@example(["hunter", "%", "tiger"])
@settings(deadline=None)
@given(st.lists(st.sampled_from([*_WORDS, *_SEPARATORS]), min_size=1))
def test_an_unescaped_password_shows_no_piece(pieces: list[str]) -> None:
    said = _said(f"postgresql://u:{''.join(pieces)}@h/d")
    assert not any(word in said for word in _WORDS)


@pytest.mark.parametrize("password", [PASSWORD, "hunter/tiger", "hunter?tiger=swordfish/"])
def test_a_url_cut_short_shows_no_piece(password: str) -> None:
    for end in range(1, len(password) + 1):
        said = _said(f"postgresql://u:{password[:end]}")
        assert re.match(r"here: DATABASE_URL (has a p|cannot|names no|holds)", said)
        assert not any(word in said for word in _WORDS)


@pytest.mark.parametrize("query", ["password=hunter&tiger=1", "password=hunter&tiger", "x=u@tiger"])
def test_a_password_among_the_parameters_shows_no_piece(query: str) -> None:
    said = _said(f"postgresql://h/d?{query}")
    assert said.startswith("here: DATABASE_URL ")
    assert not any(word in said for word in _WORDS)


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("ssl=require&command_timeout=60", {"sslmode": "require"}),
        ("ssl=true", {"sslmode": "require"}),
        ("prepared_statement_cache_size=0&application_name=a", {"application_name": "a"}),
    ],
)
def test_what_is_the_drivers_own_is_left_to_it(query: str, parameters: dict[str, str]) -> None:
    found = parse_url(f"postgresql+asyncpg://u:p?q@h/d?{query}", "here").parameters
    assert found == {"user": "u", "password": "p?q", "host": "h", "dbname": "d", **parameters}


@pytest.mark.parametrize(
    ("query", "host", "port"),
    [
        ("host=a:1&host=b:2", "a,b", "1,2"),
        ("host=a&port=1&host=b", "a,b", "1"),
        ("host=a:1&host=/socket%20folder", "a,/socket folder", "1,"),
        ("host=a,b&port=1,2", "a,b", "1,2"),
    ],
)
def test_several_hosts_as_sqlalchemy_writes_them(query: str, host: str, port: str) -> None:
    found = parse_url(f"postgresql+psycopg://u@/d?{query}", "here").parameters
    assert (found["host"], found["port"], found["dbname"]) == (host, port, "d")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://h/d?hunter=1", True),
        ("postgresql://u:p@h:5432/d?sslmode=require&hunter=1", True),
        ("postgresql://[::1]:5432,b:1/d?hunter=1", True),
        ("postgresql+asyncpg://h/d?hunter=1", True),
        ("postgresql://u:p/?hunter=1@h/d", False),
        ("postgresql://u:p?hunter=1", False),
        ("postgresql://h/d?password=a&hunter=1", False),
    ],
)
def test_an_unknown_parameter_is_named_unless_it_may_be_of_a_password(
    url: str, *, named: bool
) -> None:
    said = _said(url)
    assert said.startswith("here: DATABASE_URL has ")
    assert ("'hunter'" in said) is named
    assert ("hunter" in said) is named
