"""What PostgreSQL's programs say of a server's errors, without the data that it quotes.

They hand on no SQLSTATE. The labels before the parts are libpq's, in English, for the programs run
so; what stands behind them is in the server's language.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.masking import MASK, mask_sql
from promptlib.postgres.masking_context import OPEN, QUOTED, mask_context, mask_quoted
from promptlib.postgres.server_words import are_known
from promptlib.syntax.lexemes import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_COMMAND = "\nCommand was: "
_BY_COMMAND = "could not execute query: "
# Behind what the program says, a severity in the server's language.
_SAID = lazy_pattern(r"(?:\A|: |\n)\w[\w ]*:  ")
_PART = lazy_pattern(r"\n(?=(?:DETAIL|HINT|QUERY|CONTEXT|LINE \d+): )")
_LABEL = lazy_pattern(r"[A-Z]+(?: \d+)?:\s*")
_PARENTHESES = lazy_pattern(r"\([\s\S]*\)|\([\s\S]*")
_UNCLOSED = lazy_pattern(rf"({OPEN})[\s\S]*")
_BYTES = lazy_pattern(r"(?:0x[0-9a-fA-F]+ ?)+")
_WORD = lazy_pattern(r"\w+")


def words_of(text: str) -> frozenset[str]:
    """The words in a text, in small letters."""
    return frozenset(_WORD.findall(text.casefold()))


def mask_program_words(said: str, names: Collection[str]) -> str:
    """Mask the values in an error.

    Args:
        said: one error, as a program wrote it.
        names: words that may be shown, in small letters.
    """
    if not (begun := _SAID.search(said)):
        return said  # it is the program's own
    text, command = said, ""
    if _BY_COMMAND in said[: begun.end()] and _COMMAND in said:
        text, _, command = said.rpartition(_COMMAND)
    own, text = text[: begun.end()], text[begun.end() :]
    shown = own + "\n".join(_masked_parts(text, {*names, *words_of(command)}, command))
    return f"{shown}{_COMMAND}{mask_sql(command, with_numbers=True)[0]}" if command else shown


def _masked_parts(text: str, names: Collection[str], command: str) -> Iterator[str]:
    """What may be shown of each part of an error.

    A value may hold what looks like the next part: behind a part with values there is nothing.
    """
    for part in _PART.split(text):
        if part.startswith("LINE "):
            continue  # of the command
        if part.startswith("CONTEXT"):
            yield mask_context(part, command, with_quoted=True)
            return
        label = found[0] if (found := _LABEL.match(part)) else ""
        shown = label + _mask(part[len(label) :], names, is_detail=part.startswith("DETAIL"))
        yield shown
        if shown != part:
            return


def _mask(text: str, names: Collection[str], *, is_detail: bool) -> str:
    text = _BYTES.sub(MASK, text)
    if is_detail:
        text = _PARENTHESES.sub(f"({MASK})", text)
    if are_known(text, names):
        return text
    return mask_quoted(text) if QUOTED.search(text) else _UNCLOSED.sub(rf"\1{MASK}", text)
