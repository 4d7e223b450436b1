"""program_words: what PostgreSQL's programs say, in some languages, and what may be shown of it."""

from __future__ import annotations

import pytest

from promptlib.postgres.program_words import mask_program_words

_NAMES = {"t", "c", "public", "i_idx"}
_COPY, _QUERY = 'error: COPY failed for table "t": ', "error: could not execute query: "
_COPIED = f'{_COPY}ERROR:  new row for relation "t" violates "c"'
_INDEX = "Command was: CREATE UNIQUE INDEX i_idx ON public.t USING btree (c);"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (["error: no matching tables were found"], None),
        (['error: could not open input file "geheim": No such file'], None),
        ([f'{_QUERY}ERROR:  relation "t" does not exist'], None),
        ([f"{_QUERY}FEHLER:  Relation »public.t« fehlt", "Command was: SELECT;"], None),
        (
            [
                f'{_COPY}ОШИБКА:  неверный синтаксис для типа: "geheim"',
                'CONTEXT:  COPY t, строка 1, столбец c: "geheim"',
            ],
            [f'{_COPY}ОШИБКА:  неверный синтаксис для типа: "***"'],
        ),
        (  # a value that looks like what follows
            [
                _COPIED,
                "DETAIL:  Failing row contains (1, x)",
                "HINT:  geheim ().",
                'CONTEXT:  COPY t, line 1: "1\tgeheim"',
            ],
            [_COPIED, "DETAIL:  Failing row contains (***)"],
        ),
        (
            [_COPIED, 'CONTEXT:  COPY t, line 1: "73417\tgeheim"'],
            [_COPIED, 'CONTEXT:  COPY t, line 1: "***"'],
        ),
        (
            [
                f'{_QUERY}エラー:  型の入力構文が不正です: "a',
                "HINT:  geheim",
                "Command was: INSERT INTO public.t VALUES (73417, 'geheim');",
            ],
            [
                f'{_QUERY}エラー:  型の入力構文が不正です: "***',
                "Command was: INSERT INTO public.t VALUES (***, '***');",
            ],
        ),
        (
            [
                f"{_QUERY}ERREUR:  n'a pas pu créer l'index unique « i_idx »",
                "DETAIL:  La clé (c)=(geheim) est dupliquée.",
                _INDEX,
            ],
            [
                f"{_QUERY}ERREUR:  n'a pas pu créer l'index unique « i_idx »",
                "DETAIL:  La clé (***) est dupliquée.",
                _INDEX,
            ],
        ),
        (
            [
                'error: query failed: ERROR:  invalid byte sequence for encoding "c": 0xc3 0x28',
                "LINE 1: SELECT 'geheim'",
            ],
            ['error: query failed: ERROR:  invalid byte sequence for encoding "c": ***'],
        ),
        (
            [
                f'{_QUERY}ERROR:  syntax error at or near "c"',
                "LINE 1: ...geheim c",
                "               ^",
                "HINT:  say it otherwise",
                "Command was: SELCT c;",
            ],
            [
                f'{_QUERY}ERROR:  syntax error at or near "c"',
                "HINT:  say it otherwise",
                "Command was: SELCT c;",
            ],
        ),
    ],
)
def test_no_value_is_shown(said: list[str], shown: list[str] | None) -> None:
    masked = mask_program_words("\n".join(said), _NAMES)
    assert masked.splitlines() == (said if shown is None else shown)
