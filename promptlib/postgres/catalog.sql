-- What a database consists of: one row (number, kind, name, definition) for each object that is
-- neither the server's own nor an extension's. Run on the trusted search_path, so that every name is
-- qualified. `number` is of the table, index, constraint, routine ... that the row depends on, or 0.
--
-- Read whole, `= ANY (:only)` and `:whole` are true. Else :only are the numbers of objects, and what
-- has the condition `:whole` is not read.
--
-- Left out on purpose: the order of columns, positions of sequences, the names of NOT NULL
-- constraints (PostgreSQL 18 makes them up from what a table was called once), and the rights that
-- an object has by default. What newer servers alone have is read through to_jsonb, where a column
-- that is not there is NULL.
WITH part AS MATERIALIZED (
    -- Of an extension; or what came with another object, as the constructors of a range type do.
    SELECT classid, objid FROM pg_depend
     WHERE objid = ANY (:only)
       AND (:whole OR classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass))
       AND (deptype = 'e'
            OR deptype = 'i' AND classid IN ('pg_proc'::regclass, 'pg_cast'::regclass))
), space AS MATERIALIZED (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
     WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'
       AND oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_namespace'::regclass)
), relation AS MATERIALIZED (
    SELECT c.*, c.oid::regclass::text AS name, c.tableoid AS class,
           CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view'
                        WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                        WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'f' THEN 'foreign table'
                        WHEN 'c' THEN 'type' END AS kind
      FROM pg_class c JOIN space ON space.oid = relnamespace
     WHERE c.oid = ANY (:only)
       AND c.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_class'::regclass)
), routine AS MATERIALIZED (
    SELECT p.*, p.oid::regprocedure::text AS name, p.tableoid AS class,
           CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate'
                        ELSE 'function' END AS kind
      FROM pg_proc p JOIN space ON space.oid = pronamespace
     WHERE p.oid = ANY (:only)
       AND p.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_proc'::regclass)
), type AS MATERIALIZED (
    -- Neither the row types of tables nor the array types that come with each type.
    SELECT t.*, t.oid::regtype::text AS name, t.tableoid AS class,
           CASE typtype WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum' ELSE 'type' END AS kind
      FROM pg_type t JOIN space ON space.oid = typnamespace
     WHERE t.oid = ANY (:only) AND typtype <> 'm'
       AND NOT EXISTS (SELECT FROM pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid)
       AND (typrelid = 0 OR EXISTS (SELECT FROM pg_class WHERE pg_class.oid = typrelid
                                       AND relkind = 'c'))
       AND t.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_type'::regclass)
), owned AS (
    -- Whatever has an owner and rights: its letter is the one of acldefault().
    SELECT oid AS number, kind, name, relowner AS owner, relacl AS acl,
           CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS letter
      FROM relation WHERE relkind NOT IN ('i', 'I', 'c')
    UNION ALL SELECT oid, kind, name, proowner, proacl, 'f' FROM routine
    UNION ALL SELECT oid, kind, name, typowner, typacl, 'T' FROM type
    UNION ALL SELECT 0, 'schema', quote_ident(nspname), nspowner, nspacl, 'n' FROM space
               WHERE :whole
    UNION ALL SELECT 0, 'database', 'this one', datdba, datacl, 'd'
                FROM pg_database WHERE :whole AND datname = current_database()
    UNION ALL SELECT 0, 'language', quote_ident(lanname), lanowner, lanacl, 'l' FROM pg_language
               WHERE :whole
    UNION ALL SELECT 0, 'foreign data wrapper', quote_ident(fdwname), fdwowner, fdwacl, 'F'
                FROM pg_foreign_data_wrapper WHERE :whole
    UNION ALL SELECT 0, 'server', quote_ident(srvname), srvowner, srvacl, 'S'
                FROM pg_foreign_server WHERE :whole
    -- These have no rights, an owner only.
    UNION ALL SELECT 0, 'publication', quote_ident(pubname), pubowner, NULL, NULL
                FROM pg_publication WHERE :whole
    UNION ALL SELECT 0, 'event trigger', quote_ident(evtname), evtowner, NULL, NULL
                FROM pg_event_trigger WHERE :whole
    UNION ALL SELECT s.oid, 'statistics', format('%I.%I', nspname, stxname), stxowner, NULL, NULL
                FROM pg_statistic_ext s JOIN space ON space.oid = stxnamespace
               WHERE s.oid = ANY (:only)
    UNION ALL SELECT 0, 'collation', format('%I.%I', nspname, collname), collowner, NULL, NULL
                FROM pg_collation c JOIN space ON space.oid = collnamespace WHERE :whole
), granted AS (
    SELECT number, kind, name, owner, acl, acldefault(letter, owner) AS usual FROM owned
     WHERE acl IS NOT NULL
    UNION ALL
    SELECT relation.oid, 'column', format('%s.%I', name, attname), relowner, attacl,
           acldefault('c', relowner)
      FROM relation JOIN pg_attribute ON attrelid = relation.oid
     WHERE attacl IS NOT NULL AND NOT attisdropped
), partition_parent AS (
    SELECT inhrelid, string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) AS parents
      FROM pg_inherits WHERE inhrelid = ANY (:only) GROUP BY inhrelid
)

-- Schemas, tables and other relations with what can be said of the whole.
SELECT 0::oid AS number, 'schema' AS kind, quote_ident(nspname) AS name, '' AS definition
  FROM space WHERE :whole
UNION ALL
SELECT relation.oid, kind, name, concat_ws(' ',
           CASE relpersistence WHEN 'u' THEN 'UNLOGGED' END,
           CASE WHEN reloftype <> 0 THEN 'OF ' || reloftype::regtype END,
           'PARTITION BY ' || pg_get_partkeydef(relation.oid),
           'INHERITS ' || parents,
           pg_get_expr(relpartbound, relation.oid),
           CASE WHEN relrowsecurity THEN 'ROW LEVEL SECURITY' END,
           CASE WHEN relforcerowsecurity THEN 'FORCED' END,
           CASE relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL'
                             WHEN 'n' THEN 'REPLICA IDENTITY NOTHING'
                             WHEN 'i' THEN 'REPLICA IDENTITY ' || (
                                 SELECT indexrelid::regclass::text FROM pg_index
                                  WHERE indrelid = relation.oid AND indisreplident) END,
           'WITH (' || array_to_string(reloptions, ', ') || ')',
           'TOAST (' || (SELECT array_to_string(toast.reloptions, ', ') FROM pg_class toast
                          WHERE toast.oid = relation.reltoastrelid) || ')',
           'USING ' || (SELECT amname FROM pg_am WHERE pg_am.oid = relam AND amname <> 'heap'),
           'TABLESPACE ' || (SELECT spcname FROM pg_tablespace s WHERE s.oid = reltablespace),
           'SERVER ' || (SELECT format('%I %s', srvname, ftoptions) FROM pg_foreign_table
                           JOIN pg_foreign_server s ON s.oid = ftserver
                          WHERE ftrelid = relation.oid))
  FROM relation LEFT JOIN partition_parent ON inhrelid = relation.oid
 WHERE relkind IN ('r', 'p', 'f')
UNION ALL
SELECT oid, kind, name, concat_ws(' ',
           'WITH (' || array_to_string(reloptions, ', ') || ')',
           'AS' || pg_get_viewdef(oid),
           CASE WHEN NOT relispopulated THEN 'WITH NO DATA' END)
  FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT oid, kind, name, concat_ws(' ',
           CASE relpersistence WHEN 'u' THEN 'UNLOGGED' END,
           format('AS %s START %s MINVALUE %s MAXVALUE %s INCREMENT %s CACHE %s', seqtypid::regtype,
                  seqstart, seqmin, seqmax, seqincrement, seqcache),
           CASE WHEN seqcycle THEN 'CYCLE' END,
           (SELECT 'OWNED BY ' || pg_describe_object(refclassid, refobjid, refobjsubid)
              FROM pg_depend WHERE classid = relation.class AND objid = relation.oid
               AND deptype IN ('a', 'i') AND refobjsubid > 0))
  FROM relation JOIN pg_sequence ON seqrelid = oid
UNION ALL
SELECT relation.oid, 'column', format('%s.%I', name, attname), concat_ws(' ',
           format_type(atttypid, atttypmod),
           'COLLATE ' || (SELECT attcollation::regcollation FROM pg_type
                           WHERE pg_type.oid = atttypid AND typcollation <> attcollation
                             AND attcollation <> 0),
           CASE attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY'
                            WHEN 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY' END,
           CASE attgenerated WHEN '' THEN 'DEFAULT ' ELSE 'GENERATED ALWAYS AS ' END
               || pg_get_expr(adbin, adrelid),
           CASE attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END,
           CASE WHEN attnotnull THEN 'NOT NULL' END,
           (SELECT concat_ws(' ', CASE WHEN NOT convalidated THEN 'NOT VALID' END,
                             CASE WHEN connoinherit THEN 'NO INHERIT' END)
              FROM pg_constraint WHERE conrelid = attrelid AND contype = 'n'
               AND conkey = ARRAY[attnum] AND (NOT convalidated OR connoinherit)),
           CASE WHEN NOT attislocal THEN 'INHERITED' END,
           (SELECT 'STORAGE ' || attstorage::text FROM pg_type
             WHERE pg_type.oid = atttypid AND typstorage <> attstorage AND relkind <> 'v'),
           'COMPRESSION ' || nullif(attcompression, '')::text,
           'STATISTICS ' || nullif(to_jsonb(a) ->> 'attstattarget', '-1'),
           -- Of a column's options these alone are somebody's wish: the server keeps more there.
           'WITH (' || (SELECT string_agg(wish, ', ' ORDER BY wish) FROM unnest(attoptions) wish
                         WHERE split_part(wish, '=', 1) IN ('n_distinct', 'n_distinct_inherited'))
               || ')',
           'OPTIONS (' || array_to_string(attfdwoptions, ', ') || ')')
  FROM relation JOIN pg_attribute a ON attrelid = relation.oid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
UNION ALL
SELECT relation.oid, 'constraint', format('%I on %s', conname, name), pg_get_constraintdef(c.oid)
  FROM relation JOIN pg_constraint c ON conrelid = relation.oid WHERE contype NOT IN ('t', 'n')
UNION ALL
SELECT c.oid, 'constraint', format('%I on %s', conname, name), pg_get_constraintdef(c.oid)
  FROM type JOIN pg_constraint c ON contypid = type.oid WHERE contype NOT IN ('t', 'n')
UNION ALL
SELECT relation.oid, kind, name, concat_ws(' ', pg_get_indexdef(relation.oid),
           'PARTITION OF ' || parents,
           CASE WHEN NOT indisvalid THEN 'INVALID' END,
           CASE WHEN indisclustered THEN 'CLUSTERED' END,
           'TABLESPACE ' || (SELECT spcname FROM pg_tablespace s WHERE s.oid = reltablespace),
           (SELECT string_agg(format('STATISTICS %s: %s', attnum,
                                     to_jsonb(a) ->> 'attstattarget'), ' ' ORDER BY attnum)
              FROM pg_attribute a WHERE attrelid = relation.oid
               AND to_jsonb(a) ->> 'attstattarget' <> '-1'))
  FROM relation JOIN pg_index ON indexrelid = relation.oid
  LEFT JOIN partition_parent ON inhrelid = relation.oid
UNION ALL
SELECT s.oid, 'statistics', format('%I.%I', nspname, stxname),
       concat_ws(' ', 'KINDS', stxkind, 'ON', (
                     SELECT string_agg(part, ', ' ORDER BY part) FROM (
                         SELECT quote_ident(attname) FROM pg_attribute
                          WHERE attrelid = stxrelid AND attnum = ANY (stxkeys)
                         UNION ALL SELECT unnest(pg_get_statisticsobjdef_expressions(s.oid))
                     ) parts (part)),
                 'FROM', stxrelid::regclass, 'TARGET ' || nullif(to_jsonb(s) ->> 'stxstattarget', '-1'))
  FROM pg_statistic_ext s JOIN space ON space.oid = stxnamespace WHERE s.oid = ANY (:only)

-- What happens on its own: triggers, rules, policies, event triggers, publications.
UNION ALL
SELECT relation.oid, 'trigger', format('%I on %s', tgname, name),
       concat_ws(' ', pg_get_triggerdef(t.oid),
                 CASE tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA'
                                WHEN 'A' THEN 'ALWAYS' END)
  FROM pg_trigger t JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT relation.oid, 'rule', format('%I on %s', rulename, name),
       concat_ws(' ', pg_get_ruledef(r.oid),
                 CASE ev_enabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA'
                                 WHEN 'A' THEN 'ALWAYS' END)
  FROM pg_rewrite r JOIN relation ON relation.oid = ev_class WHERE rulename <> '_RETURN'
UNION ALL
SELECT relation.oid, 'policy', format('%I on %s', polname, name),
       concat_ws(' ', CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                 CASE polcmd WHEN 'r' THEN 'FOR SELECT' WHEN 'a' THEN 'FOR INSERT'
                             WHEN 'w' THEN 'FOR UPDATE' WHEN 'd' THEN 'FOR DELETE'
                             ELSE 'FOR ALL' END,
                 'TO ' || (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC'
                                             ELSE role::regrole::text END, ', ' ORDER BY role)
                             FROM unnest(polroles) role),
                 'USING (' || pg_get_expr(polqual, polrelid) || ')',
                 'WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')')
  FROM pg_policy JOIN relation ON relation.oid = polrelid
UNION ALL
SELECT 0, 'event trigger', quote_ident(evtname),
       concat_ws(' ', 'ON', evtevent, 'WHEN TAG IN (' || array_to_string(evttags, ', ') || ')',
                 'EXECUTE', evtfoid::regprocedure,
                 CASE evtenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA'
                                 WHEN 'A' THEN 'ALWAYS' END)
  FROM pg_event_trigger e
 WHERE :whole AND e.oid NOT IN (SELECT objid FROM part
                                 WHERE classid = 'pg_event_trigger'::regclass)
UNION ALL
SELECT 0, 'publication', quote_ident(pubname),
       (to_jsonb(p) - ARRAY['oid', 'pubname', 'pubowner'])::text
  FROM pg_publication p WHERE :whole
UNION ALL
SELECT number, 'publication', format('%I of %I.%I', pubname, schemaname, tablename),
       concat_ws(' ', '(' || (SELECT string_agg(name, ', ' ORDER BY name)
                                FROM jsonb_array_elements_text(to_jsonb(t) -> 'attnames') name)
                          || ')',
                 'WHERE ' || (to_jsonb(t) ->> 'rowfilter'))
  FROM pg_publication_tables t,
       LATERAL (SELECT to_regclass(format('%I.%I', schemaname, tablename))::oid AS number) named
 WHERE number = ANY (:only)
UNION ALL
-- Whole schemas of a publication: their catalog is not in PostgreSQL 14, but what depends is.
SELECT 0, 'publication', (pg_identify_object(classid, objid, objsubid)).identity, ''
  FROM pg_depend
 WHERE :whole AND refclassid = 'pg_publication'::regclass AND classid <> 'pg_publication_rel'::regclass

-- Routines, types and what is built on them.
UNION ALL
SELECT oid, kind, name, pg_get_functiondef(oid) FROM routine WHERE prokind <> 'a'
UNION ALL
SELECT oid, kind, name,
       concat_ws(' ', 'RETURNS', prorettype::regtype, 'KIND', aggkind, aggnumdirectargs,
                 'SFUNC', aggtransfn::regproc, 'STYPE', aggtranstype::regtype, aggtransspace,
                 'FINALFUNC', aggfinalfn::regproc, aggfinalextra, aggfinalmodify,
                 'COMBINEFUNC', aggcombinefn::regproc, 'SERIALFUNC', aggserialfn::regproc,
                 'DESERIALFUNC', aggdeserialfn::regproc, 'INITCOND', quote_nullable(agginitval),
                 'MSFUNC', aggmtransfn::regproc, 'MINVFUNC', aggminvtransfn::regproc,
                 'MSTYPE', aggmtranstype::regtype, aggmtransspace,
                 'MFINALFUNC', aggmfinalfn::regproc, aggmfinalextra, aggmfinalmodify,
                 'MINITCOND', quote_nullable(aggminitval), 'SORTOP', aggsortop::regoperator,
                 'PARALLEL', proparallel)
  FROM routine JOIN pg_aggregate ON aggfnoid = oid
UNION ALL
SELECT oid, kind, name, concat_ws(' ', CASE typtype
           WHEN 'e' THEN (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
                            FROM pg_enum WHERE enumtypid = type.oid)
           WHEN 'd' THEN concat_ws(' ', format_type(typbasetype, typtypmod),
                             'COLLATE ' || (SELECT type.typcollation::regcollation FROM pg_type base
                                             WHERE base.oid = type.typbasetype
                                               AND base.typcollation <> type.typcollation),
                             'DEFAULT ' || typdefault, CASE WHEN typnotnull THEN 'NOT NULL' END)
           WHEN 'r' THEN (SELECT concat_ws(' ', 'RANGE OF', rngsubtype::regtype,
                                    'COLLATE ' || nullif(rngcollation, 0)::regcollation,
                                    'OPCLASS', (SELECT opcname FROM pg_opclass o
                                                 WHERE o.oid = rngsubopc),
                                    'CANONICAL', rngcanonical, 'DIFF', rngsubdiff)
                            FROM pg_range WHERE rngtypid = type.oid)
           WHEN 'b' THEN concat_ws(' ', 'INPUT', typinput, 'OUTPUT', typoutput, typlen, typbyval,
                                   typcategory, typdelim, typalign, typstorage, typdefault)
           WHEN 'c' THEN 'COMPOSITE' END)
  FROM type
UNION ALL
SELECT 0, 'operator', o.oid::regoperator::text,
       concat_ws(' ', 'RETURNS', oprresult::regtype, 'FUNCTION', oprcode,
                 'COMMUTATOR', oprcom::regoperator, 'NEGATOR', oprnegate::regoperator,
                 'RESTRICT', oprrest, 'JOIN', oprjoin,
                 CASE WHEN oprcanmerge THEN 'MERGES' END, CASE WHEN oprcanhash THEN 'HASHES' END)
  FROM pg_operator o JOIN space ON space.oid = oprnamespace
 WHERE :whole AND o.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_operator'::regclass)
UNION ALL
SELECT 0, 'operator family', format('%I.%I using %s', nspname, opfname, amname),
       concat_ws(', ', (SELECT string_agg(format('OPERATOR %s %s', amopstrategy,
                                                 amopopr::regoperator), ', '
                                          ORDER BY amopstrategy, amopopr::regoperator::text)
                          FROM pg_amop WHERE amopfamily = f.oid),
                 (SELECT string_agg(format('FUNCTION %s %s', amprocnum, amproc::regprocedure), ', '
                                    ORDER BY amprocnum, amproc::regprocedure::text)
                    FROM pg_amproc WHERE amprocfamily = f.oid))
  FROM pg_opfamily f JOIN space ON space.oid = opfnamespace JOIN pg_am ON pg_am.oid = opfmethod
 WHERE :whole AND f.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_opfamily'::regclass)
UNION ALL
SELECT 0, 'operator class', format('%I.%I using %s', nspname, opcname, amname),
       concat_ws(' ', 'FOR', opcintype::regtype, CASE WHEN opcdefault THEN 'DEFAULT' END,
                 'FAMILY ' || (SELECT opfname FROM pg_opfamily f WHERE f.oid = opcfamily),
                 'STORAGE ' || nullif(opckeytype, 0)::regtype)
  FROM pg_opclass c JOIN space ON space.oid = opcnamespace JOIN pg_am ON pg_am.oid = opcmethod
 WHERE :whole AND c.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_opclass'::regclass)
UNION ALL
-- From here on oids below 16384 are the server's own (FirstNormalObjectId in its source).
SELECT 0, 'cast', format('%s as %s', castsource::regtype, casttarget::regtype),
       concat_ws(' ', CASE castmethod WHEN 'f' THEN 'FUNCTION ' || castfunc::regprocedure
                                      WHEN 'i' THEN 'INOUT' ELSE 'BINARY' END,
                 CASE castcontext WHEN 'a' THEN 'ASSIGNMENT' WHEN 'i' THEN 'IMPLICIT' END)
  FROM pg_cast WHERE :whole AND oid >= 16384
   AND oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_cast'::regclass)
UNION ALL
SELECT 0, 'collation', format('%I.%I', nspname, collname),
       (to_jsonb(c) - ARRAY['oid', 'collname', 'collnamespace', 'collowner', 'collversion'])::text
  FROM pg_collation c JOIN space ON space.oid = collnamespace
 WHERE :whole AND c.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_collation'::regclass)
UNION ALL
SELECT 0, 'conversion', format('%I.%I', nspname, conname),
       concat_ws(' ', pg_encoding_to_char(conforencoding), 'TO', pg_encoding_to_char(contoencoding),
                 'FROM', conproc, CASE WHEN condefault THEN 'DEFAULT' END)
  FROM pg_conversion JOIN space ON space.oid = connamespace WHERE :whole
UNION ALL
SELECT 0, 'transform', format('%s for %s', trftype::regtype, lanname),
       concat_ws(' ', 'FROM SQL', trffromsql, 'TO SQL', trftosql)
  FROM pg_transform t JOIN pg_language l ON l.oid = trflang
 WHERE :whole AND t.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_transform'::regclass)
UNION ALL
SELECT 0, 'text search configuration', format('%I.%I', nspname, cfgname),
       concat_ws(' ', 'PARSER ' || (SELECT prsname FROM pg_ts_parser p WHERE p.oid = cfgparser),
                 (SELECT string_agg(format('%s: %s', maptokentype, mapdict::regdictionary), ', '
                                    ORDER BY maptokentype, mapseqno)
                    FROM pg_ts_config_map WHERE mapcfg = c.oid))
  FROM pg_ts_config c JOIN space ON space.oid = cfgnamespace
 WHERE :whole AND c.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_ts_config'::regclass)
UNION ALL
SELECT 0, 'text search dictionary', format('%I.%I', nspname, dictname),
       concat_ws(' ', 'TEMPLATE ' || (SELECT tmplname FROM pg_ts_template t
                                       WHERE t.oid = dicttemplate), dictinitoption)
  FROM pg_ts_dict d JOIN space ON space.oid = dictnamespace
 WHERE :whole AND d.oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_ts_dict'::regclass)

-- What belongs to the database itself.
UNION ALL
SELECT 0, 'extension', quote_ident(extname), format('VERSION %s SCHEMA %I', extversion, nspname)
  FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE :whole
UNION ALL
SELECT 0, 'language', quote_ident(lanname), format('HANDLER %s', lanplcallfoid::regproc)
  FROM pg_language l WHERE :whole AND oid >= 16384
   AND oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_language'::regclass)
UNION ALL
SELECT 0, 'access method', quote_ident(amname), concat_ws(' ', amtype, amhandler)
  FROM pg_am WHERE :whole AND oid >= 16384
   AND oid NOT IN (SELECT objid FROM part WHERE classid = 'pg_am'::regclass)
UNION ALL
SELECT 0, 'foreign data wrapper', quote_ident(fdwname),
       concat_ws(' ', nullif(fdwhandler, 0::oid)::regproc, nullif(fdwvalidator, 0::oid)::regproc,
                 fdwoptions)
  FROM pg_foreign_data_wrapper
 WHERE :whole AND oid NOT IN (SELECT objid FROM part
                               WHERE classid = 'pg_foreign_data_wrapper'::regclass)
UNION ALL
SELECT 0, 'server', quote_ident(srvname), concat_ws(' ', fdwname, srvtype, srvversion, srvoptions)
  FROM pg_foreign_server JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw WHERE :whole
UNION ALL
-- Its options may hold a password.
SELECT 0, 'user mapping', format('%I for %I', srvname, usename), md5(umoptions::text)
  FROM pg_user_mappings WHERE :whole
UNION ALL
SELECT 0, 'setting', concat_ws(' ', split_part(setting, '=', 1), 'of ' || nullif(setrole, 0)::regrole),
       setting
  FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) setting
 WHERE :whole AND datname = current_database()
UNION ALL
SELECT number, 'owner', concat_ws(' ', 'of', kind, name), owner::regrole::text
  FROM owned WHERE owner <> current_user::regrole
UNION ALL
SELECT number, CASE WHEN added THEN 'grant' ELSE 'revoked default' END,
       format('on %s %s to %s', kind, name,
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END),
       string_agg(privilege_type || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
                  ', ' ORDER BY privilege_type)
  FROM granted, LATERAL (
        (SELECT true AS added, grantee, privilege_type, is_grantable FROM aclexplode(acl)
         EXCEPT SELECT true, grantee, privilege_type, is_grantable FROM aclexplode(usual))
        UNION ALL
        (SELECT false, grantee, privilege_type, is_grantable FROM aclexplode(usual)
         EXCEPT SELECT false, grantee, privilege_type, is_grantable FROM aclexplode(acl))) change
 GROUP BY number, kind, name, added, grantee
UNION ALL
SELECT 0, 'default privilege',
       concat_ws(' ', 'of', defaclrole::regrole, 'in ' || nullif(defaclnamespace, 0)::regnamespace,
                 'on', CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
                            WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
                            WHEN 'n' THEN 'schemas' ELSE defaclobjtype::text END,
                 'to', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END),
       coalesce(string_agg(privilege_type || CASE WHEN is_grantable THEN ' WITH GRANT OPTION'
                                                  ELSE '' END, ', ' ORDER BY privilege_type), '')
  FROM pg_default_acl LEFT JOIN aclexplode(defaclacl) ON true  -- nobody may have any
 WHERE :whole
 GROUP BY defaclrole, defaclnamespace, defaclobjtype, grantee
UNION ALL
SELECT objoid, 'comment', concat_ws(' ', 'on', object.type, object.identity), description
  FROM pg_description, pg_identify_object(classoid, objoid, objsubid) object
 WHERE objoid = ANY (:only)
   AND (objoid >= 16384
        OR classoid = 'pg_namespace'::regclass AND objoid = to_regnamespace('public'))
   AND (classoid, objoid) NOT IN (SELECT classid, objid FROM part)
UNION ALL
SELECT 0, 'comment', 'on this database', description
  FROM pg_shdescription JOIN pg_database d ON d.oid = objoid
 WHERE :whole AND classoid = 'pg_database'::regclass AND datname = current_database()
   AND description !~ '^promptlib empties this database'
UNION ALL
SELECT objoid, 'security label', concat_ws(' ', provider, 'on', objtype, objname), label
  FROM pg_seclabels WHERE objoid >= 16384 AND objoid = ANY (:only)
UNION ALL
-- Roles are the whole server's: others may make some at any time.
SELECT 0, 'role', quote_ident(rolname),
       concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END,
                 CASE WHEN rolinherit THEN 'INHERIT' END,
                 CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
                 CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcanlogin THEN 'LOGIN' END,
                 CASE WHEN rolreplication THEN 'REPLICATION' END,
                 CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, 'LIMIT ' || nullif(rolconnlimit, -1),
                 'UNTIL ' || rolvaliduntil, 'SET ' || array_to_string(rolconfig, ', '),
                 'IN ' || (SELECT string_agg(roleid::regrole::text, ', ' ORDER BY roleid)
                             FROM pg_auth_members WHERE member = r.oid))
  FROM pg_roles r WHERE :whole AND rolname !~ '^pg_'
