"""A sequence of the database, and what of it has to be said to make it again. Pure."""

from __future__ import annotations

from typing import NamedTuple

_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
# What can be said of a sequence: in SQL, and what it is when nothing is said.
OPTIONS = {
    "increment": ("INCREMENT BY {}", 1),
    "start": ("START WITH {}", 1),
    "minvalue": ("MINVALUE {}", 1),
    "maxvalue": ("MAXVALUE {}", None),
    "cache": ("CACHE {}", 1),
    "cycle": ("CYCLE", False),
}


class Sequence(NamedTuple):
    """What gives a column its numbers; `name` is as SQL has it."""

    name: str
    type: str
    increment: int
    start: int
    minvalue: int
    maxvalue: int
    cache: int
    cycle: bool

    @property
    def unusual(self) -> list[str]:
        """The options that are not as PostgreSQL would have them for this type."""
        usual = {name: value for name, (_, value) in OPTIONS.items()}
        usual["maxvalue"] = _LARGEST[self.type]
        return [name for name, value in usual.items() if getattr(self, name) != value]

    @property
    def options(self) -> str:
        """These, as SQL has them."""
        return "".join(f" {OPTIONS[name][0].format(getattr(self, name))}" for name in self.unusual)
