"""What looks like an API key, a token or a private key. It is never shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptlib.lint.migration_text import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText

_WORD_BEFORE = r"(?<![0-9A-Za-z_-])"
# What secrets look like, by what they are: the shapes that their makers and secret scanners tell.
_SECRETS = {
    "an Anthropic API key": r"sk-ant-[0-9A-Za-z_-]{16,}",
    "an OpenAI API key": r"sk-(?:[0-9A-Za-z]{20,}|(?:proj|svcacct|admin|or-v1)-[0-9A-Za-z_-]{20,})",
    "an AWS access key": r"(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])",
    "a GitHub token": r"gh[opsru]_[0-9A-Za-z]{30,}|github_pat_[0-9A-Za-z_]{22,}",
    "a GitLab token": r"glpat-[0-9A-Za-z_-]{20,}",
    "a Google API key": r"AIza[0-9A-Za-z_-]{35}",
    "a Groq API key": r"gsk_[0-9A-Za-z]{40,}",
    "a Hugging Face token": r"hf_[0-9A-Za-z]{30,}",
    "a Slack token": r"xox[abeoprs]-[0-9A-Za-z-]{10,}",
    "a Stripe key": r"[rs]k_live_[0-9A-Za-z]{16,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a JSON Web Token": r"eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
}
_SECRET = re.compile(
    f"{_WORD_BEFORE}(?:{'|'.join(f'({each})' for each in _SECRETS.values())})".encode()
)


def find_secrets(text: MigrationText) -> Iterator[Complaint]:
    """Yield each secret, wherever it stands in the file: a comment shows it too."""
    kinds = [*_SECRETS]
    for found in _SECRET.finditer(text.source):
        assert found.lastindex  # one of them matched
        what = f"this looks like {kinds[found.lastindex - 1]}"
        remedy = "take it out, and revoke it if it was ever committed"
        yield Complaint(found.start(), what, remedy)
