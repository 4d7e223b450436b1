"""The parts of a new migration's name: the time as a version, the title as a slug. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from promptlib.core.errors import PromptlibError

_LONGEST_SLUG = 60


def next_version(newest: str, now: datetime) -> str:
    """A time as a version, or the second behind the newest one if that is later.

    Raises:
        PromptlibError: at the end of time.
    """
    version = now.strftime("%Y%m%d%H%M%S")
    if version > newest:
        return version
    latest = datetime.strptime(newest, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    try:
        return (latest + timedelta(seconds=1)).strftime("%Y%m%d%H%M%S")
    except OverflowError:
        raise PromptlibError(
            f"no version is later than {newest}", "rename that migration if it ran nowhere yet"
        ) from None


def slug_of_title(title: str) -> str:
    """A title in a-z, 0-9 and _.

    Raises:
        PromptlibError: when nothing of it is left.
    """
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub("[^a-z0-9]+", "_", plain)[:_LONGEST_SLUG].strip("_")
    if not slug:
        raise PromptlibError(
            f"no name can be made of {title!r}", "describe the migration in letters a-z or digits"
        )
    return slug
