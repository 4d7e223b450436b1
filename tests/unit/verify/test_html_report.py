"""The page of `promptlib verify --html`, in a real Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from promptlib.verify.html_report import render_page
from promptlib.verify.report import Finding, MeasuredStatement, Proof, StrongestLock, VerifyReport
from support import browser

if TYPE_CHECKING:
    from pathlib import Path

_NASTY = """<script>document.title = "hacked"</script><img src="x">&amp;${7*7}</pre>'"\u202e"""
_LONG = "x" * 200
_LEGEND = "+ is left over by DOWN, - is lost by it"
_WORST = "blocks reads and writes and rewrites a table"
_ONE, _TWO, _THREE = "20250101000001", "20250101000002", "20250101000003"


def _lock(table: str, mode: str, *, rewritten: bool = False) -> StrongestLock:
    return StrongestLock(table, f"{mode}Lock", rewritten)


def _proof(version: str, **more: Any) -> Proof:
    empty = Proof(version, "make_a", f"sql/{version}_make_a.sql", "", "", (), (), (), 0.012)
    return empty._replace(**more)


_CLEAN = _proof(
    _ONE,
    up="CREATE TABLE a (i int);\n",
    down="\nDROP TABLE a;\n",
    statements=(
        MeasuredStatement("up", f"sql/{_ONE}_make_a.sql:2:1", "CREATE TABLE a (i int)", 0.004, ()),
        MeasuredStatement(
            "up", f"sql/{_ONE}_make_a.sql:3:1", "CREATE INDEX b_i ON b (i)", 1.26,
            (_lock("b", "Share"), _lock("c", "RowExclusive")),
        ),
        MeasuredStatement(
            "down", f"sql/{_ONE}_make_a.sql:6:1", "DROP TABLE b", 0.002,
            (_lock("b", "AccessExclusive"),),
        ),
    ),
)  # fmt: skip
_WRONG = _proof(
    _TWO,
    name="mend_a",
    up=f"SELECT '{_NASTY}', '{_LONG}';",
    down=_NASTY,
    statements=(
        MeasuredStatement(
            "up", f"sql/{_TWO}_make_a.sql:2:1", f"ALTER TABLE {_LONG} {_NASTY}", 0.1,
            (_lock(_LONG, "AccessExclusive", rewritten=True),),
        ),
    ),
    findings=(
        Finding(f"sql/{_TWO}_make_a.sql", "DOWN leaves something", (" a", f"+b {_LONG}", "-c")),
        Finding(f"sql/{_TWO}_make_a.sql:7:3", f"no such table; {_NASTY}\nsecond line", ()),
        Finding(_LONG, _LONG, (_NASTY,)),
    ),
    lost=(f"the column a.{_LONG}", _NASTY),
)  # fmt: skip
_REPORT = VerifyReport("PostgreSQL 18.4", (_CLEAN, _WRONG, _proof(_THREE)), 62.5)


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """The page of a report with whatever there can be."""
    return _written(tmp_path, _REPORT)


def _written(folder: Path, report: VerifyReport) -> Path:
    path = folder / "page.html"
    path.write_text(render_page(report), encoding="utf-8")
    return path


_OPENING = "page.querySelectorAll('details').forEach(each => each.open = true)"


def _texts(path: Path, *selectors: str) -> list[list[str]]:
    """What a reader sees of some elements, by selector, who has opened every migration."""
    texts = "{}.map(some => [...page.querySelectorAll(some)].map(each => each.innerText))"
    return list(browser.value(path, f"({_OPENING}, {texts.format([*selectors])})"))


def test_the_summary(shown: Path) -> None:
    verdict, findings, risks = _texts(shown, "title, #verdict", "#findings li", "#risks tbody td")
    assert verdict == [
        "3 findings in 1 of 3 migrations",
        "3 findings in 1 of 3 migrations\nPostgreSQL 18.4, in 1 min 2 s",
    ]
    assert findings == [
        f"sql/{_TWO}_make_a.sql: DOWN leaves something",
        f"sql/{_TWO}_make_a.sql:7:3: no such table; {_NASTY}",
        f"{_LONG}: {_LONG}",
    ]
    assert risks == [
        *(_LONG, "ACCESS EXCLUSIVE blocks reads and writes, table rewritten"),
        f"UP ALTER TABLE {_LONG} {_NASTY} 100 ms",
        *("b", "SHARE blocks writes", "UP CREATE INDEX b_i ON b (i) 1.3 s"),
        *("b", "ACCESS EXCLUSIVE blocks reads and writes", "DOWN DROP TABLE b 2 ms"),
    ]


def test_migrations_are_closed_unless_something_is_wrong(shown: Path) -> None:
    (summaries,) = _texts(shown, "summary")
    assert summaries == [
        f"✓ {_ONE} make a blocks reads and writes, 12 ms",
        f"✗ {_TWO} mend a 3 findings, loses data, {_WORST}, 12 ms",
        f"✓ {_THREE} make a 12 ms",
    ]
    opened = "[...page.querySelectorAll('details')].map(each => each.open)"
    assert browser.value(shown, opened) == [False, True, False]


def test_a_migration(shown: Path) -> None:
    (told,) = _texts(shown, f'[id="{_ONE}"] :is(p, pre, tbody td)')
    assert told == [
        f"sql/{_ONE}_make_a.sql",
        *("UP CREATE TABLE a (i int) line 2", "4 ms", ""),
        *("UP CREATE INDEX b_i ON b (i) line 3", "1.3 s"),
        "b SHARE blocks writes\nc ROW EXCLUSIVE blocks CREATE INDEX, no reads or writes",
        *("DOWN DROP TABLE b line 6", "2 ms", "b ACCESS EXCLUSIVE blocks reads and writes"),
        *("CREATE TABLE a (i int);", "DROP TABLE a;"),
    ]


def test_findings_and_losses(shown: Path) -> None:
    findings, changes, losses = _texts(
        shown, ".finding", ".finding ins, .finding del", "details li"
    )
    assert [[line for line in text.splitlines() if line] for text in findings] == [
        [*("DOWN leaves something", " a", f"+b {_LONG}", "-c", _LEGEND)],
        [*(f"no such table; {_NASTY}", "second line", "line 7")],
        [*(_LONG, _LONG, _NASTY)],
    ]
    assert changes == [f"+b {_LONG}", "-c"]
    assert losses == [f"the column a.{_LONG}", _NASTY]


def test_nothing_that_is_put_in_becomes_markup(shown: Path) -> None:
    facts = browser.value(
        shown,
        "[page.title, page.querySelectorAll('script, img, link, iframe, [style]').length,"
        " [...page.querySelectorAll('pre')].map(each => each.innerText)]",
    )
    assert facts[:2] == ["3 findings in 1 of 3 migrations", 0]
    assert _NASTY in facts[2]


def test_the_page_takes_nothing_from_elsewhere(shown: Path) -> None:
    """Nor could it, whatever somebody smuggled in."""
    assert browser.value(shown, "view.performance.getEntriesByType('resource')") == []
    (shown.parent / "image.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    )
    smuggled = "<img src='image.svg'><script>document.title = 'hacked'</script></body>"
    text = shown.read_text(encoding="utf-8").replace("</body>", smuggled)
    shown.write_text(text, encoding="utf-8")
    title, pixels = browser.value(shown, "[page.title, page.querySelector('img').naturalWidth]")
    assert (title, pixels) == ("3 findings in 1 of 3 migrations", 0)


@pytest.mark.parametrize("width", [browser.PHONE, 700, 1400])
def test_only_sql_scrolls_sideways(shown: Path, width: int) -> None:
    facts = browser.value(
        shown,
        f"({_OPENING}, ['html', 'pre', 'p', 'td', 'summary'].map(name => Math.max("
        "...[...page.querySelectorAll(name)].map(each => each.scrollWidth - each.clientWidth))))",
        width=width,
    )
    assert facts[0] == 0
    assert facts[1] > 0
    assert facts[2:] == [0] * 3


def test_a_phone_does_not_shrink_the_page(shown: Path) -> None:
    viewport = "page.querySelector('meta[name=viewport]').content"
    assert browser.value(shown, viewport) == "width=device-width, initial-scale=1"


def test_links_lead_to_what_they_name_and_open_it(shown: Path) -> None:
    ids, links = browser.value(
        shown,
        "[[...page.querySelectorAll('[id]')].map(each => each.id),"
        " [...page.querySelectorAll('a')].map(each => each.getAttribute('href'))]",
    )
    assert len(links) == 6
    assert {link[1:] for link in links} <= set(ids)
    assert len(set(ids)) == len(ids)
    anchor = f"{_ONE}-statement-2"
    assert f"#{anchor}" in links
    look = f"[page.querySelector('details').open, page.getElementById('{anchor}').innerText]"
    opened, text = browser.value(shown, look, anchor=anchor)
    assert opened
    assert "CREATE INDEX b_i" in text


def test_the_colours_are_those_that_the_reader_prefers(shown: Path) -> None:
    colours = "['color', 'backgroundColor'].map(each => view.getComputedStyle(page.body)[each])"
    light, dark = (
        [_brightness(each) for each in browser.value(shown, colours, scheme=scheme)]
        for scheme in ("light", "dark")
    )
    assert light[0] + 150 < light[1]
    assert dark[0] > dark[1] + 150


def _brightness(colour: str) -> float:
    numbers = [int(number) for number in re.findall(r"\d+", colour)]
    return sum(numbers) / len(numbers)


@pytest.mark.parametrize(
    ("proofs", "verdict"),
    [
        ((), "there was nothing to prove"),
        ((_proof(_ONE),), "DOWN undoes UP in 1 migration"),
        ((_proof(_ONE), _proof(_THREE)), "DOWN undoes UP in 2 migrations"),
        ((_proof(_ONE, findings=(_WRONG.findings[0],)),), "1 finding in 1 of 1 migration"),
    ],
)
def test_the_verdict(tmp_path: Path, proofs: tuple[Proof, ...], verdict: str) -> None:
    path = _written(tmp_path, VerifyReport("PostgreSQL 18.4", proofs, 1))
    told, risks = _texts(path, "#verdict strong", "#risks p")
    assert told == [verdict]
    assert risks == [
        "No statement blocks writes to a table that was there before, or rewrites one."
    ]


def test_tables_without_rows_are_named() -> None:
    page = render_page(VerifyReport("PostgreSQL", (_CLEAN,), 1.0, (("public.t", "<no>"),)))
    assert "<code>public.t</code>: &lt;no&gt;" in page
    assert "without made-up rows" not in render_page(VerifyReport("PostgreSQL", (_CLEAN,), 1.0))
