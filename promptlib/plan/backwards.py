"""Which migrations a rollback takes back, and which version the database is at then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import PromptlibError

if TYPE_CHECKING:
    from promptlib.plan.states import Entry
    from promptlib.plan.status import Standing

BASE = "base"


class Rollback(NamedTuple):
    """What to take back, newest first, and where that ends."""

    entries: list[Entry]
    end: str


def last(standing: Standing, count: int) -> Rollback:
    """The last migrations.

    Raises:
        PromptlibError: when there are fewer.
    """
    candidates = _candidates(standing)
    if count > len(candidates):
        number = f"only {len(candidates)}" if candidates else "no"
        raise PromptlibError(
            f"{number} migration{'s' * (len(candidates) != 1)} can be taken back",
            "promptlib executed shows them",
        )
    return _to_the_end(standing, candidates[:count])


def after(standing: Standing, version: str) -> Rollback:
    """All after a version, which may be shortened, or `base`; perhaps none."""
    end = "" if version == BASE else standing.version(version)
    return _to_the_end(
        standing,
        [
            entry
            for entry in _candidates(standing)
            if entry.version > end or entry not in standing.applied
        ],
    )


def _candidates(standing: Standing) -> list[Entry]:
    """What can be taken back, newest first; what was cut off goes before all else."""
    half = {each.version for each in standing.ledger.half_done}
    begun = [entry for entry in standing.waiting if entry.version in half]
    return [*begun[:1], *reversed(standing.applied)]


def _to_the_end(standing: Standing, entries: list[Entry]) -> Rollback:
    rest = [entry.version for entry in standing.applied if entry not in entries]
    return Rollback(entries, max(rest, default=BASE))
