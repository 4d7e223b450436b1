"""PostgreSQL's lexemes as regular expressions, to build others from; and a literal as we write it.

The expressions take whole runs of text at once: a loop over characters would be some hundred times
slower. Possessive repeats keep them from going back, so each is linear. A group so repeated is
atomic, `(?>...)*+`, as CPython before 3.11.5 goes wrong where a plain one fails halfway
(gh-106052), and `(?>(?:...)*)` would keep some 200 bytes for every round. The rules are those of
src/backend/parser/scan.l, with standard_conforming_strings on.
"""

from __future__ import annotations

import itertools
import re

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WHITE = b" \t\n\r\f\v"
SPACE = r"[ \t\n\r\f\v]"
# What is not ASCII is a letter. A set that says so by exclusion is fast to compile and to match.
LETTER = r"[^\x00-@\[-^`{-\x7f]"
NAME = r"[^\x00-#%-/:-@\[-^`{-\x7f]"  # what may follow it in a word: digits and $ too
WORD = rf"{LETTER}{NAME}*+"
# A branch that begins with a character is skipped at once where another one stands: so each looks
# behind after its quote.
STRING = rf"'(?:(?<![eE]')|(?<={NAME}[eE]'))[^']*+(?>''[^']*+)*+'"
_ESCAPED = r"[^'\\]*+(?>(?:\\[\s\S]|'')[^'\\]*+)*+'"
# Strings that stand on following lines continue the first one, with its escapes.
_NEXT_LINE = rf"[ \t\f\v]*+(?:--[^\n\r]*+)?[\n\r](?>{SPACE}|--[^\n\r]*+[\n\r])*+'"
ESCAPE_STRING = (
    rf"'(?<=[eE]')(?<!{NAME}[eE]'){_ESCAPED}(?>{_NEXT_LINE}{_ESCAPED})*+(?!{_NEXT_LINE})"
)
QUOTED_NAME = r'"[^"]*+(?>""[^"]*+)*+"'
_TAG = rf"(?:{LETTER}[^\x00-/:-@\[-^`{{-\x7f]*+)?"
DOLLAR_QUOTE = rf"\${_TAG}\$"
DOLLAR = rf"\$(?:(?<={NAME}\$)|(?!{_TAG}\$))"  # one in a name, or that begins no quote
LINE_COMMENT = r"--[^\n\r]*+"
_COMMENT_TEXT = r"[^*/]++|\*(?!/)|/(?!\*)"
_INNER_COMMENT = rf"/\*(?>{_COMMENT_TEXT})*+\*/"
BLOCK_COMMENT = rf"/\*(?>{_COMMENT_TEXT}|{_INNER_COMMENT})*+\*/"  # deeper ones must be counted
GAP = rf"(?>{SPACE}++|{LINE_COMMENT}|{BLOCK_COMMENT})++"


class _Lazy:
    """A pattern that is compiled when one of its methods is first asked for."""

    def __init__(self, pattern: str | bytes, flags: re.RegexFlag) -> None:
        self._pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        found: object = getattr(re.compile(self._pattern, self._flags), name)
        setattr(self, name, found)  # so that it is not asked for again
        return found


def lazy_pattern(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """Build a pattern that costs nothing until it is used: these take milliseconds to compile."""
    return _Lazy(pattern, flags)  # type: ignore[return-value] # in all but its class


def lazy_bytes(pattern: bytes, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[bytes]:
    """The same for bytes."""
    return _Lazy(pattern, flags)  # type: ignore[return-value] # likewise


def byte_pattern(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[bytes]:
    """Build such a pattern for UTF-8: a byte beyond ASCII is a letter, as it is for PostgreSQL."""
    return _Lazy(pattern.encode("ascii"), flags)  # type: ignore[return-value] # likewise


def quote_literal(text: str) -> str:
    """A text as PostgreSQL reads it, whatever standard_conforming_strings says."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in quoted else quoted


def quote_array(texts: Iterable[str]) -> str:
    """Some texts as an array of PostgreSQL's."""
    return f"ARRAY[{', '.join(map(quote_literal, texts))}]::pg_catalog.text[]"


def do_block(body: str) -> str:
    """An anonymous block: no name in it, whatever that is, ends the quote around it."""
    tags = (f"${'_' * length}$" for length in itertools.count())
    tag = next(tag for tag in tags if tag not in body)
    return f"DO {tag}\n{body}\n{tag}"


def quote_name(*parts: str) -> str:
    """A name as PostgreSQL reads it, whatever is in it; its schema first, if it has one."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
