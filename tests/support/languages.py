"""A server whose messages are translated: Debian's, with locales made for it."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.servers import Server

LANGUAGES = ("de_DE", "fr_FR", "ja_JP", "ru_RU")
_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_CATALOGS = Path("/usr/share/locale/de/LC_MESSAGES")


def is_translated() -> bool:
    """Whether there is such a server, and what makes its locales."""
    catalogs = [*_CATALOGS.glob("postgres-*.mo")]
    return bool(_BINARIES and catalogs and Path("/usr/share/i18n/locales/de_DE").exists())


@contextlib.contextmanager
def translated_server() -> Iterator[Server]:
    """Run it."""
    with tempfile.TemporaryDirectory(prefix="promptlib-locales-") as locales:
        Path(locales).chmod(0o755)
        # Translations are found by a locale's name: what else is in it is the same for all.
        made = Path(locales, "one")
        command = ["localedef", "--no-archive", "-f", "UTF-8", "-i", "C", str(made)]
        subprocess.run(command, check=True, capture_output=True)
        for language in LANGUAGES:
            Path(locales, f"{language}.UTF-8").symlink_to(made)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LOCPATH", locales)
            with servers.started(_BINARIES[-1], "translated") as server:
                yield server
