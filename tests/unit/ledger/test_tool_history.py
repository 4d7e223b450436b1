"""tool_history: which table is meant, and how tools compare their versions."""

from __future__ import annotations

import pytest

from promptlib.core.errors import NothingToAdoptError, PlanRefusedError
from promptlib.ledger.tool_history import FoundTable, choose_table, version_numbers

_GOOSE, _DBMATE = (FoundTable(tool, f"public.{tool}", "") for tool in ("goose", "dbmate"))
_OTHER = _GOOSE._replace(name="old.goose")


@pytest.mark.parametrize(
    ("found", "known", "wanted", "chosen"),
    [
        ([_GOOSE, _DBMATE], ["goose"], None, _GOOSE),
        ([_GOOSE, _DBMATE], ["goose"], "dbmate", _DBMATE),
        ([_GOOSE], ["dbmate"], None, None),
        ([], ["dbmate"], None, None),
    ],
)
def test_the_table_of_the_tool_that_is_meant(
    found: list[FoundTable], known: list[str], wanted: str | None, chosen: FoundTable | None
) -> None:
    assert choose_table(found, known, wanted) == chosen


def test_where_it_is_not_clear_which() -> None:
    with pytest.raises(PlanRefusedError, match="several tools left a table: dbmate, goose"):
        choose_table([_GOOSE, _DBMATE], ["goose", "dbmate"], None)
    with pytest.raises(PlanRefusedError, match=r"several tables are there: public\.goose, old\."):
        choose_table([_GOOSE, _OTHER], ["goose"], None)
    with pytest.raises(NothingToAdoptError, match="sqlx left no table") as caught:
        choose_table([_GOOSE], [], "sqlx")
    assert caught.value.remedy == "there is goose's public.goose"


def test_versions_with_dots_are_compared_by_their_numbers() -> None:
    assert version_numbers("1.10") > version_numbers("1.9") > version_numbers("1")
    assert version_numbers("2.0") == version_numbers("2") == version_numbers("2_0_0")
