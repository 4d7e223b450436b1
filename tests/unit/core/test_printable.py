"""printable: what would steer a terminal, or hide in it, is shown; all else stays as it is."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import pytest

from promptlib.core.printable import (
    PrintableStream,
    on_one_line,
    paint,
    printable,
    printable_line,
    printable_output,
    printable_stream,
    raw_stream,
    write_painted,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x00\r\x08\x0b", "\\x00\\x0d\\x08\\x0b"),
        ("\x7f\x85\x9b31m", "\\u007f\\u0085\\u009b31m"),
        ("a\u202eb\u202c\u2066\u2069", "a\\u202eb\\u202c\\u2066\\u2069"),
        ("\u200e\u200f\u061c", "\\u200e\\u200f\\u061c"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("\u200b\u200c\u200d\u2060\ufeff\u00ad", "\\u200b\\u200c\\u200d\\u2060\\ufeff\\u00ad"),
        ("\U000e0041", "\\U000e0041"),
        ("\udc9b", "\\udc9b"),
        ("one\n\ttwo", "one\n\ttwo"),
        ("größe 日本 ”“ « x » \u3000 👍", "größe 日本 ”“ « x » \u3000 👍"),
        ("C:\\x1b", "C:\\x1b"),
    ],
)
def test_what_is_no_visible_character_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


def test_none_of_the_characters_that_steer_or_hide_is_left() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    left = {unicodedata.category(each) for each in set(printable_line(every))}
    assert not left & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_line_has_no_breaks() -> None:
    assert printable_line("a\nb\tc") == "a\\x0ab\\x09c"
    assert on_one_line(" a\r\n  b\tc\u2028d ") == "a b c\\u2028d"


def test_a_json_document_stays_one() -> None:
    document = {"".join(map(chr, range(0x300))): "\u202e\U000e0041"}
    assert json.loads(printable(json.dumps(document))) == document


def test_a_stream_shows_them_so() -> None:
    inner = io.StringIO()
    stream = printable_stream(inner)
    assert stream.write("a\x1b\n") == 3
    print("b\u202e", file=stream)
    stream.writelines(["c\x07", "d\n"])
    assert stream.isatty() is False
    assert inner.getvalue() == "a\\x1b\nb\\u202e\nc\\x07d\n"
    assert raw_stream(stream) is raw_stream(inner) is inner
    assert printable_stream(stream) is stream


def test_colours_are_the_only_ones_that_pass() -> None:
    inner = io.StringIO()
    write_painted(printable_stream(inner), paint("a\x1b[2J", "31") + "b\x1b[2J\x1b[35m")
    assert inner.getvalue() == "\x1b[31ma\\x1b[2J\x1b[0mb\\x1b[2J\\x1b[35m"


def test_stdout_and_stderr_are_such_streams_for_a_while(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with printable_output():
        assert isinstance(sys.stdout, PrintableStream)
        sys.stdout.write("a\x1b\n")
        sys.stderr.write("b\x1b\n")
    sys.stdout.write("c\x1b\n")
    assert capsys.readouterr() == ("a\\x1b\nc\x1b\n", "b\\x1b\n")
    monkeypatch.setattr(sys, "stderr", None)  # somebody has closed it
    with printable_output():
        assert sys.stderr is None
