"""20261122090000: each rule of the registry is the database's own, whoever writes."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

import psycopg2
import pytest

from .harness import CAPABILITIES, CONFIG, contents, run

if TYPE_CHECKING:
    from support.databases import Database

#: A provider with a model and a template, none of which anything is wrong with.
OWN: Final = f"""
    INSERT INTO providers (identifier, name, api_endpoint, auth_method, auth_config, capabilities)
    VALUES ('own', 'Own', 'https://llm.example.org/v1', 'custom',
            '{{"type": "custom", "fields": {{}}}}', '{CAPABILITIES}');
    INSERT INTO models (provider_id, identifier, name, context_length, capabilities, is_default)
    SELECT id, 'own-1', 'Own', 8192, '{{"maxContextLength": 8192}}', true
    FROM providers WHERE identifier = 'own';
    INSERT INTO models (provider_id, identifier, name, context_length, capabilities)
    SELECT id, 'own-2', 'Own', 1, '{{"maxContextLength": 1}}'
    FROM providers WHERE identifier = 'own';
    INSERT INTO provider_templates (name, provider_config, default_models)
    VALUES ('Own', '{CONFIG}', '[{{"identifier": "own-1"}}]');
"""
PROVIDER: Final = "UPDATE providers SET {} WHERE identifier = 'own'"
MODEL: Final = "UPDATE models SET {} WHERE identifier = 'own-2'"
TEMPLATE: Final = "UPDATE provider_templates SET {} WHERE name = 'Own'"


def auth(method: str, config: str) -> str:
    """Give the own provider another auth_method."""
    return PROVIDER.format(f"auth_method = '{method}', auth_config = '{config}'")


def without(key: str) -> str:
    """Take a key from the own provider's capabilities."""
    return PROVIDER.format(f"capabilities = capabilities - '{key}'")


def with_(key: str, value: str) -> str:
    """Give a key of the own provider's capabilities a value."""
    return PROVIDER.format(f"capabilities = jsonb_set(capabilities, '{{{key}}}', '{value}')")


def own_model(values: str, columns: str = "") -> str:
    """Add a model to the own provider."""
    return f"""INSERT INTO models (provider_id, identifier, name, capabilities{columns})
        SELECT id, {values} FROM providers WHERE identifier = 'own'"""


#: What is refused, by the name of the rule: a constraint, or table.column for what may not be NULL.
REFUSED: Final = {
    "providers_identifier_check": [
        PROVIDER.format(f"identifier = {identifier}")
        for identifier in ("'a'", "''", "'Own'", "'o wn'", "'own.1'", "'öwn'", r"E'own\n'")
    ],
    "providers_identifier_key": [PROVIDER.format("identifier = 'openai'")],
    "providers_api_endpoint_check": [
        *(
            PROVIDER.format(f"api_endpoint = {endpoint}")
            for endpoint in (
                *("'llm.example.org'", "'//llm.example.org'", "'ftp://llm.example.org'"),
                *("'https://'", "'https:///v1'", "'https:llm.example.org'", "''"),
                *("'https://llm.example.org/a b'", r"E'https://llm.example.org/\n'"),
                *("' https://llm.example.org'", "U&'https://llm.example.org/\\3000'"),
            )
        ),
        "UPDATE providers SET api_endpoint = 'https://{x}.openai.com' WHERE identifier = 'openai'",
        PROVIDER.format("is_system = true, api_endpoint = 'HTTPS://{x}.example.org'"),
    ],
    "providers_auth_method_check": [auth("basic", '{"type": "basic", "fields": {}}')],
    "providers_auth_config_check": [
        *(
            auth("custom", config)
            for config in (
                *("[]", "null", '"custom"', "{}", '{"type": "custom"}', '{"fields": {}}'),
                *('{"type": "custom", "fields": []}', '{"type": "api_key", "fields": {}}'),
            )
        ),
        auth("api_key", '{"type": "api_key", "fields": {"key": {}}}'),
        auth("oauth2", '{"type": "oauth2", "fields": {"clientId": {}, "clientSecret": {}}}'),
        auth("aws_iam", '{"type": "aws_iam", "fields": {"accessKeyId": {}, "region": {}}}'),
    ],
    "providers_capabilities_check": [
        *(
            PROVIDER.format(f"capabilities = '{value}'")
            for value in ("[]", "{}", "null", '"x"', f"[{CAPABILITIES}]")
        ),
        *(
            without(key)
            for key in (
                *("maxContextLength", "supportsTools", "supportsStreaming", "supportedRoles"),
                *("supportsSystemMessages", "supportedAuthMethods"),
            )
        ),
        *(
            with_("maxContextLength", value)
            for value in ("0", "-1", "2000001", "8192.5", '"8192"', "[8192]", "null", "true")
        ),
        *(with_("supportsTools", value) for value in ('"true"', "1", "null")),
        *(with_("supportedRoles", value) for value in ("[]", '"user"', "{}", "null")),
        with_("supportedAuthMethods", "[]"),
    ],
    "providers_above_models": [with_("maxContextLength", "8191")],
    "providers_keep_system": [
        "DELETE FROM providers WHERE identifier = 'openai'",
        "DELETE FROM providers",
        "TRUNCATE providers CASCADE",
    ],
    "models_identifier_check": [
        *(MODEL.format(f"identifier = '{identifier}'") for identifier in ("", "a b", "ä", "a%")),
    ],
    "models_context_length_check": [
        *(MODEL.format(f"context_length = {length}") for length in (0, -1, 2000001)),
    ],
    "models_capabilities_check": [
        *(
            MODEL.format(f"capabilities = '{value}'")
            for value in (
                *("[]", "{}", "null", '{"maxContextLength": 0}', '{"maxContextLength": "1"}'),
                *('{"maxContextLength": 2000001}', '{"maxContextLength": 1.5}'),
            )
        ),
    ],
    "models_pricing_info_check": [
        *(MODEL.format(f"pricing_info = '{value}'") for value in ("[]", "null", "1")),
    ],
    "models_within_limit": [
        MODEL.format("context_length = 8193"),
        own_model("""'own-3', 'x', '{"maxContextLength": 8193}', 8193""", ", context_length"),
        """UPDATE models SET provider_id = providers.id FROM providers
        WHERE providers.identifier = 'own' AND models.identifier = 'gpt-6-astra'""",
    ],
    "models_default_key": [
        MODEL.format("is_default = true"),
        own_model("""'own-3', 'x', '{"maxContextLength": 1}', true""", ", is_default"),
    ],
    "models_provider_id_identifier_key": [MODEL.format("identifier = 'own-1'")],
    "models.provider_id": [
        MODEL.format("provider_id = NULL"),
        """INSERT INTO models (identifier, name, capabilities)
        VALUES ('x', 'x', '{"maxContextLength": 1}')""",
    ],
    "provider_templates_name_key": [TEMPLATE.format("name = 'OpenAI'")],
    "provider_templates_default_models_check": [
        *(TEMPLATE.format(f"default_models = '{value}'") for value in ("[]", "{}", "null", '"x"')),
    ],
    **{
        f"{table}.{column}": [update.format(f"{column} = NULL")]
        for table, update, columns in (
            ("providers", PROVIDER, ("status", "is_system", "created_at")),
            ("models", MODEL, ("status", "is_default", "created_at", "context_length")),
            ("provider_templates", TEMPLATE, ("is_system", "created_at")),
        )
        for column in columns
    },
    # An update sets it.
    "providers.updated_at": [
        """INSERT INTO providers (identifier, name, api_endpoint, auth_method, auth_config,
            capabilities, updated_at)
        SELECT 'own2', name, api_endpoint, auth_method, auth_config, capabilities, NULL
        FROM providers WHERE identifier = 'own'""",
    ],
    "models.updated_at": [
        own_model(f"'own-3', 'x', '{CAPABILITIES}', 1, NULL", ", context_length, updated_at")
    ],
    "provider_templates.updated_at": [
        f"""INSERT INTO provider_templates (name, provider_config, default_models, updated_at)
        VALUES ('x', '{CONFIG}', '[{{}}]', NULL)""",
    ],
}

ACCEPTED: Final = (
    PROVIDER.format("identifier = 'a-'"),
    PROVIDER.format("identifier = repeat('_', 50)"),
    PROVIDER.format("api_endpoint = 'HTTP://[::1]:8080/{path}?a=b'"),
    PROVIDER.format("api_endpoint = 'https://{tenant}.example.org'"),
    "UPDATE providers SET api_endpoint = 'https://a/{x}' WHERE identifier = 'openai'",
    auth("api_key", '{"type": "api_key", "fields": {"apiKey": {}, "more": {}}}'),
    auth(
        "oauth2",
        '{"type": "oauth2", "fields": {"clientId": {}, "clientSecret": {}, "tokenUrl": {}}}',
    ),
    auth(
        "aws_iam",
        '{"type": "aws_iam", "fields": {"accessKeyId": {}, "secretAccessKey": {}, "region": {}}}',
    ),
    with_("maxContextLength", "2000000"),
    with_("maxContextLength", "8192"),
    MODEL.format("context_length = 8192, identifier = 'A.b_c/d:e-1'"),
    own_model(f"repeat('x', 100), 'x', '{CAPABILITIES}', 1", ", context_length"),
    MODEL.format("pricing_info = '{}'"),
    """UPDATE models SET is_default = false WHERE identifier = 'own-1';
    UPDATE models SET is_default = true WHERE identifier = 'own-2'""",
    """WITH provider AS (UPDATE providers SET capabilities = capabilities ||
            '{"maxContextLength": 9000}' WHERE identifier = 'own' RETURNING id)
    INSERT INTO models (provider_id, identifier, name, context_length, capabilities)
    SELECT id, 'own-3', 'x', 9000, '{"maxContextLength": 9000}' FROM provider""",
    """UPDATE models SET context_length = 10 WHERE identifier = 'own-1';
    UPDATE providers SET capabilities = capabilities || '{"maxContextLength": 10}'
    WHERE identifier = 'own'""",
    "DELETE FROM providers WHERE identifier = 'own'",
    "UPDATE models SET name = 'x'",
    "UPDATE providers SET name = 'x'",
)


@pytest.fixture
def own(migrated: Database) -> Database:
    """A database at head with a provider of an operator's."""
    run(migrated, OWN)
    return migrated


def refusal(cursor: psycopg2.extensions.cursor, statement: str) -> str:
    """The rule that refuses a statement, or nothing; nothing is left of the statement."""
    cursor.execute("BEGIN")
    try:
        cursor.execute(statement)
    except psycopg2.IntegrityError as error:
        found = error.diag
        return found.constraint_name or f"{found.table_name}.{found.column_name}"
    else:
        return "" if cursor.rowcount else "no row was touched"
    finally:
        cursor.execute("ROLLBACK")


def test_what_breaks_a_rule_is_refused(own: Database) -> None:
    """In PostgreSQL 18 what may not be NULL is a constraint with a name of its own."""
    before = contents(own)

    with closing(own.connect()) as connection, connection.cursor() as cursor:
        found = {
            statement: (rule, refusal(cursor, statement))
            for rule, statements in REFUSED.items()
            for statement in statements
        }

    def said(rule: str) -> str:
        return rule.replace(".", "_") + "_not_null" if "." in rule else rule

    wrong = {
        statement: refused
        for statement, (rule, refused) in found.items()
        if refused not in {rule, said(rule)}
    }
    assert wrong == {}
    assert contents(own) == before


def test_what_keeps_the_rules_is_accepted(own: Database) -> None:
    with closing(own.connect()) as connection, connection.cursor() as cursor:
        found = {statement: refusal(cursor, statement) for statement in ACCEPTED}

    assert {statement: refused for statement, refused in found.items() if refused} == {}


LOWER: Final = with_("maxContextLength", "8192")
ADD: Final = own_model("""'own-3', 'x', '{"maxContextLength": 9000}', 9000""", ", context_length")


@pytest.mark.parametrize(("first", "second"), [(LOWER, ADD), (ADD, LOWER)])
def test_limits_hold_between_two_at_once(own: Database, first: str, second: str) -> None:
    """Who comes second waits, and then finds what the first has made."""
    run(own, with_("maxContextLength", "9000"))
    with closing(own.connect()) as one, closing(own.connect()) as two:
        one.autocommit = False
        one.cursor().execute(first)
        other = two.cursor()
        other.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            other.execute(second)
        one.commit()
        with pytest.raises(psycopg2.errors.CheckViolation):
            other.execute(second)


@pytest.mark.parametrize(("first", "second"), [(LOWER, ADD), (ADD, LOWER)])
def test_limits_hold_in_an_old_snapshot(own: Database, first: str, second: str) -> None:
    """Where what the first has made cannot be seen, the second is refused."""
    run(own, with_("maxContextLength", "9000"))
    with closing(own.connect()) as two:
        two.set_session(isolation_level="REPEATABLE READ", autocommit=False)
        other = two.cursor()
        other.execute("SELECT FROM models")
        run(own, first)
        with pytest.raises(
            (psycopg2.errors.SerializationFailure, psycopg2.errors.FeatureNotSupported)
        ):
            other.execute(second)


@pytest.mark.usefixtures("powerless")
def test_limits_hold_for_anybody(own: Database) -> None:
    """For a role that may write models alone, whatever its search_path and temporary tables."""
    run(own, "GRANT SELECT, INSERT ON models TO powerless; GRANT SELECT ON providers TO powerless")
    provider = own.value("SELECT id FROM providers WHERE identifier = 'own'")
    with closing(own.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION AUTHORIZATION powerless")
        cursor.execute("CREATE TEMP TABLE providers (id uuid, capabilities jsonb)")
        cursor.execute("SET search_path = ''")
        add = """INSERT INTO public.models
            (provider_id, identifier, name, context_length, capabilities)
            VALUES (%s, 'x', 'x', %s, '{"maxContextLength": 9000}')"""
        with pytest.raises(psycopg2.errors.CheckViolation, match="above its provider's"):
            cursor.execute(add, (provider, 9000))
        cursor.execute(add, (provider, 8192))


def test_messages_say_what_to_do(own: Database) -> None:
    for statement, message in (
        (MODEL.format("context_length = 9000"), "context_length 9000 of model own-2 is above its"),
        (with_("maxContextLength", "1"), "of provider own is below the context_length 8192"),
        ("DELETE FROM providers WHERE identifier = 'openai'", "system provider openai cannot be"),
    ):
        with pytest.raises(psycopg2.IntegrityError, match=message) as caught:
            run(own, statement)
        assert caught.value.diag.message_hint
