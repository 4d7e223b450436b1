"""20261129070000: what a template makes a provider of has the shape of a provider."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import psycopg2
import pytest

from .harness import CONFIG, CONFIGS, REFRESH, catalog_rows, contents, definitions, run
from .test_rules import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database

RULE: Final = "provider_templates_provider_config_check"
RIGHT: Final[dict[str, Any]] = json.loads(CONFIG)
ABSENT: Final = object()
REQUIRED: Final = {
    "api_key": ("apiKey",),
    "oauth2": ("clientId", "clientSecret", "tokenUrl"),
    "aws_iam": ("accessKeyId", "secretAccessKey", "region"),
    "custom": (),
}


def auth(method: str, *fields: str, **config: Any) -> dict[str, Any]:
    """A config of this auth method with these fields."""
    made = {"type": method, "fields": {field: {} for field in fields}, **config}
    return {**RIGHT, "authMethod": method, "authConfig": made}


def with_(key: str, value: Any, *, inside: str = "") -> dict[str, Any]:
    """The right config but for one key of it, or of an object in it."""
    whole: dict[str, Any] = json.loads(CONFIG)
    place = whole[inside] if inside else whole
    place.pop(key)
    return (
        whole
        if value is ABSENT
        else whole | ({inside: {**place, key: value}} if inside else {key: value})
    )


def _wrong() -> Iterator[Any]:
    yield from ({}, [], [RIGHT], "x", 1, None)
    yield {"api_endpoint": "https://llm.example.org", "auth_method": "custom"}
    for key in RIGHT:
        yield from (with_(key, value) for value in (ABSENT, None, 1, [], {}))
    yield from (with_(key, "") for key in RIGHT if key != "name")
    for url in (
        "llm.example.org",
        "ftp://a.b",
        "https://",
        "https:///x",
        "https://a b",
        "https://ö",
    ):
        yield with_("apiEndpoint", url)
    yield from (with_("authMethod", method) for method in ("API_KEY", "none"))
    for method, fields in REQUIRED.items():
        yield from (auth(method, *fields, type=other) for other in ("other", None))
        yield from (auth(method, *fields, fields=other) for other in (None, [*fields], "x"))
        yield from (auth(method, *(each for each in fields if each != gone)) for gone in fields)
    for key in RIGHT["capabilities"]:
        for value in (ABSENT, None, "true", 0, [], {}, 1.5, 2_000_001):
            yield with_(key, value, inside="capabilities")


def _right() -> Iterator[dict[str, Any]]:
    yield from (RIGHT, {**RIGHT, "description": "x", "more": 1}, with_("name", "ö"))
    for url in ("http://a", "HTTPS://[::1]:8080/{path}?a=b", "https://{tenant}.example.org"):
        yield with_("apiEndpoint", url)
    for method, fields in REQUIRED.items():
        yield from (auth(method, *fields), auth(method, *fields, "more", headers={}))
    yield from (with_("maxContextLength", limit, inside="capabilities") for limit in (1, 2_000_000))
    yield with_("supportedRoles", ["system", "user"], inside="capabilities")


WRONG: Final = [json.dumps(each) for each in _wrong()]


def _add(config: str) -> str:
    literal = config.replace("'", "''")
    return f"""INSERT INTO provider_templates (name, provider_config, default_models)
        VALUES ('own', '{literal}', '[{{}}]')"""


def test_what_is_refused_and_what_is_accepted(migrated: Database) -> None:
    with closing(migrated.connect()) as connection, connection.cursor() as cursor:
        refused = {config: refusal(cursor, _add(config)) for config in WRONG}
        accepted = {config: refusal(cursor, _add(config)) for config in map(json.dumps, _right())}
    assert {config: rule for config, rule in refused.items() if rule != RULE} == {}
    assert {config: rule for config, rule in accepted.items() if rule} == {}


def test_seeded_templates_keep_it_on_every_step(seeded: Database) -> None:
    seeded.alembic("upgrade", "head")
    assert seeded.value("SELECT convalidated FROM pg_constraint WHERE conname = %s", RULE), (
        "it holds for the rows that were there"
    )
    with pytest.raises(psycopg2.errors.CheckViolation):
        run(seeded, "UPDATE provider_templates SET provider_config = provider_config - 'name'")


#: As the predecessor seeded them, and as an operator may have written one.
FAULTS: Final = """
    UPDATE provider_templates SET provider_config = '{"api_endpoint": "x"}' WHERE name = 'OpenAI';
    UPDATE provider_templates SET provider_config = '{}' WHERE name = 'Ours';
"""


def test_rows_that_break_it_are_named_and_not_mended(left: Database) -> None:
    left.alembic("upgrade", REFRESH)
    run(left, FAULTS)
    before, catalog = contents(left), catalog_rows(left)

    result = left.promptlib("migrate", ok=False)

    said = " ".join(result.stderr.split())
    broken = left.query(
        "SELECT id FROM provider_templates WHERE name IN ('OpenAI', 'Ours') ORDER BY id"
    )
    ids = ", ".join(str(each) for (each,) in broken)
    assert f"2 row(s) of provider_templates break {RULE} (id {ids})" in said
    assert "nothing has been changed" in said
    assert (contents(left), catalog_rows(left)) == (before, catalog)
    assert left.value("SELECT version_num FROM alembic_version") == REFRESH

    run(left, f"UPDATE provider_templates SET provider_config = '{CONFIG}' WHERE name = 'OpenAI'")
    run(left, "DELETE FROM provider_templates WHERE name = 'Ours'")
    left.promptlib("migrate")
    assert left.value("SELECT version_num FROM alembic_version") == CONFIGS
    assert left.alembic("check").returncode == 0


def test_of_many_rows_the_first_are_named(migrated: Database) -> None:
    migrated.alembic("downgrade", REFRESH)
    run(
        migrated,
        """INSERT INTO provider_templates (id, name, provider_config, default_models)
        SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, n, '{}', '[{}]'
        FROM generate_series(1, 25) AS n""",
    )
    said = migrated.promptlib("migrate", ok=False).stderr
    assert f"25 row(s) of provider_templates break {RULE}" in said
    assert (said.count("00000000-0000-4000-8000-"), "and others)" in said) == (20, True)


def test_down_removes_the_rule_alone(migrated: Database) -> None:
    head, before = definitions(migrated), contents(migrated)
    migrated.alembic("downgrade", REFRESH)
    left = definitions(migrated)
    assert [line for line in head if line not in left] == [line for line in head if RULE in line[2]]
    assert contents(migrated) == before
    run(migrated, _add("{}"))
