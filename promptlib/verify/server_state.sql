-- What all databases of a server share and a migration can change: one row (kind, name, concerned,
-- made, dropped, number) for each. `concerned` are the roles that it is about; `made` makes it what
-- it is, `dropped` undoes it; where there is no such statement, promptlib cannot put it back.
-- `number` tells a role from a later one of its name. Run with a search_path of pg_catalog alone.
--
-- Scratch databases are left out: what is set for them goes with them. What newer servers alone
-- have is read through to_jsonb, where a column that is not there is NULL.
SELECT 'role' AS kind, rolname::text AS name, ARRAY[rolname::text] AS concerned,
       format('CREATE ROLE %I', rolname) AS made, format('DROP ROLE %I', rolname) AS dropped,
       oid::text AS number
  FROM pg_roles WHERE rolname !~ '^pg_'
UNION ALL
SELECT 'attributes of role', rolname, ARRAY[rolname::text], concat_ws(' ',
           format('ALTER ROLE %I', rolname),
           CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
           CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
           CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
           CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
           CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
           CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
           CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
           'CONNECTION LIMIT', rolconnlimit,
           format('VALID UNTIL %L', coalesce(rolvaliduntil::text, 'infinity'))), '', NULL
  FROM pg_roles WHERE rolname !~ '^pg_'
UNION ALL
SELECT 'password of role', rolname, ARRAY[rolname::text],
       format('ALTER ROLE %I PASSWORD %L', rolname, password), '', NULL
  FROM pg_roles, LATERAL (SELECT {password} AS password) secret WHERE rolname !~ '^pg_'
UNION ALL
SELECT 'membership', format('of %I in %I by %I', member.rolname, role.rolname, grantor.rolname),
       ARRAY[member.rolname::text, role.rolname::text],
       concat_ws(' ', format('GRANT %I TO %I', role.rolname, member.rolname),
           CASE WHEN to_jsonb(m) ? 'set_option'
                THEN format('WITH ADMIN %s, INHERIT %s, SET %s', admin_option::text,
                            to_jsonb(m) ->> 'inherit_option', to_jsonb(m) ->> 'set_option')
                WHEN admin_option THEN 'WITH ADMIN OPTION' END,
           format('GRANTED BY %I', grantor.rolname)),
       format('REVOKE %I FROM %I GRANTED BY %I', role.rolname, member.rolname, grantor.rolname),
       NULL
  FROM pg_auth_members m JOIN pg_roles role ON role.oid = roleid
  JOIN pg_roles member ON member.oid = m.member JOIN pg_roles grantor ON grantor.oid = m.grantor
UNION ALL
SELECT 'setting', concat_ws(' ', variable, 'of role ' || rolname, 'in database ' || datname),
       ARRAY[coalesce(rolname::text, '')],
       format('ALTER %s SET %s = %s', whose, variable,
              -- Lists of names are kept as they are written; all else is one text.
              CASE WHEN variable IN ('search_path', 'temp_tablespaces', 'local_preload_libraries',
                                     'session_preload_libraries')
                   THEN coalesce(nullif(replace(value, '""', ''''''), ''), '''''')
                   ELSE quote_literal(value) END),
       format('ALTER %s RESET %s', whose, variable), NULL
  FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = setdatabase
  LEFT JOIN pg_roles r ON r.oid = setrole, unnest(setconfig) setting,
  LATERAL (SELECT split_part(setting, '=', 1) AS variable,
                  substr(setting, strpos(setting, '=') + 1) AS value,
                  CASE WHEN setrole = 0 AND setdatabase <> 0 THEN format('DATABASE %I', datname)
                       ELSE concat_ws(' ', 'ROLE', coalesce(quote_ident(rolname), 'ALL'),
                                      'IN DATABASE ' || quote_ident(datname)) END AS whose) parts
 WHERE coalesce(datname, '') !~ '^promptlib_scratch_'
UNION ALL
SELECT 'comment', format('on role %I', rolname), ARRAY[rolname::text],
       format('COMMENT ON ROLE %I IS %L', rolname, description),
       format('COMMENT ON ROLE %I IS NULL', rolname), NULL
  FROM pg_shdescription JOIN pg_roles r ON r.oid = objoid
 WHERE classoid = 'pg_authid'::regclass
UNION ALL
SELECT 'database', datname, '{}', (
           to_jsonb(d) - ARRAY['datfrozenxid', 'datminmxid', 'datcollversion']
           || jsonb_build_object('comment', shobj_description(d.oid, 'pg_database')))::text,
       '', NULL
  FROM pg_database d WHERE datname !~ '^promptlib_scratch_'
UNION ALL
SELECT 'tablespace', spcname, '{}', (
           to_jsonb(t) || jsonb_build_object('comment', shobj_description(t.oid, 'pg_tablespace'))
       )::text, '', NULL
  FROM pg_tablespace t
UNION ALL
SELECT 'security label', concat_ws(' ', provider, 'on', objtype, objname),
       CASE WHEN objtype = 'role' THEN ARRAY[objname] ELSE '{}' END,
       format('SECURITY LABEL FOR %I ON %s %s IS %L', provider, upper(objtype), objname, label),
       format('SECURITY LABEL FOR %I ON %s %s IS NULL', provider, upper(objtype), objname), NULL
  FROM pg_seclabels WHERE objtype IN ('role', 'database', 'tablespace')
UNION ALL
SELECT 'subscription', concat_ws(' in database ', subname, datname), '{}', 'CREATE SUBSCRIPTION',
       '', NULL
  FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid
UNION ALL
SELECT 'replication origin', roname, '{}',
       format('SELECT pg_replication_origin_create(%L)', roname),
       format('SELECT pg_replication_origin_drop(%L)', roname), NULL
  FROM pg_replication_origin
UNION ALL
SELECT 'replication slot', slot_name, '{}',
       CASE WHEN plugin IS NULL THEN format('SELECT pg_create_physical_replication_slot(%L)',
                                            slot_name)
            ELSE format('SELECT pg_create_logical_replication_slot(%L, %L)', slot_name, plugin)
            END,
       format('SELECT pg_drop_replication_slot(%L)', slot_name), NULL
  FROM pg_replication_slots WHERE NOT temporary
{parameters}
