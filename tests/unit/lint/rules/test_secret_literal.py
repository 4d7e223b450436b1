"""secret_literal: what looks like a key or a token, and what does not."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.secret_literal import find_secrets
from support.lint_texts import columns, migration_text


def _random(length: int) -> str:
    return ("a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0" * 3)[:length]


# Put together here, so that who looks for secrets in this repository finds none.
_SECRETS = {
    "an OpenAI API key": ["sk-" + _random(48), "sk-proj-" + _random(60)],
    "an Anthropic API key": ["sk-ant-" + "api03-" + _random(40)],
    "an AWS access key": ["AKIA" + "IOSFODNN7EXAMPLE"],
    "a GitHub token": ["ghp_" + _random(36), "github_pat_" + _random(50)],
    "a GitLab token": ["glpat-" + _random(20)],
    "a Google API key": ["AIza" + _random(35)],
    "a Groq API key": ["gsk_" + _random(52)],
    "a Hugging Face token": ["hf_" + _random(34)],
    "a Slack token": ["xoxb-" + "1234567890-" + _random(24)],
    "a Stripe key": ["sk_live_" + _random(24)],
    "a private key": ["-----BEGIN " + "RSA PRIVATE KEY-----", "-----BEGIN " + "PRIVATE KEY-----"],
    "a JSON Web Token": ["eyJ" + _random(30) + ".eyJ" + _random(40) + "." + _random(40)],
}


@pytest.mark.parametrize(
    ("kind", "secret"), [(kind, each) for kind, secrets in _SECRETS.items() for each in secrets]
)
@pytest.mark.parametrize("form", ["SELECT '{}';", "SELECT $${}$$;", 'SELECT \'{{"k":"{}"}}\';'])
def test_secrets_are_found_and_not_shown(form: str, kind: str, secret: str) -> None:
    up = form.format(secret)
    text = migration_text(up.rstrip(";"), f"SELECT 1 -- {secret}\n")
    inside, in_a_comment = find_secrets(text)
    assert inside.message == in_a_comment.message == f"this looks like {kind}"
    assert columns(find_secrets, text) == ([up.index(secret) + 1], [13])
    assert secret not in str(inside)


@pytest.mark.parametrize(
    "text",
    [
        *("sk-", "sk-short", "sk-learn-is-a-library-of-python", "task-" + _random(40)),
        *("sk-" + "…" * 30, "AKIA", "XAKIA" + "IOSFODNN7EXAMPLE", "AKIA" + _random(30).lower()),
        *("ghp_", "AIza", "xoxo-hugs", "sk_test_" + _random(24), "-----BEGIN CERTIFICATE-----"),
        *("-----BEGIN PUBLIC KEY-----", "eyJ.eyJ.x", "{{apiKey}}", "a" * 64, "0123456789" * 9),
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_other_literals_are_no_secrets(text: str) -> None:
    assert columns(find_secrets, migration_text(f"SELECT '{text}'")) == ([], [])
