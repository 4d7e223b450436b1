"""Which database is meant: a typed URL, sqlalchemy.url, DATABASE_URL, .env, the embedded server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.config.database import ConfiguredDatabase, DatabaseChoice, read_database
from promptlib.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.postgres.target import Target

_NOTHING = ConfiguredDatabase(place="alembic.ini")
_WRITTEN = _NOTHING._replace(url="postgresql+psycopg://u:secret@h/written")


def _target(folder: Path) -> Target:
    """The database of a project whose configuration says nothing of it."""
    return DatabaseChoice(str(folder), _NOTHING).target()


def _refusal(folder: Path, configured: ConfiguredDatabase) -> str:
    with pytest.raises(ConfigurationError) as caught:
        DatabaseChoice(str(folder), configured).target()
    return str(caught.value)


def _configured(**options: str) -> ConfiguredDatabase:
    return read_database(options, "alembic.ini")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, and no DATABASE_URL."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def test_the_environment_comes_before_dotenv(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / ".env").write_text("DATABASE_URL=postgresql://h/second\n")
    monkeypatch.setenv("DATABASE_URL", "postgresql://h/first")
    target = _target(place)
    assert (target.parameters["dbname"], target.source) == ("first", "the environment")


@pytest.mark.parametrize("empty", ["", "  "])
def test_a_variable_that_is_set_but_empty_is_no_answer(
    place: Path, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    (place / ".env").write_text("DATABASE_URL=postgresql://h/second\n")
    monkeypatch.setenv("DATABASE_URL", empty)
    for configured in (_NOTHING, _NOTHING._replace(embedded=True), _WRITTEN):
        assert _refusal(place, configured).startswith("the environment: DATABASE_URL is empty; ")
    monkeypatch.delenv("DATABASE_URL")
    for text in ("DATABASE_URL=", 'DATABASE_URL=""', "export DATABASE_URL"):
        (place / ".env").write_text(f"{text}\n")
        assert _refusal(place, _NOTHING).startswith(".env: DATABASE_URL is empty; ")
    assert DatabaseChoice(str(place), _NOTHING, "postgresql://h/d").target().database == "d"


def test_where_nothing_names_a_database_it_is_said_how_to(place: Path) -> None:
    assert _refusal(place, _NOTHING) == (
        "alembic.ini: no database: neither DATABASE_URL nor sqlalchemy.url is set; set "
        "DATABASE_URL, in the environment or in .env: write "
        "postgresql://user:password@host:5432/database; or, for a server of the project's own, "
        "write embedded = true into the configuration"
    )
    assert not [*place.iterdir()]


def test_the_configuration_comes_before_the_variable_for_who_looks(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@h/other")
    found = DatabaseChoice(str(place), _WRITTEN).target()
    assert (str(found), found.source) == ("postgresql://u@h/written", "alembic.ini")
    (said,) = caplog.messages
    assert said == (
        "alembic.ini: sqlalchemy.url is postgresql://u@h/written, and DATABASE_URL of the "
        "environment is postgresql://u@h/other; the first is looked at, and nothing deploys until "
        "one of them is taken out"
    )


@pytest.mark.parametrize(
    ("typed_as", "way"),
    [
        ("--url", "--url URL"),
        ("-x url", "-x url=URL"),
        ("url", "url=..."),
        ('attributes["connection"]', 'attributes["connection"]'),
    ],
)
def test_nobody_deploys_where_two_are_named(place: Path, typed_as: str, way: str) -> None:
    (place / ".env").write_text("DATABASE_URL=postgresql://u:secret@h/other\n")
    choice = DatabaseChoice(str(place), _WRITTEN, None, typed_as)
    with pytest.raises(ConfigurationError) as caught:
        choice.require_agreement()
    assert str(caught.value) == (
        "alembic.ini: sqlalchemy.url is postgresql://u@h/written, and DATABASE_URL of .env is "
        f"postgresql://u@h/other; take one out, or say which is meant: {way}"
    )
    told = choice._replace(typed="postgresql://h/typed")
    told.require_agreement()
    assert told.target().database == "typed"


def test_one_database_written_twice_is_one(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://u:other@H:5432/written?ssl=require")
    choice = DatabaseChoice(str(place), _WRITTEN)
    choice.require_agreement()
    assert choice.target().parameters["password"] == "secret"
    assert not caplog.messages


def test_a_variable_that_cannot_be_used_is_no_agreement(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://u:secret@h/d")
    with pytest.raises(ConfigurationError, match="the environment: DATABASE_URL has the unknown"):
        DatabaseChoice(str(place), _WRITTEN).require_agreement()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "sqlalchemy.url is empty; "),
        ("sqlite:///x", "sqlalchemy.url has the unknown scheme sqlite://; "),
        ("driver://user:pass@localhost/mine", "sqlalchemy.url has the unknown scheme driver://; "),
        *(
            (url, "sqlalchemy.url holds a variable, which nobody fills in; remove the line and set")
            for url in ("${DATABASE_URL}", "postgresql://u:${PW}@h/d", "{{ url }}", "$(DB_URL)")
        ),
    ],
)
def test_a_url_of_the_configuration_that_cannot_be_used(place: Path, url: str, said: str) -> None:
    assert _refusal(place, _configured(**{"sqlalchemy.url": url})).startswith(
        f"alembic.ini: {said}"
    )


@pytest.mark.parametrize("name", ["dbname", "dbname2"])
def test_what_alembics_templates_begin_with_names_nothing(place: Path, name: str) -> None:
    found = _configured(**{"sqlalchemy.url": f"driver://user:pass@localhost/{name}"})
    assert found == _NOTHING
    (place / ".env").write_text("DATABASE_URL=postgresql://h/d\n")
    DatabaseChoice(str(place), found).require_agreement()
    assert DatabaseChoice(str(place), found).target().database == "d"


@pytest.mark.parametrize("value", ["true", "TRUE", "yes", "on", "1", " true "])
def test_the_embedded_server_may_be_asked_for(value: str) -> None:
    assert _configured(embedded=value).embedded


def test_or_not() -> None:
    assert not any(_configured(embedded=each).embedded for each in ("false", "No", "off", "0", ""))
    with pytest.raises(ConfigurationError) as caught:
        _configured(embedded="maybe")
    assert str(caught.value) == "alembic.ini: embedded cannot be 'maybe'; write true or false"


def test_dotenv_lies_beside_alembic_ini(place: Path) -> None:
    (place / ".env").write_text("DATABASE_URL=postgresql://h/here\n")
    folder = place / "elsewhere"
    folder.mkdir()
    (folder / ".env").write_text("DATABASE_URL=postgresql://h/there\n")
    target = _target(folder)
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
    assert _target(place).parameters["password"] == "s3cret"


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
        _target(place)
    assert str(caught.value).startswith(error)
    assert "hun" not in str(caught.value)
