r"""Text for the eyes of people: what would steer a terminal, or hide in it, is shown as `\x1b`.

Names, files and servers may hold escape sequences, characters that turn the direction of writing,
and others without a width. Whatever goes to stdout or stderr passes the streams of this module.
"""

from __future__ import annotations

import contextlib
import re
import sys

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_DELETE = 0x7F
_LAYOUT = "\n\t"
_CUT = "..."
_SPACED = dict.fromkeys(map(ord, "\t\n\r\f\v"), " ")
_PAINT = re.compile("(\x1b\\[(?:0|3[1-3])m)")


def printable(text: str, kept: str = _LAYOUT) -> str:
    """A text with escapes for all that is no visible character: printable Unicode stays.

    Args:
        text: whatever it is.
        kept: what stays beside.
    """
    visible = text
    for each in kept:
        visible = visible.replace(each, "")
    if visible.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in kept or _is_blank(letter) else _escape(letter)
        for letter in text
    )


def printable_line(text: str) -> str:
    """The same for what stands on one line: a name or a path may hold line breaks."""
    return printable(text, "")


def on_one_line(text: str) -> str:
    """A text of several lines as one."""
    return printable_line(" ".join(filter(None, text.translate(_SPACED).split(" "))))


def cut_middle(text: str, width: int) -> str:
    """A text, without its middle where it is too long: names differ at their ends."""
    if len(text) <= width:
        return text
    front = max(0, width - len(_CUT)) // 3
    back = max(0, width - len(_CUT) - front)
    return (text[:front] + _CUT + text[len(text) - back :])[:width]


def paint(text: str, colour: str) -> str:
    """Some text in a colour, for a stream that lets colours through."""
    return f"\x1b[{colour}m{printable_line(text)}\x1b[0m"


def _is_blank(letter: str) -> bool:
    """Whether it is a space of another width, as French has one within quotes."""
    import unicodedata  # noqa: PLC0415 - which is rarely needed

    return unicodedata.category(letter) == "Zs"


def _escape(letter: str) -> str:
    number = ord(letter)
    if number < _DELETE:  # which JSON leaves as it is, and knows in its longer form alone
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004


class PrintableStream:
    """A stream that shows what is written to it so; all else is the stream's own.

    Args:
        stream: stdout or stderr.
    """

    def __init__(self, stream: TextIO) -> None:
        self.raw = stream
        self.flush, self.isatty = stream.flush, stream.isatty  # each line asks for these

    def __getattr__(self, name: str) -> object:
        return getattr(self.raw, name)

    def write(self, text: str) -> int:
        """Write a text."""
        self.raw.write(printable(text))
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Write some texts."""
        for line in lines:
            self.write(line)


def write_painted(stream: TextIO, text: str) -> None:
    """Write a text with its colours: those that `paint` makes, and nothing else."""
    raw = raw_stream(stream)
    for index, piece in enumerate(_PAINT.split(text)):
        (raw if index % 2 else stream).write(piece)


def raw_stream(stream: TextIO) -> TextIO:
    """The stream that one of these writes to, for what is our own."""
    return stream.raw if isinstance(stream, PrintableStream) else stream


def printable_stream(stream: TextIO) -> TextIO:
    """Such a stream of a stream, which may be one already, or be closed and None."""
    if not stream or isinstance(stream, PrintableStream):
        return stream
    return PrintableStream(stream)  # type: ignore[return-value] # as far as it is used


@contextlib.contextmanager
def printable_output() -> Iterator[None]:
    """Let stdout and stderr be such streams; for a traceback too, that ends the process."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(printable_stream, before)
    yield
    sys.stdout, sys.stderr = before
