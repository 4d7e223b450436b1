"""BEGIN, COMMIT and the like, which a migration leaves to promptlib: found, and refused at once."""

from __future__ import annotations

import itertools

from promptlib.core.errors import LexicalError
from promptlib.core.light import TYPE_CHECKING
from promptlib.syntax.alone import Effect, read_alone
from promptlib.syntax.lexemes import NAME, byte_pattern
from promptlib.syntax.statements import bare_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptlib.syntax.statements import Statement, Statements

# First word -> the second, where the first alone may mean something else.
_COMMANDS = {
    **dict.fromkeys(("ABORT", "BEGIN", "COMMIT", "END", "RELEASE", "ROLLBACK", "SAVEPOINT"), ""),
    **dict.fromkeys(("START", "PREPARE", "SET"), "TRANSACTION"),
}
# To know at a glance that a statement is none of those, as most are.
_SUSPECT = byte_pattern(rf"(?i:{'|'.join(_COMMANDS)})(?!{NAME})")


def transaction_command(text: bytes, statement: Statement) -> str:
    """What a statement does to the transaction, as `COMMIT`; nothing, if it leaves that alone."""
    if not _SUSPECT.match(text, statement.head):
        return ""
    words = bare_words(text, statement)
    first = next(words)
    second = _COMMANDS[first]
    return f"{first} {second}".rstrip() if second in ("", next(words, "")) else ""


def refuse_commands(text: bytes, found: Sequence[tuple[Statements, int]]) -> LexicalError:
    """The error that tells of all of them.

    Args:
        text: of the file.
        found: at least one: the statements of its section, and which of them it is.
    """
    first, *others = (_refusal(text, *each) for each in found)
    return first.but(others=tuple(others))


def _refusal(text: bytes, statements: Statements, index: int) -> LexicalError:
    command = transaction_command(text, statements[index])
    what = f"{command} is not for a migration: promptlib begins and ends its transaction"
    remedy = _instead_of_commit(text, statements, index) if command in ("COMMIT", "END") else ""
    return LexicalError(what, remedy or "remove it", statements[index].head)


def _instead_of_commit(text: bytes, statements: Statements, index: int) -> str:
    """What to do where something follows; nothing, where nothing does."""
    following = (statements[number] for number in range(index + 1, len(statements)))
    behind = next((each for each in following if not transaction_command(text, each)), None)
    if not behind:
        return ""
    if alone := _takes_no_transaction(text, behind):
        return f"put {alone} into a file of its own, with transaction:false behind its marker"
    return "remove it; or put what follows into a file of its own, which commits by itself"


def _takes_no_transaction(text: bytes, statement: Statement) -> str:
    """The first words of a statement that no transaction takes; nothing for any other."""
    alone = read_alone(text, statement)
    words = [*itertools.islice(bare_words(text, statement), 4)]
    if alone.is_concurrent and "CONCURRENTLY" in words:
        return " ".join(words[: words.index("CONCURRENTLY") + 1])
    if alone.is_concurrent or alone.effect in (Effect.MAKES, Effect.DROPS):
        return " ".join(words[:2])
    return "VACUUM" if words[:1] == ["VACUUM"] else ""
