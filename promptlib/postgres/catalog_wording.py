"""Two catalogs of one schema, one of which was dumped and restored: what differs but in wording.

PostgreSQL keeps an expression as it understood it, and tells it with the casts that it made. Read
once more, some casts stand elsewhere: `('{a}'::varchar[])::text[]` becomes `ARRAY['a'::text]`.
"""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.catalog import catalog_difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptlib.postgres.catalog import CatalogKey

_WORD = r'(?:"(?:[^"]|"")+"|\w+)'
_CAST = re.compile(
    r"::(?:character varying|bit varying|double precision"
    r"|time(?:stamp)?(?:\(\d+\))? with(?:out)? time zone"
    rf"|{_WORD}(?:\.{_WORD})?)(?:\([\d, ]+\))?(?:\[\])*"
)
_BRACKETS = str.maketrans("", "", "() \n\t")


def difference_beyond_wording(
    before: Mapping[CatalogKey, str], after: Mapping[CatalogKey, str]
) -> Iterator[str]:
    """Say what is lost, left over or another, as `catalog_difference` does.

    Args:
        before: what was.
        after: what is.
    """
    alike = {
        key
        for key in before.keys() & after.keys()
        if before[key] != after[key] and _meaning(before[key]) == _meaning(after[key])
    }
    as_before = {key: before[key] for key in alike}
    yield from catalog_difference(before, {**after, **as_before})


def _meaning(definition: str) -> str:
    """A definition without casts, brackets and white space."""
    return _CAST.sub("", definition).translate(_BRACKETS)
