"""What can go wrong, told so that the reader knows what to do next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


class PromptlibError(Exception):
    """A problem that promptlib can explain: `place: what; remedy`, then a line for each note.

    Args:
        what: what is wrong, lower case, without a full stop.
        remedy: what to do about it; empty where `what` says it all.
        place: where it is, as `path`, `path:line` or `path:line:column`.
        notes: further lines: the offending line, the server's detail and hint.
    """

    def __init__(
        self, what: str, remedy: str = "", *, place: str = "", notes: Sequence[str] = ()
    ) -> None:
        self.what = what
        self.remedy = remedy
        self.place = place
        self.notes = tuple(notes)
        super().__init__(what)

    def __str__(self) -> str:
        summary = "; ".join(part for part in (self.what, self.remedy) if part)
        place = f"{self.place}: " if self.place else ""
        return "\n".join([place + summary, *self.notes])


class LexicalError(PromptlibError):
    """PostgreSQL text that cannot be cut into statements; whoever knows the file adds the place.

    Args:
        what: as in PromptlibError.
        remedy: as in PromptlibError.
        offset: where the offending character begins, in bytes.
    """

    def __init__(self, what: str, remedy: str, offset: int) -> None:
        super().__init__(what, remedy)
        self.offset = offset


def combine_errors(problems: Iterable[PromptlibError]) -> PromptlibError:
    """One error that shows them all, in the order given."""
    first, *others = problems
    notes = [*first.notes, *map(str, others)]
    return PromptlibError(first.what, first.remedy, place=first.place, notes=notes)


def error_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it came up after: a rollback may fail too."""
    found: BaseException | None = error
    while found:
        yield found
        found = found.__cause__ or found.__context__


def display_path(path: Path) -> str:
    """The path as a reader at the shell would type it: relative where it lies below here."""
    relative = os.path.relpath(path)
    text = str(path) if relative.startswith(os.pardir) else relative
    return "".join(letter if letter.isprintable() else "?" for letter in text)
