-- Functions, procedures, triggers and DO blocks, in every style of quoting.

CREATE FUNCTION add(a integer, b integer) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT
    RETURN a + b;

CREATE OR REPLACE FUNCTION grade(points integer) RETURNS text
    LANGUAGE sql
    RETURN CASE WHEN points > 90 THEN 'A' WHEN points > 50 THEN 'B' ELSE 'C' END;

CREATE FUNCTION both_tables(tenant bigint) RETURNS SETOF bigint
    LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO log (what) VALUES ('it''s; called');
    SELECT id FROM a WHERE a.tenant = both_tables.tenant;
    SELECT CASE WHEN count(*) > 1 THEN 1 ELSE 0 END FROM b;
    SELECT (CASE id WHEN 1 THEN 2 END) AS "end", id AS end FROM b; -- end; of it
END;

create or replace procedure tidy()
begin atomic
    delete from a where id in (select id from b where done);
    update b set done = case when true then false else case 1 when 2 then null end end;
end;

CREATE FUNCTION empty_body() RETURNS void BEGIN ATOMIC END;

CREATE/* one */OR -- two
REPLACE FUNCTION/**/commented() RETURNS int LANGUAGE sql BEGIN /* three; */ ATOMIC SELECT 1; END;

CREATE FUNCTION begin() RETURNS integer LANGUAGE sql AS 'SELECT 1;';

CREATE FUNCTION quoted() RETURNS text LANGUAGE sql AS E'SELECT \'a;b\';';

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- DOWN
    NEW.updated_at := now();
    IF NEW.note = '$' THEN RAISE NOTICE 'it''s %; done', NEW.id; END IF;
    RETURN NEW;
END;
$$;

CREATE FUNCTION outer_one() RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    EXECUTE $q$SELECT $$a;b$$$q$;
    EXECUTE 'SELECT $1; ' USING 1;
END
$body$ SECURITY DEFINER SET search_path = pg_catalog, pg_temp;

DO $$ BEGIN PERFORM 1; COMMIT; END $$;
DO LANGUAGE plpgsql $größe$ BEGIN NULL; END $größe$;

CREATE TRIGGER touch_it BEFORE UPDATE OF a, b ON t
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch();
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION touch();

CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE AGGREGATE my_rank (VARIADIC "any" ORDER BY VARIADIC "any") (
    SFUNC = ordered_set_transition_multi, STYPE = internal, HYPOTHETICAL
);

CREATE OPERATOR #-# (LEFTARG = box, RIGHTARG = box, FUNCTION = box_distance, COMMUTATOR = #-#);
CREATE CAST (text AS mood) WITH FUNCTION to_mood(text) AS ASSIGNMENT;
CALL tidy();
