CREATE TABLE IF NOT EXISTS {migrations} (
    id varchar(255) PRIMARY KEY,
    name varchar(255) NOT NULL,
    executed_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    checksum varchar(64) NOT NULL,
    down_checksum varchar(64),
    down_sql pg_catalog.text,
    execution_ms bigint,
    executed_by pg_catalog.text,
    up_sql pg_catalog.text
);
CREATE TABLE IF NOT EXISTS {events} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version varchar(255) NOT NULL,
    direction varchar(4) NOT NULL
        CHECK (direction OPERATOR(pg_catalog.=) ANY (ARRAY['up', 'down'])),
    started_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at timestamp with time zone,
    outcome varchar(8) NOT NULL
        CHECK (outcome OPERATOR(pg_catalog.=) ANY (
            ARRAY['running', 'done', 'failed', 'stamped', 'adopted', 'repaired'])),
    executed_by pg_catalog.text NOT NULL DEFAULT session_user,
    error pg_catalog.text,
    statements_done integer,
    statements_checksum varchar(64),
    backend_pid integer,
    deploy_id bigint,
    alone integer,
    found_before pg_catalog.text,
    alone_checksum varchar(64)
);
CREATE INDEX IF NOT EXISTS {index} ON {events} (version, id);
CREATE TABLE IF NOT EXISTS {deploys} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    follows bigint NOT NULL UNIQUE,
    action varchar(8) NOT NULL
        CHECK (action OPERATOR(pg_catalog.=) ANY (
            ARRAY['migrate', 'rollback', 'stamp', 'repair', 'adopt'])),
    from_version varchar(255) NOT NULL,
    to_version varchar(255) NOT NULL,
    started_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at timestamp with time zone,
    outcome varchar(8) NOT NULL
        CHECK (outcome OPERATOR(pg_catalog.=) ANY (ARRAY['running', 'done', 'failed', 'died'])),
    executed_by pg_catalog.text NOT NULL DEFAULT session_user,
    backend_pid integer,
    backend_start timestamp with time zone
);
