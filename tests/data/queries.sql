-- Operators next to comments, constants of every kind.

INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'it''s; y'), (-3, E'\';--\\'), (4, $$;$$), (5, $a$;$$;$a$)
    ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING *;
SELECT data->'a'->>'b;c', data #> '{a,b}', data #>> '{a}', data #- '{a;b}', data @> '{"a": ";"}',
    data ? 'a', data ?| array['a'], data ?& array['b;'], data @? '$.a[*] ? (@ > 1)', data @@ '$.a == 1';
SELECT a -|- b, a && b, a << b, a >> b, a &< b, a <@ b, a ||/ b FROM ranges;
SELECT 2*/* two; */3, 6//* six; */2, 7-/* ; */-2, 8--;
+ 1, 9 - -1, - - 1, 5 %-- it's
2, a+-b, a*-b, @-5, |/4, !!a;
SELECT 1/*;*/+/*;*/2, a/**/./**/b, 4/2, 4 / 2, (1)/(2), a[1:2], a[1 : 2];
SELECT /* ** * / */ 1, /*/ */ 2, /***/ 3, /*-- */ 4, --/*
    5, -- */
    6;
SELECT 1.5, .5, 5., 1e10, 1.5e-10, 0x1F, 0b101, 0o17, 1_000_000 FROM t WHERE false AND 1;
SELECT B'0101', b'', X'1f', x'FF', N'a;b', U&'\0041;', U&"d\0061t;a", U&"a!0062;" UESCAPE '!';
SELECT 'a'
    'b;'
  , E'a\''
    'b\';'

    'c\';', 'plain\'
    'and \';
SELECT E'''' , '''', '''''', E'\\', E'\\\'', E'''\';', "a""b;", """", ';';
SELECT $1, $2::text, $12+$3 FROM f($4);
SELECT foo$1, foo$bar$ AS "x", bar$$ FROM foo$$bar$$ WHERE $$a;$$ = $b$ $$; $b$ AND 1=$1;
SELECT a::numeric(10,2)::text, CAST('1;2' AS text), int '1', interval '1 day' , date '2024-01-01';
SELECT count(*) FILTER (WHERE a > 0), row_number() OVER (PARTITION BY a ORDER BY b DESC NULLS LAST)
    FROM t, LATERAL (SELECT 1) AS x WHERE a BETWEEN 1 AND 2 AND b LIKE 'a;%' ESCAPE '!'
    AND (a, b) IN (SELECT 1, 2) AND c IS NOT DISTINCT FROM NULL AND d ~* '^(a|b);$' AND e !~~ 'x';
WITH RECURSIVE tree AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM tree WHERE n < 10)
SELECT * FROM tree;
WITH moved AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM moved;
MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = s.a
    WHEN NOT MATCHED THEN INSERT VALUES (s.id, ';');
VALUES (1, ';'), (2, '');
TABLE t;
(SELECT 1) UNION (SELECT 2);
((((SELECT ((1))))));
EXPLAIN (ANALYZE, FORMAT json) SELECT 1;
PREPARE p (int) AS SELECT $1;
SELECT begin, case when a then 1 end, commit FROM t AS "begin" WHERE savepoint = 1;
SELECT operator(pg_catalog.+)(1, 2), 1 OPERATOR(pg_catalog.+) 2;
SELECT 'größe;', 名前, "名前;", $größe$;$größe$, e'é\'', '😀;', 😀 FROM größe /* é;😀 */ ; -- 😀;
;;
SELECT 1;; /* nothing; */ ;
SELECT 'last', 1 -- without a semicolon;
