"""The page of `promptlib verify --html`, in a real Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from promptlib.verify.html_report import render_page
from promptlib.verify.report import Finding, MeasuredStatement, Proof, StrongestLock, VerifyReport
from support import browser
from support.browser import Look

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


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a report with whatever there can be."""
    return _written(tmp_path_factory.mktemp("shown"), _REPORT)


def _written(folder: Path, report: VerifyReport) -> Path:
    path = folder / "page.html"
    path.write_text(render_page(report), encoding="utf-8")
    return path


_OPENING = "page.querySelectorAll('details').forEach(each => each.open = true)"


def _texts(path: Path, *selectors: str) -> Look:
    """What a reader sees of some elements, by selector, who has opened every migration."""
    texts = "{}.map(some => [...page.querySelectorAll(some)].map(each => each.innerText))"
    return Look(path, f"({_OPENING}, {texts.format([*selectors])})")


_SEEN = (
    *("title, #verdict", "#findings li", "#risks tbody td", "summary", "pre"),
    f'[id="{_ONE}"] :is(p, pre, tbody td)',
    *(".finding", ".finding ins, .finding del", "details li"),
)


@pytest.fixture(scope="module")
def texts(shown: Path) -> dict[str, list[str]]:
    """What a reader sees, by selector."""
    (found,) = browser.values(_texts(shown, *_SEEN))
    return dict(zip(_SEEN, found, strict=True))


def test_the_summary(texts: dict[str, list[str]]) -> None:
    assert texts["title, #verdict"] == [
        "3 findings in 1 of 3 migrations",
        "3 findings in 1 of 3 migrations\nPostgreSQL 18.4, in 1 min 2 s",
    ]
    assert texts["#findings li"] == [
        f"sql/{_TWO}_make_a.sql: DOWN leaves something",
        f"sql/{_TWO}_make_a.sql:7:3: no such table; {_NASTY}",
        f"{_LONG}: {_LONG}",
    ]
    assert texts["#risks tbody td"] == [
        *(_LONG, "ACCESS EXCLUSIVE blocks reads and writes, table rewritten"),
        f"UP ALTER TABLE {_LONG} {_NASTY} 100 ms",
        *("b", "SHARE blocks writes", "UP CREATE INDEX b_i ON b (i) 1.3 s"),
        *("b", "ACCESS EXCLUSIVE blocks reads and writes", "DOWN DROP TABLE b 2 ms"),
    ]


def test_a_migration(texts: dict[str, list[str]]) -> None:
    assert texts["summary"] == [
        f"✓ {_ONE} make a blocks reads and writes, 12 ms",
        f"✗ {_TWO} mend a 3 findings, loses data, {_WORST}, 12 ms",
        f"✓ {_THREE} make a 12 ms",
    ]
    assert texts[f'[id="{_ONE}"] :is(p, pre, tbody td)'] == [
        f"sql/{_ONE}_make_a.sql",
        *("UP CREATE TABLE a (i int) line 2", "4 ms", ""),
        *("UP CREATE INDEX b_i ON b (i) line 3", "1.3 s"),
        "b SHARE blocks writes\nc ROW EXCLUSIVE blocks CREATE INDEX, no reads or writes",
        *("DOWN DROP TABLE b line 6", "2 ms", "b ACCESS EXCLUSIVE blocks reads and writes"),
        *("CREATE TABLE a (i int);", "DROP TABLE a;"),
    ]


def test_findings_and_losses(texts: dict[str, list[str]]) -> None:
    assert [[line for line in text.splitlines() if line] for text in texts[".finding"]] == [
        [*("DOWN leaves something", " a", f"+b {_LONG}", "-c", _LEGEND)],
        [*(f"no such table; {_NASTY}", "second line", "line 7")],
        [*(_LONG, _LONG, _NASTY)],
    ]
    assert texts[".finding ins, .finding del"] == [f"+b {_LONG}", "-c"]
    assert texts["details li"] == [f"the column a.{_LONG}", _NASTY]


def test_nothing_that_is_put_in_becomes_markup(
    shown: Path, texts: dict[str, list[str]], tmp_path: Path
) -> None:
    """Nor would it do anything, nor load anything, whatever somebody smuggled in."""
    (tmp_path / "image.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    )
    smuggled = "<img src='image.svg'><script>document.title = 'hacked'</script></body>"
    text = shown.read_text(encoding="utf-8").replace("</body>", smuggled)
    other = tmp_path / "page.html"
    other.write_text(text, encoding="utf-8")
    facts, loaded, (title, pixels) = browser.values(
        Look(
            shown,
            "[page.title, page.querySelectorAll('script, img, link, iframe, [style]').length]",
        ),
        Look(shown, "view.performance.getEntriesByType('resource')"),
        Look(other, "[page.title, page.querySelector('img').naturalWidth]"),
    )
    assert facts == ["3 findings in 1 of 3 migrations", 0]
    assert _NASTY in texts["pre"]
    assert loaded == []
    assert (title, pixels) == ("3 findings in 1 of 3 migrations", 0)


def test_on_any_width_only_sql_scrolls_sideways(shown: Path) -> None:
    """And a phone does not shrink the page."""
    scrolled = (
        f"({_OPENING}, ['html', 'pre', 'p', 'td', 'summary'].map(name => Math.max("
        "...[...page.querySelectorAll(name)].map(each => each.scrollWidth - each.clientWidth))))"
    )
    viewport = "page.querySelector('meta[name=viewport]').content"
    widths = [Look(shown, scrolled, width=width) for width in (browser.PHONE, 700, 1400)]
    *found, content = browser.values(*widths, Look(shown, viewport))
    for page, sql, *others in found:
        assert page == 0
        assert sql > 0
        assert others == [0] * 3
    assert content == "width=device-width, initial-scale=1"


def test_links_lead_to_what_they_name_and_open_it(shown: Path) -> None:
    """Migrations are closed until then, unless something is wrong."""
    anchor = f"{_ONE}-statement-2"
    look = f"[page.querySelector('details').open, page.getElementById('{anchor}').innerText]"
    (ids, links, open_before), (opened, text) = browser.values(
        Look(
            shown,
            "[[...page.querySelectorAll('[id]')].map(each => each.id),"
            " [...page.querySelectorAll('a')].map(each => each.getAttribute('href')),"
            " [...page.querySelectorAll('details')].map(each => each.open)]",
        ),
        Look(shown, look, anchor=anchor),
    )
    assert open_before == [False, True, False]
    assert len(links) == 6
    assert {link[1:] for link in links} <= set(ids)
    assert len(set(ids)) == len(ids)
    assert f"#{anchor}" in links
    assert opened
    assert "CREATE INDEX b_i" in text


def test_the_colours_are_those_that_the_reader_prefers(shown: Path) -> None:
    colours = "['color', 'backgroundColor'].map(each => view.getComputedStyle(page.body)[each])"
    light, dark = (
        [_brightness(each) for each in browser.values(Look(shown, colours), scheme=scheme)[0]]
        for scheme in ("light", "dark")
    )
    assert light[0] + 150 < light[1]
    assert dark[0] > dark[1] + 150


def _brightness(colour: str) -> float:
    numbers = [int(number) for number in re.findall(r"\d+", colour)]
    return sum(numbers) / len(numbers)


def test_the_verdict(tmp_path: Path) -> None:
    verdicts = {
        "there was nothing to prove": (),
        "DOWN undoes UP in 1 migration": (_proof(_ONE),),
        "DOWN undoes UP in 2 migrations": (_proof(_ONE), _proof(_THREE)),
        "1 finding in 1 of 1 migration": (_proof(_ONE, findings=(_WRONG.findings[0],)),),
    }
    looks = []
    for number, proofs in enumerate(verdicts.values()):
        (folder := tmp_path / str(number)).mkdir()
        path = _written(folder, VerifyReport("PostgreSQL 18.4", proofs, 1))
        looks.append(_texts(path, "#verdict strong", "#risks p"))
    harmless = "No statement blocks writes to a table that was there before, or rewrites one."
    assert browser.values(*looks) == [[[verdict], [harmless]] for verdict in verdicts]


def test_tables_without_rows_are_named() -> None:
    page = render_page(VerifyReport("PostgreSQL", (_CLEAN,), 1.0, (("public.t", "<no>"),)))
    assert "<code>public.t</code>: &lt;no&gt;" in page
    assert "without made-up rows" not in render_page(VerifyReport("PostgreSQL", (_CLEAN,), 1.0))
