"""DATABASE_URL and .env: what is accepted, what is refused and how, and that no password shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptlib.core.errors import ConfigurationError
from promptlib.postgres.target import find_target, parse_url
from support.servers import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

_FORM = "write postgresql://user:password@host:5432/database"
_ENCODE = "percent-encode the password: @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25"
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
        ("postgresql+psycopg2://h/d", {"host": "h", "dbname": "d"}, "postgresql://h/d"),
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
        ("postgresql+asyncpg://h/d", "has the unknown scheme postgresql+asyncpg://", _FORM),
        ("postgresql+psycopg://h/d", "has the unknown scheme postgresql+psycopg://", _FORM),
        ("sqlite:///x", "has the unknown scheme sqlite://", _FORM),
        ("host=h password=p dbname=d", "is not a URL", _FORM),
        ("/var/run/postgresql", "is not a URL", _FORM),
        ("u:p@h/d", "is not a URL", _FORM),
        ("postgresql:/h/d", "is not a URL", _FORM),
        ("jdbc:postgresql://h/d", "is not a URL", _FORM),
        ('"postgresql://h/d"', "is in quotes", "remove them"),
        ("'postgresql://h/d'", "is in quotes", "remove them"),
        ("postgresql://", "names no database", _FORM),
        ("postgresql://h", "names no database", _FORM),
        ("postgresql://u:p@h:5432/", "names no database", _FORM),
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
            "has a parameter that libpq does not know",
            "correct its name or remove it",
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


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, and no DATABASE_URL."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def test_the_environment_comes_before_dotenv(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / ".env").write_text("DATABASE_URL=postgresql://h/second\n")
    monkeypatch.setenv("DATABASE_URL", "postgresql://h/first")
    target = find_target(place)
    assert (target.parameters["dbname"], target.source) == ("first", "the environment")


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_not_set(
    place: Path, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    (place / ".env").write_text("DATABASE_URL=postgresql://h/second\n")
    monkeypatch.setenv("DATABASE_URL", empty)
    target = find_target(place)
    assert (target.parameters["dbname"], target.source) == ("second", ".env")


def test_dotenv_lies_beside_alembic_ini(place: Path) -> None:
    (place / ".env").write_text("DATABASE_URL=postgresql://h/here\n")
    folder = place / "elsewhere"
    folder.mkdir()
    (folder / ".env").write_text("DATABASE_URL=postgresql://h/there\n")
    target = find_target(folder)
    assert (target.parameters["dbname"], target.source) == ("there", "elsewhere/.env")


@pytest.mark.parametrize(
    "text",
    [
        "DATABASE_URL=postgresql://u:s3cret@h/d",
        "# comment\r\nOTHER=1\r\nDATABASE_URL = postgresql://u:s3cret@h/d  # ours\r\n",
        "export DATABASE_URL='postgresql://u:s3cret@h/d'\n",
        'DATABASE_URL="postgresql://u:s3cret@h/d"\n',
        "\ufeffDATABASE_URL=postgresql://u:s3cret@h/d\n",
        "PASSWORD=s3cret\nDATABASE_URL=postgresql://u:${PASSWORD}@h/d\n",
        "DATABASE_URL=postgresql://u:old@h/d\nDATABASE_URL=postgresql://u:s3cret@h/d\n",
    ],
)
def test_dotenv_is_read_as_dotenv_does(place: Path, text: str) -> None:
    (place / ".env").write_bytes(text.encode())
    assert find_target(place).parameters["password"] == "s3cret"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"DATABASE_URL=sqlite:///x", ".env: DATABASE_URL has the unknown scheme sqlite://; "),
        ("DATABASE_URL=postgresql://h/d".encode("utf-16"), ".env: is not UTF-8; save it as UTF-8"),
        (
            b"DATABASE_URL='postgresql://u:hun'ter@h/d'\n",
            ".env: DATABASE_URL cannot be read; write DATABASE_URL='postgresql://...'",
        ),
        (
            b"DATABASE_URL: postgresql://u:hunter@h/d\n",
            ".env: DATABASE_URL cannot be read; write DATABASE_URL='postgresql://...'",
        ),
        (
            b"DATABASE_URL postgresql://u:pw@h/d\n",
            ".env: DATABASE_URL cannot be read; write DATABASE_URL='postgresql://...'",
        ),
    ],
)
def test_a_dotenv_that_cannot_be_used_is_not_passed_over(
    place: Path, content: bytes, error: str
) -> None:
    (place / ".env").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        find_target(place)
    assert str(caught.value).startswith(error)
    assert "hun" not in str(caught.value)
